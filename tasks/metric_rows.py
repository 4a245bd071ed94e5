"""The rows of `metric` as the loops fill them: which there are, and where each figure of one stands.

Belongs here: places and names. What the figures are is in `figures`, `extremes` and `partners`.
"""

from collections import namedtuple
from typing import Any

import numba
import numpy

from tasks.keys import Array
from tasks.month_sets import has

FLOATS = (
    "level", "mom_pct", "yoy_pct", "ytd", "ytd_yoy_pct", "rolling_12m", "rolling_12m_yoy_pct", "share_pct",
    "contribution_mom_pp", "contribution_yoy_pp",
)  # fmt: skip
MONTHS = ("highest_since", "lowest_since", "series_start", "comparable_from")
# Where each figure stands among the columns of numbers, and each status among those of statuses.
Places = namedtuple("Places", [*FLOATS, *MONTHS, "rank"])  # type: ignore[misc]
AT: Any = Places(*range(len(FLOATS)), *range(len(MONTHS)), 0)  # type: ignore[call-arg]
STATUS_ORDER = (*FLOATS, "rank", "highest_since", "lowest_since")
RANK_STATUS, HIGHEST_STATUS, LOWEST_STATUS = range(len(FLOATS), len(STATUS_ORDER))

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
