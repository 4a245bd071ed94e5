"""The promises of a store, each as one function that raises Violation where it is broken.

The tests call them on the real protocol; `test_mutants.py` calls the same functions on protocols that were broken on
purpose. Here are the promises of one process; `checks_power.py` has those about the power, `checks_processes.py`
those about several processes at once.
"""

import itertools
import multiprocessing
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing.process import BaseProcess
from pathlib import Path
from unittest.mock import patch

from tasks.domain.errors import InvalidPublication, StaleParent, StoreError
from tasks.store.files.filesystem import FileSystem
from tasks.store.files.snapshot import open_snapshot
from tasks.store.files.verify import Hashes, audit_snapshot, audit_store
from tests.faults.faulty import FAULTS, FaultyFileSystem, Stopped
from tests.faults.readers import READERS, resolve
from tests.faults.world import copy_store, expected_rows, flip_byte, run, state

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.faults.writers"])


def start_process(target: Callable[..., object], *arguments: object) -> BaseProcess:
    """A process forked in milliseconds from one that has the writers imported, and no engine."""
    process = PROCESSES.Process(target=target, args=arguments)
    main = sys.modules["__main__"]
    # Else every child would first import the main module of this one anew: pytest, or a torture with all its engines.
    with patch.object(main, "__spec__", None), patch.object(main, "__file__", None, create=True):
        process.start()
    return process


class Violation(AssertionError):
    """A promise of the store is broken."""


def demand(condition: bool, message: str) -> None:
    if not condition:
        raise Violation(message)


def check_reads(store: Path, allowed: set[int], where: str, engines: tuple[str, ...] = tuple(READERS)) -> int:
    """Every engine sees exactly one of the allowed releases, and the files hash to their names; the release seen."""
    try:
        snapshot = open_snapshot(store)
        number = 0 if snapshot is None else int(snapshot.about["number"])
        demand(number in allowed, f"{where}: current is release {number}, allowed {allowed}")
        folder = resolve(store)
        demand((folder is None) == (snapshot is None), f"{where}: pointer and library disagree: {folder}")
        link = os.path.realpath(store / "current" / "metric")
        demand(not folder or link == f"{folder}/_metric", f"{where}: current/metric leads to {link}")
        for engine in engines if folder else ():
            rows = READERS[engine](folder)
            demand(rows == expected_rows(number), f"{where}: {engine} read {rows}, not release {number}")
        problems = audit_snapshot(snapshot.store, snapshot.id, Hashes()) if snapshot else []
    except Violation:
        raise
    except Exception as error:
        raise Violation(f"{where}: unreadable: {type(error).__name__}: {error}") from error
    demand(not problems, f"{where}: {problems}")
    return number


def check_recovery(store: Path, number: int, where: str, engine: str, edition: int = 1) -> None:
    """The same run again ends in the new release; once more, and nothing on disk has moved."""
    try:
        run(store, number, FaultyFileSystem(), edition=edition)
    except (StoreError, OSError) as error:
        raise Violation(f"{where}: stuck: {type(error).__name__}: {error}") from error
    check_reads(store, {number}, f"{where}, run again", (engine,))
    problems = audit_store(store)
    demand(not problems, f"{where}, run again: {problems}")
    before = state(store)
    published = run(store, number, FaultyFileSystem(), edition=edition)
    demand(not published.changed and not published.healed, f"{where}: the second run again changed something")
    after = state(store)
    moved = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    demand(not moved, f"{where}: the second run again touched {moved}")


def prepare(folder: Path, start: str) -> tuple[Path, int, int]:
    """A store in one of the start states; the release that is current and the one to publish."""
    store = folder / start
    if start == "empty":
        return store, 0, 1
    run(store, 1, FaultyFileSystem())
    if start == "interrupted":
        stop_run(store, 2, "fsync_file")
    if start == "unpointed":
        stop_run(store, 2, "symlink")
    if start == "other-unpointed":
        stop_run(store, 3, "symlink")
    return store, 1, 2


def stop_run(store: Path, number: int, name: str) -> None:
    """Leave the store as a run leaves it that dies at its last call of `name`."""
    names = call_names(store, number)
    with suppress(Stopped):
        run(store, number, FaultyFileSystem("stop", len(names) - names[::-1].index(name)))


def call_names(store: Path, number: int) -> list[str]:
    """The calls that publishing release `number` makes, in order; found out on a copy."""
    probe = store.with_name("probe")
    if store.exists():
        copy_store(store, probe)
    fs = FaultyFileSystem()
    run(probe, number, fs)
    shutil.rmtree(probe)
    return fs.names


STARTS = ("empty", "one", "interrupted", "unpointed", "other-unpointed")


def pointer_in(names: list[str]) -> int:
    """The number of the call that moves the pointer: the last that replaces a file."""
    return max(at for at, name in enumerate(names, start=1) if name == "replace")


Places = Callable[[Sequence[int], int], Sequence[int]]


def every(places: Sequence[int], _: int) -> Sequence[int]:
    return places


def check_every_fault(folder: Path, fault: str, start: str, of: Places = every) -> int:
    """One publication for every call that the fault can hit, or for those that `of` takes and the move of the pointer;
    how many."""
    template, old, new = prepare(folder, start)
    names = call_names(template, new)
    places = [at for at, name in enumerate(names, start=1) if name in FAULTS[fault]]
    taken = {*of(places, [*FAULTS].index(fault) + STARTS.index(start)), *({pointer_in(names)} & {*places})}
    for at in (places := sorted(taken)):
        store = folder / "store"
        if template.exists():
            copy_store(template, store)
        where = f"{fault} at call {at}, start {start}"
        _suffer(store, new, fault, at)
        check_reads(store, {old, new}, where)
        check_recovery(store, new, where, tuple(READERS)[at % 3])
        shutil.rmtree(store)
    return len(places)


def _suffer(store: Path, number: int, fault: str, at: int) -> None:
    if fault in {"kill", "torn"}:
        child = start_process(run, store, number, FaultyFileSystem(fault, at))
        child.join()
        demand(child.exitcode == -signal.SIGKILL, f"{fault} at call {at}: the run ended with {child.exitcode}")
        return
    fs = FaultyFileSystem(fault, at)
    try:
        run(store, number, fs)
    except (OSError, Stopped):
        demand(fs.fired, f"{fault} at call {at}: failed without a fault")
    else:
        demand(fs.fired and fault == "short", f"{fault} at call {at}: the failure was swallowed")


def check_healing(folder: Path) -> int:
    """A flipped byte is named by the audit and gone after the same publication, wherever that one is stopped first."""
    template, _, _ = prepare(folder, "one")
    run(template, 1, FaultyFileSystem(), edition=2)
    for at in itertools.count(1):
        store = folder / "store"
        copy_store(template, store)
        victim = flip_byte(next(store.glob(".objects/*/*.parquet")))
        named = [problem.file for problem in audit_store(store)]
        found = sum(victim.name[:16] in name for name in named)
        demand(found == len(named) == 3, f"the audit named {named}, not {victim.name} and its two links")
        fs = FaultyFileSystem("stop", at)
        with suppress(Stopped):
            run(store, 1, fs, edition=2)
        check_recovery(store, 1, f"flipped byte, healing stopped at call {at}", "polars", edition=2)
        shutil.rmtree(store)
        if not fs.fired:
            return at - 1
    raise AssertionError("unreachable")


def check_audit(folder: Path) -> None:
    """Nothing is current before it is audited: neither what the disk changed nor what the caller refuses."""
    store, old, _ = prepare(folder, "one")

    class LyingDisk(FaultyFileSystem):
        def write(self, descriptor: int, data: memoryview) -> int:
            return os.write(descriptor, bytes(len(data)))

    def refuse(_: object) -> None:
        raise InvalidPublication("parts do not sum to the total")

    for fs, audit in (LyingDisk(), None), (FaultyFileSystem(), refuse):
        refused = False
        try:
            run(store, 2, fs, audit)
        except StoreError:
            refused = True
        demand(refused, "a publication that should fail its audit was accepted")
        check_reads(store, {old}, "after a refused audit")
    check_recovery(store, 2, "after refused audits", "duckdb")


def check_names(folder: Path) -> None:
    """Who lists through the pointer and opens after it moved gets the same bytes or an error, never other bytes."""
    store, _, _ = prepare(folder, "one")
    listed = {path: path.read_bytes() for path in (store / "current" / "metric").rglob("*.parquet")}
    demand(len(listed) == 3, f"listed {sorted(listed)}")
    run(store, 2, FaultyFileSystem())
    for path, data in listed.items():
        with suppress(FileNotFoundError):
            demand(path.read_bytes() == data, f"{path}: the name is kept, the bytes are those of another release")


def check_stale(folder: Path) -> None:
    """Somebody publishes between our reading and our publishing: we are refused and nothing of theirs is lost."""
    store, _, _ = prepare(folder, "one")
    refused = False
    try:
        run(store, 3, FaultyFileSystem(), audit=lambda _: run(store, 2, FaultyFileSystem(), lock=no_lock) and None)
    except StaleParent as error:
        refused = all(word in str(error) for word in (str(store), "open the parent again"))
    demand(refused, "a publication from a stale parent was accepted")
    check_reads(store, {2}, "after a refused publication")


@contextmanager
def no_lock(store: Path, fs: FileSystem) -> Iterator[None]:
    yield
