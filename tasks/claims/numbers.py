"""Reads the numbers of the ledger that claims are compared with, by place and with the value of their last digit.

Belongs here: which release counts, by the same rule as for the series of `metric`. `readings` derives figures from the
numbers. Unlike `domain.precedence.monthly_numbers` this keeps every period that a source prints, and its precision.
"""

from collections.abc import Iterable
from fractions import Fraction
from typing import NamedTuple

import polars as pl

from schemas.reference.code_tables import code_table
from tasks.domain.coverage import priority
from tasks.domain.periods import month_index, month_number
from tasks.domain.precedence import YOY, without_outranked, without_superseded

# Flow, product, partner, measure, first and last month.
Key = tuple[str, str, str, str, int, int]
# Value, and value of one unit of the last digit.
Printed = tuple[Fraction, Fraction]
QUANTITY = "quantity_"
NAMES = ("flow", "product", "partner", "measure", "period_start", "period_end", "value", "unit", "resolution")


class Numbers(NamedTuple):
    """Levels and totals, growths in per cent, and the places whose numbers are all outranked by a release without a
    number.
    """

    levels: dict[Key, Printed]
    growths: dict[Key, Printed]
    silent: frozenset[Key]


def current_numbers(statements: pl.DataFrame, releases: pl.DataFrame) -> Numbers:
    """Select the current numbers of a ledger: the most trusted kind of release, and none if a more trusted kind has
    no number.
    """
    start, end = pl.col("period_start"), pl.col("period_end")
    is_month = (start.dt.month_start() == start) & (start.dt.month_end() == end)
    is_level = ~pl.col("measure").str.ends_with(YOY)
    is_ytd = (start.dt.month() == 1) & (start.dt.year() == end.dt.year()) & (start.dt.day() == 1)
    rows_of = statements.select(
        *NAMES,
        "release_id",
        "known_from",
        priority=priority(),
        month=month_index("period_end"),
        span=pl.when(is_month & is_level)
        .then(pl.lit("month"))
        .when(is_ytd & is_level)
        .then(pl.lit("ytd"))
        .otherwise(pl.lit("other")),
    )
    rows_of = without_superseded(rows_of, releases)
    kept = without_outranked(rows_of, releases)
    gone = rows_of.join(kept, on=rows_of.columns, how="anti")
    # The most trusted kind comes last, so its number replaces the others.
    kept = kept.sort("priority", descending=True)
    levels, growths = (_by_place(kept.filter(rows)) for rows in (is_level, ~is_level))
    return Numbers(levels, growths, frozenset(_by_place(gone).keys() - levels.keys()))


def without_trade(silent: Iterable[Key], known: Iterable[Key]) -> frozenset[Key]:
    """Return the places without a number where there was no trade; `known` has the places of all figures.

    A product that is counted in another unit is not among them: it was traded, and its weight is missing.
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
    numbers = {}
    for flow, product, partner, measure, start, end, value, unit, resolution in rows.select(NAMES).iter_rows():
        plain = measure.removesuffix(YOY)
        size = Fraction(1, 100) if plain != measure else sizes.get(unit, Fraction(1))
        kept = "quantity_kg" if unit in sizes or plain.removeprefix("quantity_") in sizes else plain
        key = (flow, product, partner, kept, month_number(start), month_number(end))
        numbers[key] = (value * size, resolution * size)
    return numbers
