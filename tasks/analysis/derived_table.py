"""Publishes a table that is made of published stores, in a store of its own beside them, with the pointer that every
store has.

A month is made again where something has changed that its rows rest on: figures or releases of a store, a code table,
or the program. A publication that is interrupted leaves the state before it, and the next release makes up for it.
Belongs here: which months are made again, and how they are kept. What is in them is in the module of each table.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from schemas.table import schema_sha256
from tasks.domain.decisions import counting
from tasks.domain.hashing import code_sha256, json_sha256, versions
from tasks.domain.periods import month_name, month_number
from tasks.lineage.records import as_table, lineage_row
from tasks.lineage.snapshot_metadata import describer
from tasks.reading.query import open_published
from tasks.store.parquet import Partition, encode_file, encode_months, partition_month, path_partition, read_table
from tasks.store.publish import NewFile, publish
from tasks.store.snapshot import Snapshot, open_snapshot
from tasks.store.verify_on_read import refuse_unknown
from tasks.store.working_copy import announcement, exclusive

# Months that are in memory together.
TOGETHER = 12
# The figures of a store that rows of other tables are made of.
READ = ("metric", "observation")


class Contents(NamedTuple):
    """What there is of one direction of a store: the snapshot, and of each month (month number) the hashes of its files
    of READ and the releases that cover it.
    """

    snapshot: Snapshot
    months: dict[int, list[str]]


class Upstream(NamedTuple):
    """What a table rests on: the snapshots by reporter, and of each month (month number) all that its rows rest on."""

    snapshots: Mapping[str, Snapshot]
    months: Mapping[int, Any]


class Publication(NamedTuple):
    """The current snapshot of a table, whether it is new, and the months made again."""

    snapshot: Snapshot
    changed: bool
    months: list[str]


def contents(store: Path | Snapshot, flow: str) -> Contents:
    """Return what there is of one direction of a store. Raises NothingPublished."""
    snapshot = store if isinstance(store, Snapshot) else open_published(store)
    found: dict[int, list[str]] = {}
    for entry in snapshot.files:
        if entry.table in READ and entry.partition.startswith(f"flow={flow}/"):
            found.setdefault(partition_month(path_partition(entry.partition)), []).append(entry.sha256)
    for first, last, name in releases_of(snapshot, flow).select("first_month", "last_month", "release_id").iter_rows():
        for month in range(month_number(first), month_number(last) + 1):
            found.setdefault(month, []).append(name)
    return Contents(snapshot, {month: sorted(there) for month, there in found.items()})


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
    table: str, folder: Path, look: Callable[[], Upstream], rows_of: Callable[[range, Snapshot | None], pl.DataFrame]
) -> Publication:
    """Bring a table up to date in its folder; `look` says what it rests on now, and `rows_of` makes the rows of
    neighbouring months, given what was published before.
    """
    # Readers ask this module for months, and need no model of a table.
    from schemas.tables.catalog import MODELS

    with exclusive(folder):
        parent = open_snapshot(folder)
        refuse_unknown(parent)
        upstream = look()
        wanted, known = prints(table, upstream.months), published_prints(parent)
        stale = [month for month, sha256 in wanted.items() if known.get(month_name(month)) != sha256]
        if parent and not stale and len(wanted) == len(known):
            return Publication(parent, False, [])
        new, rows = list[NewFile](), 0
        for months in _spans(stale):
            made = MODELS[table].validate(rows_of(months, parent), lazy=True)
            rows += made.height
            new += encode_months(table, made, lambda partition, made=made: _derivation(table, made, partition))  # type: ignore[misc]
        kept = [
            entry
            for entry in (parent.files if parent else ())
            if entry.table != table or partition_month(path_partition(entry.partition)) in {*wanted} - {*stale}
        ]
        name = f"{table}-{json_sha256([*wanted.values()])[:16]}"
        if name not in read_table(parent, "lineage")["release_id"]:
            states = {code: snapshot.id for code, snapshot in upstream.snapshots.items()}
            new.append(_trail(table, name, states, stale, new, rows))
        about = {
            "releases": [],
            "released_on": max(snapshot.about["released_on"] for snapshot in upstream.snapshots.values()),
            "of": [*upstream.snapshots],
            "months": {month_name(month): sha256 for month, sha256 in wanted.items()},
        }
        rests_on = pl.concat([read_table(snapshot, "release") for snapshot in upstream.snapshots.values()])
        done = publish(
            folder,
            new,
            carried=kept,
            parent=parent,
            about=about,
            describe=describer(rests_on, [*upstream.snapshots]),
            audit=announcement(folder),
        )
    return Publication(done.snapshot, done.changed, [*map(month_name, stale)])


def _spans(months: list[int]) -> Iterator[range]:
    """Neighbouring months, TOGETHER at most."""
    start = 0
    for place in range(1, len(months) + 1):
        if place == len(months) or months[place] != months[place - 1] + 1 or place - start == TOGETHER:
            yield range(months[start], months[place - 1] + 1)
            start = place


def _derivation(table: str, made: pl.DataFrame, partition: Partition) -> dict[str, Any]:
    """What a file was made of: the releases that each of its columns of releases names."""
    rows = made.filter(pl.col("period").dt.year() == partition[1], pl.col("period").dt.month() == partition[2])
    ids = {column.name: _texts(column) for column in rows if column.name.endswith(("release_id", "release_ids"))}
    return {"table": table, "code_sha256": code_sha256(), "releases": ids, "versions": versions()}


def _texts(column: pl.Series) -> list[str]:
    return (column.explode() if column.dtype == pl.List else column).drop_nulls().unique().sort().to_list()


def _trail(
    table: str, name: str, states: Mapping[str, str], months: Iterable[int], files: list[NewFile], rows: int
) -> NewFile:
    """The lineage of a publication: the states of the stores, and the hashes of the files made."""
    from schemas.tables.release import Lineage

    parameters = {"snapshots": states, "months": [*map(month_name, months)]}
    own = lineage_row(
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
    trail = Lineage.validate(pl.DataFrame([own], schema=as_table(name, []).schema), lazy=True)
    return encode_file(
        "lineage", trail, "", {"table": "lineage", "code_sha256": code_sha256(), "snapshots": dict(states)}
    )
