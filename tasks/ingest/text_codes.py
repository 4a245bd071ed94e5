"""Texts as small whole numbers, so that what is said a million times is looked at once.

Belongs here: numbering the distinct texts of a column, and combining the numbers of several columns into one. What a text
means does not belong here. Everything is by place: a row of what was looked up is taken by its number, and nothing is
joined or sorted by text.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy
import polars as pl

Numbers = numpy.ndarray[Any, numpy.dtype[numpy.int64]]
# Combined numbers stay below this, or they are numbered anew.
COUNT_MAX = 2**62


class Codes(NamedTuple):
    """A number for each row, and what they are all below."""

    numbers: Numbers
    limit: int


class Coded(NamedTuple):
    """A column: for each row the number of its text, and the texts by their numbers. Missing is a text of its own."""

    numbers: Numbers
    texts: pl.Series


def code(column: pl.Series) -> Coded:
    """A categorical column in numbers."""
    seen = column.to_physical()
    none = 0 if seen.null_count() == len(seen) else int(seen.max()) + 1  # type: ignore[arg-type]
    numbers, first = distinct(seen.fill_null(none).to_numpy().astype(numpy.int64), none + 1)
    return Coded(numbers, column.gather(pl.Series(first)).cast(pl.String))


def distinct(numbers: Numbers, count: int) -> tuple[Numbers, Numbers]:
    """Numbers below `count` made consecutive in the same order; and for each of the new ones a row that has it."""
    if count > 4 * len(numbers):
        _, first, again = numpy.unique(numbers, return_index=True, return_inverse=True)
        return again, first
    place = numpy.full(count, -1)
    place[numbers] = numpy.arange(len(numbers))
    is_there = place >= 0
    return (numpy.cumsum(is_there) - 1)[numbers], place[is_there]


def retold(coded: Coded, texts: pl.Series) -> Coded:
    """The column with other texts by the old numbers; texts that have become the same get one number."""
    numbers, first = distinct(*rank(texts))
    return Coded(numbers[coded.numbers], texts.gather(pl.Series(first)))


def combine(columns: Iterable[tuple[Numbers, int]]) -> Codes:
    """One number for the combination of several, in the order of the first, then of the second and so on."""
    combined, total = next(columns := iter(columns))
    for numbers, count in columns:
        if total * count > COUNT_MAX:
            combined, first = distinct(combined, total)
            total = len(first)
        combined, total = combined * count + numbers, total * count
    return Codes(combined, total)


def rank(values: pl.Series) -> Codes:
    """The place of each value among the distinct ones in their order, what is missing first."""
    return Codes(values.rank("dense").cast(pl.Int64).fill_null(0).to_numpy(), len(values) + 1)


def take(values: pl.DataFrame, numbers: Numbers) -> pl.DataFrame:
    """The rows of `values` by their numbers."""
    return values[pl.Series(numbers, dtype=pl.Int64)] if len(values) else values
