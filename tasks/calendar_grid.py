"""Months as a calendar, not as rows: which months a series has, and what cumulative figures say about them.

A series here has every month from its first to its last, with or without a number, so that "the month before" is the
month before and never the row before.
"""

from collections import namedtuple
from dataclasses import dataclass
from typing import Any

import numba
import numpy

from schemas.metric import STATUSES
from tasks.coverage import Coverage
from tasks.cube import NO_ROW, NOBODY, NOTHING, PRINTED, Array, Cube, number_distinct
from tasks.scope import HS_LEVELS, QUIET_MONTHS, WORLD
from tasks.sums import memberships, places_told

# The number of each status, by its name. Loops are given it as an argument: a compiled loop keeps the constants of other
# modules, and would not see that they have changed.
Status = namedtuple("Status", STATUSES)  # type: ignore[misc]
STATUS = Status(*range(len(STATUSES)))
NEVER = -1


@dataclass
class Series:
    """The months of every series of a cube: levels and cumulative figures, whole, NOTHING where missing, each with the
    number of its status and the kinds of release that it rests on, a bit for each.

    `begin` and `end` are the first and last month (columns) of a series, -1 where it has none. `told` says which months
    are published; the others serve as a base. `whole` says by flow, product, measure and month whether every partner is
    covered and counted in that measure: `group` names that row of each series.
    """

    cube: Cube
    begin: Array
    end: Array
    told: Array
    level: Array
    level_status: Array
    level_kinds: Array
    ytd: Array
    ytd_status: Array
    ytd_kinds: Array
    group: Array
    whole: Array


def tell_months(cube: Cube, coverage: Coverage) -> Series:
    """Every month of every series: printed, summed, no trade inside a scope, following from cumulative figures, or missing.

    Besides the series that have numbers there are those that a reader will look for: the world and the groups of each
    product, and the HS levels above it for the world, in all months of what they would be made of; where the scope does
    not allow them they stay empty and say so. A series is told in the months about which something is known of its
    product, from a number of its own until QUIET_MONTHS after it; what else is here serves as a base.

    Whether a month is told depends on it and on the months before it in bounded number, never on what comes after (but
    for cumulative figures later in its year): so a month stays as it was published, whatever is added.
    """
    seen = _months_seen(cube)
    known = _months_known(cube, coverage, seen)
    product = cube.flow * len(cube.products) + cube.product
    begin, end, told = _lay_grid(seen, known, product, QUIET_MONTHS)
    group_key, group = number_distinct(
        product * len(cube.measures) + cube.measure, len(cube.flows) * len(cube.products) * len(cube.measures)
    )
    incomplete = _incomplete(cube, product, group, len(group_key))
    family = cube.family_of_measure()[group_key % len(cube.measures)]
    flow, code = (
        group_key // len(cube.measures) // len(cube.products),
        group_key // len(cube.measures) % len(cube.products),
    )
    whole = coverage.everyone[flow, code, family] & ~incomplete
    level, level_status, level_kinds = _fill(
        cube.row, cube.value, cube.kinds, coverage.standing, cube.desk, places_told(cube), _told_below(cube), cube.place,
        begin, end, STATUS,
    )  # fmt: skip
    ytd, ytd_status, ytd_kinds = _chain(level, level_status, level_kinds, cube.ytd, cube.ytd_kinds, begin, end, STATUS)
    return Series(cube, begin, end, told, level, level_status, level_kinds, ytd, ytd_status, ytd_kinds, group, whole)


def _months_seen(cube: Cube) -> Array:
    """Every month of which some number of a series speaks, or of what a reader would look for it beside; a cumulative
    figure speaks of all months since January."""
    seen = _own_months(cube.row, cube.ytd, cube.yoy, cube.ytd_yoy)
    eights = numpy.flatnonzero(cube.is_eight())
    world = numpy.full(len(eights), cube.partners.index(WORLD))
    above = [
        cube.find(cube.keys_of(cube.flow[eights], cube.above(level)[cube.product[eights]], world, cube.measure[eights]))
        for level in HS_LEVELS
    ]
    parts = numpy.flatnonzero(~cube.is_total)
    targets = [(eights, parent) for parent in above]
    for total in numpy.unique(cube.partner[cube.is_total]):
        beside = numpy.full(len(parts), total)
        targets.append(
            (parts, cube.find(cube.keys_of(cube.flow[parts], cube.product[parts], beside, cube.measure[parts])))
        )
    looked_for, anywhere = numpy.zeros_like(seen), numpy.ones((len(cube.partners), cube.months), bool)
    for child, parent in targets:
        _spread(child, parent, seen, looked_for, cube.partner, anywhere)
    return seen | looked_for


def _months_known(cube: Cube, coverage: Coverage, seen: Array) -> Array:
    """Months about which something is known of a product, by flow and product: covered, or with a number."""
    known = coverage.known.reshape(-1, cube.months).copy()
    product = cube.flow * len(cube.products) + cube.product
    anywhere = numpy.ones((len(cube.partners), cube.months), bool)
    _spread(numpy.arange(cube.height), product, seen, known, cube.partner, anywhere)
    return known


def _incomplete(cube: Cube, product: Array, group: Array, groups: int) -> Array:
    """Months of a product and measure in which some partner has a number, and none in this measure."""
    places, place = number_distinct(cube.place[~cube.is_total], len(cube.place_key))
    needed, counted, has = _count_partners(
        numpy.flatnonzero(~cube.is_total), place, len(places), product, int(product.max(initial=-1)) + 1, group, groups,
        cube.row, cube.value,
    )  # fmt: skip
    of_group = numpy.zeros(groups, numpy.int64)
    of_group[group] = product
    return has & (counted < needed[of_group])


def _told_below(cube: Cube) -> Array:
    """Places of HS levels below which some HS8 has a number, by place and month; partners speak for their totals too."""
    below = numpy.zeros((len(cube.place_key), cube.months), bool)
    eights = numpy.flatnonzero(cube.is_eight())
    own = cube.row != NO_ROW
    anywhere = numpy.ones((len(cube.partners), cube.months), bool)
    for level in HS_LEVELS:
        above = cube.above(level)[cube.product[eights]]
        _spread(
            eights, cube.find_place(cube.flow[eights], above, cube.partner[eights]), own, below, cube.partner, anywhere
        )
        part = ~cube.is_total[eights]
        for total, valid in memberships(cube):
            place = cube.find_place(cube.flow[eights], above, numpy.full(len(eights), total))
            _spread(eights[part], place[part], own, below, cube.partner, valid)
    return below


@numba.njit(nogil=True, cache=True)
def _spread(child: Array, target: Array, months: Array, to: Array, partner: Array, valid: Array) -> None:
    """Mark the months of each child at its target, where it has one and its partner is valid."""
    for each in range(len(child)):
        if target[each] >= 0:
            series = child[each]
            for month in range(months.shape[1]):
                if months[series, month] and valid[partner[series], month]:
                    to[target[each], month] = True


@numba.njit(nogil=True, cache=True)
def _own_months(row: Array, ytd: Array, yoy: Array, ytd_yoy: Array) -> Array:
    seen = numpy.zeros(row.shape, numpy.bool_)
    for series in range(row.shape[0]):
        for month in range(row.shape[1]):
            if row[series, month] != NO_ROW or (yoy.shape[1] and yoy[series, month] != NOTHING):
                seen[series, month] = True
            cumulative = (ytd.shape[1] and ytd[series, month] != NOTHING) or (
                ytd_yoy.shape[1] and ytd_yoy[series, month] != NOTHING
            )
            if cumulative:
                # The first column of a cube is a January.
                for earlier in range(month - month % 12, month + 1):
                    seen[series, earlier] = True
    return seen


@numba.njit(nogil=True, cache=True)
def _lay_grid(seen: Array, known: Array, product: Array, quiet: int) -> tuple[Array, Array, Array]:
    """First and last month of each series, and which of its months are told."""
    begin, end = numpy.full(len(seen), NEVER), numpy.full(len(seen), NEVER)
    told = numpy.zeros(seen.shape, numpy.bool_)
    months = seen.shape[1]
    for series in range(len(seen)):
        first, last = NEVER, NEVER
        for month in range(months):
            if seen[series, month]:
                first = month if first == NEVER else first
                last = month
        if first == NEVER:
            continue
        reach = known[product[series]]
        start, stop = 0, months - 1
        while not reach[start]:
            start += 1
        while not reach[stop]:
            stop -= 1
        begin[series], end[series] = max(start, first - quiet), min(stop, last + quiet)
        since = NEVER
        for month in range(first, end[series] + 1):
            since = month if seen[series, month] else since
            told[series, month] = reach[month] and month - since <= quiet
    return begin, end, told


@numba.njit(nogil=True, cache=True)
def _count_partners(
    parts: Array,
    place: Array,
    places: int,
    product: Array,
    products: int,
    group: Array,
    groups: int,
    row: Array,
    value: Array,
) -> tuple[Array, Array, Array]:
    """How many partners have a number in any measure, by product; by group in its measure; and whether one has a row there."""
    months = row.shape[1]
    needed, counted = numpy.zeros((products, months), numpy.int32), numpy.zeros((groups, months), numpy.int32)
    has, met = numpy.zeros((groups, months), numpy.bool_), numpy.zeros((places, months), numpy.bool_)
    for each in range(len(parts)):
        series = parts[each]
        for month in range(months):
            if row[series, month] == NO_ROW:
                continue
            has[group[series], month] = True
            if not met[place[each], month]:
                met[place[each], month] = True
                needed[product[series], month] += 1
            if value[series, month] != NOTHING:
                counted[group[series], month] += 1
    return needed, counted, has


@numba.njit(nogil=True, cache=True)
def _fill(  # noqa: PLR0913, PLR0917
    row: Array, value: Array, kinds: Array, covered: Array, desk: Array, told: Array, below: Array, place: Array,
    begin: Array, end: Array, status: Any,
) -> tuple[Array, Array, Array]:  # fmt: skip
    """The level of each month: what is printed or summed, no trade inside a scope, else missing; and who stands for it.

    Where a place has a number in one measure and not in another, the other is not zero: it is not counted in that unit.
    Neither is a level zero below which a code has a number.
    """
    level = numpy.full(row.shape, NOTHING)
    made, level_kinds = numpy.zeros(row.shape, numpy.uint8), numpy.zeros(row.shape, numpy.uint8)
    for series in range(len(row)):
        if begin[series] == NEVER:
            continue
        for month in range(begin[series], end[series] + 1):
            is_covered = covered[desk[series], month] != NOBODY
            here = told[place[series], month]
            if value[series, month] != NOTHING:
                level[series, month], level_kinds[series, month] = value[series, month], kinds[series, month]
                made[series, month] = status.reported if row[series, month] == PRINTED else status.sum
            elif is_covered and not here and not below[place[series], month]:
                level[series, month], level_kinds[series, month] = 0, 1 << covered[desk[series], month]
                made[series, month] = status.zero
            elif row[series, month] != NO_ROW or (is_covered and here):
                made[series, month] = status.other_unit
            else:
                made[series, month] = status.not_covered
    return level, made, level_kinds


@numba.njit(nogil=True, cache=True)
def _chain(  # noqa: PLR0912
    level: Array,
    made: Array,
    kinds: Array,
    printed: Array,
    printed_kinds: Array,
    begin: Array,
    end: Array,
    status: Any,
) -> tuple[Array, Array, Array]:
    """Year to date of every month; fills levels that follow from cumulative figures.

    Within a year the cumulative figures and the months are links of one chain: each cumulative figure is the one before plus
    the month. A printed figure stands, unless every month so far is told by a better kind of release; from it the chain
    is carried forwards and backwards as far as the months are known.
    """
    ytd, ytd_made = numpy.full(level.shape, NOTHING), numpy.zeros(level.shape, numpy.uint8)
    ytd_kinds = numpy.zeros(level.shape, numpy.uint8)
    stated, total, links = numpy.empty(12, numpy.bool_), numpy.empty(12, numpy.int64), numpy.zeros(12, numpy.uint8)
    for series in range(len(level)):
        if begin[series] == NEVER:
            continue
        for january in range(begin[series] - begin[series] % 12, end[series] + 1, 12):
            first, last = max(january, begin[series]), min(january + 11, end[series])
            complete, kinds_so_far = first == january, numpy.uint8(0)
            for month in range(first, last + 1):
                place = month - january
                complete = complete and level[series, month] != NOTHING
                if level[series, month] != NOTHING:
                    kinds_so_far |= kinds[series, month]
                stated[place], total[place], links[place] = False, NOTHING, 0
                if printed.shape[1] and printed[series, month] != NOTHING:
                    # A figure gives way where every month so far is told by a better kind of release.
                    stated[place] = not (complete and kinds_so_far < printed_kinds[series, month])
                if stated[place]:
                    total[place], links[place] = printed[series, month], printed_kinds[series, month]
                elif level[series, month] != NOTHING:
                    if month == january:
                        total[place], links[place] = level[series, month], kinds[series, month]
                    elif month > first and total[place - 1] != NOTHING:
                        total[place] = total[place - 1] + level[series, month]
                        links[place] = links[place - 1] | kinds[series, month]
            for month in range(last - 1, first - 1, -1):
                place = month - january
                if total[place] == NOTHING and total[place + 1] != NOTHING and level[series, month + 1] != NOTHING:
                    carried = total[place + 1] - level[series, month + 1]
                    # A total that would be less than an earlier one contradicts it: printed figures are rounded, or revised.
                    least = numpy.int64(0)
                    for earlier in range(first - january, place):
                        if total[earlier] != NOTHING:
                            least = max(least, total[earlier])
                    if carried >= least:
                        total[place], links[place] = carried, links[place + 1] | kinds[series, month + 1]
            together = (
                first - january < 2 and last > january and total[1] != NOTHING and level[series, january + 1] == NOTHING
                and (first > january or level[series, january] == NOTHING)
            )  # fmt: skip
            so_far, whole, kinds_so_far = numpy.int64(0), first == january, numpy.uint8(0)
            for month in range(first, last + 1):
                place = month - january
                whole = whole and level[series, month] != NOTHING
                so_far += level[series, month] if level[series, month] != NOTHING else 0
                kinds_so_far |= kinds[series, month] if level[series, month] != NOTHING else numpy.uint8(0)
                ytd[series, month], ytd_kinds[series, month] = total[place], links[place]
                if stated[place]:
                    ytd_made[series, month] = status.reported
                elif total[place] == NOTHING:
                    ytd_made[series, month] = status.incomplete_year
                elif whole and total[place] == so_far:
                    ytd_made[series, month], ytd_kinds[series, month] = status.sum_of_months, kinds_so_far
                else:
                    ytd_made[series, month] = status.ytd_difference
            _fill_months(level, made, kinds, total, links, series, january, first, last, together, status)
    return ytd, ytd_made, ytd_kinds


@numba.njit(nogil=True, cache=True)
def _fill_months(  # noqa: PLR0913, PLR0917
    level: Array,
    made: Array,
    kinds: Array,
    total: Array,
    links: Array,
    series: int,
    january: int,
    first: int,
    last: int,
    together: bool,
    status: Any,
) -> None:
    """Months between two cumulative figures that are known are their difference."""
    for month in range(first, last + 1):
        place = month - january
        if level[series, month] != NOTHING:
            continue
        before = numpy.int64(0) if place == 0 else (total[place - 1] if month > first else NOTHING)
        if total[place] != NOTHING and before != NOTHING and total[place] >= before:
            level[series, month], made[series, month] = total[place] - before, status.ytd_difference
            kinds[series, month] = links[place] | (numpy.uint8(0) if place == 0 else links[place - 1])
        elif together and place < 2:
            # The sources give the two months as one.
            made[series, month] = status.combined_months
