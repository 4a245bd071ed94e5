"""The numbers that stand in the ledger for claims to be held against, by place and with the worth of their last digit.

Belongs here: whose word stands, by the same rule as for the series of `metric`. What figures follow from the numbers is in
`readings`. Unlike `ledger.precedence.monthly_numbers` this keeps every period that a source prints, and how finely it prints it.
"""

from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

import polars as pl

from schemas.reference.code_tables import code_table
from tasks.domain.coverage import standing
from tasks.domain.periods import month_index, month_number
from tasks.ledger.cumulative import without_retold
from tasks.ledger.precedence import YOY, without_outranked

# Flow, product, partner, measure, first and last month.
Key = tuple[str, str, str, str, int, int]
# Value and worth of the last digit.
Printed = tuple[Fraction, Fraction]
QUANTITY = "quantity_"
NAMES = ("flow", "product", "partner", "measure", "period_start", "period_end", "value", "unit", "resolution")


class Numbers(NamedTuple):
    """Levels and totals, growths in per cent, and the places of which all that was said is outranked by a silence."""

    levels: dict[Key, Printed]
    growths: dict[Key, Printed]
    silent: frozenset[Key]


def standing_numbers(words: pl.DataFrame, releases: pl.DataFrame) -> Numbers:
    """What stands of the last words of a ledger: of several kinds the best one, and nothing where a better kind is silent."""
    start, end = pl.col("period_start"), pl.col("period_end")
    is_month = (start.dt.month_start() == start) & (start.dt.month_end() == end)
    is_level = ~pl.col("measure").str.ends_with(YOY)
    is_ytd = (start.dt.month() == 1) & (start.dt.year() == end.dt.year()) & (start.dt.day() == 1)
    said = words.select(
        *NAMES, "release_id", "known_from", standing=standing(), month=month_index("period_end"),
        span=pl.when(is_month & is_level).then(pl.lit("month")).when(is_ytd & is_level).then(pl.lit("ytd"))
        .otherwise(pl.lit("other")),
    )  # fmt: skip
    said = without_retold(said, releases)
    kept = without_outranked(said, releases)
    gone = said.join(kept, on=said.columns, how="anti")
    # The best kind comes last, so that its word is the one that stays.
    kept = kept.sort("standing", descending=True)
    levels, growths = (_by_place(kept.filter(rows)) for rows in (is_level, ~is_level))
    return Numbers(levels, growths, frozenset(_by_place(gone).keys() - levels.keys()))


def without_trade(silent: Iterable[Key], known: Iterable[Key]) -> frozenset[Key]:
    """The silent places where there was no trade, where `known` has the places of all figures.

    Not of a product that is counted in another unit: it was traded, and nobody says how much it weighs.
    """
    counted = {(key[0], key[1], key[3]) for key in known if key[3].startswith(QUANTITY)}
    units: dict[tuple[str, str], set[str]] = {}
    for flow, product, measure in counted:
        units.setdefault((flow, product), set()).add(measure)
    return frozenset(key for key in silent if not key[3].startswith(QUANTITY) or units.get(key[:2], set()) <= {key[3]})


def _by_place(rows: pl.DataFrame) -> dict[Key, Printed]:
    sizes = {
        row["unit"]: Fraction(row["kg_per_unit"])
        for row in code_table("units").iter_rows(named=True)
        if row["kg_per_unit"]
    }
    found = {}
    for flow, product, partner, measure, start, end, value, unit, resolution in rows.select(NAMES).iter_rows():
        plain = measure.removesuffix(YOY)
        size = Fraction(1, 100) if plain != measure else sizes.get(unit, Fraction(1))
        kept = "quantity_kg" if unit in sizes or plain.removeprefix("quantity_") in sizes else plain
        key = (flow, product, partner, kept, month_number(start), month_number(end))
        found[key] = (value * size, resolution * size)
    return found
