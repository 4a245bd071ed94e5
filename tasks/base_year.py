"""The numbers of a year, months side by side: gathered from the months, quarter by quarter as later ones have begun.

A year that is not over is looked back on in each month to come, and a file for each of its months holds each name again. Which
months are gathered depends on those that are known and on nothing else, so that a store is the same in whatever order its
releases came.
"""

from collections import namedtuple
from collections.abc import Collection, Iterable
from typing import Any, cast

import numba
import numpy
import polars as pl
from pandera.typing.polars import DataFrame

from schemas.base import SPANS, BaseYear
from schemas.metric import SETS_OF_KINDS
from schemas.table import empty_frame, polars_schema
from tasks.base import named
from tasks.cube import NO_ROW, NOTHING, Cube
from tasks.keys import Array
from tasks.tables import Partition

MONTHS, QUARTER = 12, 3
# The place of each span, and of each set of kinds by its number, in the order of their texts; and which of them has a place.
SPAN_OF = numpy.argsort(SPANS)
KINDS_OF = numpy.concatenate([[0], numpy.argsort(SETS_OF_KINDS) + 1])
OF_SPAN, OF_KINDS = numpy.argsort(SPAN_OF), numpy.argsort(KINDS_OF)
# What is settled, entry by entry, and the fresh columns, as in a cube.
Numbers = namedtuple(
    "Numbers",
    "start month span value kinds fresh row fresh_value fresh_kinds ytd ytd_kinds yoy yoy_kinds ytd_yoy ytd_yoy_kinds",
)


def side_by_side(months: Iterable[Partition]) -> set[Partition]:
    """What is to be laid side by side of the months that are known: flow, year and last month. All of a year that is over, as a
    later one has a month; of the last year the quarters before that of its last month."""
    last: dict[str, tuple[int, int]] = {}
    for flow, year, month in months:
        last[flow] = max((year, month), last.get(flow, (year, month)))
    until = {(flow, year): (month - 1) // QUARTER * QUARTER for flow, (year, month) in last.items()}
    return {
        (flow, year, until.get((flow, year), MONTHS))
        for flow, year, month in months
        if month <= until.get((flow, year), MONTHS)
    }


def gather(cube: Cube, years: Collection[Partition]) -> DataFrame[BaseYear]:
    """The numbers of some years (flow, year, last month), from a cube that is added up and whose window holds them: a row for each
    series, span and set of kinds."""
    wanted = [(cube.flows.index(flow), year, last) for flow, year, last in sorted(years) if flow in cube.flows]
    if not wanted:
        return cast("DataFrame[BaseYear]", empty_frame(BaseYear))
    return cast("DataFrame[BaseYear]", pl.concat([_of_year(cube, *year) for year in wanted]))


def _of_year(cube: Cube, flow: int, year: int, last: int) -> pl.DataFrame:
    january = year * MONTHS - cube.first
    numbers = [
        *cube.past, cube.fresh, cube.row, cube.value, cube.kinds, cube.ytd, cube.ytd_kinds, cube.yoy, cube.yoy_kinds, cube.ytd_yoy,
        cube.ytd_yoy_kinds,
    ]  # fmt: skip
    series, key, months, values = _side_by_side(
        january, last, numpy.flatnonzero(cube.flow == flow), OF_SPAN, OF_KINDS, Numbers(*numbers)
    )
    span, kinds = SPAN_OF[key // len(OF_KINDS)], KINDS_OF[key % len(OF_KINDS)]
    frame = pl.DataFrame({
        "flow": named(BaseYear, "flow", cube.flows, cube.flow[series]),
        "product": named(BaseYear, "product", cube.products, cube.product[series]),
        "partner": named(BaseYear, "partner", cube.partners, cube.partner[series]),
        "measure": named(BaseYear, "measure", cube.measures, cube.measure[series]),
        "span": named(BaseYear, "span", SPANS, span),
        "kinds": named(BaseYear, "kinds", SETS_OF_KINDS, kinds.astype(numpy.int64) - 1),
        "months": pl.Series(months), **{f"value_{place + 1}": pl.Series(values[place]) for place in range(MONTHS)},
    })  # fmt: skip
    in_months = pl.col("^value_.*$")
    frame = frame.with_columns(pl.when(in_months != NOTHING).then(in_months), period=pl.date(year, last, 1))
    return frame.select(pl.col(name).cast(kind) for name, kind in polars_schema(BaseYear).items())


@numba.njit(nogil=True, cache=True)
def _side_by_side(
    january: int, last: int, mine: Array, of_span: Array, of_kinds: Array, numbers: Any
) -> Any:  # fmt: skip
    """A row for each series, span and set of kinds that has a number in the year until its `last` month, in the order of the table:
    series, key of span and kinds, a bit for each month that has one; and the numbers, a row a month."""
    keys, months, values = numpy.empty(0, numpy.int64), numpy.empty(0, numpy.int64), numpy.empty(0, numpy.int64)
    past_all, height = len(of_span) * len(of_kinds), 0
    for turn in range(2):
        if turn:
            of_row, of_key = numpy.empty(height, numpy.int64), numpy.empty(height, numpy.int64)
            told, side_by_side = numpy.zeros(height, numpy.uint16), numpy.full((MONTHS, height), NOTHING)
        height = 0
        for series in mine:
            most = len(numbers.fresh) * len(of_span)
            if len(numbers.start):
                most += numbers.start[series + 1] - numbers.start[series]
            if most > len(keys):
                keys, months, values = (
                    numpy.empty(most, numpy.int64),
                    numpy.empty(most, numpy.int64),
                    numpy.empty(most, numpy.int64),
                )
            count = _of_series(series, january, last, of_span, of_kinds, numbers, keys, months, values)
            # Most series have one row or none, so looking for the next key is no detour.
            before = -1
            while True:
                key = past_all
                for entry in range(count):
                    if before < keys[entry] < key:
                        key = keys[entry]
                if key == past_all:
                    break
                if turn:
                    of_row[height], of_key[height] = series, key
                    for entry in range(count):
                        if keys[entry] == key:
                            told[height] |= numpy.uint16(1 << months[entry])
                            side_by_side[months[entry], height] = values[entry]
                before = key
                height += 1
    return of_row, of_key, told, side_by_side


@numba.njit(nogil=True, cache=True)
def _of_series(
    series: int, january: int, last: int, of_span: Array, of_kinds: Array, numbers: Any, keys: Array, months: Array, values: Array
) -> int:  # fmt: skip
    """Fill in the numbers of a series in a year, and count them."""
    count = 0
    if len(numbers.start):
        for entry in range(numbers.start[series], numbers.start[series + 1]):
            month = numbers.month[entry] - january
            if 0 <= month < last:
                keys[count] = of_span[numbers.span[entry]] * len(of_kinds) + of_kinds[numbers.kinds[entry]]
                months[count], values[count] = month, numbers.value[entry]
                count += 1
    for column in range(len(numbers.fresh)):
        month = numbers.fresh[column] - january
        if month < 0 or month >= last:
            continue
        if numbers.row[series, column] != NO_ROW:
            keys[count] = of_span[0] * len(of_kinds) + of_kinds[numbers.fresh_kinds[series, column]]
            months[count], values[count] = month, numbers.fresh_value[series, column]
            count += 1
        for span, value, kinds in (
            (1, numbers.ytd, numbers.ytd_kinds), (2, numbers.yoy, numbers.yoy_kinds), (3, numbers.ytd_yoy, numbers.ytd_yoy_kinds),
        ):  # fmt: skip
            if value.shape[1] and value[series, column] != NOTHING:
                keys[count] = of_span[span] * len(of_kinds) + of_kinds[kinds[series, column]]
                months[count], values[count] = month, value[series, column]
                count += 1
    return count
