"""Finds which export controls concern a product, how much of it they cover, and which codes mix goods.

Belongs here: measures, codes, coverage, as in the reference data. The months around a measure are in
`controls.windows`.
"""

import functools
from collections.abc import Collection, Iterable
from typing import Any

import polars as pl

from schemas.reference.code_tables import code_table
from tasks.domain.classification import holds, is_heading, members
from tasks.domain.reporter import CHN

MIXED = "85051110"
MIXED_WORDS = "HS 85051110 holds controlled and free magnets alike; what share of it is controlled is not published."


def mixed_words(products: Iterable[str], reporter: str) -> list[str]:
    """The sentence on the code that holds controlled and free goods, if a product of this reporter includes it."""
    return [MIXED_WORDS] if reporter == CHN and any(holds(product, MIXED) for product in products) else []


def events_of(product: str | None = None, flow: str = "export", reporter: str | None = None) -> pl.DataFrame:
    """Measures of a reporter by day, with the coverage of `product` by each that concerns it; all measures where it is
    None.

    Without a `reporter` those of every country. All are controls of exports; none concerns imports.
    """
    day = pl.when(pl.col("announced_on") == "").then("effective_from").otherwise("announced_on")
    events = _of(code_table("control_events"), reporter).sort(day, "event")
    if product is None:
        return events.with_columns(coverage=pl.lit(None, pl.String))
    found = [coverage(event, product) if flow == "export" else None for event in events["event"]]
    return events.with_columns(coverage=pl.Series(found, dtype=pl.String)).drop_nulls("coverage")


def events_of_several(products: list[str]) -> pl.DataFrame:
    """`events_of` for any number of products.

    One product gives the same as `events_of`; several give the product before each row, none gives all measures.
    """
    if len(products) < 2:
        return events_of(*products)
    return pl.concat(events_of(product).insert_column(0, pl.lit(product).alias("product")) for product in products)


def coverage(event: str, product: str) -> str | None:
    """How much of a product a measure controls; None where it does not concern it.

    The tables do not have all codes below a heading, so a heading is never controlled as a whole.
    """
    if is_heading(product):
        below = {share for code, share in codes_of(event).items() if code.startswith(product)}
        return "unknown_share" if "unknown_share" in below else "some_codes" if below else None
    how = [codes_of(event).get(code) for code in members(product)]
    if not any(how):
        return None
    if "unknown_share" in how:
        return "unknown_share"
    return "whole" if all(how) else "some_codes"


def mixed_note(product: str, events: Collection[str]) -> str | None:
    """Which other goods share the codes of a product with goods that one of these measures controls; None where none
    do."""
    rows = code_table("control_event_codes").filter(
        pl.col("coverage") == "unknown_share", pl.col("event").is_in(list(events))
    )
    notes = rows.select("hs8", "note").unique().sort("hs8", "note")
    return "; ".join(f"{code}: {note}" for code, note in notes.iter_rows() if holds(product, code)) or None


@functools.cache
def codes_of(event: str) -> dict[str, str]:
    """Codes of a measure, each with its coverage; a code listed twice is whole only if both rows are."""
    rows = code_table("control_event_codes").filter(pl.col("event") == event).sort("hs8", "coverage")
    return dict(rows.select("hs8", "coverage").unique("hs8", keep="first", maintain_order=True).iter_rows())


def touched_codes(reporter: str) -> set[str]:
    """Codes of all measures of a reporter that took effect."""
    took = [row["event"] for row in measures(reporter)]
    return set(code_table("control_event_codes").filter(pl.col("event").is_in(took))["hs8"])


def measures(reporter: str) -> list[dict[str, Any]]:
    """The measures of a reporter with a day of effect, also those never in force, which show what they did not
    cause."""
    return _of(code_table("control_events"), reporter).filter(pl.col("effective_from") != "").sort("event").to_dicts()


def _of(events: pl.DataFrame, reporter: str | None) -> pl.DataFrame:
    return events if reporter is None else events.filter(pl.col("reporter") == reporter)
