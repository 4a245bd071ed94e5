"""Reads the bounds of the checks from `schemas/reference/check_thresholds.csv`; each row has its reason and how it was
measured.

Amounts of money in the table are in US dollars; a check compares yuan with seven times as many.
"""

import functools

import polars as pl

from schemas.reference.code_tables import code_table

# Used for bounds alone: no figure is converted with it.
CNY_PER_USD = 7


@functools.cache
def threshold(name: str) -> float:
    """Return the value of a threshold. Raises LookupError if the table does not have it."""
    found = code_table("check_thresholds").filter(name=name)["value"]
    if found.is_empty():
        raise LookupError(f"schemas/reference/check_thresholds.csv has no threshold {name}. Add a row with its reason.")
    return float(found[0])


def whole_threshold(name: str) -> int:
    """Return a threshold that is a count."""
    return int(threshold(name))


def in_dollars(amount: str = "value", measure: str = "measure") -> pl.Expr:
    """Convert a column of money to dollars, approximately: yuan are divided by seven."""
    is_yuan = pl.col(measure).cast(pl.String) == "value_cny"
    return pl.col(amount) / pl.when(is_yuan).then(CNY_PER_USD).otherwise(1)


def dollars_of(money: str) -> int:
    """Return the divisor that converts an amount in this measure to dollars, approximately."""
    return CNY_PER_USD if money == "value_cny" else 1
