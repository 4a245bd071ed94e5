"""The bounds of the checks: rows of `schemas/reference/check_thresholds.csv`, each with its reason and how it was measured.

Belongs here: how a check asks for one. Amounts of money are in US dollars there, and a check compares yuan with seven times as many.
"""

import functools

import polars as pl

from schemas.reference.code_tables import code_table

# For bounds alone: no figure is converted with it.
CNY_PER_USD = 7


@functools.cache
def threshold(name: str) -> float:
    """The value of the threshold of this name. Raises LookupError where the table has none."""
    found = code_table("check_thresholds").filter(name=name)["value"]
    if found.is_empty():
        raise LookupError(f"schemas/reference/check_thresholds.csv has no threshold {name}. Add a row with its reason.")
    return float(found[0])


def whole_threshold(name: str) -> int:
    """A threshold that counts something."""
    return int(threshold(name))


def in_dollars(amount: str = "value", measure: str = "measure") -> pl.Expr:
    """A column of money in dollars, about: yuan are divided by seven."""
    is_yuan = pl.col(measure).cast(pl.String) == "value_cny"
    return pl.col(amount) / pl.when(is_yuan).then(CNY_PER_USD).otherwise(1)


def dollars_of(money: str) -> int:
    """By what an amount in this measure of money is divided to be in dollars, about."""
    return CNY_PER_USD if money == "value_cny" else 1
