"""The numbers of years that are over, months side by side: gathered from the months once a later year has begun.

Which years are gathered depends on the months that are known and on nothing else, so that a store is the same in whatever
order its releases came.
"""

from collections.abc import Collection
from typing import cast

import numpy
import polars as pl
from pandera.typing.polars import DataFrame

from schemas.base import SPANS, BaseYear
from schemas.metric import SETS_OF_KINDS
from schemas.table import empty_frame, polars_schema
from tasks.base import fresh_numbers, named
from tasks.cube import NOTHING, Cube
from tasks.keys import Array

MONTHS = 12
# The place of each span, and of each set of kinds by its number, in the order of their texts.
OF_SPAN = numpy.argsort(numpy.argsort(SPANS))
OF_KINDS = numpy.concatenate([[0], numpy.argsort(numpy.argsort(SETS_OF_KINDS)) + 1])


def gather(cube: Cube, years: Collection[tuple[str, int]]) -> DataFrame[BaseYear]:
    """The numbers of some years (flow, year), from a cube that is added up and whose window holds them: a row for each series,
    span and set of kinds."""
    wanted = [(cube.flows.index(flow), year) for flow, year in sorted(years) if flow in cube.flows]
    if not wanted:
        return cast("DataFrame[BaseYear]", empty_frame(BaseYear))
    past, fresh = cube.past, fresh_numbers(cube)
    of_past = numpy.repeat(numpy.arange(max(len(past.start) - 1, 0)), numpy.diff(past.start))
    numbers = [
        numpy.concatenate(pair) for pair in (
            (of_past, fresh.series), (past.month.astype(numpy.int64), cube.fresh[fresh.column]), (past.span, fresh.span),
            (past.value, fresh.value), (past.kinds, fresh.kinds),
        )
    ]  # fmt: skip
    return cast("DataFrame[BaseYear]", pl.concat([_of_year(cube, numbers, flow, year) for flow, year in wanted]))


def _of_year(cube: Cube, numbers: list[Array], flow: int, year: int) -> pl.DataFrame:
    january = year * MONTHS - cube.first
    mine = (numbers[1] >= january) & (numbers[1] < january + MONTHS) & (cube.flow[numbers[0]] == flow)
    series, month, span, value, kinds = (column[mine] for column in numbers)
    key = (series * len(SPANS) + OF_SPAN[span]) * len(OF_KINDS) + OF_KINDS[kinds]
    order = numpy.argsort(key, kind="stable")
    first = numpy.flatnonzero(numpy.diff(key[order], prepend=-1))
    row = numpy.repeat(numpy.arange(len(first)), numpy.diff(first, append=len(order)))
    months, values = numpy.zeros(len(first), numpy.uint16), numpy.full((MONTHS, len(first)), NOTHING)
    when = month[order] - january
    numpy.bitwise_or.at(months, row, (1 << when).astype(numpy.uint16))
    values[when, row] = value[order]
    series, span, kinds = (column[order[first]] for column in (series, span, kinds))
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
    frame = frame.with_columns(pl.when(in_months != NOTHING).then(in_months), period=pl.date(year, 1, 1))
    return frame.select(pl.col(name).cast(kind) for name, kind in polars_schema(BaseYear).items())
