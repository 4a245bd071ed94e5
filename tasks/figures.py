"""The loops that compare months: growth, rolling year, share, rank, contribution, records, value per kilogram.

Every look back goes by the calendar: a base is the number of a given column of the same series, or missing. Each figure
comes with the number of its status; one that cannot be computed is nan (or NO_MONTH) and its status says why. A figure
that rests on a month before the last change of what its series means is taken away, whatever it would be. What the
figures mean and how they become a table is in `metrics`.
"""

from collections import namedtuple
from typing import Any

import numba
import numpy

from tasks.calendar_grid import NEVER
from tasks.cube import NOTHING, Array

NO_MONTH = -(10**6)
BASIS_POINTS_PER_PERCENT = 100

FLOATS = (
    "level", "mom_pct", "yoy_pct", "ytd", "ytd_yoy_pct", "rolling_12m", "rolling_12m_yoy_pct", "share_pct",
    "contribution_mom_pp", "contribution_yoy_pp",
)  # fmt: skip
MONTHS = ("highest_since", "lowest_since", "series_start", "comparable_from")
# Where each figure stands among the columns of numbers, and each status among those of statuses.
Places = namedtuple("Places", [*FLOATS, *MONTHS, "rank"])  # type: ignore[misc]
PLACES = Places(*range(len(FLOATS)), *range(len(MONTHS)), 0)  # type: ignore[call-arg]
STATUS_ORDER = (*FLOATS, "rank", "highest_since", "lowest_since")
RANK_STATUS = STATUS_ORDER.index("rank")
HIGHEST_STATUS = STATUS_ORDER.index("highest_since")


@numba.njit(nogil=True, cache=True)
def rank_partners(
    level: Array, begin: Array, end: Array, group: Array, whole: Array, wanted: Array, parts: Array
) -> Array:
    """Place of each partner's level among those of its group, 0 where it has none; series by wanted month.

    `parts` are the series of single partners, those of one group side by side. Equal levels share a place. Nobody has one
    where a partner's level is missing.
    """
    ranks = numpy.zeros((len(level), len(wanted)), numpy.uint32)
    found = numpy.empty(len(parts), numpy.int64)
    first = 0
    while first < len(parts):
        last = first + 1
        while last < len(parts) and group[parts[last]] == group[parts[first]]:
            last += 1
        for place in range(len(wanted)):
            month, count, known = wanted[place], 0, whole[group[parts[first]], wanted[place]]
            for each in range(first, last):
                series = parts[each]
                if begin[series] != NEVER and begin[series] <= month <= end[series]:
                    if level[series, month] == NOTHING:
                        known = False
                        break
                    if level[series, month] > 0:
                        found[count] = level[series, month]
                        count += 1
            if not known:
                continue
            ordered = numpy.sort(found[:count])
            for each in range(first, last):
                series = parts[each]
                if begin[series] != NEVER and begin[series] <= month <= end[series] and level[series, month] > 0:
                    higher = count - numpy.searchsorted(ordered, level[series, month], side="right")
                    ranks[series, place] = higher + 1
        first = last
    return ranks


@numba.njit(nogil=True, cache=True)
def count_told(told: Array, ratio: Array, mass: Array, wanted: Array, by_flow: Array, flow: Array) -> Array:
    """Which rows there are: items (a series, or a value per kilogram where `mass` says of what) by wanted month."""
    there = numpy.zeros((len(ratio), len(wanted)), numpy.bool_)
    for item in range(len(ratio)):
        series, weight = ratio[item], mass[item]
        for place in range(len(wanted)):
            month = wanted[place]
            there[item, place] = (
                by_flow[flow[series], place] and told[series, month] and (weight < 0 or told[weight, month])
            )
    return there


@numba.njit(nogil=True, cache=True)
def compare_months(  # noqa: PLR0912, PLR0913, PLR0915, PLR0917
    items: Array, mass: Array, there: Array, row_of: Array, wanted: Array, level: Array, level_status: Array, ytd: Array,
    ytd_status: Array, yoy: Array, ytd_yoy: Array, begin: Array, end: Array, told: Array, size: Array, world: Array,
    ranks: Array, is_total: Array, look_back: int, changed: Array, floats: Array, months: Array, rank: Array, statuses: Array,
    at: Any, status: Any,
) -> None:  # fmt: skip
    """Fill the rows of all items: `floats`, `months`, `rank` and `statuses`, a column a row of the table.

    `row_of` says which row an item's month is. `size` is how many smallest units make one unit of the series' measure.
    """
    width = level.shape[1]
    own, total, year = numpy.empty(width), numpy.empty(width), numpy.empty(width)
    figure, made, total_made, year_made = (
        numpy.empty(width), numpy.empty(width, numpy.uint8), numpy.empty(width, numpy.uint8), numpy.empty(width, numpy.uint8),
    )  # fmt: skip
    for item in range(len(items)):
        if not there[item].any():
            continue
        series, weight = items[item], mass[item]
        is_ratio = weight >= 0
        first, last = begin[series], end[series]
        if is_ratio:
            first, last = max(first, begin[weight]), min(last, end[weight])
        for month in range(first, last + 1):
            if is_ratio:
                own[month], made[month] = _per_kilogram(
                    _in_units(level[series, month], size[series]), level_status[series, month],
                    _in_units(level[weight, month], size[weight]), level_status[weight, month], status,
                )  # fmt: skip
                total[month], total_made[month] = _per_kilogram(
                    _in_units(ytd[series, month], size[series]), ytd_status[series, month],
                    _in_units(ytd[weight, month], size[weight]), ytd_status[weight, month], status,
                )  # fmt: skip
                figure[month] = own[month]
            else:
                own[month], made[month] = _as_float(level[series, month]), level_status[series, month]
                total[month], total_made[month] = _as_float(ytd[series, month]), ytd_status[series, month]
                figure[month] = _in_units(level[series, month], size[series])
        for place in range(len(wanted)):
            month = wanted[place]
            if not there[item, place]:
                continue
            row = row_of[item, place]
            for when in (month, month - 12):
                if when < first:
                    continue
                sum_ = _sum_year(level, series, when, begin[series])
                year_made[when] = status.computed if sum_ != NOTHING else status.incomplete_window
                if is_ratio:
                    weights = _sum_year(level, weight, when, begin[weight])
                    year[when], year_made[when] = _per_kilogram(
                        _in_units(sum_, size[series]), year_made[when], _in_units(weights, size[weight]),
                        status.computed if weights != NOTHING else status.incomplete_window, status,
                    )  # fmt: skip
                else:
                    year[when] = _as_float(sum_)
            printed = _printed(yoy, series, month, is_ratio)
            printed_ytd = _printed(ytd_yoy, series, month, is_ratio)
            floats[at.level, row], statuses[at.level, row] = figure[month], made[month]
            _tell(floats, statuses, at.mom_pct, row, _growth(own, made, month, 1, first, numpy.nan, status))
            _tell(floats, statuses, at.yoy_pct, row, _growth(own, made, month, 12, first, printed, status))
            _tell(
                floats, statuses, at.ytd_yoy_pct, row, _growth(total, total_made, month, 12, first, printed_ytd, status)
            )
            _tell(
                floats,
                statuses,
                at.rolling_12m_yoy_pct,
                row,
                _growth(year, year_made, month, 12, first, numpy.nan, status),
            )
            statuses[at.ytd, row], statuses[at.rolling_12m, row] = total_made[month], year_made[month]
            if is_ratio:
                floats[at.ytd, row], floats[at.rolling_12m, row] = total[month], year[month]
                for each in (at.share_pct, at.contribution_mom_pp, at.contribution_yoy_pp, RANK_STATUS):
                    statuses[each, row] = status.not_applicable
            else:
                floats[at.ytd, row] = _in_units(ytd[series, month], size[series])
                floats[at.rolling_12m, row] = _in_units(_sum_year(level, series, month, begin[series]), size[series])
                _compare(level, made, series, month, first, world, begin, end, floats, statuses, row, at, status)
                rank[row] = ranks[series, place]
                if rank[row]:
                    statuses[RANK_STATUS, row] = status.computed
                elif is_total[series] or level[series, month] == 0:
                    statuses[RANK_STATUS, row] = status.not_applicable
                else:
                    statuses[RANK_STATUS, row] = made[month] if level[series, month] == NOTHING else status.not_covered
            since = max(changed[series, month], changed[weight, month]) if is_ratio else changed[series, month]
            if since > month - 24:
                _cut(floats, statuses, row, month, since, at, status)
            months[at.comparable_from, row] = since
            start = _run_start(figure, told, series, weight, month, first, look_back, since)
            _tell_records(figure, made, month, start, months, statuses, row, at, status)


@numba.njit(nogil=True, cache=True)
def _tell(floats: Array, statuses: Array, place: int, row: int, told: tuple[float, int]) -> None:
    floats[place, row], statuses[place, row] = told


@numba.njit(nogil=True, cache=True)
def _as_float(whole: int) -> float:
    return numpy.nan if whole == NOTHING else float(whole)


@numba.njit(nogil=True, cache=True)
def _in_units(whole: int, size: int) -> float:
    """Smallest units to units: the whole part stays exact however large it is."""
    return numpy.nan if whole == NOTHING else float(whole // size) + float(whole % size) / size


@numba.njit(nogil=True, cache=True)
def _per_kilogram(value: float, value_made: int, mass: float, mass_made: int, status: Any) -> tuple[float, int]:
    """A figure of the value divided by that of the mass, and its status."""
    if numpy.isnan(value):
        return numpy.nan, value_made
    if numpy.isnan(mass):
        return numpy.nan, mass_made
    return (value / mass, status.computed) if mass > 0 else (numpy.nan, status.zero_base)


@numba.njit(nogil=True, cache=True)
def _sum_year(level: Array, series: int, month: int, begin: int) -> Any:
    """Sum of the twelve months that end with this one, NOTHING where not all are there."""
    if month - 11 < begin:
        return NOTHING
    sum_ = numpy.int64(0)
    for each in range(month - 11, month + 1):
        if level[series, each] == NOTHING:
            return NOTHING
        sum_ += level[series, each]
    return sum_


@numba.njit(nogil=True, cache=True)
def _printed(growth: Array, series: int, month: int, is_ratio: bool) -> float:
    if is_ratio or not growth.shape[1] or growth[series, month] == NOTHING:
        return numpy.nan
    return growth[series, month] / BASIS_POINTS_PER_PERCENT


@numba.njit(nogil=True, cache=True)
def _growth(
    figure: Array, made: Array, month: int, back: int, first: int, printed: float, status: Any
) -> tuple[float, int]:
    """Growth on the same figure some months earlier, in per cent; a printed growth where the base is not at hand."""
    now, base = figure[month], figure[month - back] if month - back >= first else numpy.nan
    if base > 0 and not numpy.isnan(now):
        return (now / base - 1) * 100, status.computed
    if numpy.isnan(base) and not numpy.isnan(printed):
        return printed, status.implied_base
    if numpy.isnan(now):
        return numpy.nan, made[month]
    if base == 0:
        return numpy.nan, status.zero_base
    return numpy.nan, _no_base(made, month - back, first, status)


@numba.njit(nogil=True, cache=True)
def _no_base(made: Array, month: int, first: int, status: Any) -> int:
    """Why there is nothing to compare with."""
    return status.combined_months if month >= first and made[month] == status.combined_months else status.no_base


@numba.njit(nogil=True, cache=True)
def _compare(  # noqa: PLR0913, PLR0917
    level: Array, made: Array, series: int, month: int, first: int, world: Array, begin: Array, end: Array, floats: Array,
    statuses: Array, row: int, at: Any, status: Any,
) -> None:  # fmt: skip
    """Share in the world, and the part of the world's growth that a partner accounts for."""
    everywhere = world[series]
    has_world = everywhere >= 0 and begin[everywhere] != NEVER and begin[everywhere] <= month <= end[everywhere]
    own = level[series, month]
    all_ = level[everywhere, month] if has_world else NOTHING
    if own == NOTHING:
        statuses[at.share_pct, row] = made[month]
    elif all_ > 0:
        floats[at.share_pct, row], statuses[at.share_pct, row] = float(own) / float(all_) * 100, status.computed
    else:
        statuses[at.share_pct, row] = status.zero_base if all_ == 0 else status.no_world_total
    for back, place in ((1, at.contribution_mom_pp), (12, at.contribution_yoy_pp)):
        before = level[series, month - back] if month - back >= first else NOTHING
        base = level[everywhere, month - back] if has_world and month - back >= begin[everywhere] else NOTHING
        if own == NOTHING:
            statuses[place, row] = made[month]
        elif before == NOTHING:
            statuses[place, row] = _no_base(made, month - back, first, status)
        elif base > 0:
            floats[place, row], statuses[place, row] = float(own - before) / float(base) * 100, status.computed
        else:
            statuses[place, row] = status.zero_base if base == 0 else status.no_world_total


@numba.njit(nogil=True, cache=True)
def _cut(floats: Array, statuses: Array, row: int, month: int, since: int, at: Any, status: Any) -> None:
    """Take away what rests on a month before `since`, from which on the series means what it means now.

    What was missing anyway keeps its reason where that is a missing number of the row's own. A printed growth goes too:
    nobody says what it was computed from. A year to date that a source prints stays; it is a number, no comparison.
    """
    has_level, has_ytd = not numpy.isnan(floats[at.level, row]), not numpy.isnan(floats[at.ytd, row])
    of_year = month % 12
    for place, back, has_own in (
        (at.mom_pct, 1, has_level), (at.yoy_pct, 12, has_level), (at.contribution_mom_pp, 1, has_level),
        (at.contribution_yoy_pp, 12, has_level), (at.ytd_yoy_pct, of_year + 12, has_ytd), (at.ytd, of_year, has_ytd),
        (at.rolling_12m, 11, True), (at.rolling_12m_yoy_pct, 23, True),
    ):  # fmt: skip
        if month - back >= since or not (has_own or not numpy.isnan(floats[place, row])):
            continue
        if (place == at.ytd and statuses[place, row] == status.reported) or statuses[
            place, row
        ] == status.not_applicable:
            continue
        floats[place, row], statuses[place, row] = numpy.nan, status.definition_break


@numba.njit(nogil=True, cache=True)
def _run_start(
    figure: Array, told: Array, series: int, weight: int, month: int, first: int, look_back: int, since: int
) -> int:
    """First month of the unbroken run before `month`: every month of it is known, told, and means the same."""
    start = month
    while start > first and start > month - look_back and start != since:
        before = start - 1
        if numpy.isnan(figure[before]) or not told[series, before] or (weight >= 0 and not told[weight, before]):
            break
        start = before
    return start


@numba.njit(nogil=True, cache=True)
def _tell_records(
    figure: Array,
    made: Array,
    month: int,
    start: int,
    months: Array,
    statuses: Array,
    row: int,
    at: Any,
    status: Any,
) -> None:
    """Highest and lowest since: the latest earlier month that was at least as extreme, within the unbroken run.

    A month is not named where the month before was already as extreme (`not_extreme`), nor where the whole run is less
    extreme (`series_record`).
    """
    if numpy.isnan(figure[month]):
        statuses[HIGHEST_STATUS, row] = statuses[HIGHEST_STATUS + 1, row] = made[month]
        return
    months[at.series_start, row] = start
    for place, sign in ((0, 1.0), (1, -1.0)):
        before = month - 1
        while before >= start and sign * figure[before] < sign * figure[month]:
            before -= 1
        if start == month:
            changed = months[at.comparable_from, row] == month
            statuses[HIGHEST_STATUS + place, row] = status.definition_break if changed else status.no_base
        elif before < start:
            statuses[HIGHEST_STATUS + place, row] = status.series_record
        elif before == month - 1:
            statuses[HIGHEST_STATUS + place, row] = status.not_extreme
        else:
            months[place, row], statuses[HIGHEST_STATUS + place, row] = before, status.computed
