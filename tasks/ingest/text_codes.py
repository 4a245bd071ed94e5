"""Encodes texts as small whole numbers, so that a text repeated a million times is processed once.

Belongs here: numbering the distinct texts of a column, and combining the numbers of several columns into one. Does not
belong here: the meaning of a text. All look-ups go by position; nothing is joined or sorted by text.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy
import polars as pl

Numbers = numpy.ndarray[Any, numpy.dtype[numpy.int64]]
# Combined numbers stay below this, or they are renumbered.
COUNT_MAX = 2**62


class Codes(NamedTuple):
    """A number for each row, and their upper bound."""

    numbers: Numbers
    limit: int


class Coded(NamedTuple):
    """A column: the number of each row's text, and the texts by number. Missing is a text of its own."""

    numbers: Numbers
    texts: pl.Series


def code(column: pl.Series) -> Coded:
    """A categorical column as numbers."""
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
    """The column with new texts for the old numbers; texts that become equal share one number."""
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
    """The rank of each value among the distinct ones, missing first."""
    return Codes(values.rank("dense").cast(pl.Int64).fill_null(0).to_numpy(), len(values) + 1)


def take(values: pl.DataFrame, numbers: Numbers) -> pl.DataFrame:
    """The rows of `values` by their numbers."""
    return values[pl.Series(numbers, dtype=pl.Int64)] if len(values) else values
