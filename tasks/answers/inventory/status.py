"""Says of each reporter and source what a monitor watches: the last month, what is due and overdue, what waits for a
person, when a fetch last ran, and since when it fails.

It is one table, and the same as text for Prometheus, whose node exporter reads it from a file.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from schemas.forms.fetch import SourceState
from schemas.store_address import S3Url
from tasks.answers.inventory.sources import states_of
from tasks.domain.errors import StoreError
from tasks.inbox import held
from tasks.store.bucket.working_copy import at_hand
from tasks.store.files.snapshot import open_snapshot
from tasks.store.places.reporters import stores_of
from tasks.store.snapshots.parquet import read_table

KINDS: dict[str, Any] = {
    "reporter": pl.String,
    "source": pl.String,
    "last_month": pl.String,
    "released_on": pl.Date,
    "next_month": pl.String,
    "due": pl.Date,
    "overdue": pl.List(pl.String),
    "overdue_days": pl.Int64,
    "held": pl.Int64,
    "last_run": pl.Datetime("us", "UTC"),
    "failing_since": pl.Datetime("us", "UTC"),
    "reason": pl.String,
}
PREFIX = "tidewaiter"
# Name of each number and what it is; a number that is not known has no line.
GAUGES = {
    "last_month_timestamp_seconds": "first day of the newest month that is in",
    "due_timestamp_seconds": "day on which the next month is due",
    "overdue_months": "months that are due and not in",
    "overdue_days": "days since the first of these was due",
    "held_releases": "releases that wait for a person",
    "last_run_timestamp_seconds": "time of the last fetch",
    "failing_since_timestamp_seconds": "time of the first of the fetches that failed since",
}


def status(root: Path | S3Url, inboxes: Sequence[Path], day: date) -> pl.DataFrame:
    """Return a row of KINDS for each reporter and source that has a release, or one that is held. A reporter without
    any has a row without a source, and one whose store cannot be read has the reason in it."""
    rows: list[tuple[object, ...]] = []
    for reporter, address in stores_of(root).items():
        try:
            store = at_hand(address)
            releases = read_table(open_snapshot(store), "release")
            waiting = held.waiting(store)
        except StoreError as error:
            rows.append((reporter, None, *_state(None)[:-1], str(error), 0))
            continue
        sources = sorted({*releases["source"], *(one.source for one in waiting)})
        states = {state.source: state for state in states_of(address, sources, inboxes, day)}
        for source in sources or [None]:
            count = sum(one.source == source for one in waiting)
            rows.append((reporter, source, *_state(states.get(source or "")), count))
    order = ["reporter", "source", *(name for name in KINDS if name not in ("reporter", "source", "held")), "held"]
    return pl.DataFrame(rows, {name: KINDS[name] for name in order}, orient="row").select(*KINDS)


def _state(state: SourceState | None) -> tuple[object, ...]:
    if state is None:
        return (None, None, None, None, [], 0, None, None, None)
    return (
        state.last_month or None,
        state.released_on,
        state.next_month or None,
        state.next_due,
        state.overdue,
        state.days_overdue,
        state.asked_at,
        state.failing_since,
        state.reason or None,
    )


def overview(rows: pl.DataFrame) -> dict[str, list[str]]:
    """Return the rows as columns of a terminal, without those that are empty."""
    shown = rows.select(
        "reporter",
        "source",
        pl.col("last_month").alias("last month"),
        pl.format("{} on {}", "next_month", "due").alias("due"),
        pl.when(pl.col("overdue_days") > 0).then(pl.format("{} days", "overdue_days")).alias("overdue"),
        pl.when(pl.col("held") > 0).then("held").cast(pl.String).alias("held"),
        pl.col("last_run").dt.strftime("%Y-%m-%d %H:%M").alias("last run"),
        pl.col("failing_since").dt.strftime("%Y-%m-%d %H:%M").alias("failing since"),
    )
    return {one.name: one.fill_null("").to_list() for one in shown if one.count()}


def is_late(rows: pl.DataFrame) -> bool:
    """Whether a month of any row is overdue, or a fetch fails."""
    return (
        rows.filter(
            (pl.col("overdue_days") > 0) | pl.col("failing_since").is_not_null() | pl.col("reason").is_not_null()
        ).height
        > 0
    )


def prometheus(rows: pl.DataFrame, now: datetime) -> str:
    """Return the rows in the text format of Prometheus: a gauge of GAUGES for each number, with reporter and source,
    and the time at which it was written."""
    numbers = rows.select(
        "reporter",
        "source",
        last_month_timestamp_seconds=_seconds(pl.col("last_month").str.to_date("%Y-%m", strict=False)),
        due_timestamp_seconds=_seconds(pl.col("due")),
        overdue_months=pl.col("overdue").list.len(),
        overdue_days="overdue_days",
        held_releases="held",
        last_run_timestamp_seconds=pl.col("last_run").dt.epoch("s"),
        failing_since_timestamp_seconds=pl.col("failing_since").dt.epoch("s"),
    )
    lines = []
    for name, meaning in GAUGES.items():
        lines += [f"# HELP {PREFIX}_{name} {meaning}", f"# TYPE {PREFIX}_{name} gauge"]
        known = numbers.select("reporter", pl.col("source").fill_null(""), name).drop_nulls(name)
        for reporter, source, value in known.iter_rows():
            lines.append(f'{PREFIX}_{name}{{reporter="{reporter}",source="{source}"}} {value}')
    written = f"{PREFIX}_status_timestamp_seconds"
    lines += [f"# HELP {written} time at which this was written", f"# TYPE {written} gauge"]
    lines.append(f"{written} {int(now.astimezone(UTC).timestamp())}")
    return "\n".join(lines) + "\n"


def _seconds(day: pl.Expr) -> pl.Expr:
    return day.cast(pl.Datetime("us")).dt.epoch("s")
