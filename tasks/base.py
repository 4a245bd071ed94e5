"""The numbers of months that are made anew, as a table for the months to come."""

from collections.abc import Sequence
from typing import NamedTuple, cast

import numba
import numpy
import polars as pl
from pandera.typing.polars import DataFrame

from schemas.base import HOW, SPANS, Base
from schemas.metric import SETS_OF_KINDS
from schemas.table import Table, polars_schema
from tasks.cube import NO_ROW, NOTHING, PRINTED, Cube
from tasks.keys import Array
from tasks.periods import NO_MONTH
from tasks.scope import index_month

# Spans are numbered as they are listed and sorted as texts.
OF_SPAN = numpy.argsort(numpy.argsort(SPANS))


class Numbers(NamedTuple):
    """The numbers of fresh months, an entry each: series, column, place in SPANS, and the rest as in a cube."""

    series: Array
    column: Array
    span: Array
    row: Array
    value: Array
    kinds: Array


def fresh_numbers(cube: Cube) -> Numbers:
    """Every number of the fresh months of a cube that is added up."""
    of_spans = [
        (cube.row != NO_ROW, cube.value, cube.kinds),
        *((value != NOTHING, value, kinds) for value, kinds in (
            (cube.ytd, cube.ytd_kinds), (cube.yoy, cube.yoy_kinds), (cube.ytd_yoy, cube.ytd_yoy_kinds),
        )),
    ]  # fmt: skip
    # Where all numbers are of long ago, no fresh month has a column.
    nothing, no_bytes = numpy.zeros(0, numpy.int64), numpy.zeros(0, numpy.uint8)
    parts = [(nothing, nothing, no_bytes, no_bytes, nothing, no_bytes)]
    for span, (there, value, kinds) in enumerate(of_spans):
        if there.shape[1]:
            series, column = at = numpy.nonzero(there)
            of_span = numpy.full(len(series), span, numpy.uint8)
            row = cube.row[at] if span == 0 else numpy.full(len(series), PRINTED, numpy.uint8)
            parts.append((series, column, of_span, row, value[at], kinds[at]))
    return Numbers(*(numpy.concatenate(found) for found in zip(*parts, strict=True)))


def keep(cube: Cube, wanted: pl.DataFrame) -> DataFrame[Base]:
    """The numbers of the `wanted` months (flow, month index) of a cube that is added up, in the order of the table."""
    of_flow = [set(wanted.filter(pl.col("flow") == flow)["month"]) for flow in cube.flows]
    asked = [[month + cube.first in months for month in cube.fresh] for months in of_flow]
    keeps = numpy.array(asked, bool).reshape(len(cube.flows), -1)
    numbers = fresh_numbers(cube)
    # Series are in the order of their names.
    order = numpy.lexsort((OF_SPAN[numbers.span], numbers.series, numbers.column, cube.flow[numbers.series]))
    order = order[keeps[cube.flow[numbers.series], numbers.column][order]]
    series, column, span, row, value, kinds = (part[order] for part in numbers)
    schema = polars_schema(Base)
    frame = pl.DataFrame({
        "flow": named(Base, "flow", cube.flows, cube.flow[series]),
        "product": named(Base, "product", cube.products, cube.product[series]),
        "partner": named(Base, "partner", cube.partners, cube.partner[series]),
        "period": pl.Series((cube.fresh[column] + cube.first).astype(numpy.int32)),
        "measure": named(Base, "measure", cube.measures, cube.measure[series]), "span": named(Base, "span", SPANS, span),
        "value": pl.Series(value), "how": named(Base, "how", HOW, row.astype(numpy.int64) - PRINTED),
        "kinds": named(Base, "kinds", SETS_OF_KINDS, kinds.astype(numpy.int64) - 1),
    })  # fmt: skip
    frame = frame.with_columns(period=index_month("period"), value=pl.when(pl.col("value") != NOTHING).then("value"))
    return cast("DataFrame[Base]", frame.select(pl.col(name).cast(kind) for name, kind in schema.items()))


def named(model: type[Table], column: str, names: Sequence[str | None], numbers: Array) -> pl.Series:
    """Numbers as the names that they stand for, of the type of a column."""
    return pl.Series(names, dtype=polars_schema(model)[column]).gather(pl.Series(numbers.astype(numpy.uint32)))


def first_days(columns: Array, first: int) -> pl.Series:
    """First days of months that are columns of a window, null for NO_MONTH."""
    least, most = _reach(columns)
    # There are few months and millions of rows: each day is reckoned once.
    months = pl.DataFrame({"month": numpy.arange(least, most + 1) + first}).select(index_month("month")).to_series()
    days = pl.Series(_pick_days(columns, months.to_physical().to_numpy(), least))
    return pl.select(pl.when(days != NO_MONTH).then(days).cast(pl.Date)).to_series()


@numba.njit(nogil=True, cache=True)
def _reach(columns: Array) -> tuple[int, int]:
    """The least and the greatest month, 0 where there is none."""
    least, most, is_first = 0, 0, True
    for column in columns:
        if column != NO_MONTH:
            if is_first:
                least, most, is_first = column, column, False
            least, most = min(least, column), max(most, column)
    return least, most


@numba.njit(nogil=True, cache=True)
def _pick_days(columns: Array, days: Array, least: int) -> Array:
    """The day of each month, of which `days` begins with the `least`; NO_MONTH where there is none."""
    picked = numpy.empty(len(columns), numpy.int32)
    for row in range(len(columns)):
        picked[row] = days[columns[row] - least] if columns[row] != NO_MONTH else NO_MONTH
    return picked
