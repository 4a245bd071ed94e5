"""Builds the published tables of export controls: the measures, and the months around each.

A release recomputes only the windows that it can change: those with a month that it derives, and only if it covers a
product of the windows. This needs the totals of these products, which are a table of their own (`event_month`), and the
scopes of the releases. So the step costs nothing if a release is about other products, and hardly more in a store of
many years than in one of two.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import polars as pl

from schemas.reference.code_tables import code_table
from schemas.table import DataFrame, polars_schema, schema_sha256
from tasks.controls.windows import (
    LOOKED_AT,
    Series,
    as_table,
    by_product,
    in_kilograms,
    placebos,
    places,
    reach,
    windows_of,
    with_zeros,
)
from tasks.domain.classification import BASKET, members
from tasks.domain.coverage import WORLD
from tasks.domain.hashing import code_sha256, frame_sha256, json_sha256
from tasks.domain.measure_states import with_states
from tasks.domain.measures import codes_of, measures, touched_codes
from tasks.ingest.normalise import Normalised
from tasks.ledger.published_state import Known
from tasks.store.parquet import Partition, partition_month, read_derivation, read_table
from tasks.store.pending_files import PendingFiles
from tasks.store.verify_on_read import prove

if TYPE_CHECKING:
    from schemas.tables.control_event import ControlEvent, EventMonth, EventWindow
    from schemas.tables.release import Release

FLOW = "export"
DAYS = ("announced_on", "effective_from", "effective_until")
REFERENCES = ("control_events", "control_event_codes", "baskets", "products", "watch_list")


class EventTables(NamedTuple):
    """The measures, the windows around them, and the months of the windows, after a release."""

    control_event: DataFrame[ControlEvent]
    event_window: DataFrame[EventWindow]
    event_month: DataFrame[EventMonth]


def mark_events(release: Normalised, metric: PendingFiles, known: Known, counting: DataFrame[Release]) -> EventTables:
    """The tables of export controls after `release`, of which `metric` are the figures that it recomputed and `counting` the releases
    that count then."""
    prove(known.snapshot, "event_window")
    prove(known.snapshot, "event_month")
    is_outdated, reporter = _is_outdated(known), str(release.release["reporter"][0])
    events = measures(reporter) if is_outdated else _changed(release, known, reporter)
    is_new = bool(events) or is_outdated
    months = (
        event_month(metric, known, reporter, is_outdated=is_outdated)
        if is_new
        else read_table(known.snapshot, "event_month")
    )
    return EventTables(
        control_event(_newest_day(release, known), reporter), event_window(events, months, counting, known, reporter),
        cast("DataFrame[EventMonth]", months),
    )  # fmt: skip


def _newest_day(release: Normalised, known: Known) -> date:
    """Return the day of the newest release of the store, whatever their order of arrival; for a release that is
    already published, the day of its publication.
    """
    mine = release.release.filter(~pl.col("release_id").is_in(known.releases["release_id"].to_list()))
    days: list[date] = [*known.releases["released_on"], *mine["released_on"]]
    return max(days)


def control_event(day: date, reporter: str) -> DataFrame[ControlEvent]:
    """Return the measures of a reporter with their dates, their codes, and the state of each on a day."""
    notes = _notes()
    rows = [
        {
            **row,
            **{name: date.fromisoformat(row[name]) if row[name] else None for name in DAYS},
            "codes_whole": [code for code, how in codes_of(row["event"]).items() if how == "whole"],
            "codes_unknown_share": [code for code, how in codes_of(row["event"]).items() if how == "unknown_share"],
            **{name: [part for part in row[name].split(";") if part] for name in ("suspends", "succeeds")},
            "note": "; ".join([*notes.get(row["event"], ()), *([row["date_note"]] if row["date_note"] else [])])
            or None,
        }
        for row in with_states(code_table("control_events").filter(reporter=reporter), day).iter_rows(named=True)
    ]
    kinds = polars_schema("control_event")
    frame = pl.DataFrame([{name: row[name] for name in kinds} for row in rows], schema=kinds)
    return cast("DataFrame[ControlEvent]", frame)


def _notes() -> dict[str, list[str]]:
    """The finding on the codes of each measure of which only an unknown share is under control."""
    shared = code_table("control_event_codes").filter(pl.col("coverage") == "unknown_share")
    found: dict[str, list[str]] = {}
    for event, code, note in shared.select("event", "hs8", "note").unique().sort("event", "hs8", "note").iter_rows():
        found.setdefault(event, []).append(f"{code}: {note}")
    return found


def event_window(
    events: list[dict[str, Any]], months: pl.DataFrame, counting: pl.DataFrame, known: Known, reporter: str
) -> DataFrame[EventWindow]:
    """Return the windows after a release: some measures recomputed from the current months, the others unchanged."""
    before = read_table(known.snapshot, "event_window")
    before = before.filter(pl.col("event").is_in([event["event"] for event in measures(reporter)]))
    if not events:
        return cast("DataFrame[EventWindow]", before)
    published = by_product(months)
    products_of = {
        event["event"]: _products_next_to(event["event"], _there(published, event), reporter) for event in events
    }
    wanted = {product: published[product] for products in products_of.values() for product in products}
    reached = {month for event in events for month in reach(event)}
    series = with_zeros(wanted, reached, relevant_releases(counting, reporter), FLOW, WORLD)
    again = as_table(
        row
        for event in events
        for product in products_of[event["event"]]
        for row in windows_of(event, product, series[product], FLOW, WORLD)
    )
    kept = before.filter(~pl.col("event").is_in([event["event"] for event in events]))
    return cast(
        "DataFrame[EventWindow]",
        pl.concat([kept, again]).sort("event", "product", "partner", "months", "first_month"),
    )


def _there(series: Mapping[str, Series], event: Mapping[str, Any]) -> list[str]:
    """Return the products that have a figure in one of the months of a measure's windows."""
    looked_at = {*reach(event)}
    return sorted(
        product
        for product, rows in series.items()
        if any(month in looked_at and row["level"] is not None for month, row in rows.items())
    )


def _products_next_to(event: str, there: list[str], reporter: str) -> list[str]:
    """Return, of the products in the store, those that a measure affects and the placebos; none if it affects none."""
    touched = [product for product in there if {*members(product)} & {*codes_of(event)}]
    return sorted([*touched, *placebos(there, reporter)]) if touched else []


def relevant_releases(releases: pl.DataFrame, reporter: str) -> pl.DataFrame:
    """Return the releases that may cover a product of the windows."""
    relevant = [_is_relevant(row, reporter) for row in releases.iter_rows(named=True)]
    return releases.filter(pl.Series(relevant, dtype=pl.Boolean))


def derivation() -> dict[str, Any]:
    """Return the hashes of the code and the reference data that made these tables, for their files."""
    return {"code_sha256": code_sha256(), "reference_sha256": reference_sha256()}


@functools.cache
def reference_sha256() -> str:
    """Return the hash of the code tables that decide which windows exist."""
    return json_sha256({name: frame_sha256(code_table(name)) for name in REFERENCES})


@functools.cache
def event_products(reporter: str) -> frozenset[str]:
    """Return codes and baskets of the measures of a reporter, and those that the code tables name with them."""
    baskets = {BASKET + name for name in code_table("baskets")["basket"]}
    listed = {*code_table("products")["product"], *code_table("watch_list")["product"]}
    return frozenset(touched_codes(reporter) | baskets | {name for name in listed if members(name)})


def _is_relevant(row: dict[str, Any], reporter: str) -> bool:
    """Whether a release may cover a product of the windows."""
    if row["flow"] not in (None, FLOW):
        return False
    return "*" in row["products"] or any(code.startswith(tuple(row["products"])) for code in _event_codes(reporter))


@functools.cache
def _event_codes(reporter: str) -> frozenset[str]:
    return frozenset(code for product in event_products(reporter) for code in members(product))


def _changed(release: Normalised, known: Known, reporter: str) -> list[dict[str, Any]]:
    """Return the measures whose windows include a month that the release derives, if it covers their products at
    all.
    """
    if not any(_is_relevant(row, reporter) for row in release.release.iter_rows(named=True)):
        return []
    derived = {partition_month(partition) for partition in known.derived if partition[0] == FLOW}
    return [event for event in measures(reporter) if derived & {*reach(event)}]


def _is_outdated(known: Known) -> bool:
    """Whether the published windows were made with other reference data or other code, or are missing."""
    return any(_is_of_other_code(table, known) for table in ("event_window", "event_month"))


def _is_of_other_code(table: str, known: Known) -> bool:
    entries = known.snapshot.entries(table) if known.snapshot else ()
    if known.snapshot is None or not entries or entries[0].schema_sha256 != schema_sha256(table):
        return True
    found = read_derivation(str(known.snapshot.path / entries[0].path))
    return (found.get("reference_sha256"), found.get("code_sha256")) != (reference_sha256(), code_sha256())


def event_month(metric: PendingFiles, known: Known, reporter: str, *, is_outdated: bool) -> DataFrame[EventMonth]:
    """Return the totals of the products in the months of all windows: derived months recomputed, the others unchanged.

    If the published table `is_outdated`, the others are read from `metric`. A month that has a row without a total
    keeps it, because it is not a zero.
    """
    months = {month for event in measures(reporter) for month in reach(event)}
    wanted = places(WORLD) & pl.col("product").is_in(sorted(event_products(reporter)))
    again = {partition for partition in known.derived if partition[0] == FLOW}

    def is_looked_at(partition: Partition) -> bool:
        return partition[0] == FLOW and partition_month(partition) in months

    if is_outdated:
        other = read_table(
            known.snapshot, "metric", lambda part: is_looked_at(part) and part not in again, wanted, LOOKED_AT
        )  # fmt: skip
    else:
        derived = [date(year, month, 1) for _, year, month in again]
        other = read_table(known.snapshot, "event_month").filter(~pl.col("period").is_in(derived))
    kinds = polars_schema("event_month")
    recomputed = metric.rows(is_looked_at, wanted, LOOKED_AT)
    rows = [
        of_months if "measure" not in of_months.columns else in_kilograms(of_months)
        for of_months in (other, *recomputed)
    ]
    found = pl.concat([of_months.select(*kinds).cast(kinds) for of_months in rows]).sort("product", "period")  # type: ignore[arg-type]
    return cast("DataFrame[EventMonth]", found)
