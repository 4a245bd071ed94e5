"""Raw files, decisions and days, which lie next to the published tables: power loss leaves the old or the new,
whole."""

import random
import shutil
from pathlib import Path

import pytest

from tasks.store.snapshots import objects
from tasks.store.snapshots.objects import keep_bytes
from tests.faults.faulty import Stopped
from tests.faults.power import LOSSES, Disk, PowerFileSystem

OLD, NEW = b"old " * 3, b"new " * 5
PLACE = Path("store", "raw", "ab", "file")
LEFT = Path("store", "tmp", f"landing-{PLACE.name}")


def _disk(base: Path, start: str) -> Disk:
    (base / "store").mkdir(parents=True)
    for path, data in {"empty": {}, "old": {PLACE: OLD}, "left by a killed run": {PLACE: OLD, LEFT: NEW[:3]}}[
        start
    ].items():
        (base / path).parent.mkdir(parents=True, exist_ok=True)
        (base / path).write_bytes(data)
    return Disk(base)


def _keep(disk: Disk, at: int, monkeypatch: pytest.MonkeyPatch) -> PowerFileSystem:
    fs = PowerFileSystem(disk, "stop", at)
    monkeypatch.setattr(objects, "LOCAL", fs)
    try:
        keep_bytes(disk.base / "store", disk.base / PLACE, NEW)
    except Stopped:
        assert fs.dead
    return fs


def _found(disk: Disk, where: str) -> set[bytes | None]:
    """What stands under the name after each loss."""
    found: set[bytes | None] = set()
    for loss in LOSSES:
        for seed in range(3):
            after = disk.base.with_name("after")
            disk.after_power_loss(after, loss, random.Random(f"{where} {loss} {seed}"))
            found.add((after / PLACE).read_bytes() if (after / PLACE).exists() else None)
            shutil.rmtree(after)
    return found


@pytest.mark.parametrize("start", ["empty", "old", "left by a killed run"])
def test_a_name_never_stands_for_half_a_file_and_what_is_kept_outlives_the_power(
    tmp_path: Path, start: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At every call the power fails, and again after the run that follows a stop."""
    base, before = tmp_path / "before", None if start == "empty" else OLD
    calls = len(_keep(_disk(base, start), 0, monkeypatch).names)
    shutil.rmtree(base)
    assert calls >= 6
    for at in range(1, calls + 2):
        disk = _disk(base, start)
        returned = not _keep(disk, at, monkeypatch).dead
        where = f"call {at} of {calls}, {start}"
        assert _found(disk, where) <= ({NEW} if returned else {before, NEW}), where
        _keep(disk, 0, monkeypatch)
        assert _found(disk, f"{where}, run again") == {NEW}, f"{where}, run again"
        assert (base / PLACE).read_bytes() == NEW
        assert not (base / LEFT).exists()
        shutil.rmtree(base)
