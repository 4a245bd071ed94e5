"""Columns of Arrow as arrays: millions of rows at once, and no text looked at twice.

Belongs here: what is missing, where a row lies in a buffer, texts and days as numbers. What a column means does not belong here.
"""

from collections.abc import Callable

import numba
import numpy
import pyarrow

from tasks.cube import NOTHING
from tasks.keys import Array
from tasks.periods import NO_MONTH

EPOCH_YEAR = 1970


def whole(column: pyarrow.ChunkedArray) -> pyarrow.Array:
    """A column in one piece."""
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def buffers(column: pyarrow.Array, kind: type) -> tuple[Array, Array]:
    """A bit for each row that is there, none where all are; and what stands in the rows. Both begin before the column's offset."""
    validity, data = column.buffers()
    return numpy.frombuffer(validity or b"", numpy.uint8), numpy.frombuffer(data or b"", kind)


def numbered(column: pyarrow.DictionaryArray, number: Callable[[str], int], kind: type = numpy.int32) -> Array:
    """The number of each row's text; of a row without a text that of the last text."""
    listed: Array = numpy.fromiter(map(number, column.dictionary.to_pylist()), kind)
    places = column.indices
    return _pick(listed, *buffers(places, numpy.int32), places.offset, len(column))


def whole_numbers(column: pyarrow.Array) -> Array:
    """Whole numbers, NOTHING where there is none."""
    return _fill(*buffers(column, numpy.int64), column.offset, len(column))


def month_indices(days: pyarrow.Array) -> Array:
    """First days of months as month indices, NO_MONTH where there is none."""
    validity, data = buffers(days, numpy.int32)
    first, last = _first_and_last(validity, data, days.offset, len(days))
    # There are few days and millions of rows: each month is reckoned once, and stands behind them for rows without a day.
    months = numpy.arange(first, last + 1).astype("datetime64[D]").astype("datetime64[M]").astype(numpy.int64)
    listed = numpy.append(months + EPOCH_YEAR * 12, NO_MONTH).astype(numpy.int32)
    return _pick(listed, validity, data - first, days.offset, len(days))


@numba.njit(nogil=True, cache=True, inline="always")
def is_there(validity: Array, at: int) -> bool:
    """Whether the row at a place of a buffer is not missing."""
    return not len(validity) or bool((validity[at >> 3] >> (at & 7)) & 1)


@numba.njit(nogil=True, cache=True)
def _pick(listed: Array, validity: Array, places: Array, offset: int, rows: int) -> Array:
    """For each row what is listed for it; the last of the list where it is missing."""
    picked = numpy.empty(rows, listed.dtype)
    for row in range(rows):
        picked[row] = listed[places[row + offset]] if is_there(validity, row + offset) else listed[len(listed) - 1]
    return picked


@numba.njit(nogil=True, cache=True)
def _fill(validity: Array, data: Array, offset: int, rows: int) -> Array:
    filled = numpy.empty(rows, data.dtype)
    for row in range(rows):
        filled[row] = data[row + offset] if is_there(validity, row + offset) else NOTHING
    return filled


@numba.njit(nogil=True, cache=True)
def _first_and_last(validity: Array, data: Array, offset: int, rows: int) -> tuple[int, int]:
    """The least and the greatest number, 0 where there is none."""
    first, last, is_one = 0, 0, False
    for row in range(offset, offset + rows):
        if is_there(validity, row):
            first, last = (min(first, data[row]), max(last, data[row])) if is_one else (data[row], data[row])
            is_one = True
    return first, last
