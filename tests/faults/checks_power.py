"""What a store promises about the power, and about a retention that ends anywhere; each check raises Violation."""

import itertools
import random
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from tasks.store.files.filesystem import FileSystem
from tasks.store.files.verify import audit_store
from tasks.store.snapshots.publish import exclusive
from tasks.store.snapshots.retention import retain
from tests.dated import list_snapshots, published_on_their_days
from tests.faults.checks import (
    STARTS,
    Places,
    call_names,
    check_reads,
    check_recovery,
    demand,
    every,
    pointer_in,
    prepare,
)
from tests.faults.faulty import FaultyFileSystem, Stopped
from tests.faults.power import LOSSES, Disk, PowerFileSystem, never
from tests.faults.readers import READERS
from tests.faults.world import copy_store, public_on, run


def check_power(folder: Path, start: str, forgets: Callable[[str, Path], bool] = never, of: Places = every) -> int:
    """Power loss at every call, or at those that `of` takes, and after the return, in many states of the medium; how
    many states."""
    template, old, new = prepare(folder, start)
    calls, states = len(call_names(template, new)), 0
    # From the end, where most can be lost, so that a broken protocol is red soon.
    for at in (calls + 1, *_from_the_end(template, start, new, of)):
        disk = _disk(folder / "before", template)
        returned = _run_until(disk, start, new, at, forgets)
        allowed = {new} if returned else {old, new}
        states += _check_losses(disk, start, allowed, new, f"power loss at call {at} of {calls}, start {start}", 0)
        shutil.rmtree(disk.base)
    return states


def check_power_after_kill(
    folder: Path, start: str, forgets: Callable[[str, Path], bool] = never, of: Places = every
) -> int:
    """Killed at every call, run again to its end, then power loss: what returned is there."""
    template, _, new = prepare(folder, start)
    states = 0
    for at in _from_the_end(template, start, new, of):
        disk = _disk(folder / "before", template)
        _run_until(disk, start, new, at, forgets)
        returned = _run_until(disk, start, new, 0, forgets)
        demand(returned, "the run again did not end")
        states += _check_losses(disk, start, {new}, new, f"killed at call {at}, run again, power loss, {start}", at)
        shutil.rmtree(disk.base)
    return states


def _from_the_end(template: Path, start: str, new: int, of: Places) -> list[int]:
    """The calls that `of` takes, and the move of the pointer."""
    names = call_names(template, new)
    return sorted({*of(range(len(names), 0, -1), STARTS.index(start)), pointer_in(names)}, reverse=True)


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
    """A disk that only acknowledges syncs, power lost before the pointer moved: the run again mends it all."""
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


def check_retention(folder: Path, file_system: Callable[[str, int], FaultyFileSystem] = FaultyFileSystem) -> int:
    """A retention stopped at every call: each snapshot one can list is whole, and the run again ends right."""
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


def check_retention_power(folder: Path, of: Places = every) -> int:
    """Power loss at every call of a retention, or at those that `of` takes, and after it; how many states."""
    template, states, probe = _four_releases(folder), 0, FaultyFileSystem()
    copy_store(template, folder / "probe")
    _retain(folder / "probe", probe)
    calls = len(probe.names)
    for at in (calls + 1, *of(range(calls, 0, -1), 0)):
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
    return states


def _four_releases(folder: Path) -> Path:
    for number in (1, 2, 3, 4):
        run(folder / "template", number, FaultyFileSystem())
    return folder / "template"


def _retain(store: Path, fs: FileSystem) -> None:
    # On the day of the last release two of the four are two months old.
    with exclusive(store, fs):
        published_on_their_days(store)
        retain(store, today=public_on(4), months=2, fs=fs)


def _check_retained(store: Path, where: str) -> None:
    check_reads(store, {4}, where, ("pyarrow",))
    problems = audit_store(store)
    demand(not problems, f"{where}: {problems}")
    _retain(store, FaultyFileSystem())
    kept = list_snapshots(store)
    demand([snapshot.sequence for snapshot in kept] == [3, 4], f"{where}, again: kept {kept}")
    needed = {entry.sha256 for snapshot in kept for entry in snapshot.every}
    left = {path.stem for path in (store / ".objects").rglob("*.parquet")}
    demand(left == needed, f"{where}, again: objects {left ^ needed}")
    demand(not audit_store(store), f"{where}, again: damaged")
    run(store, 5, FaultyFileSystem())
    demand(not list((store / "tmp").iterdir()), f"{where}: litter is left after the next publication")
