"""What the months of one series are worth: printed, summed, no trade inside a scope, following from cumulative figures, or missing.

Belongs here: the levels of a series and its year to date, with their statuses and kinds, month by month. The loops take one
series at a time into small arrays, so that memory does not grow with the number of series times the number of months.
Which months there are is in `calendar_grid`, what is made of them in `figures`.
"""

from collections import namedtuple
from typing import Any

import numba
import numpy

from schemas.base import SPANS
from schemas.metric import STATUSES
from tasks.calendar_grid import Grid
from tasks.coverage import Coverage
from tasks.cube import NO_ROW, NOBODY, NOTHING, PRINTED, Array, Cube
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
    "of_place below begin end has_totals near years",
)
# The months of the series of one place, a row for each series: whole numbers, NOTHING where missing, each with the number
# of its status and its kinds; `printed` is the year to date that a source prints.
Months = namedtuple("Months", "level made kinds ytd ytd_made ytd_kinds printed printed_kinds")


def all_known(cube: Cube, coverage: Coverage, grid: Grid, wanted: Array) -> Any:
    """The arrays that the loops need; `years` says of which years the year to date is asked for, and `near` is the first month
    that is looked at for more than a record."""
    has_totals = bool(cube.ytd.shape[1]) or bool((cube.past.span == TO_DATE).any())
    years = numpy.zeros(cube.months // 12 + 1, bool)
    years[wanted // 12] = True
    years[numpy.maximum(wanted - 12, 0) // 12] = True
    # Two years before a month are in its rolling years; where there are cumulative figures, a month can be told by any later one.
    earliest = min(int(wanted.min(initial=cube.months)) - 24, int(cube.fresh.min(initial=cube.months)))
    near = 0 if has_totals else max(earliest, 0) // 12 * 12
    return Known(
        *cube.past, cube.fresh, cube.row, cube.value, cube.kinds, cube.ytd, cube.ytd_kinds, coverage.standing, cube.desk, cube.place,
        grid.of_place, grid.below, grid.begin, grid.end, has_totals, near, years,
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
    """Fill row `own` of `to` with the months of a series that are near, from its first to its last."""
    _gather(known, to, series, own)
    _fill(known, to, series, own, status)
    first, last = max(known.begin[series], known.near), known.end[series]
    for january in range(first - first % 12, last + 1, 12):
        # Without cumulative figures a year is the sum of its months, and needed only where it is asked for.
        if known.has_totals or known.years[january // 12]:
            _chain(to, own, january, known.begin[series], last, status)


@numba.njit(nogil=True, cache=True)
def _gather(known: Any, to: Any, series: int, own: int) -> None:
    """Bring together what is told: the settled entries and the fresh columns. `made` says for now what kind of row a month has."""
    level, made, kinds, printed, printed_kinds = to.level, to.made, to.kinds, to.printed, to.printed_kinds
    for month in range(max(known.begin[series], known.near), known.end[series] + 1):
        level[own, month], made[own, month], kinds[own, month] = NOTHING, NO_ROW, 0
        printed[own, month], printed_kinds[own, month] = NOTHING, 0
    start = known.start
    if len(start):
        months, spans, rows, values, of_kinds = known.month, known.span, known.row, known.value, known.kinds
        for entry in range(start[series + 1] - 1, start[series] - 1, -1):
            month = int(months[entry])
            if month < known.near:
                break
            if spans[entry] == IN_MONTH:
                level[own, month], made[own, month], kinds[own, month] = values[entry], rows[entry], of_kinds[entry]
            elif spans[entry] == TO_DATE:
                printed[own, month], printed_kinds[own, month] = values[entry], of_kinds[entry]
    fresh, row, value, row_kinds, ytd, ytd_kinds = (
        known.fresh, known.fresh_row, known.fresh_value, known.fresh_kinds, known.fresh_ytd, known.fresh_ytd_kinds
    )  # fmt: skip
    for column in range(len(fresh)):
        month = fresh[column]
        if row[series, column] != NO_ROW:
            level[own, month], made[own, month] = value[series, column], row[series, column]
            kinds[own, month] = row_kinds[series, column]
        if ytd.shape[1] and ytd[series, column] != NOTHING:
            printed[own, month], printed_kinds[own, month] = ytd[series, column], ytd_kinds[series, column]


@numba.njit(nogil=True, cache=True)
def _fill(known: Any, to: Any, series: int, own: int, status: Any) -> None:
    """The level of each month: what is printed or summed, no trade inside a scope, else missing; and who stands for it.

    Where a place has a number in one measure and not in another, the other is not zero: it is not counted in that unit.
    Neither is a level zero below which a code has a number.
    """
    level, made, kinds = to.level, to.made, to.kinds
    standing, of_place, below = known.standing, known.of_place, known.below
    place, desk = known.place[series], known.desk[series]
    for month in range(max(known.begin[series], known.near), known.end[series] + 1):
        row = made[own, month]
        if level[own, month] != NOTHING:
            made[own, month] = status.reported if row == PRINTED else status.sum
            continue
        covered = standing[desk, month]
        here = has(of_place, place, month)
        if covered != NOBODY and not here and not has(below, place, month):
            level[own, month], kinds[own, month], made[own, month] = 0, 1 << covered, status.zero
        else:
            kinds[own, month] = 0
            made[own, month] = (
                status.other_unit if row != NO_ROW or (covered != NOBODY and here) else status.not_covered
            )


@numba.njit(nogil=True, cache=True)
def look_far(known: Any, series: int, month: int, entry: int) -> Any:
    """The level and kinds of a month that is not near, and the entry to go on from when the month before is asked for.

    `entry` is the last that may speak of the month: `start[series + 1] - 1` for the first that is asked for. NOTHING where the
    level is missing.
    """
    first = known.start[series]
    while entry >= first and (known.month[entry] > month or known.span[entry] != IN_MONTH):
        entry -= 1
    if entry >= first and known.month[entry] == month:
        if known.value[entry] != NOTHING:
            return known.value[entry], known.kinds[entry], entry
        return NOTHING, numpy.uint8(0), entry
    covered = known.standing[known.desk[series], month]
    place = known.place[series]
    if covered != NOBODY and not has(known.of_place, place, month) and not has(known.below, place, month):
        return numpy.int64(0), numpy.uint8(1 << covered), entry
    return NOTHING, numpy.uint8(0), entry


@numba.njit(nogil=True, cache=True)
def _chain(to: Any, own: int, january: int, begin: int, end: int, status: Any) -> None:  # noqa: PLR0912
    """Year to date of the months of a year; fills levels that follow from cumulative figures.

    Within a year the cumulative figures and the months are links of one chain: each cumulative figure is the one before plus
    the month. A printed figure stands, unless every month so far is told by a better kind of release; from it the chain
    is carried forwards and backwards as far as the months are known.
    """
    # Each array by a name of its own: taken out of the tuple in a loop it would be counted anew each time.
    level, kinds, total, links = to.level, to.kinds, to.ytd, to.ytd_kinds
    made, printed, printed_kinds = to.ytd_made, to.printed, to.printed_kinds
    first, last = max(january, begin), min(january + 11, end)
    complete, kinds_so_far, any_stated = first == january, numpy.uint8(0), False
    for month in range(first, last + 1):
        complete = complete and level[own, month] != NOTHING
        if level[own, month] != NOTHING:
            kinds_so_far |= kinds[own, month]
        total[own, month], links[own, month] = NOTHING, 0
        # A figure gives way where every month so far is told by a better kind of release.
        stated = printed[own, month] != NOTHING and not (complete and kinds_so_far < printed_kinds[own, month])
        made[own, month] = status.reported if stated else status.incomplete_year
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
        if made[own, month] == status.reported or total[own, month] == NOTHING:
            continue
        if whole and total[own, month] == so_far:
            made[own, month] = status.sum_of_months
            # What the sum rests on is noted beside the links, which the months still need.
            printed_kinds[own, month] = kinds_so_far
        else:
            made[own, month] = status.ytd_difference
    if any_stated:
        _fill_months(to, own, january, first, last, together, status)
    for month in range(first, last + 1):
        if made[own, month] == status.sum_of_months:
            links[own, month] = printed_kinds[own, month]


@numba.njit(nogil=True, cache=True)
def _carry_back(to: Any, own: int, january: int, first: int, last: int) -> None:
    """A total less its month is the total of the month before."""
    total, links, level, kinds = to.ytd, to.ytd_kinds, to.level, to.kinds
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
def _fill_months(to: Any, own: int, january: int, first: int, last: int, together: bool, status: Any) -> None:
    """Months between two cumulative figures that are known are their difference."""
    level, made, kinds, total, links = to.level, to.made, to.kinds, to.ytd, to.ytd_kinds
    for month in range(first, last + 1):
        if level[own, month] != NOTHING:
            continue
        before = numpy.int64(0) if month == january else (total[own, month - 1] if month > first else NOTHING)
        if total[own, month] != NOTHING and before != NOTHING and total[own, month] >= before:
            level[own, month], made[own, month] = total[own, month] - before, status.ytd_difference
            kinds[own, month] = links[own, month] | (numpy.uint8(0) if month == january else links[own, month - 1])
        elif together and month < january + 2:
            # The sources give the two months as one.
            made[own, month] = status.combined_months
