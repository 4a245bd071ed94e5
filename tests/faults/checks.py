"""The promises of a store, each as one function that raises Violation where it is broken.

The tests call them on the real protocol; `test_mutants.py` calls the same functions on protocols that were broken on purpose.
"""

import itertools
import multiprocessing
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import replace
from datetime import date
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Barrier, Event
from pathlib import Path

from tasks.filesystem import LOCAL, FileSystem
from tasks.publish import StaleParent, exclusive, publish, retain
from tasks.snapshot import StoreError, audit_snapshot, audit_store, list_snapshots, open_snapshot
from tests.faults.faulty import FAULTS, FaultyFileSystem, Stopped
from tests.faults.power import LOSSES, Disk, PowerFileSystem, never
from tests.faults.readers import READERS, Tally, Watcher, resolve
from tests.faults.world import copy_store, expected_rows, new_files, run, state

Lock = Callable[[Path, FileSystem], AbstractContextManager[None]]
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.faults.world", "tests.faults.faulty"])


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
        for engine in engines if folder else ():
            rows = READERS[engine](folder)
            demand(rows == expected_rows(number), f"{where}: {engine} read {rows}, not release {number}")
        problems = audit_snapshot(snapshot) if snapshot else []
    except Violation:
        raise
    except Exception as error:
        raise Violation(f"{where}: unreadable: {type(error).__name__}: {error}") from error
    demand(not problems, f"{where}: {problems}")
    return number


def check_recovery(store: Path, number: int, where: str, engine: str) -> None:
    """The same run again ends in the new release; once more, and nothing on disk has moved."""
    try:
        run(store, number, FaultyFileSystem())
    except (StoreError, OSError) as error:
        raise Violation(f"{where}: stuck: {type(error).__name__}: {error}") from error
    check_reads(store, {number}, f"{where}, run again", (engine,))
    problems = audit_store(store)
    demand(not problems, f"{where}, run again: {problems}")
    before = state(store)
    published = run(store, number, FaultyFileSystem())
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


def check_every_fault(folder: Path, fault: str, start: str) -> int:
    """One publication for every call that the fault can hit; how many there were."""
    template, old, new = prepare(folder, start)
    places = [at for at, name in enumerate(call_names(template, new), start=1) if name in FAULTS[fault]]
    for at in places:
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
        child = PROCESSES.Process(target=run, args=(store, number, FaultyFileSystem(fault, at)))
        child.start()
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


def check_power(folder: Path, start: str, forgets: Callable[[str, Path], bool] = never, seed: int = 0) -> int:
    """Power loss at every call and after the return, in many states of the medium; how many states."""
    template, old, new = prepare(folder, start)
    calls, states = len(call_names(template, new)), 0
    for at in range(1, calls + 2):
        disk = _disk(folder / "before", template)
        returned = _run_until(disk, start, new, at, forgets)
        allowed = {new} if returned else {old, new}
        states += _check_losses(disk, start, allowed, new, f"power loss at call {at} of {calls}, start {start}", seed)
        shutil.rmtree(disk.base)
    return states


def check_power_after_kill(folder: Path, start: str, forgets: Callable[[str, Path], bool] = never) -> int:
    """Killed at every call, run again to its end, then power loss: what returned is there."""
    template, _, new = prepare(folder, start)
    calls, states = len(call_names(template, new)), 0
    for at in range(1, calls + 1):
        disk = _disk(folder / "before", template)
        _run_until(disk, start, new, at, forgets)
        returned = _run_until(disk, start, new, 0, forgets)
        demand(returned, "the run again did not end")
        states += _check_losses(disk, start, {new}, new, f"killed at call {at}, run again, power loss, {start}", at)
        shutil.rmtree(disk.base)
    return states


def _disk(base: Path, template: Path) -> Disk:
    base.mkdir()
    if template.exists():
        copy_store(template, base / template.name)
    return Disk(base)


def _run_until(disk: Disk, name: str, number: int, at: int, forgets: Callable[[str, Path], bool]) -> bool:
    """Whether the run returned."""
    try:
        run(disk.base / name, number, PowerFileSystem(disk, "stop", at, forgets))
    except Stopped:
        return False
    return True


def _check_losses(disk: Disk, name: str, allowed: set[int], new: int, where: str, seed: int) -> int:
    for count, loss in enumerate(LOSSES):
        after = disk.base.with_name("after")
        disk.after_power_loss(after, loss, random.Random(f"{seed} {where} {count}"))
        engine = tuple(READERS)[count % 3]
        place = f"{where}, names {loss[0]}, data {loss[1]}"
        check_reads(after / name, allowed, place, (engine,))
        check_recovery(after / name, new, place, engine)
        shutil.rmtree(after)
    return len(LOSSES)


def check_lying_disk(folder: Path) -> int:
    """A disk that acknowledges a sync and does nothing, power lost before the pointer moved: the run again mends it all."""
    template, old, new = prepare(folder, "one")
    names = call_names(template, new)
    pointer = names.index("symlink") + 1
    for at in range(1, pointer + 1):
        disk = _disk(folder / "before", template)
        _run_until(disk, "one", new, at, lambda _name, _path: True)
        for loss in ("kept", "lost"), ("kept", "zeros"):
            after = folder / "after"
            disk.after_power_loss(after, loss, random.Random(at))
            where = f"lying disk, power loss at call {at}, data {loss[1]}"
            check_reads(after / "one", {old}, where, ("pyarrow",))
            check_recovery(after / "one", new, where, "pyarrow")
            shutil.rmtree(after)
        shutil.rmtree(disk.base)
    return pointer


def check_healing(folder: Path) -> None:
    """A flipped byte is named by the audit and gone after the same publication."""
    store, _, _ = prepare(folder, "one")
    victim = next(path for path in sorted((store / "objects").rglob("*.parquet")))
    victim.chmod(0o644)
    data = bytearray(victim.read_bytes())
    data[len(data) // 2] ^= 0xFF
    victim.write_bytes(data)
    named = {problem.file for problem in audit_store(store)}
    demand(victim.relative_to(store).as_posix() in named, f"the audit named {named}, not {victim}")
    check_recovery(store, 1, "after a flipped byte", "polars")


def check_names(folder: Path) -> None:
    """Who lists through the pointer and opens after it moved gets the same bytes or a loud error, never another release."""
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
    except StaleParent:
        refused = True
    demand(refused, "a publication from a stale parent was accepted")
    check_reads(store, {2}, "after a refused publication")


@contextmanager
def no_lock(store: Path, fs: FileSystem) -> Iterator[None]:
    yield


def check_writers(folder: Path, turns: int = 12, lock: Lock = exclusive) -> None:
    """Two processes that read, modify and publish: every turn of both is in the last snapshot."""
    store = folder / "store"
    barrier = PROCESSES.Barrier(2)
    writers = [PROCESSES.Process(target=_add_months, args=(store, name, turns, lock, barrier)) for name in "ab"]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    codes = [writer.exitcode for writer in writers]
    demand(codes == [0, 0], f"a writer failed: {codes}")
    snapshot = open_snapshot(store)
    found = {entry.partition for entry in snapshot.files} if snapshot else set()
    wanted = {f"writer={name}/turn={turn}" for name in "ab" for turn in range(1, turns + 1)}
    demand(found == wanted, f"lost: {sorted(wanted - found)}")
    demand([other.sequence for other in list_snapshots(store)] == list(range(1, 2 * turns + 1)), "history has holes")
    demand(not audit_store(store), "damaged")


def _add_months(store: Path, name: str, turns: int, lock: Lock, barrier: Barrier) -> None:
    # The failure is counted by the exit code; a traceback of a mutant in the test's output would only alarm.
    sys.stderr = open(os.devnull, "w")  # noqa: SIM115
    barrier.wait()
    for turn in range(1, turns + 1):
        with lock(store, LOCAL):
            parent = open_snapshot(store)
            file = replace(new_files(1)[0], partition=f"writer={name}/turn={turn}")
            carried = parent.files if parent else ()
            publish(store, [file], carried=carried, parent=parent, about={"turn": f"{name}{turn}"})


def check_retention(folder: Path, file_system: Callable[[str, int], FaultyFileSystem] = FaultyFileSystem) -> int:
    """Stopped at every call of a retention: every snapshot one can list is whole, and the run again ends as it should."""
    template = _four_releases(folder)
    for at in itertools.count(1):
        store = folder / "store"
        copy_store(template, store)
        fs = file_system("stop", at)
        with suppress(Stopped):
            _retain(store, fs)
        _check_retained(store, f"retention stopped at call {at}")
        shutil.rmtree(store)
        if not fs.fired:
            return at - 1
    raise AssertionError("unreachable")


def check_retention_power(folder: Path) -> int:
    """Power loss at every call of a retention and after it; how many states."""
    template, states = _four_releases(folder), 0
    for at in itertools.count(1):
        disk = _disk(folder / "before", template)
        fs = PowerFileSystem(disk, "stop", at)
        with suppress(Stopped):
            _retain(disk.base / template.name, fs)
        for count, loss in enumerate(LOSSES):
            after = folder / "after"
            disk.after_power_loss(after, loss, random.Random(f"{at} {count}"))
            _check_retained(after / template.name, f"retention, power loss at call {at}, names {loss[0]}")
            shutil.rmtree(after)
            states += 1
        shutil.rmtree(disk.base)
        if not fs.fired:
            return states
    raise AssertionError("unreachable")


def _four_releases(folder: Path) -> Path:
    for number in (1, 2, 3, 4):
        run(folder / "template", number, FaultyFileSystem())
    return folder / "template"


def _retain(store: Path, fs: FileSystem) -> None:
    # The releases are of July 2021 to July 2024: on this day two of the four are 24 months old.
    with exclusive(store, fs):
        retain(store, today=date(2024, 7, 20), fs=fs)


def _check_retained(store: Path, where: str) -> None:
    check_reads(store, {4}, where, ("pyarrow",))
    problems = audit_store(store)
    demand(not problems, f"{where}: {problems}")
    _retain(store, FaultyFileSystem())
    kept = list_snapshots(store)
    demand([snapshot.sequence for snapshot in kept] == [3, 4], f"{where}, again: kept {kept}")
    needed = {entry.sha256 for snapshot in kept for entry in snapshot.files}
    left = {path.stem for path in (store / "objects").rglob("*.parquet")}
    demand(left == needed, f"{where}, again: objects {left ^ needed}")
    demand(not audit_store(store), f"{where}, again: damaged")
    run(store, 5, FaultyFileSystem())
    demand(not list((store / "tmp").iterdir()), f"{where}: litter is left after the next publication")


def check_live(folder: Path, seconds: float) -> dict[str, Tally]:
    """A reader of each engine beside a writer that publishes back to back; what their reads were."""
    store, _, _ = prepare(folder, "one")
    stop = PROCESSES.Event()
    writer = PROCESSES.Process(target=_publish_on, args=(store, stop))
    watchers = {engine: start_watcher(store, engine, stop) for engine in READERS}
    writer.start()
    time.sleep(seconds)
    stop.set()
    tallies = {engine: finish_watcher(watcher) for engine, watcher in watchers.items()}
    writer.join()
    demand(writer.exitcode == 0, f"the writer ended with {writer.exitcode}")
    published = open_snapshot(store)
    demand(published is not None and published.sequence > 10, "hardly anything was published")
    for engine, (tally, samples) in tallies.items():
        demand(tally.reads > 20 and tally.bad == 0, f"{engine}: {tally} {samples}")
    return {engine: tally for engine, (tally, _) in tallies.items()}


def _publish_on(store: Path, stop: Event) -> None:
    number = 2
    while not stop.is_set():
        run(store, number, FaultyFileSystem())
        number += 1


def start_watcher(store: Path, engine: str, stop: Event) -> tuple[BaseProcess, Connection]:
    receive, send = PROCESSES.Pipe(duplex=False)
    process = PROCESSES.Process(target=_watch, args=(store, engine, stop, send))
    process.start()
    send.close()
    return process, receive


def finish_watcher(watcher: tuple[BaseProcess, Connection]) -> tuple[Tally, list[str]]:
    process, receive = watcher
    tally, samples = receive.recv()
    process.join()
    receive.close()
    return tally, samples


def _watch(store: Path, engine: str, stop: Event, send: Connection) -> None:
    watcher = Watcher(store, engine)
    while not stop.is_set():
        watcher.look()
    send.send((watcher.tally, watcher.samples[:3]))
