"""The numbers of months that are made anew, as a table for the months to come."""

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
    frames = []
    for span, (there, row, value, kinds) in enumerate(told):
        if there.shape[1]:
            series, column = numpy.nonzero(there & keeps)
            made = numpy.full(len(series), PRINTED) if row is None else row[series, column]
            frames.append(_rows(cube, series, column, span, value[series, column], made, kinds[series, column]))
    return cast("DataFrame[Base]", pl.concat(frames).sort("flow", "period", "product", "partner", "measure", "span"))


def _rows(
    cube: Cube, series: Array, column: Array, span: int, value: Array, made: Array, kinds: Array
) -> pl.DataFrame:
    def named(names: list[str], numbers: Array) -> pl.Series:
        return pl.Series(names, dtype=pl.String).gather(pl.Series(numbers.astype(numpy.uint32)))

    frame = pl.DataFrame({
        "flow": named(cube.flows, cube.flow[series]), "product": named(cube.products, cube.product[series]),
        "partner": named(cube.partners, cube.partner[series]),
        "period": pl.Series((cube.fresh[column] + cube.first).astype(numpy.int32)),
        "measure": named(cube.measures, cube.measure[series]),
        "span": pl.Series([SPANS[span]], dtype=pl.String).new_from_index(0, len(series)),
        "value": pl.Series(value), "how": named(list(HOW), made.astype(numpy.int64) - PRINTED),
        "kinds": named(list(SETS_OF_KINDS), kinds.astype(numpy.int64) - 1),
    })  # fmt: skip
    return frame.with_columns(
        period=index_month("period"), value=pl.when(pl.col("value") != NOTHING).then("value")
    ).select(pl.col(name).cast(kind) for name, kind in polars_schema(Base).items())
