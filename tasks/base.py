"""The numbers of months that are made anew, as a table for the months to come."""

from collections.abc import Sequence
from typing import cast

import numpy
import polars as pl
from pandera.typing.polars import DataFrame

from schemas.base import HOW, SPANS, Base
from schemas.metric import SETS_OF_KINDS
from schemas.table import polars_schema
from tasks.cube import NO_ROW, NOTHING, PRINTED, Array, Cube
from tasks.scope import index_month


def keep(cube: Cube, wanted: pl.DataFrame) -> DataFrame[Base]:
    """Every number of the `wanted` months (flow, month index) in a cube that is added up; a row each."""
    of_flow = [set(wanted.filter(pl.col("flow") == flow)["month"]) for flow in cube.flows]
    keeps = numpy.array([[month + cube.first in months for month in cube.fresh] for months in of_flow], bool).reshape(
        len(cube.flows), -1
    )[cube.flow]
    told = [
        (cube.row != NO_ROW, cube.row, cube.value, cube.kinds),
        *((value != NOTHING, None, value, kinds) for value, kinds in (
            (cube.ytd, cube.ytd_kinds), (cube.yoy, cube.yoy_kinds), (cube.ytd_yoy, cube.ytd_yoy_kinds),
        )),
    ]  # fmt: skip
    parts = []
    for span, (there, row, value, kinds) in enumerate(told):
        if there.shape[1]:
            series, column = numpy.nonzero(there & keeps)
            made = numpy.full(len(series), PRINTED) if row is None else row[series, column]
            parts.append((series, column, numpy.full(len(series), span), value[series, column], made, kinds[series, column]))
    series, column, span, value, made, kinds = (numpy.concatenate(found) for found in zip(*parts, strict=True))
    # Numbers of names are in the order of the names; spans are sorted as texts.
    order = numpy.lexsort((numpy.argsort(numpy.argsort(SPANS))[span], series, column, cube.flow[series]))
    return _as_table(cube, *(found[order] for found in (series, column, span, value, made, kinds)))


def _as_table(
    cube: Cube, series: Array, column: Array, span: Array, value: Array, made: Array, kinds: Array
) -> DataFrame[Base]:
    schema = polars_schema(Base)

    def named(name: str, names: Sequence[str], numbers: Array) -> pl.Series:
        return pl.Series(names, dtype=schema[name]).gather(pl.Series(numbers.astype(numpy.uint32)))

    frame = pl.DataFrame({
        "flow": named("flow", cube.flows, cube.flow[series]), "product": named("product", cube.products, cube.product[series]),
        "partner": named("partner", cube.partners, cube.partner[series]),
        "period": pl.Series((cube.fresh[column] + cube.first).astype(numpy.int32)),
        "measure": named("measure", cube.measures, cube.measure[series]),
        "span": named("span", SPANS, span),
        "value": pl.Series(value), "how": named("how", HOW, made.astype(numpy.int64) - PRINTED),
        "kinds": named("kinds", SETS_OF_KINDS, kinds.astype(numpy.int64) - 1),
    })  # fmt: skip
    frame = frame.with_columns(period=index_month("period"), value=pl.when(pl.col("value") != NOTHING).then("value"))
    return cast("DataFrame[Base]", frame.select(pl.col(name).cast(kind) for name, kind in schema.items()))
