"""The loops that compare partners: share in the world, part of its growth, and rank, from the levels near a month.

Belongs here: what a row says of other series than its own. All of it goes by the levels of three months, the row's own, the
one before and the one a year before, which `figures` has noted.
"""

from typing import Any

import numba
import numpy

from tasks.calendar_grid import NEVER
from tasks.cube import NOTHING, Array
from tasks.figures import RANK_STATUS, _cut_one, _no_base


@numba.njit(nogil=True, cache=True)
def rank_partners(
    near: Any, begin: Array, end: Array, group: Array, whole: Array, wanted: Array, column: Array, parts: Array
) -> tuple[Array, Array]:
    """Place of each partner's level among those of its group, 0 where it has none, series by wanted month; and the kinds of
    release behind all that are ranked, group by wanted month.

    `parts` are the series of single partners, those of one group side by side; `whole` speaks of columns. Equal levels share
    a place. Nobody has one where a partner's level is missing.
    """
    ranks = numpy.zeros((len(begin), len(wanted)), numpy.uint32)
    kinds = numpy.zeros((len(whole), len(wanted)), numpy.uint8)
    found = numpy.empty(len(parts), numpy.int64)
    first = 0
    while first < len(parts):
        last = first + 1
        own = group[parts[first]]
        while last < len(parts) and group[parts[last]] == own:
            last += 1
        for place in range(len(wanted)):
            month, count, known = wanted[place], 0, whole[own, column[place]]
            slot = near.slot[month]
            for each in range(first, last):
                series = parts[each]
                if begin[series] != NEVER and begin[series] <= month <= end[series]:
                    level = near.level[series, slot]
                    if level == NOTHING:
                        known = False
                        break
                    if level > 0:
                        found[count] = level
                        count += 1
            if not known:
                continue
            ordered = numpy.sort(found[:count])
            for each in range(first, last):
                series = parts[each]
                if begin[series] != NEVER and begin[series] <= month <= end[series] and near.level[series, slot] > 0:
                    higher = count - numpy.searchsorted(ordered, near.level[series, slot], side="right")
                    ranks[series, place] = higher + 1
                    kinds[own, place] |= near.kinds[series, slot]
        first = last
    return ranks, kinds


@numba.njit(nogil=True, cache=True)
def tell_partners(  # noqa: PLR0913, PLR0917
    asked: Any, rows: Any, near: Any, begin: Array, end: Array, world: Array, is_total: Array, ranks: Array, group: Array, of_rank: Array,
    at: Any, status: Any,
) -> None:  # fmt: skip
    """Fill share, contributions and rank of all rows that are series, and unite the kinds that these rest on."""
    for item in range(len(asked.series)):
        if asked.mass[item] >= 0:
            continue
        series = asked.series[item]
        for place in range(len(asked.wanted)):
            row = asked.row_of[item, place]
            if row < 0:
                continue
            month = asked.wanted[place]
            _compare_with_world(near, series, world[series], month, begin, end, rows, row, at, status)
            since = asked.changed[series, place]
            has_level = not numpy.isnan(rows.floats[at.level, row])
            for figure, back in ((at.contribution_mom_pp, 1), (at.contribution_yoy_pp, 12)):
                _cut_one(rows, figure, row, month - back, since, has_level, status)
                if not numpy.isnan(rows.floats[figure, row]):
                    rows.kinds[row] |= near.kinds[series, near.slot[month - back]]
                    rows.kinds[row] |= near.kinds[world[series], near.slot[month - back]]
            if not numpy.isnan(rows.floats[at.share_pct, row]):
                rows.kinds[row] |= near.kinds[world[series], near.slot[month]]
            level = near.level[series, near.slot[month]]
            rows.rank[row] = ranks[series, place]
            if ranks[series, place]:
                rows.statuses[RANK_STATUS, row] = status.computed
                rows.kinds[row] |= of_rank[group[series], place]
            elif is_total[series] or level == 0:
                rows.statuses[RANK_STATUS, row] = status.not_applicable
            else:
                made = near.made[series, near.slot[month]]
                rows.statuses[RANK_STATUS, row] = made if level == NOTHING else status.not_covered


@numba.njit(nogil=True, cache=True)
def _level(near: Any, series: int, month: int, begin: Array) -> Any:
    """The level of a month that is near, NOTHING where the series has none."""
    return near.level[series, near.slot[month]] if month >= begin[series] else NOTHING


@numba.njit(nogil=True, cache=True)
def _compare_with_world(
    near: Any, series: int, world: int, month: int, begin: Array, end: Array, rows: Any, row: int, at: Any, status: Any
) -> None:
    """Share in the world, and the part of the world's growth that a partner accounts for."""
    floats, statuses = rows.floats, rows.statuses
    has_world = world >= 0 and begin[world] != NEVER and begin[world] <= month <= end[world]
    own, all_ = _level(near, series, month, begin), _level(near, world, month, begin) if has_world else NOTHING
    made = near.made[series, near.slot[month]]
    if own == NOTHING:
        statuses[at.share_pct, row] = made
    elif all_ > 0:
        floats[at.share_pct, row], statuses[at.share_pct, row] = float(own) / float(all_) * 100, status.computed
    else:
        statuses[at.share_pct, row] = status.zero_base if all_ == 0 else status.no_world_total
    for back, place in ((1, at.contribution_mom_pp), (12, at.contribution_yoy_pp)):
        before = _level(near, series, month - back, begin)
        base = _level(near, world, month - back, begin) if has_world else NOTHING
        if own == NOTHING:
            statuses[place, row] = made
        elif before == NOTHING:
            there = month - back >= begin[series]
            statuses[place, row] = (
                _no_base(near.made[series, near.slot[month - back]], status) if there else status.no_base
            )
        elif base > 0:
            floats[place, row], statuses[place, row] = float(own - before) / float(base) * 100, status.computed
        else:
            statuses[place, row] = status.zero_base if base == 0 else status.no_world_total
