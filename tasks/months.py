"""What the months of one series are worth: printed, summed, no trade inside a scope, following from cumulative figures, or missing.

Belongs here: the levels of a series and its year to date, with their statuses and kinds, month by month. The loops take one
series at a time into small arrays, so that memory does not grow with the number of series times the number of months.
Which months there are is in `calendar_grid`, what is made of them in `figures` and `extremes`.
"""

from collections import namedtuple
from typing import Any

import numba
import numpy

from schemas.base import SPANS
from schemas.metric import STATUSES
from tasks.calendar_grid import Grid
from tasks.coverage import Coverage
from tasks.cube import NO_ROW, NOBODY, NOTHING, PRINTED, Cube
from tasks.keys import Array
from tasks.month_sets import BITS

# Series that are told together: their months fit into the cache.
BLOCK = 256
# The number of each status, by its name.
Status = namedtuple("Status", STATUSES)  # type: ignore[misc]
STATUS: Any = Status(*range(len(STATUSES)))
IN_MONTH, TO_DATE = SPANS.index("month"), SPANS.index("ytd")

# What is known of all series: settled entries, fresh columns, coverage, sets of months. Loops take them as one thing.
Known = namedtuple(
    "Known",
    "start month span value kinds fresh fresh_row fresh_value fresh_kinds fresh_ytd fresh_ytd_kinds standing desk place "
    "of_place below begin end has_totals years",
)
# The months of the series of one place, a row for each series: whole numbers, NOTHING where missing, each with the number
# of its status and its kinds; `printed` is the year to date that a source prints.
Months = namedtuple("Months", "level made kinds ytd ytd_made ytd_kinds printed printed_kinds")


def all_known(cube: Cube, coverage: Coverage, grid: Grid, wanted: Array) -> Any:
    """The arrays that the loops need; `years` says of which years the year to date is asked for."""
    has_totals = bool(cube.ytd.shape[1]) or bool((cube.past.span == TO_DATE).any())
    years = numpy.zeros(cube.months // 12 + 1, bool)
    years[wanted // 12] = True
    years[numpy.maximum(wanted - 12, 0) // 12] = True
    return Known(
        *cube.past, cube.fresh, cube.row, cube.value, cube.kinds, cube.ytd, cube.ytd_kinds, coverage.standing, cube.desk, cube.place,
        grid.of_place, grid.below, grid.begin, grid.end, has_totals, years,
    )  # fmt: skip


@numba.njit(nogil=True, cache=True)
def end_of_block(places: Array, first: int) -> int:
    """The series after a block of whole places that begins with the series `first`."""
    last = min(first + BLOCK, len(places))
    while last < len(places) and last > first and places[last] == places[last - 1]:
        last -= 1
    return last


@numba.njit(nogil=True, cache=True)
def make_room(series: int, months: int) -> Any:
    """Arrays for so many series."""
    return Months(
        numpy.empty((series, months), numpy.int64), numpy.empty((series, months), numpy.uint8),
        numpy.empty((series, months), numpy.uint8), numpy.empty((series, months), numpy.int64),
        numpy.empty((series, months), numpy.uint8), numpy.empty((series, months), numpy.uint8),
        numpy.empty((series, months), numpy.int64), numpy.empty((series, months), numpy.uint8),
    )  # fmt: skip


@numba.njit(nogil=True, cache=True)
def fill_room(known: Any, to: Any, first: int, last: int) -> None:
    """Fill the rows of `to` with the months of the series from `first` on and before `last`."""
    # Each array by a name of its own: taken out of a tuple in a loop, it would be counted in and out each time.
    start, months, spans, values, of_kinds = known.start, known.month, known.span, known.value, known.kinds
    fresh, fresh_row, fresh_value, fresh_kinds = (
        known.fresh, known.fresh_row, known.fresh_value, known.fresh_kinds
    )  # fmt: skip
    fresh_ytd, fresh_ytd_kinds, begins, ends = known.fresh_ytd, known.fresh_ytd_kinds, known.begin, known.end
    standing, of_place, below, places, desks, years = (
        known.standing, known.of_place, known.below, known.place, known.desk, known.years
    )  # fmt: skip
    level, made, kinds, printed, printed_kinds = to.level, to.made, to.kinds, to.printed, to.printed_kinds
    total, total_made, links = to.ytd, to.ytd_made, to.ytd_kinds
    has_totals = known.has_totals
    _gather(
        start, months, spans, values, of_kinds, fresh, fresh_row, fresh_value, fresh_kinds, fresh_ytd, fresh_ytd_kinds,
        begins, ends, first, last, level, made, kinds, printed, printed_kinds, has_totals,
    )  # fmt: skip
    _fill(standing, of_place, below, desks, places, begins, ends, first, last, level, made, kinds)
    for series in range(first, last):
        if begins[series] < 0:
            continue
        own, begin, end = series - first, begins[series], ends[series]
        for january in range(begin // 12 * 12, end + 1, 12):
            # Without cumulative figures a year is the sum of its months, and needed only where it is asked for.
            if has_totals:
                _chain(level, made, kinds, printed, printed_kinds, total, total_made, links, own, january, begin, end)
            elif years[january // 12]:
                _sum(level, kinds, total, total_made, links, own, january, begin, end)


@numba.njit(nogil=True, cache=True)
def _gather(  # noqa: PLR0913, PLR0917
    start: Array, months: Array, spans: Array, values: Array, of_kinds: Array, fresh: Array, fresh_row: Array,
    fresh_value: Array, fresh_kinds: Array, fresh_ytd: Array, fresh_ytd_kinds: Array, begins: Array, ends: Array,
    first: int, last: int, level: Array, made: Array, kinds: Array, printed: Array, printed_kinds: Array, has_totals: bool,
) -> None:  # fmt: skip
    """Bring together what is told: the settled entries and the fresh columns. `made` says for now what kind of row a month has."""
    for series in range(first, last):
        own, begin, end = series - first, begins[series], ends[series]
        if begin < 0:
            continue
        for month in range(begin, end + 1):
            level[own, month], made[own, month], kinds[own, month] = NOTHING, NO_ROW, 0
            if has_totals:
                printed[own, month], printed_kinds[own, month] = NOTHING, 0
        if len(start):
            for entry in range(start[series + 1] - 1, start[series] - 1, -1):
                now = int(months[entry])
                if now < begin:
                    break
                if spans[entry] == IN_MONTH:
                    level[own, now], made[own, now], kinds[own, now] = values[entry], PRINTED, of_kinds[entry]
                elif spans[entry] == TO_DATE:
                    printed[own, now], printed_kinds[own, now] = values[entry], of_kinds[entry]
        for column in range(len(fresh)):
            now = fresh[column]
            if fresh_row[series, column] != NO_ROW:
                level[own, now], made[own, now] = fresh_value[series, column], fresh_row[series, column]
                kinds[own, now] = fresh_kinds[series, column]
            if fresh_ytd.shape[1] and fresh_ytd[series, column] != NOTHING:
                printed[own, now], printed_kinds[own, now] = fresh_ytd[series, column], fresh_ytd_kinds[series, column]


@numba.njit(nogil=True, cache=True)
def _fill(  # noqa: PLR0913, PLR0917
    standing: Array, of_place: Array, below: Array, desks: Array, places: Array, begins: Array, ends: Array, first: int,
    last: int, level: Array, made: Array, kinds: Array,
) -> None:  # fmt: skip
    """The level of each month: what is printed or summed, no trade inside a scope, else missing; and who stands for it.

    Where a place has a number in one measure and not in another, the other is not zero: it is not counted in that unit.
    Neither is a level zero below which a code has a number.
    """
    for series in range(first, last):
        own, begin, desk, place = series - first, begins[series], desks[series], places[series]
        if begin < 0:
            continue
        word, here, under = -1, numpy.uint64(0), numpy.uint64(0)
        for month in range(begin, ends[series] + 1):
            # Two words tell of 64 months.
            if month // BITS != word:
                word = month // BITS
                here, under = of_place[place, word], below[place, word]
            row = made[own, month]
            if level[own, month] != NOTHING:
                made[own, month] = STATUS.reported if row == PRINTED else STATUS.sum
                continue
            covered, bit = standing[desk, month], numpy.uint64(1) << numpy.uint64(month % BITS)
            if covered != NOBODY and not (here | under) & bit:
                level[own, month], kinds[own, month], made[own, month] = 0, 1 << covered, STATUS.zero
            else:
                kinds[own, month] = 0
                made[own, month] = (
                    STATUS.other_unit if row != NO_ROW or (covered != NOBODY and here & bit) else STATUS.not_covered
                )


@numba.njit(nogil=True, cache=True)
def _chain(  # noqa: PLR0912, PLR0913, PLR0917
    level: Array, level_made: Array, kinds: Array, printed: Array, printed_kinds: Array, total: Array, made: Array, links: Array,
    own: int, january: int, begin: int, end: int,
) -> None:  # fmt: skip
    """Year to date of the months of a year; fills levels that follow from cumulative figures.

    Within a year the cumulative figures and the months are links of one chain: each cumulative figure is the one before plus
    the month. A printed figure stands, unless every month so far is told by a better kind of release; from it the chain
    is carried forwards and backwards as far as the months are known.
    """
    first, last = max(january, begin), min(january + 11, end)
    complete, kinds_so_far, any_stated = first == january, numpy.uint8(0), False
    for month in range(first, last + 1):
        complete = complete and level[own, month] != NOTHING
        if level[own, month] != NOTHING:
            kinds_so_far |= kinds[own, month]
        total[own, month], links[own, month] = NOTHING, 0
        # A figure gives way where every month so far is told by a better kind of release.
        stated = printed[own, month] != NOTHING and not (complete and kinds_so_far < printed_kinds[own, month])
        made[own, month] = STATUS.reported if stated else STATUS.incomplete_year
        any_stated = any_stated or stated
        if stated:
            total[own, month], links[own, month] = printed[own, month], printed_kinds[own, month]
        elif level[own, month] != NOTHING:
            if month == january:
                total[own, month], links[own, month] = level[own, month], kinds[own, month]
            elif month > first and total[own, month - 1] != NOTHING:
                total[own, month] = total[own, month - 1] + level[own, month]
                links[own, month] = links[own, month - 1] | kinds[own, month]
    if any_stated:
        _carry_back(level, kinds, total, links, own, first, last)
    together = (
        first - january < 2 and last > january and total[own, january + 1] != NOTHING and level[own, january + 1] == NOTHING
        and (first > january or level[own, january] == NOTHING)
    )  # fmt: skip
    so_far, whole, kinds_so_far = numpy.int64(0), first == january, numpy.uint8(0)
    for month in range(first, last + 1):
        whole = whole and level[own, month] != NOTHING
        so_far += level[own, month] if level[own, month] != NOTHING else 0
        kinds_so_far |= kinds[own, month] if level[own, month] != NOTHING else numpy.uint8(0)
        if made[own, month] == STATUS.reported or total[own, month] == NOTHING:
            continue
        if whole and total[own, month] == so_far:
            made[own, month] = STATUS.sum_of_months
            # What the sum rests on is noted beside the links, which the months still need.
            printed_kinds[own, month] = kinds_so_far
        else:
            made[own, month] = STATUS.ytd_difference
    if any_stated:
        _fill_months(level, level_made, kinds, total, links, own, january, first, last, together)
    for month in range(first, last + 1):
        if made[own, month] == STATUS.sum_of_months:
            links[own, month] = printed_kinds[own, month]


@numba.njit(nogil=True, cache=True)
def _carry_back(level: Array, kinds: Array, total: Array, links: Array, own: int, first: int, last: int) -> None:
    """A total less its month is the total of the month before."""
    for month in range(last - 1, first - 1, -1):
        if total[own, month] == NOTHING and total[own, month + 1] != NOTHING and level[own, month + 1] != NOTHING:
            carried = total[own, month + 1] - level[own, month + 1]
            # A total that would be less than an earlier one contradicts it: printed figures are rounded, or revised.
            least = numpy.int64(0)
            for earlier in range(first, month):
                if total[own, earlier] != NOTHING:
                    least = max(least, total[own, earlier])
            if carried >= least:
                total[own, month], links[own, month] = carried, links[own, month + 1] | kinds[own, month + 1]


@numba.njit(nogil=True, cache=True)
def _fill_months(
    level: Array, made: Array, kinds: Array, total: Array, links: Array, own: int, january: int, first: int, last: int,
    together: bool,
) -> None:  # fmt: skip
    """Months between two cumulative figures that are known are their difference."""
    for month in range(first, last + 1):
        if level[own, month] != NOTHING:
            continue
        before = numpy.int64(0) if month == january else (total[own, month - 1] if month > first else NOTHING)
        if total[own, month] != NOTHING and before != NOTHING and total[own, month] >= before:
            level[own, month], made[own, month] = total[own, month] - before, STATUS.ytd_difference
            kinds[own, month] = links[own, month] | (numpy.uint8(0) if month == january else links[own, month - 1])
        elif together and month < january + 2:
            # The sources give the two months as one.
            made[own, month] = STATUS.combined_months


@numba.njit(nogil=True, cache=True, inline="always")
def _sum(
    level: Array, kinds: Array, total: Array, made: Array, links: Array, own: int, january: int, begin: int, end: int
) -> None:
    """Year to date of the months of a year of which no cumulative figure is known."""
    so_far, kinds_so_far, complete = numpy.int64(0), numpy.uint8(0), begin <= january
    for month in range(max(january, begin), min(january + 11, end) + 1):
        complete = complete and level[own, month] != NOTHING
        total[own, month], links[own, month], made[own, month] = NOTHING, 0, STATUS.incomplete_year
        if complete:
            so_far += level[own, month]
            kinds_so_far |= kinds[own, month]
            total[own, month], links[own, month], made[own, month] = so_far, kinds_so_far, STATUS.sum_of_months
