"""Publishes the tables `mover` and `expectation`, which follow from the others, in a store of their own inside that of a reporter.

    reporter=CHN/analysis/current/mover/flow=export/year=2025/month=6/…

They are made after a release is published, so its publication takes no longer, and one that was killed before this is made up for by the next. What
is asked for before that, or as of a day, is made on request by the same functions. Belongs here: what the rows of a month rest on.
"""

import functools
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

import polars as pl

from schemas.forms.outcome import Outcome
from schemas.layouts import FLOWS, LAYOUTS
from schemas.table import readers_schema
from tasks.domain.decisions import counting
from tasks.domain.periods import month_number
from tasks.domain.release_ids import MARK
from tasks.domain.reporter import Reporter
from tasks.ledger.doubts import Doubts
from tasks.reports import query
from tasks.reports.derived_store import Derived, Recipe, bring_up_to_date, month_print, prints_of
from tasks.reports.movers import VERDICT_MONTHS, State, mover_rows
from tasks.store.parquet import Partition, partition_month, partition_path, path_partition, read_table
from tasks.store.reporters import analysis_of
from tasks.store.snapshot import Snapshot, open_snapshot
from tasks.store.working_copy import address_of, again_if_outpaced, at_hand, exclusive

# Months of so many rows of metric altogether are in memory together.
ROWS_TOGETHER = 300_000
# How many months back the rows of a month rest on figures and numbers.
REACH = {"mover": VERDICT_MONTHS}
MAKERS: dict[str, Callable[[State, str, Sequence[int]], pl.DataFrame]] = {"mover": mover_rows}
log = logging.getLogger("tidewaiter.analysis")


def update_analysis(outcome: Outcome, store: Path) -> Outcome:
    """Bring the tables that follow from a store up to date after a release.

    A table that cannot be made is a warning; the release stays published.
    """
    if outcome.status not in ("published", "nothing new"):
        return outcome
    try:
        publish_analysis(store)
    except Exception as problem:
        log.warning("the tables that follow from %s could not be made", store, exc_info=True)
        told = f"analysis: {' and '.join(MAKERS)} not made, {type(problem).__name__}: {problem}; the release is published. Ingest it once more."
        return outcome.model_copy(update={"warnings": [*outcome.warnings, told]})
    return outcome


@again_if_outpaced
def publish_analysis(store: Path) -> Derived:
    """Publish what follows from a store, or bring it up to date: the months in which something has changed that they rest on."""
    snapshot = query.open_published(store)
    folder = at_hand(analysis_of(address_of(store)))
    with exclusive(folder):
        state = state_of(snapshot)
        recipes = [
            Recipe(table, prints(snapshot, table), functools.partial(_make, snapshot, state, table)) for table in MAKERS
        ]
        return bring_up_to_date(folder, open_snapshot(folder), "analysis", recipes, {"store": snapshot}, {})


def rows_of(snapshot: Snapshot, table: str, flow: str, months: Sequence[int], day: date | None = None) -> pl.DataFrame:
    """Return the rows of a table of a direction and months (month numbers), now or as of a day: published ones, or made on request."""
    if day is not None:
        return MAKERS[table](_known_on(snapshot, flow, day), flow, months).cast(readers_schema(table))  # type: ignore[arg-type]
    published = open_snapshot(at_hand(analysis_of(address_of(snapshot.store))))
    wanted, known = prints(snapshot, table, months), prints_of(published, table)
    current = {place for place, found in wanted.items() if known.get(partition_path(place)) == found}
    rows = [read_table(published, table, current.__contains__)]
    stale = [partition_month(place) for place in wanted if place[0] == flow and place not in current]
    if stale:
        state = state_of(snapshot)
        rows.append(MAKERS[table](state, flow, stale).cast(readers_schema(table)))  # type: ignore[arg-type]
    return pl.concat(rows).filter(flow=flow).sort("period", *LAYOUTS[table].sort_by)


def prints(snapshot: Snapshot, table: str, months: Sequence[int] | None = None) -> dict[Partition, str]:
    """A hash of what each month of a table rests on, of all months with figures or of these."""
    entries: dict[tuple[str, int], list[str]] = {}
    for entry in snapshot.files:
        if entry.table in ("metric", "observation"):
            place = path_partition(entry.partition)
            entries.setdefault((place[0], partition_month(place)), []).append(entry.sha256)
    filed = {path_partition(entry.partition) for entry in snapshot.entries("metric") if entry.rows}
    releases, decisions = (read_table(snapshot, name) for name in ("release", "decision"))
    decided = decisions.select("release_id", "decision_id").rows()
    counted: dict[tuple[str, int], list[list[str]]] = {}
    for name, flow, first, last in (
        counting(releases, decisions).select("release_id", "flow", "first_month", "last_month").sort("release_id").iter_rows()
    ):  # fmt: skip
        own = [name, *sorted(decision for release, decision in decided if release == name.partition(MARK)[0])]
        for month in range(month_number(first), month_number(last) + 1):
            for one in FLOWS if flow is None else [flow]:
                counted.setdefault((one, month), []).append(own)
    found = {}
    for place in sorted(filed):
        month = partition_month(place)
        if months is None or month in months:
            near = [(place[0], one) for one in range(month - REACH[table], month + 1)]
            rests_on = [[sorted(entries.get(one, [])), counted.get(one, [])] for one in near]
            found[place] = month_print(table, rests_on)
    return found


def _make(snapshot: Snapshot, state: State, table: str, stale: Sequence[Partition]) -> Iterator[pl.DataFrame]:
    sizes = {path_partition(entry.partition): entry.rows for entry in snapshot.entries("metric")}
    for flow in FLOWS:
        together: list[int] = []
        size = 0
        for place in (one for one in stale if one[0] == flow):
            if together and size + sizes[place] > ROWS_TOGETHER:
                yield MAKERS[table](state, flow, together)
                together, size = [], 0
            together.append(partition_month(place))
            size += sizes[place]
        if together:
            yield MAKERS[table](state, flow, together)


def state_of(snapshot: Snapshot) -> State:
    """The state of a store that rows are made of."""
    return _state(functools.partial(read_table, snapshot), Doubts(snapshot))


def _state(read: Callable[..., pl.DataFrame], doubts: Doubts) -> State:
    return State(read, doubts, Reporter.of(read("release")).code)


def _known_on(snapshot: Snapshot, flow: str, day: date) -> State:
    """What was known at the end of a day, computed from the ledger by the functions that publish."""
    metric = query.table_on(snapshot, "metric", day, flow)
    vintages = read_table(snapshot, "observation", lambda part: part[0] == flow, pl.col("known_from") <= day)
    until = pl.when(pl.col("known_until") <= day).then("known_until").alias("known_until")
    revised = read_table(snapshot, "revision", lambda part: part[0] == flow, pl.col("revised_on") <= day)
    releases, decisions = (read_table(snapshot, name) for name in ("release", "decision"))
    decisions = decisions.filter(pl.col("decided_on") <= day)
    frames = {
        "metric": metric, "observation": vintages.with_columns(until), "revision": revised, "decision": decisions,
        "release": releases.filter(pl.col("released_on") <= day),
    }  # fmt: skip
    return _state(functools.partial(_read, frames, flow), Doubts(snapshot, day))


def _read(
    frames: Mapping[str, pl.DataFrame], flow: str, table: str, keep: Callable[[Partition], bool] | None = None,
    where: pl.Expr | None = None, columns: Sequence[str] = (),
) -> pl.DataFrame:  # fmt: skip
    """Read a frame of a direction as `read_table` does the table of a snapshot."""
    rows, month_of = frames[table], LAYOUTS[table].month_of
    if keep is not None and month_of is not None:
        months = pl.col(month_of).dt.month_start()
        there = rows.select(months).to_series().unique()
        rows = rows.filter(months.is_in([month for month in there if keep((flow, month.year, month.month))]))
    rows = rows if where is None else rows.filter(where)
    return rows.select(columns) if columns else rows
