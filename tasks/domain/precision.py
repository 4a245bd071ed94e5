"""Computes the interval of values that a printed number allows after rounding or truncation.

A printed "353 t" is anything from 352.5 to 353.5 t, or, where the publisher truncates, from 353 to 354 t. Numbers
computed from such numbers carry both intervals as exact fractions, so that boundaries are exact.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

import polars as pl

VALUE_MAX = 10**15
# 64-bit sums wrap without an error: a number that could come near is refused.
SUM_MAX = 2**62


@dataclass(frozen=True)
class Interval:
    """From `low` to `high`."""

    low: Fraction
    high: Fraction

    def __add__(self, other: "Interval") -> "Interval":
        return Interval(self.low + other.low, self.high + other.high)

    def __sub__(self, other: "Interval") -> "Interval":
        return Interval(self.low - other.high, self.high - other.low)

    def over(self, other: "Interval") -> "Interval | None":
        """The quotient of two positive quantities; None where the divisor may be zero.

        >>> Interval(Fraction(6), Fraction(8)).over(Interval(Fraction(2), Fraction(4)))
        Interval(low=Fraction(3, 2), high=Fraction(4, 1))
        """
        if other.low <= 0 or self.low < 0:
            return None
        return Interval(self.low / other.high, self.high / other.low)

    def times(self, other: "Interval") -> "Interval":
        """The product with a positive interval."""
        ends = [a * b for a in (self.low, self.high) for b in (other.low, other.high)]
        return Interval(min(ends), max(ends))

    def scaled(self, factor: Fraction | int, plus: Fraction | int = 0) -> "Interval":
        """Times a positive number, plus a number."""
        return Interval(self.low * factor + plus, self.high * factor + plus)

    def meets(self, other: "Interval") -> bool:
        """Whether the two share more than an end; a single value meets the interval that contains it.

        >>> Interval(Fraction(1), Fraction(2)).meets(Interval(Fraction(2), Fraction(3)))
        False
        """
        low, high = max(self.low, other.low), min(self.high, other.high)
        return low < high or (low == high and (self.low == self.high or other.low == other.high))

    @property
    def middle(self) -> Fraction:
        """The midpoint."""
        return (self.low + self.high) / 2

    @property
    def width(self) -> Fraction:
        """From end to end."""
        return self.high - self.low


def rounded(value: Fraction, step: Fraction) -> Interval:
    """The values that round to `value`, where its last digit is worth `step`."""
    return Interval(value - step / 2, value + step / 2)


def cut_off(value: Fraction, step: Fraction) -> Interval:
    """The values that become `value` when further digits are cut off."""
    return Interval(value, value + step) if value >= 0 else Interval(value - step, value)


def hull(first: Interval, *others: Interval) -> Interval:
    """The smallest interval that contains them all."""
    return Interval(min(one.low for one in (first, *others)), max(one.high for one in (first, *others)))


@dataclass(frozen=True)
class Reading:
    """A number of the ledger with its possible intervals.

    `strict` holds where all inputs were rounded, `loose` where some may have been truncated. `tier` is how far the
    number can contradict another: `printed` by a source; `computed` from printed numbers; `implied` by printed growths
    and totals, which leave an interval open. `is_revisable` marks a number composed of months or totals that were
    printed at different times, each with revisions of its own.
    """

    strict: Interval
    loose: Interval
    point: Fraction
    tier: str
    words: str
    is_revisable: bool = False

    def over(self, other: "Reading") -> tuple[Interval, Interval] | None:
        """The possible quotients of two readings, strict and loose; None where there is none."""
        strict, loose = self.strict.over(other.strict), self.loose.over(other.loose)
        return (strict, loose) if strict is not None and loose is not None else None

    def mapped(self, change: Callable[[Interval], Interval]) -> "Reading":
        """The reading of another number that follows from this one alone."""
        point = change(Interval(self.point, self.point)).low
        return replace(self, strict=change(self.strict), loose=change(self.loose), point=point)


def printed(value: Fraction, step: Fraction, words: str, tier: str = "printed") -> Reading:
    """A reading of a number as printed."""
    strict = rounded(value, step)
    return Reading(strict, hull(strict, cut_off(value, step)), value, tier, words)


def has_fewer_digits(value: pl.Expr, resolution: pl.Expr, other: pl.Expr, other_resolution: pl.Expr) -> pl.Expr:
    """Whether a number is an earlier one printed with fewer digits, rounded or truncated."""
    off = value - other
    is_cut = ((off * value.sign()) <= 0) & (off.abs() < resolution)
    return (resolution > other_resolution) & (is_cut | (2 * off.abs() <= resolution))
