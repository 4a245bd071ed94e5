"""The figures that compare months: growth, rolling year, share, rank, contribution, records, unit values.

Every look back goes by the calendar: a base is the number of a given month of the same series, or missing. A figure that
cannot be computed is null and its status says why; nothing is rounded. Growth is computed from whole smallest units,
and the one division by `per_unit` comes last. Value per kilogram is a measure of its own: sums of it mean nothing and are
not made.
"""

import functools
from collections.abc import Sequence
from typing import NamedTuple, cast

import numpy
import polars as pl
from pandera.typing.polars import DataFrame

from schemas.metric import STATUSES, Metric, status
from schemas.release import Release
from schemas.table import empty_frame, polars_schema
from tasks.calendar_grid import STATUS, Series, tell_months
from tasks.coverage import cover
from tasks.cube import Array, lay_out
from tasks.definitions import months_changed
from tasks.elsewhere import each
from tasks.figures import (
    FLOATS,
    MONTHS,
    NO_MONTH,
    PLACES,
    STATUS_ORDER,
    compare_months,
    count_told,
    rank_partners,
)
from tasks.kinds import NAMES, unite
from tasks.scope import LOOK_BACK_MONTHS, WORLD, index_month
from tasks.series import cut_portions, printed_numbers
from tasks.sums import add_up
from tasks.weave import weave

UNIT_VALUES = {"value_usd": "unit_value_usd_per_kg", "value_cny": "unit_value_cny_per_kg"}
MASS = "quantity_kg"


class Items(NamedTuple):
    """What has a row each month, in order: series, and values per kilogram, whose `mass` is the series of the kilograms."""

    series: Array
    mass: Array
    measure: Array
    measures: list[str]


def derive(
    observation: pl.DataFrame, releases: DataFrame[Release], wanted: pl.DataFrame | None = None
) -> DataFrame[Metric]:
    """All metrics from one word a number (`ledger.last_word` or `as_of`) and the scopes of the releases.

    For a day in the past, `releases` are those that were public on it. `wanted` (flow, month index) limits the months
    that come out; for a month to come out right `observation` must reach from the January LOOK_BACK_MONTHS before it to
    the December of its year, and what lies outside makes no difference. Products that add up with one another are taken
    together, the rest portion by portion, so that memory does not grow with the number of products; where processes are
    lent, they take the portions.
    """
    work = functools.partial(_derive_portion, releases=releases, wanted=wanted)
    portions = each(work, cut_portions(observation))
    # The step looks at every value; twice would cost as much again.
    return cast(
        "DataFrame[Metric]", portions[0] if len(portions) == 1 else weave(portions, ("flow", "period", "product"))
    )


def build_series(observation: pl.DataFrame, releases: DataFrame[Release]) -> Series | None:
    """The gapless monthly series with their levels, None where there is no number at all."""
    numbers = printed_numbers(observation, releases)
    if not numbers.height:
        return None
    cube = lay_out(numbers, releases)
    coverage = cover(cube, releases)
    add_up(cube, coverage)
    return tell_months(cube, coverage)


def _derive_portion(
    observation: pl.DataFrame, releases: DataFrame[Release], wanted: pl.DataFrame | None
) -> pl.DataFrame:
    series = build_series(observation, releases)
    if series is None:
        return empty_frame(Metric)
    cube, items = series.cube, _items(series)
    months, by_flow = _wanted_months(series, wanted)
    there = count_told(series.told, items.series, items.mass, months, by_flow, cube.flow)
    # Rows in the order flow, month, item: a month of a flow is one run of them.
    flow = cube.flow[items.series]
    order = numpy.lexsort((numpy.tile(numpy.arange(len(flow)), len(months)), numpy.repeat(numpy.arange(len(months)), len(flow)),
                           numpy.tile(flow, len(months))))  # fmt: skip
    flags = there.T.ravel()[order]
    place = numpy.empty(len(order), numpy.int64)
    place[order] = numpy.cumsum(flags) - 1
    row_of = place.reshape(len(months), len(flow)).T
    rows = int(flags.sum())
    floats = numpy.full((len(FLOATS), rows), numpy.nan)
    days = numpy.full((len(MONTHS), rows), NO_MONTH, numpy.int32)
    rank, statuses = numpy.zeros(rows, numpy.uint32), numpy.zeros((len(STATUS_ORDER), rows), numpy.uint8)
    parts = numpy.flatnonzero(~cube.is_total)
    changed = months_changed(_heads(series), cube.first, cube.months)
    ranks = rank_partners(
        series.level, series.begin, series.end, series.group, series.whole, months,
        parts[numpy.argsort(series.group[parts], kind="stable")],
    )  # fmt: skip
    world = cube.find(
        cube.keys_of(cube.flow, cube.product, numpy.full(cube.height, cube.partners.index(WORLD)), cube.measure)
    )
    compare_months(
        items.series, items.mass, there, numpy.ascontiguousarray(row_of), months, series.level, series.level_status, series.ytd,
        series.ytd_status, cube.yoy, cube.ytd_yoy, series.begin, series.end, series.told, cube.per_unit[cube.measure], world,
        ranks, cube.is_total, LOOK_BACK_MONTHS, changed, floats, days, rank, statuses, PLACES, STATUS,
    )  # fmt: skip
    item, place_of_row = order[flags] % len(flow), order[flags] // len(flow)
    sets = unite(
        series, items.series[item], items.mass[item], months[place_of_row], place_of_row, floats, days, statuses, ranks, world,
        months, NO_MONTH,
    )  # fmt: skip
    return _as_table(series, items, item, months[place_of_row], floats, days, rank, statuses, sets)


def _heads(series: Series) -> pl.DataFrame:
    """Product, partner and measure of each series."""
    cube = series.cube
    return pl.DataFrame({
        name: pl.Series(labels, dtype=pl.String).gather(pl.Series(numbers.astype(numpy.uint32)))
        for name, labels, numbers in (
            ("product", cube.products, cube.product), ("partner", cube.partners, cube.partner), ("measure", cube.measures, cube.measure),
        )
    })  # fmt: skip


def _items(series: Series) -> Items:
    """The series that have months, and a value per kilogram for each value beside a mass."""
    cube = series.cube
    names = dict(enumerate(cube.measures))
    measures = sorted({*cube.measures, *(UNIT_VALUES[name] for name in cube.measures if name in UNIT_VALUES)})
    number = {name: place for place, name in enumerate(measures)}
    plain = numpy.flatnonzero(series.begin >= 0)
    found = [
        (plain, numpy.full(len(plain), -1), numpy.array([number[name] for name in cube.measures])[cube.measure[plain]])
    ]
    if MASS in cube.measures:
        for place, name in names.items():
            if name in UNIT_VALUES:
                values = plain[cube.measure[plain] == place]
                kilograms = numpy.full(len(values), cube.measures.index(MASS))
                mass = cube.find(cube.keys_of(cube.flow[values], cube.product[values], cube.partner[values], kilograms))
                both = (mass >= 0) & (series.begin[mass] >= 0)
                measure = numpy.full(int(both.sum()), number[UNIT_VALUES[name]])
                found.append((values[both], mass[both], measure))
    item, mass, measure = (numpy.concatenate(parts) for parts in zip(*found, strict=True))
    order = numpy.lexsort((measure, cube.place[item]))
    return Items(item[order], mass[order], measure[order], measures)


def _wanted_months(series: Series, wanted: pl.DataFrame | None) -> tuple[Array, Array]:
    """Columns of the months that are asked for, and whether each flow wants them."""
    cube = series.cube
    if wanted is None:
        columns = numpy.flatnonzero(series.told.any(axis=0))
        return columns, numpy.ones((len(cube.flows), len(columns)), bool)
    inside = wanted.filter(
        pl.col("flow").is_in(cube.flows) & pl.col("month").is_between(cube.first, cube.first + cube.months - 1)
    )
    columns = inside["month"].unique().sort().to_numpy() - cube.first
    by_flow = numpy.zeros((len(cube.flows), len(columns)), bool)
    for flow, month in inside.iter_rows():
        by_flow[cube.flows.index(flow), numpy.searchsorted(columns, month - cube.first)] = True
    return columns.astype(numpy.int64), by_flow


def _as_table(
    series: Series, items: Items, item: Array, month: Array, floats: Array, days: Array, rank: Array,
    statuses: Array, sets: tuple[Array, Array],
) -> pl.DataFrame:  # fmt: skip
    """The rows under the names and types of the table."""
    cube, at, schema = series.cube, items.series[item], polars_schema(Metric)

    def named(column: str, numbers: Array, names: Sequence[str | None]) -> pl.Series:
        return pl.Series(names, dtype=schema[column]).gather(pl.Series(numbers.astype(numpy.uint32)))

    made = {
        "flow": named("flow", cube.flow[at], cube.flows), "product": named("product", cube.product[at], cube.products),
        "classification": named("classification", cube.product[at], cube.classification),
        "partner": named("partner", cube.partner[at], cube.partners),
        "measure": named("measure", items.measure[item], items.measures), "rank": pl.Series(rank),
    }  # fmt: skip
    for place, name in enumerate(FLOATS):
        made[name] = pl.Series(floats[place])
    for place, name in enumerate(MONTHS):
        made[name] = pl.Series(days[place])
    for place, name in enumerate(STATUS_ORDER):
        made[status(name)] = named(status(name), statuses[place], STATUSES)
    for name, kinds in zip(("level_kinds", "kinds"), sets, strict=True):
        made[name] = named(name, kinds, NAMES)
    frame = pl.DataFrame(made)
    frame = frame.with_columns(
        pl.col(FLOATS).fill_nan(None),
        pl.when(pl.col("rank") > 0).then("rank").alias("rank"),
        period=pl.Series(month.astype(numpy.int32) + cube.first),
    ).with_columns(period=index_month("period"))
    for name in MONTHS:
        there = pl.col(name) != NO_MONTH
        index = pl.col(name) + cube.first
        frame = frame.with_columns(pl.when(there).then(pl.date(index // 12, index % 12 + 1, 1)).alias(name))
    return frame.select(pl.col(name).cast(kind) for name, kind in schema.items())
