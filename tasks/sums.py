"""What adds up, and whether it may: HS levels and baskets from codes, the world and groups from partners.

A sum is made where the scope of the releases covers all of it and no source prints it. It is NOTHING, though it has a row,
where a part has a number that month and none in this measure: pieces and kilograms do not add up, and a number that is
missing is not zero.
"""

from collections.abc import Callable

import numba
import numpy

from schemas.code_tables import code_table
from tasks.coverage import Coverage
from tasks.cube import NO_ROW, NOBODY, NOTHING, SUM, Cube, months_valid
from tasks.keys import Array, number_distinct
from tasks.scope import HS_LEVELS, TOTALS, WORLD
from tasks.series import LEVEL_MAX

FITS = -1


def add_up(cube: Cube, coverage: Coverage) -> None:
    """Make every sum of the fresh months that are not settled. Raises OverflowError for one that would not fit into a month.

    Codes add up for each partner first, then partners to totals, then codes for totals that partners do not give.
    """
    coverage = coverage.of_months(cube.fresh)
    _add_codes(cube, coverage, totals=False)
    _add_partners(cube, coverage)
    _add_codes(cube, coverage, totals=True)


def _add_codes(cube: Cube, coverage: Coverage, *, totals: bool) -> None:
    """HS6, HS4, HS2 and baskets from HS8, where each part was asked for or, in a basket, has a number."""
    eights = numpy.flatnonzero(cube.is_eight() & (cube.is_total == totals))
    always = numpy.ones((1, len(cube.fresh)), bool)
    first = numpy.zeros(len(eights), numpy.int64)
    for level in HS_LEVELS:
        parent = _of_product(cube, eights, cube.above(level)[cube.product[eights]])
        _add(cube, eights, parent, first, always, lambda targets: coverage.below[cube.desk[targets]] != NOBODY)
    told = _any_of(cube.place, cube.row, len(cube.place_key)) if coverage.baskets else always
    for basket in sorted({basket for basket, _, _ in coverage.baskets}):
        members = [(code, valid) for own, code, valid in coverage.baskets if own == basket]
        children = [eights[cube.product[eights] == code] for code, _ in members]
        child = numpy.concatenate(children)
        parent = _of_product(cube, child, numpy.full(len(child), basket))
        valid_row = numpy.repeat(numpy.arange(len(members)), [len(rows) for rows in children])
        valid = numpy.array([months for _, months in members])
        _add(cube, child, parent, valid_row, valid, lambda targets: _is_whole(cube, coverage, targets, members, told))  # noqa: B023


def _is_whole(cube: Cube, coverage: Coverage, targets: Array, members: list[tuple[int, Array]], told: Array) -> Array:
    """Whether each code of a basket has a number in the months of its `targets`, or is covered."""
    flow, partner, measure = cube.flow[targets], cube.partner[targets], cube.measure[targets]
    family = cube.family_of_measure()[measure]
    whole = numpy.ones((len(targets), len(cube.fresh)), bool)
    for code, valid in members:
        product = numpy.full(len(targets), code)
        place, desk = cube.find_place(flow, product, partner), cube.find_desk(flow, product, partner, family)
        known = (coverage.standing[desk] != NOBODY) & (desk >= 0)[:, None]
        known |= told[place] & (place >= 0)[:, None]
        whole &= known | ~valid
    return whole


def _of_product(cube: Cube, series: Array, product: Array) -> Array:
    """The series that are like these, of another product."""
    return cube.find(cube.keys_of(cube.flow[series], product, cube.partner[series], cube.measure[series]))


def _add_partners(cube: Cube, coverage: Coverage) -> None:
    """WLD and the partner groups where every partner was asked for and no source prints them itself."""
    parts = numpy.flatnonzero(~cube.is_total)
    family = cube.family_of_measure()
    for total, members in memberships(cube):
        valid = members[:, cube.fresh]
        child = parts[numpy.asarray(valid.any(axis=1))[cube.partner[parts]]]
        to = numpy.full(len(child), total)
        parent = cube.find(cube.keys_of(cube.flow[child], cube.product[child], to, cube.measure[child]))
        _add(
            cube,
            child,
            parent,
            cube.partner[child],
            valid,
            # A file of world totals alone speaks of the world, and of no partner that would be a part of it.
            lambda targets: coverage.everyone[cube.flow[targets], cube.product[targets], family[cube.measure[targets]]],
        )


def memberships(cube: Cube) -> list[tuple[int, Array]]:
    """The number of each total, and which partners belong to it in which months, by partner and month."""
    members = code_table("partner_groups")
    found = []
    for name in TOTALS:
        valid = numpy.full((len(cube.partners), cube.months), name == WORLD)
        for partner, begin, end in members.filter(group=name).select("partner", "valid_from", "valid_to").iter_rows():
            if partner in cube.partners:
                valid[cube.partners.index(partner)] |= months_valid([(begin, end)], cube.first, cube.months)[0]
        found.append((cube.partners.index(name), valid))
    return found


def _add(
    cube: Cube, child: Array, parent: Array, valid_row: Array, valid: Array, may: Callable[[Array], Array]
) -> None:
    """Add each child to its parent, in the months in which both may be: `valid[valid_row]` says so for the child, `may` for the
    parents that it is asked about.

    The children of one place and one parent must lie side by side: a part counts once, however many measures it has.
    """
    if not len(child):
        return
    # A sum without a place would be written over another: `lay_out` makes room for every one.
    assert parent.min() >= 0
    targets, target = number_distinct(parent, cube.height)
    places, place_of_target = number_distinct(cube.place[targets], len(cube.place_key))
    shape = (len(targets), len(cube.fresh))
    total, count = numpy.zeros(shape, numpy.int64), numpy.zeros(shape, numpy.int32)
    has, unites = numpy.zeros(shape, bool), numpy.zeros(shape, numpy.uint8)
    needed = numpy.zeros((len(places), len(cube.fresh)), numpy.int32)
    over = _accumulate(
        child, target, cube.place[child], place_of_target, valid_row, valid, may(targets), cube.row, cube.value, cube.kinds,
        total, count, has, unites, needed,
    )  # fmt: skip
    if over != FITS:
        product = cube.products[cube.product[targets[over]]]
        raise OverflowError(f"the sum of {product} is too large for a month; check the units of its parts")
    open_ = ~cube.is_settled[cube.flow[targets]]
    _write(targets, place_of_target, total, count, has & open_, unites, needed, cube.row, cube.value, cube.kinds)


@numba.njit(nogil=True, cache=True)
def _any_of(place: Array, row: Array, places: int) -> Array:
    told = numpy.zeros((places, row.shape[1]), numpy.bool_)
    for series in range(len(place)):
        for month in range(row.shape[1]):
            if row[series, month] != NO_ROW:
                told[place[series], month] = True
    return told


@numba.njit(nogil=True, cache=True)
def _accumulate(  # noqa: PLR0913, PLR0917
    child: Array, target: Array, place: Array, place_of_target: Array, valid_row: Array, valid: Array, may: Array,
    row: Array, value: Array, kinds: Array, total: Array, count: Array, has: Array, unites: Array, needed: Array,
) -> int:  # fmt: skip
    """Sums, how many parts each has and would need; the first target whose sum is too large, or FITS."""
    begin = 0
    while begin < len(child):
        end = begin + 1
        above = place_of_target[target[begin]]
        while end < len(child) and place[end] == place[begin] and place_of_target[target[end]] == above:
            end += 1
        for month in range(row.shape[1]):
            if not valid[valid_row[begin], month]:
                continue
            found = False
            for each in range(begin, end):
                series, sum_ = child[each], target[each]
                if row[series, month] == NO_ROW:
                    continue
                # Also where its own measure does not add up, the part is there: it is not zero in the others.
                found = True
                if not may[sum_, month]:
                    continue
                has[sum_, month] = True
                unites[sum_, month] |= kinds[series, month]
                if value[series, month] != NOTHING:
                    total[sum_, month] += value[series, month]
                    count[sum_, month] += 1
                    if abs(total[sum_, month]) > LEVEL_MAX:
                        return sum_
            if found:
                needed[above, month] += 1
        begin = end
    return FITS


@numba.njit(nogil=True, cache=True)
def _write(
    targets: Array, place_of_target: Array, total: Array, count: Array, has: Array, unites: Array, needed: Array,
    row: Array, value: Array, kinds: Array,
) -> None:  # fmt: skip
    """Put the sums where no source prints the number."""
    for sum_ in range(len(targets)):
        series = targets[sum_]
        for month in range(row.shape[1]):
            if has[sum_, month] and row[series, month] == NO_ROW:
                row[series, month] = SUM
                kinds[series, month] = unites[sum_, month]
                if count[sum_, month] == needed[place_of_target[sum_], month]:
                    value[series, month] = total[sum_, month]
