"""What the months of a year need to know of those before the year before it, so that nobody reads those again for a record.

A month looks back sixty months for its records and two years for everything else. Of what lies before the year before, a record
asks whether the months of a series are unbroken, since when, and which of them are higher, or lower, than all that came after
them: a month that was surpassed since is never named again. These are one or two for most series, and none where the months
between are broken. It is made once a year, from what was known of the year before and the year that is no longer near.

Belongs here: which months are marked, and their table. How it is read is in `base_file`, what is told by it in `extremes`.
"""

from collections import namedtuple
from collections.abc import Collection
from typing import Any, cast

import numba
import numpy
import polars as pl
import pyarrow
from pandera.typing.polars import DataFrame

from schemas.base import BaseFar
from schemas.metric import SETS_OF_KINDS
from schemas.table import empty_frame, polars_schema
from tasks.base import first_days, named
from tasks.calendar_grid import Grid
from tasks.coverage import Coverage
from tasks.cube import Cube
from tasks.keys import Array
from tasks.metric_items import Items, item_of, kinds_of
from tasks.month_sets import has, last_before
from tasks.months import BLOCK, all_known, end_of_block, fill_room, make_room
from tasks.periods import NO_MONTH
from tasks.quotients import figure_of
from tasks.scope import LOOK_BACK_MONTHS, QUIET_MONTHS

YEAR = 12
# Months between what is far and the year that looks back on it.
NEAR_MONTHS = YEAR
FAR_MONTHS = LOOK_BACK_MONTHS - NEAR_MONTHS
# What a series is told by: two months, and three sorts of marks.
LAST, RUN = range(2)
HIGHEST, LOWEST, OF_KINDS = range(3)
# The marks of all rows, sort by sort; `count` is how many there are, of rows at its end.
Marked = namedtuple("Marked", "highest lowest kinds count")


def first_near(year: int) -> int:
    """The month index from which on the months before a year are near."""
    return year * YEAR - NEAR_MONTHS


def first_told(year: int) -> int:
    """The month index of the first month that can matter for what is far of a year: its January looks back LOOK_BACK_MONTHS for
    records, to months that may be told because of one QUIET_MONTHS before them."""
    return year * YEAR - LOOK_BACK_MONTHS - QUIET_MONTHS


def step_back(
    cube: Cube, coverage: Coverage, grid: Grid, items: Items, years: Collection[tuple[str, int]]
) -> DataFrame[BaseFar]:
    """What is far of some years (flow, year; one of a flow), from a cube that is added up and whose window holds all months before
    them that matter, or begins where what is far begins."""
    wanted = {flow: year for flow, year in years if flow in cube.flows}
    if not wanted:
        return cast("DataFrame[BaseFar]", empty_frame(BaseFar))
    # No year to date is asked for.
    known = all_known(cube, coverage, grid, numpy.zeros(0, numpy.int64))
    near = numpy.array([first_near(wanted[flow]) - cube.first if flow in wanted else NO_MONTH for flow in cube.flows])
    item, months, marks, highest, lowest, kinds = _step_back(
        known, items.series, items.mass, near[cube.flow], grid.seen, grid.told, cube.per_unit[cube.measure], cube.far, cube.months
    )  # fmt: skip
    series = items.series[item]
    january = near[cube.flow[series]] + NEAR_MONTHS + cube.first
    last_month, run_start = (first_days(column, cube.first) for column in months.T)
    names = pl.Series((None, *SETS_OF_KINDS), dtype=pl.String).gather(pl.Series(kinds))
    frame = pl.DataFrame({
        "flow": named(BaseFar, "flow", cube.flows, cube.flow[series]),
        "product": named(BaseFar, "product", cube.products, cube.product[series]),
        "partner": named(BaseFar, "partner", cube.partners, cube.partner[series]), "period": first_days(january, 0),
        "measure": named(BaseFar, "measure", items.measures, items.measure[item]),
        "last_month": last_month, "run_start": run_start,
        "highest_months": pl.Series(marks[:, HIGHEST]), "highest": _lists(marks[:, HIGHEST], pyarrow.array(highest)),
        "lowest_months": pl.Series(marks[:, LOWEST]), "lowest": _lists(marks[:, LOWEST], pyarrow.array(lowest)),
        "kinds_months": pl.Series(marks[:, OF_KINDS]), "kinds": _lists(marks[:, OF_KINDS], names.to_arrow()),
    })  # fmt: skip
    return cast(
        "DataFrame[BaseFar]", frame.select(pl.col(name).cast(kind) for name, kind in polars_schema(BaseFar).items())
    )


def _lists(months: Array, values: pyarrow.Array) -> pl.Series:
    """A list for each row, of as many values as it has months."""
    ends = numpy.cumsum(numpy.bitwise_count(months), dtype=numpy.int64)
    return pl.Series(pyarrow.LargeListArray.from_arrays(pyarrow.array(numpy.append(0, ends)), values))


@numba.njit(nogil=True, cache=True)
def _step_back(
    known: Any, items: Array, masses: Array, near: Array, seen: Array, told: Array, sizes: Array, far: Any, months: int
) -> Any:  # fmt: skip
    """A row for each item of which something is far: item, months and marks; and what stands at the marks, sort by sort, of
    which there are FAR_MONTHS for an item at most."""
    first, item, rows = 0, 0, 0
    room = make_room(BLOCK, months)
    of_item, of_month = numpy.empty(len(items), numpy.int32), numpy.empty((len(items), 2), numpy.int32)
    marks, count = numpy.zeros((len(items), 3), numpy.int64), numpy.zeros(3, numpy.int64)
    marked = Marked(numpy.empty(FAR_MONTHS), numpy.empty(FAR_MONTHS), numpy.empty(FAR_MONTHS, numpy.uint8), count)
    while first < len(known.place):
        last = end_of_block(known.place, first)
        fill_room(known, room, first, last)
        while item < len(items) and items[item] < last:
            if near[items[item]] != NO_MONTH:
                marked = Marked(
                    _with_room(marked.highest, count[HIGHEST] + FAR_MONTHS),
                    _with_room(marked.lowest, count[LOWEST] + FAR_MONTHS),
                    _with_room(marked.kinds, count[OF_KINDS] + FAR_MONTHS), count,
                )  # fmt: skip
                of_item[rows] = item
                rows += _is_told(
                    items[item], masses[item], first, near[items[item]], room, seen, told, sizes, far, months,
                    of_month[rows], marks[rows], marked,
                )  # fmt: skip
            item += 1
        first = last
    highest, lowest, kinds = (
        marked.highest[: count[HIGHEST]], marked.lowest[: count[LOWEST]], marked.kinds[: count[OF_KINDS]]
    )  # fmt: skip
    return of_item[:rows], of_month[:rows], marks[:rows], highest, lowest, kinds


@numba.njit(nogil=True, cache=True)
def _with_room(values: Array, size: int) -> Array:
    """The values, with room for so many."""
    if len(values) < size:
        values = numpy.concatenate((values, numpy.empty(size, values.dtype)))
    return values


@numba.njit(nogil=True, cache=True)
def _is_told(  # noqa: PLR0913, PLR0917
    series: int, weight: int, start: int, near: int, room: Any, seen: Array, told: Array, sizes: Array, far: Any, months: int,
    of_month: Array, marks: Array, marked: Any,
) -> bool:  # fmt: skip
    """Fill the row of one item; whether something is far of it."""
    level, made, kinds = room.level, room.made, room.kinds
    item = item_of(series, weight, start, sizes)
    oldest, run, is_whole, number = near - FAR_MONTHS, near, True, 0.0
    high, low, united = -numpy.inf, numpy.inf, numpy.uint8(0)
    month = near + NEAR_MONTHS - 1
    while is_whole and month >= max(oldest, far.before):
        is_whole = month < months and has(told, series, month) and (not item.is_ratio or has(told, weight, month))
        if is_whole:
            number, _ = figure_of(level, made, item, month)
            is_whole = not numpy.isnan(number)
        if is_whole:
            with_own = united | kinds_of(kinds, item, month)
            if month < near:
                run = month
                if number > high:
                    _mark(HIGHEST, near, month, number, marked.highest, marked.count, marks)
                if number < low:
                    _mark(LOWEST, near, month, number, marked.lowest, marked.count, marks)
                if with_own != united:
                    _mark(OF_KINDS, near, month, with_own, marked.kinds, marked.count, marks)
            high, low, united = max(high, number), min(low, number), with_own
            month -= 1
    # What was far a year ago goes on where its months end.
    if is_whole and month < far.before and oldest < far.before and len(far.row):
        row = far.row[2 * series + item.is_ratio]
        if row >= 0 and far.run_start[row] != NO_MONTH:
            run = min(run, max(far.run_start[row], oldest))
            _go_on(HIGHEST, near, run, high, far.highest, far.before, row, marked.highest, marked.count, marks)
            _go_on(LOWEST, near, run, low, far.lowest, far.before, row, marked.lowest, marked.count, marks)
            _unite(near, run, united, far.kinds, far.before, row, marked.kinds, marked.count, marks)
    of_month[LAST] = NO_MONTH if item.is_ratio else _last_month(series, near, seen, far, months)
    of_month[RUN] = run if run < near else NO_MONTH
    return run < near or of_month[LAST] != NO_MONTH


@numba.njit(nogil=True, cache=True)
def _go_on(
    sort: int, near: int, run: int, surpassed: float, of_far: Any, before: int, row: int, values: Array, count: Array, marks: Array
) -> None:  # fmt: skip
    """Mark the extremes that were marked a year ago, from `run` on, unless they are `surpassed` since; each surpasses those before."""
    left, entry, month = of_far.months[row], of_far.start[row], before - 1
    while left and month >= run:
        if left & 1:
            number = of_far.value[entry]
            if (sort == HIGHEST and number > surpassed) or (sort == LOWEST and number < surpassed):
                _mark(sort, near, month, number, values, count, marks)
            entry += 1
        left >>= 1
        month -= 1


@numba.njit(nogil=True, cache=True)
def _unite(
    near: int, run: int, united: Any, of_far: Any, before: int, row: int, values: Array, count: Array, marks: Array
) -> None:  # fmt: skip
    """The same of kinds: mark the months with one that is not among those `united` since."""
    left, entry, month = of_far.months[row], of_far.start[row], before - 1
    while left and month >= run:
        if left & 1:
            with_own = united | of_far.value[entry]
            if with_own != united:
                united = with_own
                _mark(OF_KINDS, near, month, with_own, values, count, marks)
            entry += 1
        left >>= 1
        month -= 1


@numba.njit(nogil=True, cache=True)
def _last_month(series: int, near: int, seen: Array, far: Any, months: int) -> int:
    """The last far month in which a series is seen, NO_MONTH where no near month could be told because of it."""
    last_month = last_before(seen, series, min(near, months))
    if last_month < 0:
        last_month = far.last_month[series] if len(far.row) else NO_MONTH
    return last_month if last_month + QUIET_MONTHS >= near else NO_MONTH


@numba.njit(nogil=True, cache=True)
def _mark(
    sort: int, near: int, month: int, value: Any, values: Array, count: Array, marks: Array
) -> None:  # fmt: skip
    """Mark a month of a row as the next one of a sort."""
    marks[sort] |= numpy.int64(1) << numpy.int64(near - 1 - month)
    values[count[sort]] = value
    count[sort] += 1
