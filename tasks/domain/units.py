"""Defines smallest units, and how many of them make one unit of a measure; reads the units that sources print: a row of
`units.csv`, or one with a scale before it (`10,000 Tons`, `100MP`).
"""

import functools
import re

import polars as pl

from schemas.names import VALUES
from schemas.reference.code_tables import code_table
from tasks.domain.periods import MONTHS

MILLIGRAMS_PER_KG = 10**6
# Whole numbers up to here are exact as floats.
EXACT_MAX = 2**53
# Twelve months of the largest level, and their sums, fit into 64 bits.
YEAR_MAX = 2**62
LEVEL_MAX = YEAR_MAX // MONTHS
# A value per kilogram is a measure of its own, the quotient of two others.
UNIT_VALUE_OF = {value: f"unit_{value}_per_kg" for value in VALUES}
VALUE_OF = {ratio: value for value, ratio in UNIT_VALUE_OF.items()}
RATIOS = {ratio: (value, "quantity_kg") for ratio, value in VALUE_OF.items()}
# Imports for consumption, and what is stated of them: the duty, and the part on which there is one.
CONSUMPTION, DUTY, DUTIABLE = "value_usd_consumption", "value_usd_duty", "value_usd_dutiable"
OF_CONSUMPTION = (DUTY, DUTIABLE)
SCALE = re.compile(r"^(?P<number>[1-9][\d,]*)?\s*(?P<word>thousand|million)?\s*(?P<unit>\D.*)$", re.IGNORECASE)
SCALES = {"": 1, "thousand": 10**3, "million": 10**6}


def per_unit(measure: str) -> int:
    """How many smallest units make one unit of a measure."""
    return MILLIGRAMS_PER_KG if measure == "quantity_kg" else 1


def by_constant(whole: pl.Expr, number: int) -> pl.Expr:
    """Whole numbers divided by a constant, each the nearest float: see `in_units`."""
    # Two of them, because a column of one number is a constant again.
    return whole / pl.lit(pl.Series([number, number])).gather((whole * 0).fill_null(0).cast(pl.UInt32))


def in_units(whole: pl.Expr, size: pl.Expr, *, is_exact: bool = False) -> pl.Expr:
    """Whole numbers of smallest units as units, each the nearest float; `is_exact` if floats hold every number exactly.

    `size`, the number of smallest units in one unit, is a column: Polars divides by a constant as a product with its
    inverse, which turns 1,247 g into 1.2469999999999999 kg.
    """
    if is_exact:
        return whole / size
    return (
        pl.when(whole.abs() <= EXACT_MAX)
        .then(whole / size)
        .otherwise((whole // size).cast(pl.Float64) + (whole % size) / size)
    )


@functools.cache
def printed_unit(text: str) -> tuple[str, int] | None:
    """Our unit and the factor of a printed one: a row of `units.csv`, or a row with a scale before it. None where it is
    neither.

    >>> [printed_unit(text) for text in ("Ton", "10,000 Tons", "100 Million PCS", "100MP", "kangaroo", "7")]
    [('kg', 1000), ('kg', 10000000), ('item', 100000000), ('pair', 100000000), None, None]
    """
    known = _units()
    if text in known:
        return known[text]
    match = SCALE.match(text)
    base = match and {label.lower(): unit for label, unit in known.items()}.get(match["unit"].lower())
    if not match or not base:
        return None
    return base[0], base[1] * int((match["number"] or "1").replace(",", "")) * SCALES[(match["word"] or "").lower()]


@functools.cache
def _units() -> dict[str, tuple[str, int]]:
    rows = code_table("units").select("printed", "unit", "to_unit_factor").iter_rows()
    return {printed: (unit, int(factor)) for printed, unit, factor in rows}
