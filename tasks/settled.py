"""Numbers of months that were made before: as they come from the files, and by series as the loops want them.

Belongs here: their form and their order. Does not belong here: where they lie (`base_reader`), what becomes of them (`months`).
"""

from typing import NamedTuple

import numba
import numpy

from tasks.keys import Array
from tasks.periods import NO_MONTH


class Marks(NamedTuple):
    """Far months of each row that something stands at: bit k of `months` is the month k before the last one that is far. The entries
    of a row, one for each bit, begin at `start` in `value`."""

    months: Array
    start: Array
    value: Array


class Far(NamedTuple):
    """What is known of months before those that are looked at one by one: columns of `base_far`, names as in `Settled`.

    Months are month indices, NO_MONTH where there is none. `measure` is that of the value where a row speaks of a value per
    kilogram, `is_ratio`. `before` is the first month of which nothing is said here; `since` the first one that is looked at one
    by one, which may lie before that: growth looks further back than what is far of a year begins.
    """

    before: int
    since: int
    flow: Array
    product: Array
    partner: Array
    measure: Array
    is_ratio: Array
    last_month: Array
    run_start: Array
    highest: Marks
    lowest: Marks
    kinds: Marks


class Settled(NamedTuple):
    """Numbers of months that were made before, their names as numbers of the lists.

    A row is of one series, `span` (a place in SPANS) and set of kinds, and has `length` entries: `month` (a month index) and
    `value`, row after row. `row` tells how its numbers came to be (PRINTED or SUM of `cube`), of months that figures are made
    for; of others it says nothing.
    """

    flows: list[str]
    products: list[str]
    partners: list[str]
    measures: list[str]
    flow: Array
    product: Array
    partner: Array
    measure: Array
    span: Array
    kinds: Array
    row: Array
    length: Array
    month: Array
    value: Array
    far: Far | None = None

    def is_empty(self) -> bool:
        """Whether nothing is known."""
        return not len(self.month) and (self.far is None or not len(self.far.flow))


class Entries(NamedTuple):
    """The settled numbers by series and month: those of series s are the entries from `start[s]` to `start[s + 1]`; `month` is
    a column of the window."""

    start: Array
    month: Array
    span: Array
    value: Array
    kinds: Array


class FarSeries(NamedTuple):
    """The same by series: `last_month` of each of them, and the row of what has the key series x 2 + is_ratio, -1 where there is
    none; months are columns of the window, negative where they lie before it."""

    before: int
    since: int
    last_month: Array
    row: Array
    run_start: Array
    highest: Marks
    lowest: Marks
    kinds: Marks


NO_ENTRIES = Entries(
    *(numpy.zeros(0, kind) for kind in (numpy.int64, numpy.int16, numpy.uint8, numpy.int64, numpy.uint8))
)
_NO_NUMBERS, _NO_BYTES = numpy.zeros(0, numpy.int32), numpy.zeros(0, numpy.uint8)
NONE_SETTLED = Settled(
    [], [], [], [], _NO_NUMBERS, _NO_NUMBERS, _NO_NUMBERS, _NO_NUMBERS, _NO_BYTES, _NO_BYTES, _NO_BYTES, _NO_BYTES, _NO_NUMBERS,
    numpy.zeros(0, numpy.int64),
)  # fmt: skip
_NO_MARKS = Marks(numpy.zeros(0, numpy.int64), numpy.zeros(0, numpy.int64), numpy.zeros(0))
NOT_FAR = FarSeries(
    0, 0, _NO_NUMBERS, _NO_NUMBERS, _NO_NUMBERS, _NO_MARKS, _NO_MARKS, _NO_MARKS._replace(value=_NO_BYTES)
)


def by_series(far: Far, at: Array, first: int, height: int) -> FarSeries:
    """What is far by series, `at` says which, of so many; the window begins with the month `first`."""
    last_month, row = _place_rows(at, far.is_ratio, far.last_month, first, height)
    run_start = numpy.where(far.run_start == NO_MONTH, NO_MONTH, far.run_start - first)
    return FarSeries(
        far.before - first, far.since - first, last_month, row, run_start, far.highest, far.lowest, far.kinds
    )


@numba.njit(nogil=True, cache=True)
def _place_rows(
    at: Array, is_ratio: Array, last_month: Array, first: int, height: int
) -> tuple[Array, Array]:  # fmt: skip
    """The columns `last_month` and `row` of `FarSeries`."""
    last_of, row_of = numpy.full(height, NO_MONTH, numpy.int32), numpy.full(2 * height, -1, numpy.int32)
    for row in range(len(at)):
        row_of[2 * at[row] + is_ratio[row]] = row
        if last_month[row] != NO_MONTH:
            last_of[at[row]] = last_month[row] - first
    return last_of, row_of


@numba.njit(nogil=True, cache=True)
def told_again(length: Array, month: Array, first: int, column: Array) -> tuple[Array, Array]:
    """The entries of months that have a `column` of their own, of a window that begins with the month `first`: the row and the
    place of each."""
    size = 0
    for entry in range(len(month)):
        size += column[month[entry] - first] >= 0
    rows, entries, found, entry = numpy.empty(size, numpy.int64), numpy.empty(size, numpy.int64), 0, 0
    if size:
        for row in range(len(length)):
            for _ in range(length[row]):
                if column[month[entry] - first] >= 0:
                    rows[found], entries[found] = row, entry
                    found += 1
                entry += 1
    return rows, entries


@numba.njit(nogil=True, cache=True)
def lay_past(
    at: Array,
    length: Array,
    month: Array,
    first: int,
    span: Array,
    value: Array,
    kinds: Array,
    column: Array,
    height: int,
) -> tuple[Array, Array, Array, Array, Array]:
    """Entries by series and month, as columns of the window that begins with the month `first`; without those of months that
    have a `column` of their own."""
    start, entry = numpy.zeros(height + 1, numpy.int64), 0
    for row in range(len(at)):
        for _ in range(length[row]):
            if column[month[entry] - first] < 0:
                start[at[row] + 1] += 1
            entry += 1
    start = numpy.cumsum(start)
    size, next_ = start[-1], start[:-1].copy()
    months, spans = numpy.empty(size, numpy.int16), numpy.empty(size, numpy.uint8)
    values, of_kinds = numpy.empty(size, numpy.int64), numpy.empty(size, numpy.uint8)
    entry = 0
    for row in range(len(at)):
        for _ in range(length[row]):
            now = month[entry] - first
            if column[now] < 0:
                place = next_[at[row]]
                next_[at[row]] += 1
                # Years have a row for each set of kinds, so a few months come out of turn.
                while place > start[at[row]] and months[place - 1] > now:
                    months[place], spans[place] = months[place - 1], spans[place - 1]
                    values[place], of_kinds[place] = values[place - 1], of_kinds[place - 1]
                    place -= 1
                months[place], spans[place] = now, span[row]
                values[place], of_kinds[place] = value[entry], kinds[row]
            entry += 1
    return start, months, spans, values, of_kinds
