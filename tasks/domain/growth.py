"""Says how growth is computed, for numbers, exact fractions, and columns alike."""

from fractions import Fraction
from typing import TypeVar

import polars as pl

Amount = TypeVar("Amount", float, Fraction, pl.Expr)


def growth_pct(now: Amount, base: Amount) -> Amount:
    """Return the growth of a number on a base in per cent. Whether there is any, as on a base of zero, is the
    caller's to say.

    >>> growth_pct(150.0, 100.0), growth_pct(Fraction(1, 3), Fraction(1, 2))
    (50.0, Fraction(-100, 3))
    """
    return (now / base - 1) * 100
