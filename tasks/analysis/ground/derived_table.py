"""Publishes a table that is made of published stores, in a store of its own beside them, with the pointer that every
store has.

A month is made again where something has changed that its rows rest on: figures or releases of a store, a code table,
or the program; and where a file of it is missing or damaged. A store that cannot be opened at all is made anew, because
everything in it follows from others. A publication that is interrupted leaves the state before it, and the next release
makes up for it. Belongs here: which months are made again, and how they are kept. What is in them is in the module of
each table.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from schemas.store_address import S3Url
from schemas.table import schema_sha256
from schemas.validation import validated
from tasks.domain.decisions import counting
from tasks.domain.errors import BrokenStore, DamagedStore, UnknownSnapshot
from tasks.domain.hashing import code_sha256, json_sha256, versions
from tasks.domain.periods import month_name, month_number
from tasks.lineage.records import as_table, lineage_row
from tasks.lineage.snapshot_metadata import describer
from tasks.reading.query import open_published
from tasks.store.bucket.working_copy import address_of, announcement, exclusive
from tasks.store.files.manifest import FileEntry
from tasks.store.files.snapshot import Snapshot, object_path, open_snapshot
from tasks.store.files.verify import Hashes, check_file
from tasks.store.places.verify_on_read import refuse_another_version
from tasks.store.snapshots.parquet import (
    Partition,
    encode_file,
    encode_months,
    partition_month,
    path_partition,
    read_table,
)
from tasks.store.snapshots.publish import NewFile, publish, start_over

# Months that are in memory together.
TOGETHER = 12
# The figures of a store that rows of other tables are made of.
READ = ("metric", "observation")
log = logging.getLogger("tidewaiter.derived_table")


class StoreContents(NamedTuple):
    """What there is of one direction of a store: the snapshot, and of each month (month number) the hashes of its files
    of READ and the releases that cover it.
    """

    snapshot: Snapshot
    months: dict[int, list[str]]


class Upstream(NamedTuple):
    """What a table rests on: the snapshots by reporter, and of each month (month number) all that its rows rest on."""

    snapshots: Mapping[str, Snapshot]
    months: Mapping[int, Any]


class TablePublication(NamedTuple):
    """The current snapshot of a table, whether it is new, and the months made again."""

    snapshot: Snapshot
    changed: bool
    months: list[str]


def contents(store: Path | Snapshot, flow: str) -> StoreContents:
    """Return what there is of one direction of a store. Raises NothingPublished."""
    snapshot = store if isinstance(store, Snapshot) else open_published(store)
    rests_on: dict[int, list[str]] = {}
    for entry in snapshot.files:
        if entry.table in READ and entry.partition.startswith(f"flow={flow}/"):
            rests_on.setdefault(partition_month(path_partition(entry.partition)), []).append(entry.sha256)
    for first, last, name in releases_of(snapshot, flow).select("first_month", "last_month", "release_id").iter_rows():
        for month in range(month_number(first), month_number(last) + 1):
            rests_on.setdefault(month, []).append(name)
    return StoreContents(snapshot, {month: sorted(names) for month, names in rests_on.items()})


def releases_of(snapshot: Snapshot, flow: str) -> pl.DataFrame:
    """Return the releases that count and speak of a direction."""
    releases = counting(read_table(snapshot, "release"), read_table(snapshot, "decision"))
    return releases.filter(pl.col("flow").is_null() | (pl.col("flow") == flow))


def prints(table: str, months: Mapping[int, Any]) -> dict[int, str]:
    """Return by month a hash of what its rows rest on, of the program and of the form of the table."""
    program = [code_sha256(), schema_sha256(table)]
    return {month: json_sha256([program, months[month]]) for month in sorted(months)}


def published_prints(snapshot: Snapshot | None) -> dict[str, str]:
    """Return the same of a published table by the name of the month, 2025-06."""
    return dict(snapshot.about["months"]) if snapshot else {}


def publish_table(
    table: str,
    folder: Path,
    read_upstream: Callable[[], Upstream],
    rows_of: Callable[[range, Snapshot | None], pl.DataFrame],
) -> TablePublication:
    """Bring a table up to date in its folder; `read_upstream` says what it rests on now, and `rows_of` makes the rows
    of neighbouring months, given what was published before; None where that is nothing or damaged.
    """
    with exclusive(folder):
        try:
            published = open_snapshot(folder)
        except (BrokenStore, UnknownSnapshot) as problem:
            _start_over(folder, problem)
            published = None
        new = _changes(table, published, read_upstream(), rows_of)
        if new is None:
            assert published is not None
            return TablePublication(published, False, [])
        try:
            return _publish(folder, published, new)
        except DamagedStore as problem:
            # A file that nothing here makes again, such as a guide to tables that have changed since.
            _start_over(folder, problem)
            everything = _changes(table, None, read_upstream(), rows_of)
            assert everything is not None
            return _publish(folder, None, everything)


class Changes(NamedTuple):
    """What a publication adds to the sound files of the one before."""

    upstream: Upstream
    prints: dict[int, str]
    stale: list[int]
    new: list[NewFile]
    kept: list[FileEntry]


def _start_over(folder: Path, problem: Exception) -> None:
    """Empty the store of a table. Raises the problem where it is the working copy of a store in a bucket, whose pointer
    says what is published."""
    if isinstance(address_of(folder), S3Url):
        raise problem
    log.warning("%s is made anew: %s", folder, problem)
    start_over(folder)


def _changes(
    table: str,
    published: Snapshot | None,
    upstream: Upstream,
    rows_of: Callable[[range, Snapshot | None], pl.DataFrame],
) -> Changes | None:
    """Make the months that are stale, missing or damaged; None where nothing is."""
    # Readers ask this module for months, and need no model of a table.
    parent, damaged = _sound_part(published) if published else (None, set[str]())
    refuse_another_version(parent)
    wanted, known = prints(table, upstream.months), published_prints(parent)
    lost = {partition_month(path_partition(partition)) for partition in damaged if partition}
    stale = [month for month, sha256 in wanted.items() if known.get(month_name(month)) != sha256 or month in lost]
    if parent and not damaged and not stale and len(wanted) == len(known):
        return None
    new, rows = list[NewFile](), 0
    # Of what is lost nobody knows how it differs from what was published.
    kinds = (([month for month in stale if month not in lost], parent), ([*filter(lost.__contains__, stale)], None))
    for months, before in ((months, before) for some, before in kinds for months in _spans(some)):
        frame = validated(table, rows_of(months, before))
        rows += frame.height
        new += encode_months(table, frame, partial(_derivation, table, frame))
    kept = [
        entry
        for entry in (parent.files if parent else ())
        if entry.table != table or partition_month(path_partition(entry.partition)) in {*wanted} - {*stale}
    ]
    name = _name_of_trail(table, wanted.values())
    if name not in read_table(parent, "lineage")["release_id"]:
        states = {code: snapshot.id for code, snapshot in upstream.snapshots.items()}
        new.append(_trail(table, name, states, stale, new, rows))
    return Changes(upstream, wanted, stale, new, kept)


def _publish(folder: Path, published: Snapshot | None, changes: Changes) -> TablePublication:
    """Raises DamagedStore where a file of the store is damaged that is not made again."""
    snapshots = changes.upstream.snapshots
    about = {
        "releases": [],
        "released_on": max(snapshot.about["released_on"] for snapshot in snapshots.values()),
        "of": [*snapshots],
        "months": {month_name(month): sha256 for month, sha256 in changes.prints.items()},
    }
    rests_on = pl.concat([read_table(snapshot, "release") for snapshot in snapshots.values()])
    done = publish(
        folder,
        changes.new,
        carried=changes.kept,
        parent=published,
        about=about,
        describe=describer(rests_on, [*snapshots]),
        audit=announcement(folder),
    )
    return TablePublication(done.snapshot, done.changed, [*map(month_name, changes.stale)])


def _sound_part(snapshot: Snapshot) -> tuple[Snapshot, set[str]]:
    """Return a snapshot with its sound files alone, and the partitions of those that are missing or damaged; '' is that
    of a file of no month."""
    hashes, damaged = Hashes(), set[FileEntry]()
    for entry in snapshot.every:
        stored = object_path(snapshot.store, entry.sha256)
        if check_file(snapshot, entry, hashes) or not stored.is_file() or hashes.of(stored) != entry.sha256:
            damaged.add(entry)
    files = tuple(entry for entry in snapshot.files if entry not in damaged)
    return replace(snapshot, files=files), {entry.partition for entry in damaged}


def stale_months(table: str, snapshot: Snapshot, upstream: Upstream) -> list[str]:
    """Return the months of a published table that rest on what is published no more, or that it lacks; none where
    another version of the program made it, because the next release makes all of them again.
    """
    known, wanted = published_prints(snapshot), prints(table, upstream.months)
    trail = read_table(snapshot, "lineage").filter(release_id=_name_of_trail(table, known.values()))
    if trail["code_sha256"].to_list() != [code_sha256()]:
        return []
    now = {month_name(month): sha256 for month, sha256 in wanted.items()}
    return sorted(month for month in {*now, *known} if now.get(month) != known.get(month))


def _name_of_trail(table: str, sha256s: Iterable[str]) -> str:
    return f"{table}-{json_sha256([*sha256s])[:16]}"


def _spans(months: list[int]) -> Iterator[range]:
    """Neighbouring months, TOGETHER at most."""
    start = 0
    for place in range(1, len(months) + 1):
        if place == len(months) or months[place] != months[place - 1] + 1 or place - start == TOGETHER:
            yield range(months[start], months[place - 1] + 1)
            start = place


def _derivation(table: str, frame: pl.DataFrame, partition: Partition) -> dict[str, Any]:
    """What a file was made of: the releases that each of its columns of releases names."""
    rows = frame.filter(pl.col("period").dt.year() == partition[1], pl.col("period").dt.month() == partition[2])
    ids = {column.name: _texts(column) for column in rows if column.name.endswith(("release_id", "release_ids"))}
    return {"table": table, "code_sha256": code_sha256(), "releases": ids, "versions": versions()}


def _texts(column: pl.Series) -> list[str]:
    return (column.explode() if column.dtype == pl.List else column).drop_nulls().unique().sort().to_list()


def _trail(
    table: str, name: str, states: Mapping[str, str], months: Iterable[int], files: list[NewFile], rows: int
) -> NewFile:
    """The lineage of a publication: the states of the stores, and the hashes of the files made."""
    parameters = {"snapshots": states, "months": [*map(month_name, months)]}
    row = lineage_row(
        name,
        1,
        table,
        code_sha256(),
        json_sha256({table: schema_sha256(table)}),
        {code: json_sha256(state) for code, state in states.items()},
        {table: json_sha256(sorted(file.sha256 for file in files))},
        rows,
        rows,
        parameters,
    )
    trail = validated("lineage", pl.DataFrame([row], schema=as_table(name, []).schema))
    return encode_file(
        "lineage", trail, "", {"table": "lineage", "code_sha256": code_sha256(), "snapshots": dict(states)}
    )
