"""What the months of one series are worth: printed, summed, no trade inside a scope, following from cumulative figures, or missing.

Belongs here: the levels of a series and its year to date, with their statuses and kinds, month by month. The loops take one
series at a time into small arrays, so that memory does not grow with the number of series times the number of months.
Which months there are is in `calendar_grid`, what is made of them in `figures`.
"""

from collections import namedtuple
from typing import Any

import numba
import numpy

from schemas.metric import STATUSES
from tasks.calendar_grid import Grid
from tasks.coverage import Coverage
from tasks.cube import NO_ROW, NOBODY, NOTHING, PRINTED, SPANS, Array, Cube
from tasks.month_sets import has

# The number of each status, by its name. Loops are given it as an argument: a compiled loop keeps the constants of other
# modules, and would not see that they have changed.
Status = namedtuple("Status", STATUSES)  # type: ignore[misc]
STATUS = Status(*range(len(STATUSES)))
IN_MONTH, TO_DATE = SPANS.index("month"), SPANS.index("ytd")

# What is known of all series: settled entries, fresh columns, coverage, sets of months. Loops take them as one thing.
Known = namedtuple(
    "Known",
    "start month span row value kinds fresh fresh_row fresh_value fresh_kinds fresh_ytd fresh_ytd_kinds standing desk place "
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
def make_room(series: int, months: int) -> Any:
    """Arrays for so many series of a place."""
    return Months(
        numpy.empty((series, months), numpy.int64), numpy.empty((series, months), numpy.uint8),
        numpy.empty((series, months), numpy.uint8), numpy.empty((series, months), numpy.int64),
        numpy.empty((series, months), numpy.uint8), numpy.empty((series, months), numpy.uint8),
        numpy.empty((series, months), numpy.int64), numpy.empty((series, months), numpy.uint8),
    )  # fmt: skip


@numba.njit(nogil=True, cache=True)
def settle(known: Any, to: Any, series: int, own: int, status: Any) -> None:
    """Fill row `own` of `to` with the months of a series, from its first to its last."""
    _gather(known, to, series, own)
    _fill(known, to, series, own, status)
    first, last = known.begin[series], known.end[series]
    for january in range(first - first % 12, last + 1, 12):
        # Without cumulative figures a year is the sum of its months, and needed only where it is asked for.
        if known.has_totals or known.years[january // 12]:
            _chain(to, own, january, first, last, status)


@numba.njit(nogil=True, cache=True)
def _gather(known: Any, to: Any, series: int, own: int) -> None:
    """Bring together what is told: the settled entries and the fresh columns. `made` says for now what kind of row a month has."""
    level, made, kinds, printed, printed_kinds = to.level, to.made, to.kinds, to.printed, to.printed_kinds
    for month in range(known.begin[series], known.end[series] + 1):
        level[own, month], made[own, month], kinds[own, month] = NOTHING, NO_ROW, 0
        printed[own, month], printed_kinds[own, month] = NOTHING, 0
    if len(known.start):
        for entry in range(known.start[series], known.start[series + 1]):
            month = int(known.month[entry])
            if known.span[entry] == IN_MONTH:
                level[own, month], made[own, month] = known.value[entry], known.row[entry]
                kinds[own, month] = known.kinds[entry]
            elif known.span[entry] == TO_DATE:
                printed[own, month], printed_kinds[own, month] = known.value[entry], known.kinds[entry]
    for column in range(len(known.fresh)):
        month = known.fresh[column]
        if known.fresh_row[series, column] != NO_ROW:
            level[own, month], made[own, month] = known.fresh_value[series, column], known.fresh_row[series, column]
            kinds[own, month] = known.fresh_kinds[series, column]
        if known.fresh_ytd.shape[1] and known.fresh_ytd[series, column] != NOTHING:
            printed[own, month] = known.fresh_ytd[series, column]
            printed_kinds[own, month] = known.fresh_ytd_kinds[series, column]


@numba.njit(nogil=True, cache=True)
def _fill(known: Any, to: Any, series: int, own: int, status: Any) -> None:
    """The level of each month: what is printed or summed, no trade inside a scope, else missing; and who stands for it.

    Where a place has a number in one measure and not in another, the other is not zero: it is not counted in that unit.
    Neither is a level zero below which a code has a number.
    """
    level, made, kinds = to.level, to.made, to.kinds
    place, desk = known.place[series], known.desk[series]
    for month in range(known.begin[series], known.end[series] + 1):
        row = made[own, month]
        if level[own, month] != NOTHING:
            made[own, month] = status.reported if row == PRINTED else status.sum
            continue
        covered = known.standing[desk, month]
        here = has(known.of_place, place, month)
        if covered != NOBODY and not here and not has(known.below, place, month):
            level[own, month], kinds[own, month], made[own, month] = 0, 1 << covered, status.zero
        else:
            kinds[own, month] = 0
            made[own, month] = (
                status.other_unit if row != NO_ROW or (covered != NOBODY and here) else status.not_covered
            )


@numba.njit(nogil=True, cache=True)
def _chain(to: Any, own: int, january: int, begin: int, end: int, status: Any) -> None:  # noqa: PLR0912
    """Year to date of the months of a year; fills levels that follow from cumulative figures.

    Within a year the cumulative figures and the months are links of one chain: each cumulative figure is the one before plus
    the month. A printed figure stands, unless every month so far is told by a better kind of release; from it the chain
    is carried forwards and backwards as far as the months are known.
    """
    level, kinds, total, links = to.level, to.kinds, to.ytd, to.ytd_kinds
    first, last = max(january, begin), min(january + 11, end)
    complete, kinds_so_far, any_stated = first == january, numpy.uint8(0), False
    for month in range(first, last + 1):
        complete = complete and level[own, month] != NOTHING
        if level[own, month] != NOTHING:
            kinds_so_far |= kinds[own, month]
        total[own, month], links[own, month] = NOTHING, 0
        # A figure gives way where every month so far is told by a better kind of release.
        stated = to.printed[own, month] != NOTHING and not (complete and kinds_so_far < to.printed_kinds[own, month])
        to.ytd_made[own, month] = status.reported if stated else status.incomplete_year
        any_stated = any_stated or stated
        if stated:
            total[own, month], links[own, month] = to.printed[own, month], to.printed_kinds[own, month]
        elif level[own, month] != NOTHING:
            if month == january:
                total[own, month], links[own, month] = level[own, month], kinds[own, month]
            elif month > first and total[own, month - 1] != NOTHING:
                total[own, month] = total[own, month - 1] + level[own, month]
                links[own, month] = links[own, month - 1] | kinds[own, month]
    if any_stated:
        _carry_back(to, own, january, first, last)
    together = (
        first - january < 2 and last > january and total[own, january + 1] != NOTHING and level[own, january + 1] == NOTHING
        and (first > january or level[own, january] == NOTHING)
    )  # fmt: skip
    so_far, whole, kinds_so_far = numpy.int64(0), first == january, numpy.uint8(0)
    for month in range(first, last + 1):
        whole = whole and level[own, month] != NOTHING
        so_far += level[own, month] if level[own, month] != NOTHING else 0
        kinds_so_far |= kinds[own, month] if level[own, month] != NOTHING else numpy.uint8(0)
        if to.ytd_made[own, month] == status.reported or total[own, month] == NOTHING:
            continue
        if whole and total[own, month] == so_far:
            to.ytd_made[own, month] = status.sum_of_months
            # What the sum rests on is noted beside the links, which the months still need.
            to.printed_kinds[own, month] = kinds_so_far
        else:
            to.ytd_made[own, month] = status.ytd_difference
    if any_stated:
        _fill_months(to, own, january, first, last, together, status)
    for month in range(first, last + 1):
        if to.ytd_made[own, month] == status.sum_of_months:
            links[own, month] = to.printed_kinds[own, month]


@numba.njit(nogil=True, cache=True)
def _carry_back(to: Any, own: int, january: int, first: int, last: int) -> None:
    """A total less its month is the total of the month before."""
    total, links = to.ytd, to.ytd_kinds
    for month in range(last - 1, first - 1, -1):
        if total[own, month] == NOTHING and total[own, month + 1] != NOTHING and to.level[own, month + 1] != NOTHING:
            carried = total[own, month + 1] - to.level[own, month + 1]
            # A total that would be less than an earlier one contradicts it: printed figures are rounded, or revised.
            least = numpy.int64(0)
            for earlier in range(first, month):
                if total[own, earlier] != NOTHING:
                    least = max(least, total[own, earlier])
            if carried >= least:
                total[own, month], links[own, month] = carried, links[own, month + 1] | to.kinds[own, month + 1]


@numba.njit(nogil=True, cache=True)
def _fill_months(to: Any, own: int, january: int, first: int, last: int, together: bool, status: Any) -> None:
    """Months between two cumulative figures that are known are their difference."""
    for month in range(first, last + 1):
        if to.level[own, month] != NOTHING:
            continue
        before = numpy.int64(0) if month == january else (to.ytd[own, month - 1] if month > first else NOTHING)
        if to.ytd[own, month] != NOTHING and before != NOTHING and to.ytd[own, month] >= before:
            to.level[own, month], to.made[own, month] = to.ytd[own, month] - before, status.ytd_difference
            to.kinds[own, month] = to.ytd_kinds[own, month] | (
                numpy.uint8(0) if month == january else to.ytd_kinds[own, month - 1]
            )
        elif together and month < january + 2:
            # The sources give the two months as one.
            to.made[own, month] = status.combined_months
