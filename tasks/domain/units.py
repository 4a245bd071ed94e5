"""Defines smallest units, and how many of them make one unit of a measure."""

import polars as pl

MILLIGRAMS_PER_KG = 10**6
# Whole numbers up to here are exact as floats.
EXACT_MAX = 2**53
# Twelve months of the largest level, and their sums, fit into 64 bits.
YEAR_MAX = 2**62
LEVEL_MAX = YEAR_MAX // 12
# A value per kilogram is a measure of its own, the quotient of two others.
UNIT_VALUE_OF = {f"value_{money}": f"unit_value_{money}_per_kg" for money in ("usd", "cny", "eur", "gbp", "jpy")}
VALUE_OF = {ratio: value for value, ratio in UNIT_VALUE_OF.items()}
RATIOS = {ratio: (value, "quantity_kg") for ratio, value in VALUE_OF.items()}


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
