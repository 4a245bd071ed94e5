"""Publishes the tables `mover` and `expectation`, which follow from those of a reporter, each in a store of its own
beside theirs.

    mover/reporter=CHN/current/mover/flow=export/year=2025/month=6/…

What is asked for before it is published, as of a day, or in a store of no reporter's name is made on request by the
same functions. Belongs here: what the rows of a month rest on. How they are published is in `downstream`.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

import polars as pl

from schemas.layouts import FLOWS, LAYOUTS
from schemas.table import empty_frame, readers_schema
from tasks.analysis.ground.derived_table import (
    TablePublication,
    Upstream,
    contents,
    prints,
    publish_table,
    published_prints,
)
from tasks.analysis.reporter.expectation import WINDOW_MAX, expectation_rows
from tasks.analysis.reporter.movers import PUBLISHED, VERDICT_MONTHS, StoreState, TradeScope, mover_rows
from tasks.derive.executor import each, pieces_at_once
from tasks.derive.portions import leave_frame, read_frame
from tasks.domain.hashing import json_sha256
from tasks.domain.periods import month_name
from tasks.domain.units import MILLIGRAMS_PER_KG
from tasks.ledger.doubts import Doubts
from tasks.reading import query
from tasks.store.bucket.working_copy import address_of, again_if_outpaced, at_hand
from tasks.store.files import exchange
from tasks.store.files.snapshot import Snapshot, load_snapshot, open_snapshot
from tasks.store.places.reporters import Address, named, root_of, store_of, table_of
from tasks.store.places.verify_on_read import proved
from tasks.store.snapshots.parquet import Partition, partition_month, path_partition, read_table

# Months of so many rows of metric altogether are in memory together.
ROWS_TOGETHER = 300_000
# How many months back the rows of a month rest on figures and numbers.
REACH = {"expectation": WINDOW_MAX, "mover": VERDICT_MONTHS}
MAKERS: dict[str, Callable[[StoreState, str, Sequence[int]], pl.DataFrame]] = {
    "expectation": expectation_rows,
    "mover": mover_rows,
}


@again_if_outpaced
def publish_analysis(root: Address, reporter: str, table: str) -> TablePublication:
    """Publish a table of MAKERS of a reporter, or bring it up to date. Raises NothingPublished where the reporter's
    store is empty."""
    snapshot = query.open_published(at_hand(store_of(root, reporter)))

    folder = at_hand(table_of(root, table, reporter))

    def rows_of(months: range, parent: Snapshot | None) -> pl.DataFrame:
        with exchange.in_store(folder) as place:
            names = [name for flow in FLOWS for name in _rows_left(AnalysisSpan(snapshot, table, flow, months), place)]
            return pl.concat([empty_frame(table), *(read_frame(place, name) for name in names)])

    return publish_table(table, folder, functools.partial(upstream, snapshot, reporter, table), rows_of)


class AnalysisSpan(NamedTuple):
    """Months (month numbers) of a table of MAKERS and a direction, made of a snapshot."""

    snapshot: Snapshot
    table: str
    flow: str
    months: Sequence[int]


class AnalysisPiece(NamedTuple):
    """Months of a span in groups that are in memory together, the store and the snapshot that they are made of, and the
    place where the rows are left. `title` is for people."""

    store: Path
    name: str
    table: str
    flow: str
    groups: list[list[int]]
    place: Path
    title: str


def leave_rows(piece: AnalysisPiece) -> str:
    """Leave the rows of a piece, wherever its store can be read, and return their name."""
    state = state_of(proved(load_snapshot(piece.store, piece.name), bytes_max=query.PROVED_BYTES_MAX))
    parts = [MAKERS[piece.table](state, piece.flow, some) for some in piece.groups]
    return leave_frame(piece.place, pl.concat([empty_frame(piece.table), *parts]))


def _rows_left(span: AnalysisSpan, place: Path) -> list[str]:
    """The names of the rows of a span in order, neighbouring months made by one process, because they look back on the
    same."""
    snapshot, table, flow, months = span
    groups, sizes = _in_memory(snapshot, flow, months), _sizes(snapshot, flow)
    rows = sum(sizes[month] for some in groups for month in some)
    length = -(-len(groups) // pieces_at_once(rows)) or 1
    runs = [groups[start : start + length] for start in range(0, len(groups), length)]
    store = snapshot.store.absolute()
    pieces = [AnalysisPiece(store, snapshot.id, table, flow, run, place, _title(table, flow, run)) for run in runs]
    return each(leave_rows, pieces, rows=rows)


def _title(table: str, flow: str, groups: Sequence[Sequence[int]]) -> str:
    first, last = month_name(groups[0][0]), month_name(groups[-1][-1])
    return f"{table} {first if first == last else f'{first} to {last}'} {flow}"


def upstream(snapshot: Snapshot, reporter: str, table: str) -> Upstream:
    """Return what a table of MAKERS rests on: the store of its reporter."""
    return Upstream({reporter: snapshot}, _rests_on(snapshot, table))


def rows_of(snapshot: Snapshot, table: str, flow: str, months: Sequence[int], day: date | None = None) -> pl.DataFrame:
    """Return the rows of a table of a direction and months (month numbers), now or as of a day: published ones, or made
    on request."""
    if day is not None:
        return _in_order(table, MAKERS[table](_known_on(snapshot, flow, day), flow, months))
    rows, missing = _published(snapshot, table, flow, months)
    state = state_of(snapshot) if missing else None
    frames = [MAKERS[table](state, flow, some) for some in _in_memory(snapshot, flow, missing)] if state else []
    return _in_order(table, pl.concat([rows, *(one.cast(rows.schema) for one in frames)]))


def movers_about(
    snapshot: Snapshot, flow: str, month: int, scope: TradeScope, day: date | None = None, against: str = ""
) -> pl.DataFrame:
    """Return rows of the table `mover` of a direction and month (month number) that explain the trade of one partner,
    or in some products, made on request: now, or as of a day; by one comparison, or by those that are published."""
    state = state_of(snapshot) if day is None else _known_on(snapshot, flow, day)
    compared = PUBLISHED if against in ("", *PUBLISHED) else (against,)
    return _in_order("mover", mover_rows(StoreState(state.read, state.doubts, scope), flow, [month], against=compared))


def published_rows(snapshot: Snapshot, table: str, flow: str, months: Sequence[int]) -> pl.DataFrame:
    """Return the rows of a table of a direction and months (month numbers) that are published and up to date; none is
    made on request."""
    return _in_order(table, _published(snapshot, table, flow, months)[0])


def _published(snapshot: Snapshot, table: str, flow: str, months: Sequence[int]) -> tuple[pl.DataFrame, list[int]]:
    """The published rows of these months, and the months without any that are up to date."""
    address = address_of(snapshot.store)
    root, reporter = root_of(address), named(address)
    published = open_snapshot(at_hand(table_of(root, table, reporter))) if root is not None and reporter else None
    wanted, known = prints(table, _rests_on(snapshot, table)), published_prints(published)
    current = {month for month in months if month in wanted and known.get(month_name(month)) == wanted[month]}
    rows = read_table(published, table, lambda place: place[0] == flow and partition_month(place) in current)
    return rows, [month for month in months if month in wanted and month not in current]


def _in_order(table: str, rows: pl.DataFrame) -> pl.DataFrame:
    return rows.cast(readers_schema(table)).sort("flow", "period", *LAYOUTS[table].sort_by)  # type: ignore[arg-type]


def _rests_on(snapshot: Snapshot, table: str) -> dict[int, list[list[str]]]:
    """All that the rows of each month with figures rest on."""
    filed = {path_partition(entry.partition) for entry in snapshot.entries("metric") if entry.rows}
    by_month: dict[int, list[list[str]]] = {partition_month(place): [] for place in filed}
    for flow in FLOWS:
        hash_of = {month: json_sha256(names) for month, names in contents(snapshot, flow).months.items()}
        for month, rests_on in by_month.items():
            hashes = (hash_of.get(one, "") for one in range(month - REACH[table], month + 1))
            rests_on.append([flow, *hashes])
    return by_month


def _in_memory(snapshot: Snapshot, flow: str, months: Sequence[int]) -> list[list[int]]:
    """The months of a direction with figures, in groups that are in memory together."""
    sizes = _sizes(snapshot, flow)
    groups, size = list[list[int]](), ROWS_TOGETHER
    for month in months:
        if sizes.get(month):
            if size + sizes[month] > ROWS_TOGETHER:
                groups.append([])
                size = 0
            groups[-1].append(month)
            size += sizes[month]
    return groups


def _sizes(snapshot: Snapshot, flow: str) -> dict[int, int]:
    """Rows of the figures of each month."""
    return {partition_month(path_partition(one.partition)): one.rows for one in snapshot.entries("metric", flow)}


def state_of(snapshot: Snapshot) -> StoreState:
    """The state of a store that rows are made of."""
    return StoreState(functools.partial(read_table, snapshot), Doubts(snapshot))


def _known_on(snapshot: Snapshot, flow: str, day: date) -> StoreState:
    """What was known at the end of a day, computed from the ledger by the functions that publish."""
    metric = query.table_on(snapshot, "metric", day, flow)
    vintages = read_table(snapshot, "observation", lambda part: part[0] == flow, pl.col("known_from") <= day)
    until = pl.when(pl.col("known_until") <= day).then("known_until").alias("known_until")
    revised = read_table(snapshot, "revision", lambda part: part[0] == flow, pl.col("revised_on") <= day)
    releases, decisions = (read_table(snapshot, name) for name in ("release", "decision"))
    decisions = decisions.filter(pl.col("decided_on") <= day)
    level = pl.col("level")
    smallest = pl.when(pl.col("measure") == "quantity_kg").then(level * MILLIGRAMS_PER_KG).otherwise(level)
    frames = {
        "metric": metric,
        "record_level": metric.drop_nulls("level").with_columns(smallest),
        "observation": vintages.with_columns(until),
        "revision": revised,
        "decision": decisions,
        "release": releases.filter(pl.col("released_on") <= day),
    }
    return StoreState(functools.partial(_read, frames, flow), query.doubts_of(snapshot, day))


def _read(
    frames: Mapping[str, pl.DataFrame],
    flow: str,
    table: str,
    keep: Callable[[Partition], bool] | None = None,
    where: pl.Expr | None = None,
    columns: Sequence[str] = (),
) -> pl.DataFrame:
    """Read a frame of a direction as `read_table` does the table of a snapshot."""
    rows, month_of = frames[table], LAYOUTS[table].month_of
    if keep is not None and month_of is not None:
        months = pl.col(month_of).dt.month_start()
        periods = rows.select(months).to_series().unique()
        rows = rows.filter(months.is_in([month for month in periods if keep((flow, month.year, month.month))]))
    rows = rows if where is None else rows.filter(where)
    return rows.select(columns) if columns else rows
