"""Highest and lowest since: the unbroken run of a series back from a month, and the latest month in it that was as extreme.

A run goes on where the months that are looked at one by one end, by what is known of those that are far (`base_far`).
"""

from typing import Any

import numba
import numpy

from tasks.cube import NOTHING
from tasks.keys import Array
from tasks.metric_items import first_month, item_of, kinds_of
from tasks.metric_rows import AT, HIGHEST_STATUS, LOWEST_STATUS
from tasks.month_sets import has
from tasks.months import STATUS
from tasks.periods import NO_MONTH
from tasks.quotients import figure_of
from tasks.scope import LOOK_BACK_MONTHS


@numba.njit(nogil=True, cache=True)
def tell_extremes(  # noqa: PLR0912
    known: Any, asked: Any, told: Array, far: Any, rows: Any, room: Any, start: int, begin: int, end: int
) -> None:  # fmt: skip
    """Fill in highest and lowest since, and the kinds of release that these rest on, where the level is told: of the items from
    `begin` on and before `end`, which are those of a block of series from `start` on."""
    items, masses, row_of, wanted, sizes, begins = (
        asked.series, asked.mass, asked.row_of, asked.wanted, asked.size, known.begin
    )  # fmt: skip
    level, made, kinds = room.level, room.made, room.kinds
    floats, days, statuses, of_rows = rows.floats, rows.months, rows.statuses, rows.kinds
    far_row, far_run, highest, lowest, near = far.row, far.run_start, far.highest, far.lowest, far.before
    figure = numpy.empty(level.shape[1])
    for number in range(begin, end):
        item = item_of(items[number], masses[number], start, sizes)
        first = first_month(begins, item)
        for place in range(len(wanted)):
            row, month = row_of[number, place], wanted[place]
            if row < 0:
                continue
            if numpy.isnan(floats[AT.level, row]):
                statuses[HIGHEST_STATUS, row] = statuses[LOWEST_STATUS, row] = statuses[AT.level, row]
                continue
            since, of_far = days[AT.comparable_from, row], -1
            oldest = max(month - LOOK_BACK_MONTHS, since)
            # The first month of the run that ends with this one: each of its months is known and told. `figure` gets their levels.
            run, begins_at = month, max(first, oldest, near)
            if item.is_ratio:
                figure[month], _ = figure_of(level, made, item, month)
                while run > begins_at and has(told, item.series, run - 1) and has(told, item.weight, run - 1):
                    figure[run - 1], _ = figure_of(level, made, item, run - 1)
                    if numpy.isnan(figure[run - 1]):
                        break
                    run -= 1
            else:
                # Of most items, so in a loop of its own.
                while run > begins_at and level[item.own, run - 1] != NOTHING and has(told, item.series, run - 1):
                    run -= 1
                for each in range(run, month + 1):
                    figure[each] = level[item.own, each]
            of_run = kinds_of(kinds, item, month)
            for each in range(run, month):
                of_run |= kinds_of(kinds, item, each)
            if run == near and len(far_row):
                of_far = far_row[2 * item.series + item.is_ratio]
            if of_far >= 0 and far_run[of_far] != NO_MONTH:
                run = min(run, max(far_run[of_far], oldest))
                of_run |= _far_kinds(far.kinds, of_far, near, run)
            high, low = (
                _as_extreme(figure, max(run, near), month, 1.0),
                _as_extreme(figure, max(run, near), month, -1.0),
            )
            if run < near:
                if high < near:
                    high = _surpassed_far(highest, of_far, near, run, 1.0, figure[month])
                if low < near:
                    low = _surpassed_far(lowest, of_far, near, run, -1.0, figure[month])
            days[AT.series_start, row] = run
            days[AT.highest_since, row], statuses[HIGHEST_STATUS, row] = _named(high, run, month, since)
            days[AT.lowest_since, row], statuses[LOWEST_STATUS, row] = _named(low, run, month, since)
            if days[AT.highest_since, row] != NO_MONTH or days[AT.lowest_since, row] != NO_MONTH:
                of_rows[row] |= of_run


@numba.njit(nogil=True, cache=True, inline="always")
def _as_extreme(figure: Array, oldest: int, month: int, sign: float) -> int:
    """The latest month before this one, from `oldest` on, that was at least as high (or as low: `sign` is -1), else the month before
    `oldest`."""
    before = month - 1
    while before >= oldest and sign * figure[before] < sign * figure[month]:
        before -= 1
    return before


@numba.njit(nogil=True, cache=True)
def _surpassed_far(marks: Any, row: int, near: int, run: int, sign: float, now: float) -> int:
    """The same of the far months of a run."""
    left, entry, month = marks.months[row], marks.start[row], near - 1
    while left and month >= run:
        if left & 1:
            if sign * marks.value[entry] >= sign * now:
                return int(month)
            entry += 1
        left >>= 1
        month -= 1
    return run - 1


@numba.njit(nogil=True, cache=True)
def _named(before: int, run: int, month: int, since: int) -> tuple[int, int]:
    """The month that is named, and the status. None is named where the month before was already as extreme (`not_extreme`), nor
    where the whole run is less extreme (`series_record`)."""
    if run == month:
        return NO_MONTH, STATUS.definition_break if since == month else STATUS.no_base
    if before < run:
        return NO_MONTH, STATUS.series_record
    if before == month - 1:
        return NO_MONTH, STATUS.not_extreme
    return before, STATUS.computed


@numba.njit(nogil=True, cache=True)
def _far_kinds(marks: Any, row: int, near: int, run: int) -> Any:
    """The kinds of release that far months from `run` on rest on, besides those of all after them."""
    left, entry, month, kinds = marks.months[row], marks.start[row], near - 1, numpy.uint8(0)
    while left and month >= run:
        if left & 1:
            kinds |= marks.value[entry]
            entry += 1
        left >>= 1
        month -= 1
    return kinds
