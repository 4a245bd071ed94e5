"""Compares the months before and after an export control with the same months a year before and with placebo products.

Comparing the same months removes the season; placebo products are those of headings that no measure names. A window
shows what happened, not why. Belongs here: the arithmetic of windows. `tables` publishes the measures themselves.

A month without a row in the figures is zero if all partners were requested, and missing otherwise: the scopes of the
releases decide.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import polars as pl

from schemas.frames import EventWindow
from schemas.table import polars_schema
from tasks.domain.classification import BASKET, is_heading, members
from tasks.domain.comparability import changes_of_texts
from tasks.domain.coverage import WORLD, covering
from tasks.domain.decisions import counting
from tasks.domain.export_controls.measure_states import states_on
from tasks.domain.export_controls.measures import coverage, events_of, is_named, mixed_note
from tasks.domain.growth import growth_pct
from tasks.domain.periods import first_day, month_end, month_name, month_number
from tasks.domain.reporter import Reporter
from tasks.store.files.snapshot import Snapshot
from tasks.store.snapshots.parquet import Partition, partition_month, read_table

LENGTHS = (3, 12)
SINGLE_MONTHS = 3
YEAR = 12
KG = "quantity_kg"
# The columns that windows read: `metric` has thirty more.
LOOKED_AT = ("product", "period", "measure", "level", "yoy_pct", "yoy_status")
TRADED_OTHERWISE, OTHER_SIDE = "other_unit", "other_side"
NOTHING: Mapping[int, float] = {}
# The coverage of releases is expanded by product and month, and windows may have a placebo for every code.
PRODUCTS_AT_ONCE = 500
UNKNOWN: Mapping[str, Any] = {"level": None, "yoy_pct": None, "yoy_status": ""}
ZERO: Mapping[str, Any] = {"level": 0.0, "yoy_pct": None, "yoy_status": "zero_base"}
ZERO_AFTER_CHANGE = {**ZERO, "yoy_status": "definition_break"}
# A row of control_events.
Event = Mapping[str, Any]
# Month number -> row of the table metric, of its columns LOOKED_AT.
Series = Mapping[int, Mapping[str, Any]]


def windows(
    snapshot: Snapshot,
    product: str,
    flow: str = "export",
    partner: str = WORLD,
    other_side: Mapping[int, float] = NOTHING,
) -> EventWindow:
    """Return the windows of a product: every measure that takes effect, for it and for each placebo product of the
    store. One that prolongs a regime has none: they would compare the regime with itself.

    `other_side` is what the partner says of the product, kilograms by month number; it stands for months without a
    number of the reporter, and the rows say so.
    """
    releases = counting(read_table(snapshot, "release"), read_table(snapshot, "decision"))
    reporter = Reporter.of(releases)
    begun = events_of(product, reporter=reporter.code).filter(pl.col("effective_from") != "", pl.col("prolongs") == "")
    events = begun.to_dicts()
    months = {month for event in events for month in reach(event)}

    def is_looked_at(partition: Partition) -> bool:
        return partition[0] == flow and partition_month(partition) in months

    published = by_product(in_kilograms(read_table(snapshot, "metric", is_looked_at, places(partner), LOOKED_AT)))
    codes = tuple(members(product))
    names = [
        name for name in placebos(published, reporter.code) if not any(code.startswith(codes) for code in members(name))
    ]
    wanted = {name: published.get(name, {}) for name in [product, *names]}
    series = with_zeros(wanted, months, releases, flow, partner)
    filled = {
        month: {"level": mass, "yoy_pct": None, "yoy_status": OTHER_SIDE}
        for month, mass in other_side.items()
        if series[product].get(month, UNKNOWN)["level"] is None
    }
    series[product] = {**series[product], **filled}
    rows = [
        row
        for event in events
        for name, of_months in series.items()
        for row in windows_of(event, name, of_months, flow, partner)
    ]
    return as_table(rows)


def windows_of(event: Event, product: str, series: Series, flow: str, partner: str) -> Iterable[dict[str, Any]]:
    """Yield the rows of one measure and product: single months around it, and longer windows before and after."""
    month, touched = effect_month(event), coverage(event["event"], product)
    note = mixed_note(product, [event["event"]]) if touched else None
    spans = [(month + shift, 1) for shift in range(-SINGLE_MONTHS, SINGLE_MONTHS)]
    spans += [(first, length) for length in LENGTHS for first in (month - length, month)]
    for first, length in spans:
        now, before, growth, status = compare(series, first, length)
        months = (month for one in range(first, first + length) for month in (one - YEAR, one))
        lent = [month for month in months if series.get(month, UNKNOWN)["yoy_status"] == OTHER_SIDE]
        origin = f"{partner} says it of {', '.join(map(month_name, sorted(lent)))}" if lent else None
        yield {
            "event": event["event"],
            "flow": flow,
            "state": states_on(month_end(first_day(first + length - 1)))[event["event"]].name,
            "product": product,
            "role": "touched" if touched else "placebo",
            "coverage": touched,
            "partner": partner,
            "side": "before" if first < month else "after",
            "months": length,
            "first_month": first_day(first),
            "last_month": first_day(first + length - 1),
            "quantity_kg": now,
            "quantity_year_before_kg": before,
            "yoy_pct": growth,
            "status": status,
            "note": "; ".join(filter(None, (note, origin))) or None,
        }


def as_table(rows: Iterable[dict[str, Any]]) -> EventWindow:
    """Return rows as the table `event_window`, validated."""
    kinds = polars_schema("event_window")
    return pl.DataFrame([{name: row[name] for name in kinds} for row in rows], schema=kinds)


def effect_month(event: Event) -> int:
    """Return the number of the month in which a measure takes effect, or was to."""
    return month_number(date.fromisoformat(event["effective_from"]))


def reach(event: Event) -> range:
    """Return the months of a measure's windows."""
    month = effect_month(event)
    return range(month - max(LENGTHS) - YEAR, month + max(LENGTHS))


def placebos(products: Iterable[str], reporter: str) -> list[str]:
    """Return codes and baskets of headings that no measure of the reporter names; the contents of a line or a chapter
    are unknown.
    """
    is_code = (name for name in products if name.startswith(BASKET) or (name.isdecimal() and not is_heading(name)))
    return sorted(name for name in is_code if not is_named(name, reporter))


def places(partner: str) -> pl.Expr:
    """Select the rows of the table metric for windows, and those that show trade in any unit."""
    is_traded = (pl.col("level") > 0) | (pl.col("level_status") == TRADED_OTHERWISE)
    return (pl.col("partner") == partner) & ((pl.col("measure") == KG) | is_traded)


def in_kilograms(metric: pl.DataFrame) -> pl.DataFrame:
    """Return one row for each product and month of `places`: the one in kilograms or, if it has none, one without a
    number.
    """
    kilograms = metric.filter(pl.col("measure") == KG).drop("measure")
    others = metric.drop("measure").unique(["product", "period"]).join(kilograms, on=["product", "period"], how="anti")
    nothing = {"level": None, "yoy_pct": None, "yoy_status": TRADED_OTHERWISE}
    kinds = {name: kilograms.schema[name] for name in nothing}
    silent = others.with_columns(pl.lit(value, kinds[name]).alias(name) for name, value in nothing.items())
    return pl.concat([kilograms, silent.select(kilograms.columns)])


def with_zeros(
    series: Mapping[str, Series], months: Collection[int], releases: pl.DataFrame, flow: str, partner: str
) -> dict[str, dict[int, Mapping[str, Any]]]:
    """Return the series with the `months` that are zero: without a row, and inside the scope of a release."""
    names, wanted = sorted(series), sorted(months)
    filled = {name: dict(of_months) for name, of_months in series.items()}
    for begin in range(0, len(names), PRODUCTS_AT_ONCE):
        some = names[begin : begin + PRODUCTS_AT_ONCE]
        silent = [(name, month) for name in some for month in wanted if month not in series[name]]
        keys = pl.DataFrame(silent, {"product": pl.String, "month": pl.Int32}, orient="row")
        keys = keys.with_columns(flow=pl.lit(flow), partner=pl.lit(partner), measure=pl.lit(KG))
        zeros = covering(keys, releases).select("product", "partner", "measure", "month")
        # The last change of what kilograms of a product count, up to the month.
        changed = changes_of_texts(zeros, Reporter.of(releases))
        for (name, *_, month), last in zip(zeros.iter_rows(), changed, strict=True):
            filled[name][month] = ZERO_AFTER_CHANGE if last is not None and last > month - YEAR else ZERO
    return filled


def by_product(metric: pl.DataFrame) -> dict[str, dict[int, dict[str, Any]]]:
    """Group rows of the table metric of one partner and measure by product and month."""
    return {
        str(name): {month_number(row["period"]): row for row in rows.iter_rows(named=True)}
        for (name,), rows in metric.partition_by("product", as_dict=True).items()
    }


def compare(series: Series, first: int, length: int) -> tuple[float | None, float | None, float | None, str]:
    """Return the sum of so many months from the first on, that of a year before, the growth and how it was made."""
    span, earlier = (
        [series.get(month - back, UNKNOWN) for month in range(first, first + length)] for back in (0, YEAR)
    )
    levels = [row["level"] for row in span]
    if None in levels:
        return None, None, None, "not_covered"
    now, before = sum(levels), _sum_of_bases(span, earlier)
    if any(row["yoy_status"] == "definition_break" for row in span):
        return now, before, None, "definition_break"
    if before is None:
        return now, None, None, "no_base"
    lent = [row["yoy_status"] == OTHER_SIDE for row in (*span, *earlier)]
    if any(lent):
        return now, before, growth_pct(now, before) if all(lent) and before else None, OTHER_SIDE
    if before == 0:
        return now, 0.0, None, "zero_base"
    is_implied = any(base["level"] is None for base in earlier)
    return now, before, growth_pct(now, before), "implied_base" if is_implied else "computed"


def _sum_of_bases(span: Sequence[Mapping[str, Any]], earlier: Sequence[Mapping[str, Any]]) -> float | None:
    """Return the sum of a year before, with bases that printed growths imply; None where a month has neither."""
    pairs = zip(span, earlier, strict=True)
    bases: list[Any] = [base["level"] if base["level"] is not None else _implied(row) for row, base in pairs]
    return None if None in bases else sum(bases)


def _implied(row: Mapping[str, Any]) -> float | None:
    """Return the base that a printed growth implies."""
    if row["yoy_status"] != "implied_base" or row["yoy_pct"] <= -100:
        return None
    return float(row["level"] / (1 + row["yoy_pct"] / 100))
