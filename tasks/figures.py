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

from tasks.cube import NOTHING, Array
from tasks.month_sets import has
from tasks.months import look_far, make_room, settle

NO_MONTH = -(10**6)
BASIS_POINTS_PER_PERCENT = 100
# Whole numbers up to here are the same as floats.
EXACT_MAX = 2**53

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

# What has rows: series by place, and values per kilogram, whose `mass` is the series of the kilograms; `row_of` says which
# row an item's wanted month is, -1: none. `size` is how many smallest units make one unit of a series' measure; `changed`
# since when a series means what it means in a wanted month; `yoy` and `ytd_yoy` are the printed growths of fresh columns.
Asked = namedtuple(
    "Asked", "series mass row_of wanted column size changed yoy yoy_kinds ytd_yoy ytd_yoy_kinds look_back"
)
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
    known: Any, asked: Any, told: Array, rows: Any, near: Any, most: int, months: int, at: Any, status: Any
) -> None:  # fmt: skip
    """Fill what the rows say of their own series, and `near` for what they say of others. Place by place, because a value
    per kilogram needs two series of one place, which has `most` of them at most."""
    places, begin, items, row_of, wanted = known.place, known.begin, asked.series, asked.row_of, asked.wanted
    room, first, item = make_room(most, months), 0, 0
    figure = numpy.empty(months)
    while first < len(places):
        last = first + 1
        while last < len(places) and places[last] == places[first]:
            last += 1
        for series in range(first, last):
            if begin[series] >= 0:
                settle(known, room, series, series - first, status)
                _note_near(known, room, near, series, series - first)
        while item < len(items) and items[item] < last:
            for place in range(len(wanted)):
                if row_of[item, place] >= 0:
                    _tell_row(known, asked, told, rows, room, figure, item, place, first, at, status)
            item += 1
        first = last


@numba.njit(nogil=True, cache=True, inline="always")
def _note_near(known: Any, room: Any, near: Any, series: int, own: int) -> None:
    level, made, kinds, months = near.level, near.made, near.kinds, near.months
    own_level, own_made, own_kinds = room.level, room.made, room.kinds
    for slot in range(len(months)):
        month = months[slot]
        if known.begin[series] <= month <= known.end[series]:
            level[series, slot], made[series, slot] = own_level[own, month], own_made[own, month]
            kinds[series, slot] = own_kinds[own, month]


@numba.njit(nogil=True, cache=True, inline="always")
def _tell_row(  # noqa: PLR0913, PLR0917
    known: Any, asked: Any, told: Array, rows: Any, room: Any, figure: Array, item: int, place: int, start: int, at: Any,
    status: Any,
) -> None:  # fmt: skip
    """One row: an item in a wanted month. `start` is the first series of its place."""
    series, weight, month = asked.series[item], asked.mass[item], asked.wanted[place]
    row, own, mass, is_ratio = asked.row_of[item, place], series - start, weight - start, weight >= 0
    floats, statuses, level, level_made = rows.floats, rows.statuses, room.level, room.made
    # Growth of a plain series is that of its whole smallest units; the one division by their size comes last.
    first, size, per_mass = known.begin[series], 1, 1
    since = asked.changed[series, place]
    if is_ratio:
        first, size, per_mass = max(first, known.begin[weight]), asked.size[series], asked.size[weight]
        since = max(since, asked.changed[weight, place])
    printed, printed_ytd = numpy.nan, numpy.nan
    if not is_ratio:
        printed = _in_percent(asked.yoy, series, asked.column[place])
        printed_ytd = _in_percent(asked.ytd_yoy, series, asked.column[place])
    now, made = _figure(level, level_made, own, mass, is_ratio, month, size, per_mass, status)
    before, before_made = numpy.nan, status.no_base
    if month - 1 >= first:
        before, before_made = _figure(level, level_made, own, mass, is_ratio, month - 1, size, per_mass, status)
    total, total_made = _figure(room.ytd, room.ytd_made, own, mass, is_ratio, month, size, per_mass, status)
    year, year_made = _year(room, own, mass, is_ratio, month, known, series, weight, size, per_mass, status)
    base, base_made, total_base, total_base_made = numpy.nan, status.no_base, numpy.nan, status.no_base
    year_base, year_base_made = numpy.nan, status.no_base
    if month - 12 >= first:
        base, base_made = _figure(level, level_made, own, mass, is_ratio, month - 12, size, per_mass, status)
        total_base, total_base_made = _figure(
            room.ytd, room.ytd_made, own, mass, is_ratio, month - 12, size, per_mass, status
        )
        year_base, year_base_made = _year(
            room, own, mass, is_ratio, month - 12, known, series, weight, size, per_mass, status
        )
    none = numpy.nan
    statuses[at.level, row], statuses[at.ytd, row], statuses[at.rolling_12m, row] = made, total_made, year_made
    if is_ratio:
        floats[at.level, row], floats[at.ytd, row], floats[at.rolling_12m, row] = now, total, year
    else:
        floats[at.level, row] = _in_units(level[own, month], asked.size[series])
        floats[at.ytd, row] = _in_units(room.ytd[own, month], asked.size[series])
        sum_ = _sum_year(level, own, month, known.begin[series])
        floats[at.rolling_12m, row] = _in_units(sum_, asked.size[series])
    _tell(rows, at.mom_pct, row, _growth(now, made, before, before_made, none, status))
    _tell(rows, at.yoy_pct, row, _growth(now, made, base, base_made, printed, status))
    _tell(rows, at.ytd_yoy_pct, row, _growth(total, total_made, total_base, total_base_made, printed_ytd, status))
    _tell(rows, at.rolling_12m_yoy_pct, row, _growth(year, year_made, year_base, year_base_made, none, status))
    if is_ratio:
        for each in (at.share_pct, at.contribution_mom_pp, at.contribution_yoy_pp, RANK_STATUS):
            statuses[each, row] = status.not_applicable
    rows.months[at.comparable_from, row] = since
    if since > month - 24:
        _cut(rows, row, month, since, at, status)
    run, of_run = _run(room, figure, told, asked, known, item, month, first, own, mass, since, status)
    _tell_records(figure, now, made, month, run, rows, row, at, status)
    _unite(asked, rows, room, series, place, month, row, own, mass, is_ratio, of_run, at, status)


@numba.njit(nogil=True, cache=True, inline="always")
def _tell(rows: Any, place: int, row: int, told: tuple[float, int]) -> None:
    rows.floats[place, row], rows.statuses[place, row] = told


@numba.njit(nogil=True, cache=True)
def _in_units(whole: int, size: int) -> float:
    """Smallest units to units: the whole part stays exact however large it is."""
    if whole == NOTHING:
        return numpy.nan
    if size == 1 or abs(whole) <= EXACT_MAX:
        return float(whole) / size
    return float(whole // size) + float(whole % size) / size


@numba.njit(nogil=True, cache=True)
def _figure(
    whole: Array, made: Array, own: int, mass: int, is_ratio: bool, month: int, size: int, per_mass: int, status: Any
) -> tuple[float, int]:
    """A number of a month in units, or the value divided by the mass; and its status."""
    value = _in_units(whole[own, month], size)
    if not is_ratio:
        return value, made[own, month]
    return _per_kilogram(
        value, made[own, month], _in_units(whole[mass, month], per_mass), made[mass, month], status
    )  # fmt: skip


@numba.njit(nogil=True, cache=True)
def _per_kilogram(value: float, value_made: int, mass: float, mass_made: int, status: Any) -> tuple[float, int]:
    if numpy.isnan(value):
        return numpy.nan, value_made
    if numpy.isnan(mass):
        return numpy.nan, mass_made
    return (value / mass, status.computed) if mass > 0 else (numpy.nan, status.zero_base)


@numba.njit(nogil=True, cache=True, inline="always")
def _year(  # noqa: PLR0913, PLR0917
    room: Any, own: int, mass: int, is_ratio: bool, month: int, known: Any, series: int, weight: int, size: int,
    per_mass: int, status: Any,
) -> tuple[float, int]:  # fmt: skip
    """The figure of the twelve months that end with this one."""
    sum_ = _sum_year(room.level, own, month, known.begin[series])
    made = status.computed if sum_ != NOTHING else status.incomplete_window
    if not is_ratio:
        return _in_units(sum_, size), made
    weights = _sum_year(room.level, mass, month, known.begin[weight])
    return _per_kilogram(
        _in_units(sum_, size), made, _in_units(weights, per_mass),
        status.computed if weights != NOTHING else status.incomplete_window, status,
    )  # fmt: skip


@numba.njit(nogil=True, cache=True)
def _sum_year(level: Array, own: int, month: int, begin: int) -> Any:
    """Sum of the twelve months that end with this one, NOTHING where not all are there."""
    if month - 11 < begin:
        return NOTHING
    sum_ = numpy.int64(0)
    for each in range(month - 11, month + 1):
        if level[own, each] == NOTHING:
            return NOTHING
        sum_ += level[own, each]
    return sum_


@numba.njit(nogil=True, cache=True)
def _in_percent(growth: Array, series: int, column: int) -> float:
    if not growth.shape[1] or growth[series, column] == NOTHING:
        return numpy.nan
    return growth[series, column] / BASIS_POINTS_PER_PERCENT


@numba.njit(nogil=True, cache=True, inline="always")
def _growth(now: float, made: int, base: float, base_made: int, printed: float, status: Any) -> tuple[float, int]:
    """Growth on the same figure some months earlier, in per cent; a printed growth where the base is not at hand."""
    if base > 0 and not numpy.isnan(now):
        return (now / base - 1) * 100, status.computed
    if numpy.isnan(base) and not numpy.isnan(printed):
        return printed, status.implied_base
    if numpy.isnan(now):
        return numpy.nan, made
    if base == 0:
        return numpy.nan, status.zero_base
    return numpy.nan, _no_base(base_made, status)


@numba.njit(nogil=True, cache=True)
def _no_base(made: int, status: Any) -> int:
    """Why there is nothing to compare with."""
    return status.combined_months if made == status.combined_months else status.no_base


@numba.njit(nogil=True, cache=True, inline="always")
def _cut(rows: Any, row: int, month: int, since: int, at: Any, status: Any) -> None:
    """Take away what rests on a month before `since`, from which on the series means what it means now.

    What was missing anyway keeps its reason where that is a missing number of the row's own. A printed growth goes too:
    nobody says what it was computed from. A year to date that a source prints stays; it is a number, no comparison.
    """
    floats, statuses = rows.floats, rows.statuses
    has_level, has_ytd = not numpy.isnan(floats[at.level, row]), not numpy.isnan(floats[at.ytd, row])
    of_year = month % 12
    for place, back, has_own in (
        (at.mom_pct, 1, has_level), (at.yoy_pct, 12, has_level), (at.ytd_yoy_pct, of_year + 12, has_ytd),
        (at.ytd, of_year, has_ytd), (at.rolling_12m, 11, True), (at.rolling_12m_yoy_pct, 23, True),
    ):  # fmt: skip
        if not (place == at.ytd and statuses[place, row] == status.reported):
            _cut_one(rows, place, row, month - back, since, has_own, status)


@numba.njit(nogil=True, cache=True, inline="always")
def _cut_one(rows: Any, place: int, row: int, rests_on: int, since: int, has_own: bool, status: Any) -> None:
    missing = numpy.isnan(rows.floats[place, row])
    if rests_on < since and (has_own or not missing) and rows.statuses[place, row] != status.not_applicable:
        rows.floats[place, row], rows.statuses[place, row] = numpy.nan, status.definition_break


@numba.njit(nogil=True, cache=True, inline="always")
def _run(  # noqa: PLR0913, PLR0917
    room: Any, figure: Array, told: Array, asked: Any, known: Any, item: int, month: int, first: int, own: int, mass: int,
    since: int, status: Any,
) -> tuple[int, Any]:  # fmt: skip
    """First month of the unbroken run before `month`, and the kinds of its months: every month of it is known, told, and means
    the same. Fills `figure` from there on, for a plain series in its smallest unit."""
    series, weight = asked.series[item], asked.mass[item]
    is_ratio = weight >= 0
    size, per_mass = (asked.size[series], asked.size[weight]) if is_ratio else (1, 1)
    start, level, made, kinds, look_back = month, room.level, room.made, room.kinds, asked.look_back
    found, near = numpy.uint8(0), known.near
    figure[month], _ = _figure(level, made, own, mass, is_ratio, month, size, per_mass, status)
    if numpy.isnan(figure[month]):
        return start, found
    entry, weight_entry = -1, -1
    if len(known.start):
        entry = known.start[series + 1] - 1
        weight_entry = known.start[weight + 1] - 1 if is_ratio else -1
    found |= kinds[own, month] | (kinds[mass, month] if is_ratio else numpy.uint8(0))
    while start > first and start > month - look_back and start != since:
        before = start - 1
        if not has(told, series, before) or (is_ratio and not has(told, weight, before)):
            break
        if before >= near:
            figure[before], _ = _figure(level, made, own, mass, is_ratio, before, size, per_mass, status)
            of_month = kinds[own, before] | (kinds[mass, before] if is_ratio else numpy.uint8(0))
        else:
            whole, of_month, entry = look_far(known, series, before, entry)
            figure[before] = _in_units(whole, size)
            if is_ratio:
                heavy, of_mass, weight_entry = look_far(known, weight, before, weight_entry)
                of_month |= of_mass
                figure[before], _ = _per_kilogram(figure[before], 0, _in_units(heavy, per_mass), 0, status)
        if numpy.isnan(figure[before]):
            break
        start = before
        found |= of_month
    return start, found


@numba.njit(nogil=True, cache=True, inline="always")
def _tell_records(
    figure: Array, now: float, made: int, month: int, start: int, rows: Any, row: int, at: Any, status: Any
) -> None:
    """Highest and lowest since: the latest earlier month that was at least as extreme, within the unbroken run.

    A month is not named where the month before was already as extreme (`not_extreme`), nor where the whole run is less
    extreme (`series_record`).
    """
    months, statuses = rows.months, rows.statuses
    if numpy.isnan(now):
        statuses[HIGHEST_STATUS, row] = statuses[HIGHEST_STATUS + 1, row] = made
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


@numba.njit(nogil=True, cache=True)
def _since(kinds: Array, own: int, first: int, last: int) -> Any:
    """The kinds of the months from `first` to `last`."""
    found = numpy.uint8(0)
    for month in range(max(first, 0), last + 1):
        found |= kinds[own, month]
    return found


@numba.njit(nogil=True, cache=True, inline="always")
def _unite(  # noqa: PLR0913, PLR0917
    asked: Any, rows: Any, room: Any, series: int, place: int, month: int, row: int, own: int, mass: int, is_ratio: bool,
    of_run: Any, at: Any, status: Any,
) -> None:  # fmt: skip
    """The kinds that the row's level rests on, and all that its figures look back on in its own series."""
    floats, statuses, found, of_level = rows.floats, rows.statuses, numpy.uint8(0), numpy.uint8(0)
    has_yoy, has_ytd_yoy = not numpy.isnan(floats[at.yoy_pct, row]), not numpy.isnan(floats[at.ytd_yoy_pct, row])
    implied = statuses[at.yoy_pct, row] == status.implied_base
    implied_ytd = statuses[at.ytd_yoy_pct, row] == status.implied_base
    if rows.months[at.highest_since, row] != NO_MONTH or rows.months[at.lowest_since, row] != NO_MONTH:
        found |= of_run
    for each in range(2 if is_ratio else 1):
        part = own if each == 0 else mass
        if not numpy.isnan(floats[at.level, row]):
            of_level |= room.kinds[part, month]
        if not numpy.isnan(floats[at.ytd, row]):
            found |= room.ytd_kinds[part, month]
        if not numpy.isnan(floats[at.rolling_12m, row]):
            found |= _since(room.kinds, part, month - 11, month)
        if not numpy.isnan(floats[at.rolling_12m_yoy_pct, row]):
            found |= _since(room.kinds, part, month - 23, month)
        if not numpy.isnan(floats[at.mom_pct, row]):
            found |= room.kinds[part, month - 1]
        if has_yoy and not implied:
            found |= room.kinds[part, month - 12]
        if has_ytd_yoy and not implied_ytd:
            found |= room.ytd_kinds[part, month - 12]
    if has_yoy and implied:
        found |= asked.yoy_kinds[series, asked.column[place]]
    if has_ytd_yoy and implied_ytd:
        found |= asked.ytd_yoy_kinds[series, asked.column[place]]
    rows.level_kinds[row], rows.kinds[row] = of_level, found | of_level
