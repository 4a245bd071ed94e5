"""Months as a calendar, not as rows: which months a series has, and which of them are told.

A series here has every month from its first to its last, with or without a number, so that "the month before" is the
month before and never the row before. What the months are worth is in `months`.
"""

from dataclasses import dataclass

import numba
import numpy

from schemas.base import SPANS
from tasks.coverage import Coverage
from tasks.cube import NO_ROW, NOTHING, Cube
from tasks.keys import Array, number_distinct
from tasks.month_sets import empty_sets, first_of, grown, last_of, pack, put, spread, spread_members
from tasks.periods import NO_MONTH
from tasks.scope import HS_LEVELS, QUIET_MONTHS, TOTALS, WORLD
from tasks.sums import memberships

NEVER = -1
IN_MONTH, GROWTH = SPANS.index("month"), SPANS.index("yoy")


@dataclass
class Grid:
    """Which months the series of a cube have; the sets are of columns of its window (`month_sets`).

    By series: `begin` and `end` are the first and last month, NEVER where there is none; `seen` are the months in which it or
    one of its parts has a number; `told` are those that are published, and the others only serve as a base. By place, in any
    measure: `of_place` are the months in which the place, or a part of its total or basket, has a number, and `below` those in
    which an HS8 code below it has one.
    """

    begin: Array
    end: Array
    seen: Array
    told: Array
    of_place: Array
    below: Array


def lay_grid(cube: Cube, coverage: Coverage) -> Grid:
    """The months of every series.

    A series is here because it has numbers, or because a reader will look for it: the world and the groups of each product,
    and for the world the HS levels above the product, in every month in which a part of them has a number. Where the scope
    does not allow such a sum, its row is published empty and says why.

    A month of a series is told from a number of its own, or of a part, until QUIET_MONTHS later, as long as something is known
    of its product in that month. Its other months only serve as a base.

    Whether a month is told depends on that month and a bounded number of months before it. Nothing that comes later changes
    it, except for cumulative figures of the same year. So a published month stays as it is, whatever is added.
    """
    own, seen = empty_sets(cube.height, cube.months), empty_sets(cube.height, cube.months)
    _mark_fresh(cube.fresh, cube.row, cube.ytd, cube.yoy, cube.ytd_yoy, own, seen)
    _mark_past(cube.past.start, cube.past.month, cube.past.span, own, seen)
    looked_for = _looked_for(cube, seen)
    seen |= looked_for
    known = empty_sets(len(cube.flows) * len(cube.products), cube.months)
    pack(coverage.known.reshape(-1, cube.months), known)
    product = cube.flow * len(cube.products) + cube.product
    everything = numpy.arange(cube.height)
    spread(everything, product, seen, known)
    last_far = cube.far.last_month if len(cube.far.row) else numpy.full(cube.height, NO_MONTH, numpy.int32)
    begin, end = _reach(seen, last_far, known, product, cube.far.since)
    told = grown(seen, QUIET_MONTHS)
    _put_after(last_far, cube.months, told)
    told &= known[product]
    of_place = empty_sets(len(cube.place_key), cube.months)
    spread(everything, cube.place, own, of_place)
    _spread_to_wholes(cube, coverage, of_place)
    return Grid(begin, end, seen, told, of_place, _told_below(cube, own))


def measured_by_all(cube: Cube, coverage: Coverage) -> tuple[Array, Array]:
    """The group (flow, product, measure) of each series, and whether in a fresh month every partner is covered and counted
    in its measure, by group."""
    product = cube.flow * len(cube.products) + cube.product
    key, group = number_distinct(
        product * len(cube.measures) + cube.measure, len(cube.flows) * len(cube.products) * len(cube.measures)
    )
    parts = numpy.flatnonzero(~cube.is_total)
    places, place = number_distinct(cube.place[parts], len(cube.place_key))
    needed, counted = _count_partners(
        parts, place, len(places), product, int(product.max(initial=-1)) + 1, group, len(key), cube.row, cube.value
    )
    of_group = numpy.zeros(len(key), numpy.int64)
    of_group[group] = product
    family = cube.family_of_measure()[key % len(cube.measures)]
    flow, code = key // len(cube.measures) // len(cube.products), key // len(cube.measures) % len(cube.products)
    everyone = coverage.everyone[flow, code, family][:, cube.fresh]
    return group, everyone & (counted >= needed[of_group])


def _looked_for(cube: Cube, seen: Array) -> Array:
    """The months of what a reader would look for beside a series."""
    looked_for = empty_sets(cube.height, cube.months)
    eights = numpy.flatnonzero(cube.is_eight())
    world = numpy.full(len(eights), cube.partners.index(WORLD))
    for level in HS_LEVELS:
        above = cube.above(level)[cube.product[eights]]
        keys = cube.keys_of(cube.flow[eights], above, world, cube.measure[eights])
        spread(eights, cube.find(keys), seen, looked_for)
    parts = numpy.flatnonzero(~cube.is_total)
    for total in numpy.unique(cube.partner[cube.is_total]):
        beside = numpy.full(len(parts), total)
        keys = cube.keys_of(cube.flow[parts], cube.product[parts], beside, cube.measure[parts])
        spread(parts, cube.find(keys), seen, looked_for)
    return looked_for


def _spread_to_wholes(cube: Cube, coverage: Coverage, of_place: Array) -> None:
    """What a basket or a total is made of speaks for it, also in measures that may not be added up."""
    flow, product, partner = cube.space.names_of_place(cube.place_key)
    for basket, code, months in coverage.baskets:
        valid = empty_sets(1, cube.months)
        pack(months[None], valid)
        codes = numpy.flatnonzero(product == code)
        baskets = cube.find_place(flow[codes], numpy.full(len(codes), basket), partner[codes])
        spread_members(codes, baskets, of_place, of_place, numpy.zeros(len(partner), numpy.int64), valid)
    is_total = numpy.array([name in TOTALS for name in cube.partners], bool)
    parts = numpy.flatnonzero(~is_total[partner])
    for total, months in memberships(cube):
        valid = empty_sets(len(cube.partners), cube.months)
        pack(months, valid)
        totals = cube.find_place(flow[parts], product[parts], numpy.full(len(parts), total))
        spread_members(parts, totals, of_place, of_place, partner, valid)


def _told_below(cube: Cube, own: Array) -> Array:
    """Months of the places of HS levels below which some HS8 has a number; partners speak for their totals too."""
    below = empty_sets(len(cube.place_key), cube.months)
    eights = numpy.flatnonzero(cube.is_eight())
    part = ~cube.is_total[eights]
    totals = [(total, empty_sets(len(cube.partners), cube.months), valid) for total, valid in memberships(cube)]
    for _, members, valid in totals:
        pack(valid, members)
    for level in HS_LEVELS:
        above = cube.above(level)[cube.product[eights]]
        spread(eights, cube.find_place(cube.flow[eights], above, cube.partner[eights]), own, below)
        for total, members, _ in totals:
            place = cube.find_place(cube.flow[eights], above, numpy.full(len(eights), total))
            spread_members(eights[part], place[part], own, below, cube.partner, members)
    return below


@numba.njit(nogil=True, cache=True)
def _mark_fresh(fresh: Array, row: Array, ytd: Array, yoy: Array, ytd_yoy: Array, own: Array, seen: Array) -> None:
    """The months in which a series has a number of its own, and all of which one of its numbers speaks: a cumulative figure
    speaks of all months since January."""
    for series in range(row.shape[0]):
        for column in range(len(fresh)):
            month = fresh[column]
            if row[series, column] != NO_ROW:
                put(own, series, month)
                put(seen, series, month)
            if yoy.shape[1] and yoy[series, column] != NOTHING:
                put(seen, series, month)
            if (ytd.shape[1] and ytd[series, column] != NOTHING) or (
                ytd_yoy.shape[1] and ytd_yoy[series, column] != NOTHING
            ):
                # The first column of a window is a January.
                for earlier in range(month - month % 12, month + 1):
                    put(seen, series, earlier)


@numba.njit(nogil=True, cache=True)
def _mark_past(start: Array, month: Array, span: Array, own: Array, seen: Array) -> None:
    for series in range(len(start) - 1):
        for entry in range(start[series], start[series + 1]):
            now = int(month[entry])
            if span[entry] == IN_MONTH:
                put(own, series, now)
            if span[entry] == IN_MONTH or span[entry] == GROWTH:
                put(seen, series, now)
            else:
                for earlier in range(now - now % 12, now + 1):
                    put(seen, series, earlier)


@numba.njit(nogil=True, cache=True)
def _reach(seen: Array, last_far: Array, known: Array, product: Array, since: int) -> tuple[Array, Array]:
    """First and last month of each series: so long before and after its numbers as something is known of its product, and not
    before the first month that is looked at."""
    begin, end = numpy.full(len(seen), NEVER), numpy.full(len(seen), NEVER)
    for series in range(len(seen)):
        first, last, beyond = first_of(seen, series), last_of(seen, series), last_far[series]
        if beyond != NO_MONTH:
            first, last = beyond, max(last, beyond)
        if first >= 0 or beyond != NO_MONTH:
            begin[series] = max(first_of(known, product[series]), first - QUIET_MONTHS, since)
            end[series] = min(last_of(known, product[series]), last + QUIET_MONTHS)
    return begin, end


@numba.njit(nogil=True, cache=True)
def _put_after(last_far: Array, months: int, told: Array) -> None:
    """Put the months after the last one that is far into the sets, as long as they are told by it."""
    for series in range(len(last_far)):
        for month in range(max(last_far[series], 0), min(last_far[series] + QUIET_MONTHS + 1, months)):
            put(told, series, month)


@numba.njit(nogil=True, cache=True)
def _count_partners(
    parts: Array, place: Array, places: int, product: Array, products: int, group: Array, groups: int, row: Array, value: Array,
) -> tuple[Array, Array]:  # fmt: skip
    """How many partners have a number in any measure, by product; and by group in its measure."""
    months = row.shape[1]
    needed, counted = numpy.zeros((products, months), numpy.int32), numpy.zeros((groups, months), numpy.int32)
    met = numpy.zeros((places, months), numpy.bool_)
    for each in range(len(parts)):
        series = parts[each]
        for month in range(months):
            if row[series, month] == NO_ROW:
                continue
            if not met[place[each], month]:
                met[place[each], month] = True
                needed[product[series], month] += 1
            if value[series, month] != NOTHING:
                counted[group[series], month] += 1
    return needed, counted
