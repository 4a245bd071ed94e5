"""Follows `metric` with its rows by series, in stores that publish them: years that are over in files of their own.

A reader of one product over ten years opens ten files instead of 120, and in each of them one row group. The files of the
newest year are those of `metric`, under a second path. A year that gets a number, or that another one follows, is written
again; every other file is carried over.

Belongs here: which files there are after a publication, and switching them on and off. Does not belong here: the rows of a
file (`store.year_files`), the figures (`metrics`).
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from schemas.table import schema_sha256, table_name
from schemas.tables.metric import History, Metric
from tasks.domain.errors import NothingPublished, StoreError
from tasks.domain.text import counted
from tasks.store.compatibility import refuse_newer
from tasks.store.manifest import FileEntry
from tasks.store.mirror import address_of, announcement
from tasks.store.month_writer import PendingFiles
from tasks.store.objects import bytes_on_disk
from tasks.store.parquet import Partition, path_partition
from tasks.store.publish import NewFile, Published, publish
from tasks.store.snapshot import Snapshot, open_snapshot
from tasks.store.year_files import year_files

TABLE = table_name(History)
Year = tuple[str, int]


class MonthFile(NamedTuple):
    """A file of `metric` after a publication."""

    sha256: str
    rows: int
    schema_sha256: str


Months = Mapping[Partition, MonthFile]


class HistoryFiles(NamedTuple):
    """The files of `history` after a publication: those that stay, and those that are new."""

    carried: list[FileEntry]
    new: Iterator[NewFile]


def switch(store: Path, *, on: bool) -> Published:
    """Publish the figures by series too from now on, or stop that, under `exclusive`. Raises NothingPublished, or StoreError
    where figures of another version lie among those of this one.
    """
    snapshot = open_snapshot(store)
    if snapshot is None:
        raise NothingPublished(
            f"{address_of(store)}: nothing is published here yet. Ingest a file first (tidewaiter ingest)."
        )
    refuse_newer(snapshot)
    if on:
        _refuse_other_columns(snapshot)
    others = [entry for entry in snapshot.files if entry.table != TABLE]
    nothing = HistoryFiles([], iter(()))
    files = follow(store, snapshot, others, PendingFiles.of(Metric), is_on=True) if on else nothing
    return publish(
        store,
        files.new,
        carried=[*others, *files.carried],
        parent=snapshot,
        about=snapshot.about,
        audit=announcement(store),
    )


def follow(
    store: Path, parent: Snapshot | None, carried: Iterable[FileEntry], pending: PendingFiles, *, is_on: bool = False
) -> HistoryFiles:
    """Return the files of `history` after a publication that carries some files of `metric` over and writes `pending`; none
    if `parent` has none and it is not switched on.

    The new ones are read from the disk when they are asked for: by then the files of `metric` must be staged.
    """
    before = parent.entries(TABLE) if parent else ()
    if not before and not is_on:
        return HistoryFiles([], iter(()))
    months = _months_of(carried) | {
        path_partition(file.partition): MonthFile(file.sha256, file.rows, pending.schema_sha256)
        for file in pending.files
    }
    published = _months_of(parent.files if parent else ())
    there = _by_year(published)
    newest: dict[str, int] = {}
    for flow, year, _ in months:
        newest[flow] = max(year, newest.get(flow, year))
    stay: list[FileEntry] = []
    new: list[Iterator[NewFile]] = []
    for (flow, year), mine in sorted(_by_year(months).items()):
        partition = f"flow={flow}/year={year}"
        old = [entry for entry in before if entry.partition == partition]
        if year == newest[flow]:
            paths = {entry.sha256: entry for entry in old}
            stay += [paths[file.sha256] for file in mine.values() if file.sha256 in paths]
            links = [file for file in mine.values() if file.sha256 not in paths]
            new.append(_links(store, partition, links))
        elif mine == there.get((flow, year)) and old and not _is_open(old, published):
            stay += old
        else:
            new.append(_compacted(store, partition, mine))
    return HistoryFiles(stay, itertools.chain.from_iterable(new))


def _links(store: Path, partition: str, files: Iterable[MonthFile]) -> Iterator[NewFile]:
    for file in files:
        data = bytes_on_disk(store, file.sha256).read_bytes()
        yield NewFile(TABLE, partition, data, file.rows, file.schema_sha256, is_added=True)


def _compacted(store: Path, partition: str, months: Mapping[int, MonthFile]) -> Iterator[NewFile]:
    derivation = {"metric": {f"month={month}": months[month].sha256 for month in sorted(months)}}
    paths = [bytes_on_disk(store, months[month].sha256) for month in sorted(months)]
    for data, rows in year_files(History, paths, derivation):
        yield NewFile(TABLE, partition, data, rows, schema_sha256(History), is_added=True)


def _is_open(entries: Iterable[FileEntry], published: Months) -> bool:
    """Whether these are files of `metric`: the year was the newest."""
    of_metric = {file.sha256 for file in published.values()}
    return any(entry.sha256 in of_metric for entry in entries)


def _refuse_other_columns(snapshot: Snapshot) -> None:
    ours = schema_sha256(Metric)
    others = [entry.path for entry in snapshot.entries(table_name(Metric)) if entry.schema_sha256 != ours]
    if others:
        raise StoreError(
            f"{counted(len(others), 'file')} of the table metric: written by another version of Tidewaiter, the first is "
            f"{others[0]}. Ingest one release of each direction first, which may be one that is published already: the figures "
            "of its direction are made again."
        )


def _months_of(entries: Iterable[FileEntry]) -> dict[Partition, MonthFile]:
    return {
        path_partition(entry.partition): MonthFile(entry.sha256, entry.rows, entry.schema_sha256)
        for entry in entries
        if entry.table == table_name(Metric)
    }


def _by_year(months: Months) -> dict[Year, dict[int, MonthFile]]:
    found: dict[Year, dict[int, MonthFile]] = {}
    for flow, year, month in sorted(months):
        found.setdefault((flow, year), {})[month] = months[flow, year, month]
    return found
