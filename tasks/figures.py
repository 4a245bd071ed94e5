"""The loops that compare months: growth, rolling year, records, value per kilogram, share, rank, contribution.

Every look back goes by the calendar: a base is the number of a given month of the same series, or missing. Each figure
comes with the number of its status; one that cannot be computed is nan (or NO_MONTH) and its status says why. A figure
that rests on a month before the last change of what its series means is taken away, whatever it would be. The kinds of
release that a row rests on are united here, too: a query and a press print in one growth are never mixed without a word.
What the figures mean and how they become a table is in `metrics`.
"""

from collections import namedtuple
from typing import Any

import numba
import numpy

from tasks.calendar_grid import NEVER
from tasks.cube import NOTHING
from tasks.keys import Array
from tasks.month_sets import has
from tasks.months import STATUS, make_room, settle
from tasks.scope import LOOK_BACK_MONTHS
from tasks.settled import NO_MONTH

BASIS_POINTS_PER_PERCENT = 100
# Series that are told together: their months fit into the cache.
BLOCK = 256
# Whole numbers up to here are the same as floats.
EXACT_MAX = 2**53

FLOATS = (
    "level", "mom_pct", "yoy_pct", "ytd", "ytd_yoy_pct", "rolling_12m", "rolling_12m_yoy_pct", "share_pct",
    "contribution_mom_pp", "contribution_yoy_pp",
)  # fmt: skip
MONTHS = ("highest_since", "lowest_since", "series_start", "comparable_from")
# Where each figure stands among the columns of numbers, and each status among those of statuses.
Places = namedtuple("Places", [*FLOATS, *MONTHS, "rank"])  # type: ignore[misc]
AT: Any = Places(*range(len(FLOATS)), *range(len(MONTHS)), 0)  # type: ignore[call-arg]
STATUS_ORDER = (*FLOATS, "rank", "highest_since", "lowest_since")
RANK_STATUS = STATUS_ORDER.index("rank")
HIGHEST_STATUS = STATUS_ORDER.index("highest_since")

# What has rows: series by place, and values per kilogram, whose `mass` is the series of the kilograms; `row_of` says which
# row an item's wanted month is, -1: none. `size` is how many smallest units make one unit of a series' measure; `changed`
# since when a series means what it means in a wanted month; `yoy` and `ytd_yoy` are the printed growths of fresh columns.
Asked = namedtuple("Asked", "series mass row_of wanted column size changed yoy yoy_kinds ytd_yoy ytd_yoy_kinds")
# The columns of the table, a row each, and the kinds of the level and of all figures, a bit for each kind.
Rows = namedtuple("Rows", "floats months rank statuses level_kinds kinds")
# The levels of all series in the `months` that others are compared with, a column each; `slot` says which a month has.
Near = namedtuple("Near", "months slot level made kinds")


@numba.njit(nogil=True, cache=True)
def number_rows(
    series: Array, mass: Array, told: Array, wanted: Array, by_flow: Array, flow: Array, flows: int
) -> tuple[Array, int]:
    """Which row each wanted month of each item is, -1 where it has none: rows in the order flow, month, item."""
    row_of = numpy.full((len(series), len(wanted)), -1, numpy.int32)
    rows, first = 0, 0
    for each in range(flows):
        last = first
        while last < len(series) and flow[series[last]] == each:
            last += 1
        for place in range(len(wanted)):
            if not by_flow[each, place]:
                continue
            for item in range(first, last):
                if has(told, series[item], wanted[place]) and (mass[item] < 0 or has(told, mass[item], wanted[place])):
                    row_of[item, place] = rows
                    rows += 1
        first = last
    return row_of, rows


@numba.njit(nogil=True, cache=True)
def tell_series(
    known: Any, asked: Any, told: Array, far: Any, rows: Any, near: Any, months: int
) -> None:  # fmt: skip
    """Fill what the rows say of their own series, and `near` for what they say of others. Block by block of whole places,
    because a value per kilogram needs two series of one place. Records end where `far` goes on."""
    places, first, item = known.place, 0, 0
    room, figure = make_room(BLOCK, months), numpy.empty(months)
    while first < len(places):
        last = min(first + BLOCK, len(places))
        while last < len(places) and last > first and places[last] == places[last - 1]:
            last -= 1
        settle(known, room, first, last)
        _note_near(known, room, near, first, last)
        item = _tell_rows(known, asked, told, far, rows, room, figure, item, first, last)
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


@numba.njit(nogil=True, cache=True)
def _tell_rows(  # noqa: PLR0912, PLR0915
    known: Any, asked: Any, told: Array, far: Any, rows: Any, room: Any, figure: Array, item: int, start: int, stop: int,
) -> int:  # fmt: skip
    """The rows of the items of a block of series, which `room` holds; the first item after them."""
    # Each array by a name of its own: taken out of a tuple in a loop, it would be counted in and out each time.
    items, masses, row_of, wanted, columns, sizes, changed = (
        asked.series, asked.mass, asked.row_of, asked.wanted, asked.column, asked.size, asked.changed
    )  # fmt: skip
    growth, growth_kinds, growth_ytd, growth_ytd_kinds = asked.yoy, asked.yoy_kinds, asked.ytd_yoy, asked.ytd_yoy_kinds
    level, level_made, kinds, ytd, ytd_made, ytd_kinds = (
        room.level, room.made, room.kinds, room.ytd, room.ytd_made, room.ytd_kinds
    )  # fmt: skip
    floats, days, statuses, of_levels, of_rows = rows.floats, rows.months, rows.statuses, rows.level_kinds, rows.kinds
    begins = known.begin
    far_row, far_run, first_near = far.row, far.run_start, far.before
    while item < len(items) and items[item] < stop:
        series, weight = items[item], masses[item]
        is_ratio, own, mass = weight >= 0, series - start, weight - start if weight >= 0 else series - start
        # Growth of a plain series is that of its whole smallest units; the one division by their size comes last.
        first, size, per_mass = begins[series], 1, 1
        if is_ratio:
            first, size, per_mass = max(first, begins[weight]), sizes[series], sizes[weight]
        for place in range(len(wanted)):
            row, month, column = row_of[item, place], wanted[place], columns[place]
            if row < 0:
                continue
            since = changed[series, place]
            printed, printed_ytd = numpy.nan, numpy.nan
            if is_ratio:
                since = max(since, changed[weight, place])
            else:
                printed, printed_ytd = _in_percent(growth, series, column), _in_percent(growth_ytd, series, column)
            now, made = figure_of(level, level_made, own, mass, is_ratio, month, size, per_mass)
            total, total_made = figure_of(ytd, ytd_made, own, mass, is_ratio, month, size, per_mass)
            year, year_made, whole_year = _year(
                level, own, mass, is_ratio, month, begins[series], begins[weight], size, per_mass
            )
            before, before_made = numpy.nan, STATUS.no_base
            if month - 1 >= first:
                before, before_made = figure_of(level, level_made, own, mass, is_ratio, month - 1, size, per_mass)
            base, base_made, total_base, total_base_made = numpy.nan, STATUS.no_base, numpy.nan, STATUS.no_base
            year_base, year_base_made = numpy.nan, STATUS.no_base
            if month - 12 >= first:
                back = month - 12
                base, base_made = figure_of(level, level_made, own, mass, is_ratio, back, size, per_mass)
                total_base, total_base_made = figure_of(ytd, ytd_made, own, mass, is_ratio, back, size, per_mass)
                year_base, year_base_made, _ = _year(
                    level, own, mass, is_ratio, back, begins[series], begins[weight], size, per_mass
                )
            statuses[AT.level, row], statuses[AT.ytd, row], statuses[AT.rolling_12m, row] = made, total_made, year_made
            if is_ratio:
                floats[AT.level, row], floats[AT.ytd, row], floats[AT.rolling_12m, row] = now, total, year
                for each in (AT.share_pct, AT.contribution_mom_pp, AT.contribution_yoy_pp, RANK_STATUS):
                    statuses[each, row] = STATUS.not_applicable
            else:
                floats[AT.level, row] = _in_units(level[own, month], sizes[series])
                floats[AT.ytd, row] = _in_units(ytd[own, month], sizes[series])
                floats[AT.rolling_12m, row] = _in_units(whole_year, sizes[series])
            floats[AT.mom_pct, row], statuses[AT.mom_pct, row] = _growth(now, made, before, before_made, numpy.nan)
            floats[AT.yoy_pct, row], statuses[AT.yoy_pct, row] = _growth(now, made, base, base_made, printed)
            floats[AT.ytd_yoy_pct, row], statuses[AT.ytd_yoy_pct, row] = _growth(
                total, total_made, total_base, total_base_made, printed_ytd
            )
            floats[AT.rolling_12m_yoy_pct, row], statuses[AT.rolling_12m_yoy_pct, row] = _growth(
                year, year_made, year_base, year_base_made, numpy.nan
            )
            days[AT.comparable_from, row] = since
            if since > month - 24:
                _cut(floats, statuses, row, month, since)
            # The unbroken run before the month: every month of it is known, told, and means the same.
            run, of_run = month, numpy.uint8(0)
            if not numpy.isnan(now):
                oldest = max(first, month - LOOK_BACK_MONTHS, since, first_near)
                if is_ratio:
                    figure[month] = now
                    while run > oldest and has(told, series, run - 1) and has(told, weight, run - 1):
                        back = run - 1
                        figure[back], _ = figure_of(level, level_made, own, mass, is_ratio, back, size, per_mass)
                        if numpy.isnan(figure[back]):
                            break
                        run = back
                else:
                    while run > oldest and level[own, run - 1] != NOTHING and has(told, series, run - 1):
                        run -= 1
                    for each in range(run, month + 1):
                        figure[each] = level[own, each]
                for each in range(run, month + 1):
                    of_run |= kinds[own, each] | kinds[mass, each]
                if run == first_near and len(far_row):
                    far_of = far_row[2 * series + is_ratio]
                    if far_of >= 0 and far_run[far_of] != NO_MONTH:
                        run = min(run, max(far_run[far_of], month - LOOK_BACK_MONTHS, since))
                        of_run |= _far_kinds(far, far_of, run)
            _tell_records(figure, now, made, month, run, days, statuses, row, far, 2 * series + is_ratio)
            # The kinds that the level rests on, and all that the figures look back on in their own series.
            of_level, found = numpy.uint8(0), numpy.uint8(0)
            has_yoy, has_ytd_yoy = (
                not numpy.isnan(floats[AT.yoy_pct, row]),
                not numpy.isnan(floats[AT.ytd_yoy_pct, row]),
            )
            implied = statuses[AT.yoy_pct, row] == STATUS.implied_base
            implied_ytd = statuses[AT.ytd_yoy_pct, row] == STATUS.implied_base
            for turn in range(2 if is_ratio else 1):
                part = mass if turn else own
                if not numpy.isnan(floats[AT.level, row]):
                    of_level |= kinds[part, month]
                if not numpy.isnan(floats[AT.ytd, row]):
                    found |= ytd_kinds[part, month]
                has_year, has_years = (
                    not numpy.isnan(floats[AT.rolling_12m, row]),
                    not numpy.isnan(floats[AT.rolling_12m_yoy_pct, row]),
                )
                if has_year or has_years:
                    for each in range(max(month - 23 if has_years else month - 11, 0), month + 1):
                        found |= kinds[part, each]
                if not numpy.isnan(floats[AT.mom_pct, row]):
                    found |= kinds[part, month - 1]
                if has_yoy and not implied:
                    found |= kinds[part, month - 12]
                if has_ytd_yoy and not implied_ytd:
                    found |= ytd_kinds[part, month - 12]
            if has_yoy and implied:
                found |= growth_kinds[series, column]
            if has_ytd_yoy and implied_ytd:
                found |= growth_ytd_kinds[series, column]
            if days[AT.highest_since, row] != NO_MONTH or days[AT.lowest_since, row] != NO_MONTH:
                found |= of_run
            of_levels[row], of_rows[row] = of_level, found | of_level
        item += 1
    return item


@numba.njit(nogil=True, cache=True, inline="always")
def _in_units(whole: int, size: int) -> float:
    """Smallest units to units: the whole part stays exact however large it is."""
    units = numpy.nan
    if whole != NOTHING:
        if size == 1 or abs(whole) <= EXACT_MAX:
            units = float(whole) / size
        else:
            units = float(whole // size) + float(whole % size) / size
    return units


@numba.njit(nogil=True, cache=True, inline="always")
def figure_of(
    whole: Array, made: Array, own: int, mass: int, is_ratio: bool, month: int, size: int, per_mass: int
) -> tuple[float, int]:
    """A number of a month in units, or the value divided by the mass; and its STATUS."""
    value, value_made = numpy.nan, int(made[own, month])
    if is_ratio:
        value, value_made = _per_kilogram(
            whole[own, month], value_made, whole[mass, month], int(made[mass, month]), size, per_mass
        )
    else:
        value = _in_units(whole[own, month], size)
    return value, value_made


@numba.njit(nogil=True, cache=True)
def _per_kilogram(
    value: int, value_made: int, mass: int, mass_made: int, size: int, per_mass: int
) -> tuple[float, int]:
    """Value by mass. Two months of one price have the same float, or one of them would be a record: the only rounding is that
    of the division, of whole numbers that floats hold; of larger ones what they have in common is taken out first."""
    if value == NOTHING:
        return numpy.nan, value_made
    if mass == NOTHING:
        return numpy.nan, mass_made
    if mass <= 0:
        return numpy.nan, STATUS.zero_base
    if max(abs(float(value)) * per_mass, float(mass) * size) >= EXACT_MAX:
        common, rest = abs(value), mass
        while rest:
            common, rest = rest, common % rest
        value, mass = value // common, mass // common
    return float(value) * per_mass / (float(mass) * size), STATUS.computed


@numba.njit(nogil=True, cache=True, inline="always")
def _year(
    level: Array, own: int, mass: int, is_ratio: bool, month: int, begin: int, begin_mass: int, size: int, per_mass: int,
) -> tuple[float, int, Any]:  # fmt: skip
    """The figure of the twelve months that end with this one, its status, and the whole number that it is made of."""
    sum_ = _sum_year(level, own, month, begin)
    made = STATUS.computed if sum_ != NOTHING else STATUS.incomplete_window
    year = numpy.nan
    if is_ratio:
        weights = _sum_year(level, mass, month, begin_mass)
        weights_made = STATUS.computed if weights != NOTHING else STATUS.incomplete_window
        year, made = _per_kilogram(sum_, made, weights, weights_made, size, per_mass)
    else:
        year = _in_units(sum_, size)
    return year, made, sum_


@numba.njit(nogil=True, cache=True, inline="always")
def _sum_year(level: Array, own: int, month: int, begin: int) -> Any:
    """Sum of the twelve months that end with this one, NOTHING where not all are there."""
    sum_: Any = NOTHING
    if month - 11 >= begin:
        sum_ = numpy.int64(0)
        for each in range(month - 11, month + 1):
            if level[own, each] == NOTHING:
                sum_ = NOTHING
                break
            sum_ += level[own, each]
    return sum_


@numba.njit(nogil=True, cache=True, inline="always")
def _in_percent(growth: Array, series: int, column: int) -> float:
    percent = numpy.nan
    if growth.shape[1] and growth[series, column] != NOTHING:
        percent = growth[series, column] / BASIS_POINTS_PER_PERCENT
    return percent


@numba.njit(nogil=True, cache=True)
def _growth(now: float, made: int, base: float, base_made: int, printed: float) -> tuple[float, int]:
    """Growth on the same figure some months earlier, in per cent; a printed growth where the base is not at hand."""
    if base > 0 and not numpy.isnan(now):
        return (now / base - 1) * 100, STATUS.computed
    if numpy.isnan(base) and not numpy.isnan(printed):
        return printed, STATUS.implied_base
    if numpy.isnan(now):
        return numpy.nan, made
    if base == 0:
        return numpy.nan, STATUS.zero_base
    return numpy.nan, no_base(base_made)


@numba.njit(nogil=True, cache=True)
def no_base(made: int) -> int:
    """Why there is nothing to compare with."""
    return STATUS.combined_months if made == STATUS.combined_months else STATUS.no_base


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


@numba.njit(nogil=True, cache=True)
def _tell_records(
    figure: Array,
    now: float,
    made: int,
    month: int,
    start: int,
    months: Array,
    statuses: Array,
    row: int,
    far: Any,
    key: int,
) -> None:
    """Highest and lowest since: the latest earlier month that was at least as extreme, within the unbroken run.

    A month is not named where the month before was already as extreme (`not_extreme`), nor where the whole run is less
    extreme (`series_record`).
    """
    if numpy.isnan(now):
        statuses[HIGHEST_STATUS, row] = statuses[HIGHEST_STATUS + 1, row] = made
        return
    months[AT.series_start, row] = start
    for place, sign in ((0, 1.0), (1, -1.0)):
        before = month - 1
        while before >= max(start, far.before) and sign * figure[before] < sign * figure[month]:
            before -= 1
        if before < far.before and start < far.before:
            before = _surpassed_far(far, far.row[key], start, place == 0, now)
        if start == month:
            changed = months[AT.comparable_from, row] == month
            statuses[HIGHEST_STATUS + place, row] = STATUS.definition_break if changed else STATUS.no_base
        elif before < start:
            statuses[HIGHEST_STATUS + place, row] = STATUS.series_record
        elif before == month - 1:
            statuses[HIGHEST_STATUS + place, row] = STATUS.not_extreme
        else:
            months[place, row], statuses[HIGHEST_STATUS + place, row] = before, STATUS.computed


@numba.njit(nogil=True, cache=True)
def _surpassed_far(far: Any, row: int, start: int, is_highest: bool, now: float) -> int:
    """The latest far month from `start` on that was at least as extreme, the month before `start` where there is none."""
    marks, month = far.highest if is_highest else far.lowest, far.before - 1
    left, entry = marks.months[row], marks.start[row]
    while left and month >= start:
        if left & 1:
            if (is_highest and marks.value[entry] >= now) or (not is_highest and marks.value[entry] <= now):
                return int(month)
            entry += 1
        left >>= 1
        month -= 1
    return start - 1


@numba.njit(nogil=True, cache=True)
def _far_kinds(far: Any, row: int, start: int) -> Any:
    """The kinds of release that far months from `start` on rest on, besides those of all after them."""
    left, entry, month, kinds = far.kinds.months[row], far.kinds.start[row], far.before - 1, numpy.uint8(0)
    while left and month >= start:
        if left & 1:
            kinds |= far.kinds.value[entry]
            entry += 1
        left >>= 1
        month -= 1
    return kinds
