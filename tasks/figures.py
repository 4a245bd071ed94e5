"""What the rows of a series say of itself, month by month: level, growth, year to date, rolling year.

Every look back goes by the calendar: a base is the number of a given month of the same series, or missing. Each figure
comes with the number of its status; one that cannot be computed is nan (or NO_MONTH) and its status says why. A figure
that rests on a month before the last change of what its series means is taken away, whatever it would be. The kinds of
release that a row rests on are united here, too: a query and a press print in one growth are never mixed without a word.
How a figure is divided is in `quotients`, highest and lowest since are in `extremes`, what a row says of other series is in
`partners`; what the figures mean and how they become a table is in `metrics`.
"""

from typing import Any

import numba
import numpy

from tasks.calendar_grid import NEVER
from tasks.extremes import tell_extremes
from tasks.keys import Array
from tasks.metric_items import first_month, item_of, kinds_of
from tasks.metric_rows import AT, RANK_STATUS
from tasks.months import BLOCK, STATUS, end_of_block, fill_room, make_room
from tasks.quotients import NO_BASE, figure_of, growth_on, in_percent, in_units, sum_years, year_of


@numba.njit(nogil=True, cache=True)
def tell_series(
    known: Any, asked: Any, told: Array, far: Any, rows: Any, near: Any, months: int
) -> None:  # fmt: skip
    """Fill what the rows say of their own series, and `near` for what they say of others. Block by block of whole places,
    because a value per kilogram needs two series of one place. Extremes are looked for in `far` too."""
    first, item = 0, 0
    room, sums = make_room(BLOCK, months), numpy.empty((BLOCK, 2 * len(asked.wanted)), numpy.int64)
    while first < len(known.place):
        last, begin = end_of_block(known.place, first), item
        while item < len(asked.series) and asked.series[item] < last:
            item += 1
        fill_room(known, room, first, last)
        _note_near(known, room, near, first, last)
        sum_years(room.level, known.begin, asked.wanted, first, last, sums)
        _tell_figures(known, asked, rows, room, sums, first, begin, item)
        _unite_kinds(asked, rows, room, first, begin, item)
        tell_extremes(known, asked, told, far, rows, room, first, begin, item)
        first = last


@numba.njit(nogil=True, cache=True)
def _note_near(known: Any, room: Any, near: Any, first: int, last: int) -> None:
    level, made, kinds, months, begin, end = near.level, near.made, near.kinds, near.months, known.begin, known.end
    own_level, own_made, own_kinds = room.level, room.made, room.kinds
    for series in range(first, last):
        own = series - first
        for slot in range(len(months)):
            month = months[slot]
            if begin[series] != NEVER and begin[series] <= month <= end[series]:
                level[series, slot], made[series, slot] = own_level[own, month], own_made[own, month]
                kinds[series, slot] = own_kinds[own, month]


# In the loops over rows each array has a name of its own: taken out of a tuple there, it would be counted in and out each time,
# which took half of all. So it would where a function that is called or written out there uses it in a loop or a branch: such
# functions are given numbers, or go through the rows themselves.


@numba.njit(nogil=True, cache=True)
def _tell_figures(
    known: Any, asked: Any, rows: Any, room: Any, sums: Array, start: int, begin: int, end: int
) -> None:  # fmt: skip
    """Levels and growths of the items from `begin` on and before `end`, which are those of a block of series from `start` on."""
    items, masses, row_of, wanted, columns, sizes, changed = (
        asked.series, asked.mass, asked.row_of, asked.wanted, asked.column, asked.size, asked.changed
    )  # fmt: skip
    growth, growth_ytd, begins = asked.yoy, asked.ytd_yoy, known.begin
    level, made, ytd, ytd_made = room.level, room.made, room.ytd, room.ytd_made
    floats, days, statuses = rows.floats, rows.months, rows.statuses
    has_growth, has_growth_ytd = bool(growth.shape[1]), bool(growth_ytd.shape[1])
    for number in range(begin, end):
        item = item_of(items[number], masses[number], start, sizes)
        first = first_month(begins, item)
        for place in range(len(wanted)):
            row, month, column = row_of[number, place], wanted[place], columns[place]
            if row < 0:
                continue
            now, total = figure_of(level, made, item, month), figure_of(ytd, ytd_made, item, month)
            whole_year = sums[item.own, 2 * place]
            year = year_of(whole_year, sums[item.mass, 2 * place], item)
            year_base = year_of(sums[item.own, 2 * place + 1], sums[item.mass, 2 * place + 1], item)
            before, base, total_base = NO_BASE, NO_BASE, NO_BASE
            if month - 1 >= first:
                before = figure_of(level, made, item, month - 1)
            if month - 12 >= first:
                base, total_base = figure_of(level, made, item, month - 12), figure_of(ytd, ytd_made, item, month - 12)
            floats[AT.level, row], statuses[AT.level, row] = now
            floats[AT.ytd, row], statuses[AT.ytd, row] = total
            floats[AT.rolling_12m, row], statuses[AT.rolling_12m, row] = year
            printed, printed_ytd, since = numpy.nan, numpy.nan, changed[item.series, place]
            if item.is_ratio:
                since = max(since, changed[item.weight, place])
                for each in (AT.share_pct, AT.contribution_mom_pp, AT.contribution_yoy_pp, RANK_STATUS):
                    statuses[each, row] = STATUS.not_applicable
            else:
                # A row is told in units; growth goes by smallest ones, which are whole.
                size = sizes[item.series]
                floats[AT.level, row], floats[AT.ytd, row], floats[AT.rolling_12m, row] = (
                    in_units(level[item.own, month], size), in_units(ytd[item.own, month], size), in_units(whole_year, size)
                )  # fmt: skip
                if has_growth:
                    printed = in_percent(growth[item.series, column])
                if has_growth_ytd:
                    printed_ytd = in_percent(growth_ytd[item.series, column])
            floats[AT.mom_pct, row], statuses[AT.mom_pct, row] = growth_on(before, now, numpy.nan)
            floats[AT.yoy_pct, row], statuses[AT.yoy_pct, row] = growth_on(base, now, printed)
            floats[AT.ytd_yoy_pct, row], statuses[AT.ytd_yoy_pct, row] = growth_on(total_base, total, printed_ytd)
            floats[AT.rolling_12m_yoy_pct, row], statuses[AT.rolling_12m_yoy_pct, row] = growth_on(
                year_base, year, numpy.nan
            )
            days[AT.comparable_from, row] = since
            if since > month - 24:
                _cut(floats, statuses, row, month, since)


@numba.njit(nogil=True, cache=True)
def _unite_kinds(  # noqa: PLR0912
    asked: Any, rows: Any, room: Any, start: int, begin: int, end: int
) -> None:  # fmt: skip
    """The kinds of release that each level rests on, and those of all that the figures look back on in their own series."""
    items, masses, row_of, wanted, columns, sizes = (
        asked.series, asked.mass, asked.row_of, asked.wanted, asked.column, asked.size
    )  # fmt: skip
    growth_kinds, growth_ytd_kinds, kinds, ytd_kinds = asked.yoy_kinds, asked.ytd_yoy_kinds, room.kinds, room.ytd_kinds
    floats, statuses, of_levels, of_rows = rows.floats, rows.statuses, rows.level_kinds, rows.kinds
    for number in range(begin, end):
        item = item_of(items[number], masses[number], start, sizes)
        for place in range(len(wanted)):
            row, month, column = row_of[number, place], wanted[place], columns[place]
            if row < 0:
                continue
            found, since = numpy.uint8(0), month + 1
            if not numpy.isnan(floats[AT.level, row]):
                of_levels[row] = found = kinds_of(kinds, item, month)
            if not numpy.isnan(floats[AT.ytd, row]):
                found |= kinds_of(ytd_kinds, item, month)
            if not numpy.isnan(floats[AT.rolling_12m, row]):
                since = month - 11
            if not numpy.isnan(floats[AT.rolling_12m_yoy_pct, row]):
                since = month - 23
            # A loop that is known to begin at 0 or later does several months at once.
            for each in range(max(since, 0), month + 1):
                found |= kinds_of(kinds, item, each)
            if not numpy.isnan(floats[AT.mom_pct, row]):
                found |= kinds_of(kinds, item, month - 1)
            # Where a growth is printed and its base is not, nothing is looked back on.
            if statuses[AT.yoy_pct, row] == STATUS.implied_base:
                found |= growth_kinds[item.series, column]
            elif not numpy.isnan(floats[AT.yoy_pct, row]):
                found |= kinds_of(kinds, item, month - 12)
            if statuses[AT.ytd_yoy_pct, row] == STATUS.implied_base:
                found |= growth_ytd_kinds[item.series, column]
            elif not numpy.isnan(floats[AT.ytd_yoy_pct, row]):
                found |= kinds_of(ytd_kinds, item, month - 12)
            of_rows[row] = found


@numba.njit(nogil=True, cache=True)
def _cut(floats: Array, statuses: Array, row: int, month: int, since: int) -> None:
    """Take away what rests on a month before `since`, from which on the series means what it means now.

    What was missing anyway keeps its reason where that is a missing number of the row's own. A printed growth goes too:
    nobody says what it was computed from. A year to date that a source prints stays; it is a number, no comparison.
    """
    has_level, has_ytd = not numpy.isnan(floats[AT.level, row]), not numpy.isnan(floats[AT.ytd, row])
    of_year = month % 12
    for place, back, has_own in (
        (AT.mom_pct, 1, has_level), (AT.yoy_pct, 12, has_level), (AT.ytd_yoy_pct, of_year + 12, has_ytd),
        (AT.ytd, of_year, has_ytd), (AT.rolling_12m, 11, True), (AT.rolling_12m_yoy_pct, 23, True),
    ):  # fmt: skip
        is_printed = place == AT.ytd and statuses[place, row] == STATUS.reported
        missing = numpy.isnan(floats[place, row])
        if month - back < since and (has_own or not missing) and not is_printed:
            floats[place, row], statuses[place, row] = numpy.nan, STATUS.definition_break
