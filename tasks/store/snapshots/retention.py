"""Removes old snapshots from a store, and the files that no other snapshot needs.

Belongs here: which snapshots are old, and how to remove one without a reader seeing part of it. The values known on a
past day stay readable: the ledger of the current snapshot has every value with its days.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from tasks.domain.clock import CUSTOMS_TIME
from tasks.domain.periods import month_number
from tasks.store.files.filesystem import LOCAL, FileSystem
from tasks.store.files.snapshot import (
    OBJECTS,
    SNAPSHOTS,
    Snapshot,
    history,
    load_snapshot,
    open_snapshot,
    snapshot_ids,
)
from tasks.store.snapshots.objects import Stage


@dataclass(frozen=True)
class Retired:
    """The result of a retention: ids of removed snapshots, number of removed objects."""

    snapshots: tuple[str, ...]
    objects: int


def retain(store: Path, *, today: date, months: int = 24, least: int = 1, fs: FileSystem = LOCAL) -> Retired:
    """Remove snapshots `months` old by the day of their publication, and objects no snapshot needs; under `exclusive`.

    Keeps the `least` newest published snapshots, every younger one, and all between them (history has no holes).
    """
    newest = open_snapshot(store)
    snapshots = {name: load_snapshot(store, name) for name in snapshot_ids(store)}
    published = [] if newest is None else history(newest, snapshots, snapshots.__getitem__)
    present = [*snapshots.values()]
    days = {snapshot.id: published_on(snapshot) for snapshot in published}
    old = expired(published, present, days, today=today, months=months, least=least)
    kept = [other for other in present if other.id not in old]
    needed = {entry.sha256 for other in kept for entry in other.every}
    unneeded = [path for path in sorted((store / OBJECTS).glob("*/*.parquet")) if path.stem not in needed]
    stage = Stage(store, fs)
    _move_out(stage, [store / SNAPSHOTS / name for name in old])
    _move_out(stage, unneeded)
    if old or unneeded:
        stage.sweep()
    return Retired(tuple(old), len(unneeded))


def published_on(snapshot: Snapshot) -> date:
    """The day on which a snapshot was made here: that of its manifest, which is never written again. A copy that does
    not keep times is as young as itself."""
    return datetime.fromtimestamp((snapshot.path / "manifest.json").stat().st_mtime, CUSTOMS_TIME).date()


def expired(
    published: Sequence[Snapshot],
    present: Iterable[Snapshot],
    days: Mapping[str, date],
    *,
    today: date,
    months: int,
    least: int = 1,
) -> list[str]:
    """Ids of those of `present` that a retention removes; `published` lists those that were current, oldest first, and
    `days` has the day of publication of each."""
    year, month = divmod(month_number(today) - months, 12)
    # As a text, because not every month has such a day.
    horizon = f"{year:04d}-{month + 1:02d}-{today.day:02d}"
    young = [snapshot for snapshot in published if days[snapshot.id].isoformat() > horizon]
    first = min((snapshot.sequence for snapshot in [*young, *published[-least:]]), default=0)
    return [other.id for other in present if other.sequence < first]


def _move_out(stage: Stage, paths: list[Path]) -> None:
    """Move snapshots out of every folder a reader may list before deletion: a reader gets an error, never a part."""
    for path in paths:
        stage.fs.rename(path, stage.folder / f"retired-{path.name}")
    for folder in sorted({path.parent for path in paths}):
        stage.fs.fsync_directory(folder)
