"""The loops that compare partners: share in the world, part of its growth, and rank, from the levels near a month.

Belongs here: what a row says of other series than its own. All of it goes by the levels of three months, the row's own, the
one before and the one a year before, which `figures` has noted.
"""

from typing import Any

import numba
import numpy

from tasks.calendar_grid import NEVER
from tasks.cube import NOTHING
from tasks.keys import Array
from tasks.metric_rows import AT, RANK_STATUS
from tasks.months import STATUS
from tasks.quotients import no_base


@numba.njit(nogil=True, cache=True)
def rank_partners(
    near: Any, begin: Array, end: Array, group: Array, whole: Array, wanted: Array, column: Array, parts: Array
) -> tuple[Array, Array]:
    """Two tables: by series and wanted month the rank of a partner's level within its group (flow, product, measure), 0 where
    it has none; by group and wanted month the kinds of release behind all levels that were ranked.

    `parts` are the series of single partners, those of one group side by side. `whole` says by group and column whether every
    partner is covered and counted. Equal levels share a rank. Where the level of one partner is missing, nobody has a rank.
    """
    ranks = numpy.zeros((len(begin), len(wanted)), numpy.uint32)
    kinds = numpy.zeros((len(whole), len(wanted)), numpy.uint8)
    found = numpy.empty(len(parts), numpy.int64)
    levels, of_level, slots, first = near.level, near.kinds, near.slot, 0
    while first < len(parts):
        last = first + 1
        own = group[parts[first]]
        while last < len(parts) and group[parts[last]] == own:
            last += 1
        for place in range(len(wanted)):
            month, count, known = wanted[place], 0, whole[own, column[place]]
            slot = slots[month]
            for each in range(first, last):
                series = parts[each]
                if begin[series] != NEVER and begin[series] <= month <= end[series]:
                    level = levels[series, slot]
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
                if begin[series] != NEVER and begin[series] <= month <= end[series] and levels[series, slot] > 0:
                    higher = count - numpy.searchsorted(ordered, levels[series, slot], side="right")
                    ranks[series, place] = higher + 1
                    kinds[own, place] |= of_level[series, slot]
        first = last
    return ranks, kinds


@numba.njit(nogil=True, cache=True)
def tell_partners(  # noqa: PLR0912
    asked: Any, rows: Any, near: Any, begin: Array, end: Array, world: Array, is_total: Array, ranks: Array, group: Array,
    of_rank: Array,
) -> None:  # fmt: skip
    """Fill share, contributions and rank of all rows that are series, and unite the kinds that these rest on."""
    items, masses, row_of, wanted, changed = asked.series, asked.mass, asked.row_of, asked.wanted, asked.changed
    floats, statuses, kinds, rank = rows.floats, rows.statuses, rows.kinds, rows.rank
    levels, levels_made, of_level, slots = near.level, near.made, near.kinds, near.slot
    for item in range(len(items)):
        if masses[item] >= 0:
            continue
        series, everywhere = items[item], world[items[item]]
        for place in range(len(wanted)):
            row, month = row_of[item, place], wanted[place]
            if row < 0:
                continue
            slot, since = slots[month], changed[series, place]
            own, made = levels[series, slot], levels_made[series, slot]
            has_world = everywhere >= 0 and begin[everywhere] != NEVER and begin[everywhere] <= month <= end[everywhere]
            all_ = levels[everywhere, slot] if has_world else NOTHING
            if own == NOTHING:
                statuses[AT.share_pct, row] = made
            elif all_ > 0:
                floats[AT.share_pct, row], statuses[AT.share_pct, row] = float(own) / float(all_) * 100, STATUS.computed
                kinds[row] |= of_level[everywhere, slot]
            else:
                statuses[AT.share_pct, row] = STATUS.zero_base if all_ == 0 else STATUS.no_world_total
            for figure, back in ((AT.contribution_mom_pp, 1), (AT.contribution_yoy_pp, 12)):
                earlier = month - back
                before, before_made, base = NOTHING, STATUS.no_base, NOTHING
                if earlier >= begin[series]:
                    before, before_made = levels[series, slots[earlier]], int(levels_made[series, slots[earlier]])
                if has_world and earlier >= begin[everywhere]:
                    base = levels[everywhere, slots[earlier]]
                if own == NOTHING:
                    statuses[figure, row] = made
                elif before == NOTHING:
                    statuses[figure, row] = no_base(before_made)
                elif base > 0:
                    floats[figure, row], statuses[figure, row] = (
                        float(own - before) / float(base) * 100,
                        STATUS.computed,
                    )
                else:
                    statuses[figure, row] = STATUS.zero_base if base == 0 else STATUS.no_world_total
                # What rests on a month before the last change of meaning is taken away.
                if earlier < since and own != NOTHING:
                    floats[figure, row], statuses[figure, row] = numpy.nan, STATUS.definition_break
                if not numpy.isnan(floats[figure, row]):
                    kinds[row] |= of_level[series, slots[earlier]] | of_level[everywhere, slots[earlier]]
            rank[row] = ranks[series, place]
            if ranks[series, place]:
                statuses[RANK_STATUS, row] = STATUS.computed
                kinds[row] |= of_rank[group[series], place]
            elif is_total[series] or own == 0:
                statuses[RANK_STATUS, row] = STATUS.not_applicable
            else:
                statuses[RANK_STATUS, row] = made if own == NOTHING else STATUS.not_covered
