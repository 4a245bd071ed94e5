"""Encodes texts as small whole numbers, so that a text repeated a million times is processed once.

Belongs here: numbering the distinct texts of a column, and combining the numbers of several columns into one. Does not
belong here: the meaning of a text. All look-ups go by position; nothing is joined or sorted by text.
"""

from collections.abc import Iterable
from typing import NamedTuple

import polars as pl

# Combined numbers stay below this, or they are renumbered.
COUNT_MAX = 2**62


class Codes(NamedTuple):
    """A number for each row, and their upper bound."""

    numbers: pl.Series
    limit: int


class Coded(NamedTuple):
    """A column: the number of each row's text, and the texts by number. Missing is a text of its own."""

    numbers: pl.Series
    texts: pl.Series


def code(column: pl.Series) -> Coded:
    """A categorical column as numbers."""
    seen = column.to_physical()
    none = 0 if seen.null_count() == len(seen) else int(seen.max()) + 1  # type: ignore[arg-type]
    numbers, first = distinct(seen.cast(pl.Int64).fill_null(none), none + 1)
    return Coded(numbers, column.gather(first).cast(pl.String))


def distinct(numbers: pl.Series, count: int) -> tuple[pl.Series, pl.Series]:
    """Numbers below `count` made consecutive in the same order; and for each of the new ones a row that has it."""
    rows = pl.int_range(numbers.len(), eager=True)
    if count > 4 * numbers.len():
        first = pl.DataFrame({"number": numbers, "row": rows}).unique("number", keep="first").sort("number")["row"]
        return numbers.rank("dense").cast(pl.Int64) - 1, first
    place = pl.repeat(None, count, dtype=pl.Int64, eager=True).scatter(numbers, rows)
    return (place.is_not_null().cum_sum().cast(pl.Int64) - 1).gather(numbers), place.drop_nulls()


def retold(coded: Coded, texts: pl.Series) -> Coded:
    """The column with new texts for the old numbers; texts that become equal share one number."""
    numbers, first = distinct(*rank(texts))
    return Coded(numbers.gather(coded.numbers), texts.gather(first))


def combine(columns: Iterable[tuple[pl.Series, int]]) -> Codes:
    """One number for the combination of several, in the order of the first, then of the second and so on."""
    combined, total = next(columns := iter(columns))
    for numbers, count in columns:
        if total * count > COUNT_MAX:
            combined, first = distinct(combined, total)
            total = len(first)
        combined, total = combined * count + numbers, total * count
    return Codes(combined, total)


def rank(values: pl.Series) -> Codes:
    """The rank of each value among the distinct ones, missing first."""
    return Codes(values.rank("dense").cast(pl.Int64).fill_null(0), len(values) + 1)


def take(values: pl.DataFrame, numbers: pl.Series) -> pl.DataFrame:
    """The rows of `values` by their numbers."""
    return values[numbers] if len(values) else values
