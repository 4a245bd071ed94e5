"""What export controls did: which measures touch a product, and the months before and after each.

A window compares with the same months a year before, so that the season does not speak, and with placebo products, which
the measure does not touch. It says what happened, not why.
"""

from datetime import date
from typing import Any

import polars as pl
from pandera.typing.polars import DataFrame

from schemas.code_tables import code_table
from schemas.control_event import EventWindow
from schemas.metric import Metric
from schemas.table import polars_schema
from tasks.snapshot import Snapshot
from tasks.tables import read_table

LENGTHS = (3, 12)
SINGLE_MONTHS = 3
MIXED = "85051110"
MIXED_WORDS = "HS 85051110 holds controlled and free magnets alike; what share of it is controlled is not published."


def members(product: str) -> list[str]:
    """HS8 codes of a product, as far as they are known."""
    if product.startswith("basket:"):
        return code_table("baskets").filter("basket:" + pl.col("basket") == product)["hs8"].unique().sort().to_list()
    return [product] if product.isdecimal() else []


def events_of(product: str | None = None) -> pl.DataFrame:
    """Measures by day, with the codes of `product` that each touches and how; all measures where it is None."""
    events = code_table("control_events").with_columns(
        day=pl.when(pl.col("announced_on") == "").then("effective_from").otherwise("announced_on")
    )
    if product is None:
        return events.sort("day", "event").drop("day").with_columns(coverage=pl.lit(None, pl.String))
    codes = code_table("control_event_codes").filter(pl.col("hs8").is_in(members(product)))
    touched = codes.group_by("event").agg(
        coverage=pl.when((pl.col("coverage") == "whole").all())
        .then(pl.lit("whole"))
        .otherwise(pl.lit("unknown_share"))
        .first()
    )
    return events.join(touched, on="event", how="inner").sort("day", "event").drop("day")


def windows(snapshot: Snapshot, product: str, flow: str = "export", partner: str = "WLD") -> DataFrame[EventWindow]:
    """The table `event_window` of a product: every measure that takes effect, for it and for each placebo product."""
    metric = read_table(snapshot, Metric, lambda partition: partition[0] == flow).filter(
        partner=partner, measure="quantity_kg"
    )
    series = {
        str(name): {row["period"].year * 12 + row["period"].month - 1: row for row in rows.iter_rows(named=True)}
        for (name,), rows in metric.partition_by("product", as_dict=True).items()
    }
    rows = [
        row
        for event in events_of(product).filter(pl.col("effective_from") != "").iter_rows(named=True)
        for name in [product, *_placebos(series, product, event["event"])]
        for row in _windows(event, name, name != product, series.get(name, {}), flow, partner)
    ]
    frame = pl.DataFrame(rows, schema=polars_schema(EventWindow))
    return DataFrame[EventWindow](EventWindow.validate(frame, lazy=True))


def _placebos(series: dict[str, Any], product: str, event: str) -> list[str]:
    """Codes and baskets in the store that share no code with the measure or with the product; what a line holds is not known."""
    touched = {*code_table("control_event_codes").filter(pl.col("event") == event)["hs8"], *members(product)}
    return sorted(
        name for name in series
        if name != product and (len(name) == 8 or name.startswith("basket:")) and not touched & set(members(name))
    )  # fmt: skip


def _windows(
    event: dict[str, Any], product: str, placebo: bool, series: dict[int, Any], flow: str, partner: str
) -> list[dict[str, Any]]:
    start = date.fromisoformat(event["effective_from"])
    month = start.year * 12 + start.month - 1
    spans = [(month + shift, 1) for shift in range(-SINGLE_MONTHS, SINGLE_MONTHS)]
    spans += [(first, length) for length in LENGTHS for first in (month - length, month)]
    found = []
    for first, length in spans:
        now, before, growth, status = _compare(series, first, length)
        found.append(
            {
                "event": event["event"], "state": event["state"], "flow": flow, "product": product, "role": "placebo" if placebo else "touched",
                "coverage": None if placebo else event["coverage"], "partner": partner, "side": "before" if first < month else "after",
                "months": length, "first_month": _day(first), "last_month": _day(first + length - 1), "quantity_kg": now,
                "quantity_year_before_kg": before, "yoy_pct": growth, "status": status,
            }
        )  # fmt: skip
    return found


def _compare(series: dict[int, Any], first: int, length: int) -> tuple[float | None, float | None, float | None, str]:
    """Sum, sum a year before, growth and how it was made."""
    span = range(first, first + length)
    levels = [_level(series.get(month)) for month in span]
    known = [_level(series.get(month - 12)) for month in span]
    bases = [base if base is not None else _implied(series.get(month)) for base, month in zip(known, span, strict=True)]
    now, before = _all(levels), _all(bases)
    if now is None:
        return None, None, None, "not_covered"
    if not before:
        return now, None, None, "no_base"
    return now, before, (now / before - 1) * 100, "implied_base" if None in known else "computed"


def _level(row: dict[str, Any] | None) -> float | None:
    return row["level"] if row else None


def _all(numbers: list[float | None]) -> float | None:
    """The sum, where none is missing."""
    there = [number for number in numbers if number is not None]
    return sum(there) if len(there) == len(numbers) else None


def _implied(row: dict[str, Any] | None) -> float | None:
    """The base that a printed growth implies."""
    if row is None or row["level"] is None or row["yoy_status"] != "implied_base" or row["yoy_pct"] <= -100:
        return None
    return float(row["level"] / (1 + row["yoy_pct"] / 100))


def _day(month: int) -> date:
    return date(month // 12, month % 12 + 1, 1)
