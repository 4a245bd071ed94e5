"""Reads the bounds of the checks from `schemas/reference/check_thresholds.csv`; each row has its reason and how it was
measured.

Amounts of money in the table are in US dollars; a check compares other money at a rough rate, such as seven yuan for a dollar.
"""

import functools

import polars as pl

from schemas.reference.code_tables import code_table

# How much of other money a dollar is, roughly. Used for bounds alone: no figure is converted with it.
A_DOLLAR = {"value_cny": 7, "value_jpy": 150}


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
    """Convert a column of money to dollars, approximately: yuan are divided by seven, euros and pounds are left."""
    return pl.col(amount) / pl.col(measure).cast(pl.String).replace_strict(A_DOLLAR, default=1, return_dtype=pl.Int64)


def dollars_of(money: str) -> int:
    """Return the divisor that converts an amount in this measure to dollars, approximately."""
    return A_DOLLAR.get(money, 1)
