"""What the months of a year need to know of those before the year before it, so that nobody reads those again for a record.

A month looks back sixty months for its records and two years for everything else. Of what lies before the year before, a record
asks whether the months of a series are unbroken, since when, and which of them are higher, or lower, than all that came after
them: a month that was surpassed since is never named again. That is a step or two for most series, and none where the months
between are broken. It is made once a year, from what was known of the year before and the year that is no longer near.

Belongs here: which steps there are, and their table. How they are read is in `past`, what is told by them in `figures`.
"""

from collections.abc import Collection
from typing import Any, cast

import numba
import numpy
import polars as pl
from pandera.typing.polars import DataFrame

from schemas.base import BaseFar
from schemas.metric import SETS_OF_KINDS
from schemas.table import empty_frame, polars_schema
from tasks.base import first_days, named
from tasks.calendar_grid import Grid
from tasks.coverage import Coverage
from tasks.cube import Cube
from tasks.figures import BLOCK, figure_of
from tasks.items import Items
from tasks.keys import Array
from tasks.month_sets import has, last_before
from tasks.months import STATUS, all_known, make_room, settle
from tasks.scope import LOOK_BACK_MONTHS, QUIET_MONTHS
from tasks.settled import NO_MONTH

YEAR = 12
# Months between what is far and the year that looks back on it.
NEAR_MONTHS = YEAR
FAR_MONTHS = LOOK_BACK_MONTHS - NEAR_MONTHS
# Columns of the steps' months, and of their numbers.
LAST, RUN, HIGHEST, LOWEST, OF_KINDS = range(5)


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
    """The steps of some years (flow, year; one of a flow), from a cube that is added up and whose window holds all months before
    them that matter, or begins where what is far begins."""
    wanted = {flow: year for flow, year in years if flow in cube.flows}
    if not wanted:
        return cast("DataFrame[BaseFar]", empty_frame(BaseFar))
    # No year to date is asked for.
    known = all_known(cube, coverage, grid, numpy.zeros(0, numpy.int64))
    near = numpy.array([first_near(wanted[flow]) - cube.first if flow in wanted else NO_MONTH for flow in cube.flows])
    item, months, numbers, kinds = _step_back(
        known, items.series, items.mass, near[cube.flow], grid.seen, grid.told, cube.per_unit[cube.measure], cube.far, cube.months,
        FAR_MONTHS, QUIET_MONTHS, STATUS,
    )  # fmt: skip
    series = items.series[item]
    begin = numpy.flatnonzero(numpy.diff(item, prepend=-1))
    step = numpy.arange(len(item)) - numpy.repeat(begin, numpy.diff(begin, append=len(item)))
    january = near[cube.flow[series]] + NEAR_MONTHS + cube.first
    last_month, run_start, highest_month, lowest_month, kinds_month = (
        first_days(column, cube.first) for column in months.T
    )
    frame = pl.DataFrame({
        "flow": named(BaseFar, "flow", cube.flows, cube.flow[series]),
        "product": named(BaseFar, "product", cube.products, cube.product[series]),
        "partner": named(BaseFar, "partner", cube.partners, cube.partner[series]), "period": first_days(january, 0),
        "measure": named(BaseFar, "measure", items.measures, items.measure[item]), "step": pl.Series(step),
        "last_month": last_month, "run_start": run_start, "highest_month": highest_month, "highest": pl.Series(numbers[:, 0]),
        "lowest_month": lowest_month, "lowest": pl.Series(numbers[:, 1]), "kinds_month": kinds_month,
        "kinds": named(BaseFar, "kinds", (None, *SETS_OF_KINDS), kinds),
    })  # fmt: skip
    frame = frame.with_columns(pl.col("highest", "lowest").fill_nan(None))
    return cast(
        "DataFrame[BaseFar]", frame.select(pl.col(name).cast(kind) for name, kind in polars_schema(BaseFar).items())
    )


@numba.njit(nogil=True, cache=True)
def _step_back(  # noqa: PLR0913, PLR0917
    known: Any, items: Array, masses: Array, near: Array, seen: Array, told: Array, sizes: Array, far: Any, months: int,
    most: int, quiet: int, status: Any,
) -> Any:  # fmt: skip
    """A row for each step of each item: item; months, numbers and kinds. There is a step for each of `most` far months at most."""
    places, first, item, rows = known.place, 0, 0, 0
    room, counts = make_room(BLOCK, months), numpy.empty(4, numpy.int64)
    of_item = numpy.empty(len(items) + most, numpy.int32)
    of_month, numbers = numpy.empty((len(of_item), 5), numpy.int32), numpy.empty((len(of_item), 2))
    of_kinds = numpy.empty(len(of_item), numpy.uint8)
    while first < len(places):
        last = min(first + BLOCK, len(places))
        while last < len(places) and last > first and places[last] == places[last - 1]:
            last -= 1
        settle(known, room, first, last, status)
        while item < len(items) and items[item] < last:
            if near[items[item]] != NO_MONTH:
                if rows + most > len(of_item):
                    more = len(of_item) // 2 + most
                    of_item = numpy.concatenate((of_item, numpy.empty(more, numpy.int32)))
                    of_month = numpy.concatenate((of_month, numpy.empty((more, 5), numpy.int32)))
                    numbers = numpy.concatenate((numbers, numpy.empty((more, 2))))
                    of_kinds = numpy.concatenate((of_kinds, numpy.empty(more, numpy.uint8)))
                end = rows + most
                count = _steps_of(
                    items[item], masses[item], first, near[items[item]], room, seen, told, sizes, far, months, quiet, counts,
                    of_month[rows:end], numbers[rows:end], of_kinds[rows:end], status,
                )  # fmt: skip
                of_item[rows : rows + count] = item
                rows += count
            item += 1
        first = last
    return of_item[:rows], of_month[:rows], numbers[:rows], of_kinds[:rows]


@numba.njit(nogil=True, cache=True)
def _steps_of(  # noqa: PLR0912, PLR0913, PLR0917
    series: int, weight: int, start: int, near: int, room: Any, seen: Array, told: Array, sizes: Array, far: Any, months: int,
    quiet: int, counts: Array, of_month: Array, numbers: Array, of_kinds: Array, status: Any,
) -> int:  # fmt: skip
    """Fill the rows of one item, of which there is room for one each far month, and count them; `counts` is room for how many
    steps of each sort there are, and rows."""
    level, made, kinds = room.level, room.made, room.kinds
    is_ratio = weight >= 0
    own, mass = series - start, weight - start if is_ratio else series - start
    size, per_mass = (sizes[series], sizes[weight]) if is_ratio else (1, 1)
    oldest, run, is_whole, number = near - len(of_month), near, True, 0.0
    high, low, united = -numpy.inf, numpy.inf, numpy.uint8(0)
    counts[:] = 0
    month = near + NEAR_MONTHS - 1
    while is_whole and month >= max(oldest, far.before):
        is_whole = month < months and has(told, series, month) and (not is_ratio or has(told, weight, month))
        if is_whole:
            number, _ = figure_of(level, made, own, mass, is_ratio, month, size, per_mass, status)
            is_whole = not numpy.isnan(number)
        if is_whole:
            with_own = united | kinds[own, month] | kinds[mass, month]
            if month < near:
                run = month
                if number > high:
                    _note(HIGHEST, month, number, 0, counts, of_month, numbers, of_kinds)
                if number < low:
                    _note(LOWEST, month, number, 0, counts, of_month, numbers, of_kinds)
                if with_own != united:
                    _note(OF_KINDS, month, number, with_own, counts, of_month, numbers, of_kinds)
            high, low, united = max(high, number), min(low, number), with_own
            month -= 1
    # What was far a year ago goes on where its months end.
    if is_whole and month < far.before and oldest < far.before and len(far.start):
        key = 2 * series + is_ratio
        for step in range(far.start[key], far.start[key + 1]):
            if step == far.start[key] and far.run_start[step] != NO_MONTH:
                run = min(run, max(far.run_start[step], oldest))
            if far.highest_month[step] >= run and far.highest[step] > high:
                high = far.highest[step]
                _note(HIGHEST, far.highest_month[step], high, 0, counts, of_month, numbers, of_kinds)
            if far.lowest_month[step] >= run and far.lowest[step] < low:
                low = far.lowest[step]
                _note(LOWEST, far.lowest_month[step], low, 0, counts, of_month, numbers, of_kinds)
            if far.kinds_month[step] >= run and united | far.kinds[step] != united:
                united |= far.kinds[step]
                _note(OF_KINDS, far.kinds_month[step], 0.0, united, counts, of_month, numbers, of_kinds)
    last_month = NO_MONTH if is_ratio else _last_month(series, near, seen, far, months, quiet)
    if run < near or last_month != NO_MONTH:
        _open(0, counts, of_month, numbers, of_kinds)
        of_month[0, LAST], of_month[0, RUN] = last_month, run if run < near else NO_MONTH
    return int(counts[3])


@numba.njit(nogil=True, cache=True)
def _last_month(series: int, near: int, seen: Array, far: Any, months: int, quiet: int) -> int:
    """The last far month in which a series is seen, NO_MONTH where no near month could be told because of it."""
    last_month = last_before(seen, series, min(near, months))
    if last_month < 0:
        last_month = far.last_month[series] if len(far.start) else NO_MONTH
    return last_month if last_month + quiet >= near else NO_MONTH


@numba.njit(nogil=True, cache=True)
def _note(
    sort: int, month: int, number: float, united: int, counts: Array, of_month: Array, numbers: Array, of_kinds: Array
) -> None:
    """Note a month as the next step of a sort."""
    step = counts[sort - HIGHEST]
    counts[sort - HIGHEST] += 1
    _open(step, counts, of_month, numbers, of_kinds)
    of_month[step, sort] = month
    if sort == OF_KINDS:
        of_kinds[step] = united
    else:
        numbers[step, sort - HIGHEST] = number


@numba.njit(nogil=True, cache=True)
def _open(step: int, counts: Array, of_month: Array, numbers: Array, of_kinds: Array) -> None:
    """A row that says nothing yet, where there is none for the step."""
    if step == counts[3]:
        of_month[step], numbers[step], of_kinds[step] = NO_MONTH, numpy.nan, 0
        counts[3] += 1
