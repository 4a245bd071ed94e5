"""Which kinds of release a figure rests on: a query and a press print in one growth are never mixed without a word.

A set of kinds is a whole number, a bit for each kind in the order of KINDS, so that a union is an `or` and no text is made
before the end. A level rests on the kinds of its parts, or of the totals that it follows from; also on the kind that says
nothing and so means zero. Here the sets of all that a row's figures rest on are united: levels, bases, windows, world
totals, the partners ranked.
"""

from typing import Any

import numba
import numpy

from schemas.metric import SETS_OF_KINDS
from tasks.calendar_grid import STATUS, Series
from tasks.cube import Array, Cube
from tasks.figures import PLACES, STATUS_ORDER

# The name of each set, by its number; the empty one has none.
NAMES = (None, *SETS_OF_KINDS)


def unite(  # noqa: PLR0913, PLR0917
    series: Series, item: Array, mass: Array, month: Array, place: Array, floats: Array, days: Array, statuses: Array,
    ranks: Array, world: Array, wanted: Array, no_month: int,
) -> tuple[Array, Array]:  # fmt: skip
    """The kinds of the level and of all figures of each row, which is a month of an item (see `metrics.Items`).

    `place` is the month's place among the wanted ones; `floats`, `days` and `statuses` are the figures of the rows.
    """
    cube: Cube = series.cube
    of_rank = _of_ranked(ranks, series.level_kinds, series.group, len(series.whole), wanted)
    level_kinds, kinds = numpy.zeros(len(item), numpy.uint8), numpy.zeros(len(item), numpy.uint8)
    of_growth = [STATUS_ORDER.index(name) for name in ("yoy_pct", "ytd_yoy_pct")]
    implied = statuses[of_growth] == STATUS.implied_base  # type: ignore[attr-defined]
    _unite(
        item, mass, month, place, floats, days, ranks, implied, series.level_kinds, series.ytd_kinds, cube.yoy_kinds,
        cube.ytd_yoy_kinds, series.group, world, of_rank, no_month, level_kinds, kinds, PLACES,
    )  # fmt: skip
    return level_kinds, kinds


@numba.njit(nogil=True, cache=True)
def _of_ranked(ranks: Array, level_kinds: Array, group: Array, groups: int, wanted: Array) -> Array:
    """The kinds of all partners that have a rank, by group and wanted month."""
    found = numpy.zeros((groups, ranks.shape[1]), numpy.uint8)
    for series in range(len(ranks)):
        for place in range(len(wanted)):
            if ranks[series, place]:
                found[group[series], place] |= level_kinds[series, wanted[place]]
    return found


@numba.njit(nogil=True, cache=True)
def _since(kinds: Array, series: int, first: int, last: int) -> Any:
    """The kinds of the months from `first` to `last`."""
    found = numpy.uint8(0)
    for month in range(max(first, 0), last + 1):
        found |= kinds[series, month]
    return found


@numba.njit(nogil=True, cache=True)
def _unite(  # noqa: PLR0912, PLR0913, PLR0917
    item: Array, mass: Array, month: Array, place: Array, floats: Array, days: Array, ranks: Array, implied: Array, of_level: Array,
    of_ytd: Array, of_yoy: Array, of_ytd_yoy: Array, group: Array, world: Array, of_rank: Array, no_month: int,
    level_kinds: Array, kinds: Array, at: Any,
) -> None:  # fmt: skip
    for row in range(len(item)):
        now, found, series = month[row], numpy.uint8(0), item[row]
        has_mom, has_yoy = not numpy.isnan(floats[at.mom_pct, row]), not numpy.isnan(floats[at.yoy_pct, row])
        share_mom = not numpy.isnan(floats[at.contribution_mom_pp, row])
        share_yoy = not numpy.isnan(floats[at.contribution_yoy_pp, row])
        has_ytd_yoy = not numpy.isnan(floats[at.ytd_yoy_pct, row])
        has_record = days[at.highest_since, row] != no_month or days[at.lowest_since, row] != no_month
        for part in (series, mass[row]):
            if part < 0:
                continue
            if not numpy.isnan(floats[at.level, row]):
                level_kinds[row] |= of_level[part, now]
            if not numpy.isnan(floats[at.ytd, row]):
                found |= of_ytd[part, now]
            if not numpy.isnan(floats[at.rolling_12m, row]):
                found |= _since(of_level, part, now - 11, now)
            if not numpy.isnan(floats[at.rolling_12m_yoy_pct, row]):
                found |= _since(of_level, part, now - 23, now)
            if has_record:
                found |= _since(of_level, part, days[at.series_start, row], now)
            if has_mom or share_mom:
                found |= of_level[part, now - 1]
            if (has_yoy and not implied[0, row]) or share_yoy:
                found |= of_level[part, now - 12]
            if has_ytd_yoy and not implied[1, row]:
                found |= of_ytd[part, now - 12]
        if mass[row] < 0:
            if has_yoy and implied[0, row]:
                found |= of_yoy[series, now]
            if has_ytd_yoy and implied[1, row]:
                found |= of_ytd_yoy[series, now]
            if not numpy.isnan(floats[at.share_pct, row]):
                found |= of_level[world[series], now]
            if share_mom:
                found |= of_level[world[series], now - 1]
            if share_yoy:
                found |= of_level[world[series], now - 12]
            if ranks[series, place[row]]:
                found |= of_rank[group[series], place[row]]
        kinds[row] = found | level_kinds[row]
