"""The figures that compare months: growth, rolling year, share, rank, contribution, records, unit values.

Every look back goes by the calendar: a base is the number of a given month of the same series, or missing. A figure that
cannot be computed is null and its status says why; nothing is rounded. Growth is computed from whole smallest units,
and the one division by `per_unit` comes last. Value per kilogram is a measure of its own: sums of it mean nothing and are
not made.
"""

import functools
from collections.abc import Collection, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, cast

import numpy
import polars as pl
from pandera.typing.polars import DataFrame

from schemas.base import Base, BaseFar, BaseYear
from schemas.metric import SETS_OF_KINDS, STATUSES, Metric, status
from schemas.release import Release
from schemas.table import PUBLISHED, Table, empty_frame, polars_schema, table_name
from tasks import base
from tasks.base_far import step_back
from tasks.base_file import BaseFile
from tasks.base_reader import Past
from tasks.base_year import gather
from tasks.calendar_grid import Grid, lay_grid, measured_by_all
from tasks.coverage import Coverage, cover
from tasks.cube import NOTHING, Cube, lay_out
from tasks.definitions import Heads, months_changed
from tasks.elsewhere import each, is_lent
from tasks.figures import tell_series
from tasks.keys import Array
from tasks.memory import give_back
from tasks.metric_items import Items, list_items
from tasks.metric_rows import FLOATS, MONTHS, STATUS_ORDER, Asked, Near, Rows, number_rows
from tasks.months import all_known
from tasks.partners import rank_partners, tell_partners
from tasks.periods import NO_MONTH
from tasks.scope import WORLD
from tasks.series import Portion, cut_portions, printed_numbers
from tasks.sums import add_up
from tasks.tables import Partition
from tasks.weave import RUN, weave

# Words in a portion for each month that is made anew, up to so many months. For one month they are few, because the numbers that
# it looks back on are many times as many.
ROWS_OF_MONTHS = 32_000
MONTHS_AT_ONCE = 10
# The rolling year of a year before.
GROWTH_LOOKS_BACK = 23
# A month seldom has more numbers, sums included, than so many for each of its words; nor has the file of a year more rows.
NUMBERS_A_WORD = 5
# The name of each set of kinds, by its number; the empty one has none.
NAMES = (None, *SETS_OF_KINDS)


class Derived(NamedTuple):
    """The metrics of some months, and what they and later months are made of: numbers by month, numbers of some years, and what
    is far of some years."""

    metric: DataFrame[Metric]
    base: DataFrame[Base]
    base_year: DataFrame[BaseYear]
    base_far: DataFrame[BaseFar]


class Wanted(NamedTuple):
    """What is asked of a portion: figures of `months`, all where None is given, numbers of the months `anew` and of `years`, which
    are laid side by side until a month, and what is far of `far_years`; both tables have flow and month index. Where `anew` is
    None only figures are asked for."""

    months: pl.DataFrame | None
    anew: pl.DataFrame | None = None
    years: frozenset[Partition] = frozenset()
    far_years: frozenset[tuple[str, int]] = frozenset()


@dataclass
class Found:
    """The rows of a portion: item and wanted month (a column of the window) of each, and their columns."""

    cube: Cube
    items: Items
    item: Array
    month: Array
    rows: Rows


def derive(
    observation: pl.DataFrame, releases: DataFrame[Release], wanted: pl.DataFrame | None = None
) -> DataFrame[Metric]:
    """All metrics from one word a number (`ledger.last_word` or `as_of`) and the scopes of the releases.

    For a day in the past, `releases` are those that were public on it. `wanted` (flow, month index) limits the months
    that come out; for a month to come out right `observation` must reach from the January LOOK_BACK_MONTHS and QUIET_MONTHS before
    it to the December of its year, and what lies outside makes no difference.
    """
    work = functools.partial(_derive_portion, releases=releases, wanted=Wanted(wanted))
    made: list[pl.DataFrame] = [of_portion.metric for of_portion in each(work, cut_portions(observation))]
    return cast("DataFrame[Metric]", _woven(Metric, made))


def derive_portions(
    observation: pl.DataFrame, releases: DataFrame[Release], wanted: pl.DataFrame, before: Sequence[BaseFile],
    years: Collection[Partition] = (), far_years: Collection[tuple[str, int]] = (),
) -> Generator[tuple[Derived, str | None]]:  # fmt: skip
    """The figures of the `wanted` months (flow, month index) alone, and the numbers of those that are in no file of `before`,
    portion by portion, each with the text that is not after any product of those to come; None with the last.

    `observation` has the words of months that are in no file; of all others the numbers are in those of theirs, of a wanted
    one in a file of a single month. Of `years` (flow, year, last month) all months must be wanted or in files. Where a file says
    what is far, all wanted months are a year later or more, and other files are asked for what growth looks back on and for
    months that are not far. Of `far_years` (flow, year; one of a flow) what is far is made. Products that add up with one another
    are taken together, the rest one after the other, so that memory does not grow with the number of products; where processes
    are lent, they take the portions.
    """
    near = max((file.month for file in before if not file.months), default=0)
    assert all(year * 12 >= near for _, year, _ in years), "a year that is far would be gathered from nothing"
    single = {(file.flow, file.month) for file in before if file.months == 1}
    past = Past(before, {*wanted.iter_rows()} & single, min(wanted["month"], default=0) - GROWTH_LOOKS_BACK)
    anew = wanted.filter(pl.Series([month not in single for month in wanted.iter_rows()], dtype=pl.Boolean))
    # Where there are few words or none, what is looked back on says how large a portion becomes.
    months = min(max(anew.height, 1), MONTHS_AT_ONCE)
    numbers = {kin: rows * months // NUMBERS_A_WORD for kin, rows in past.rows_of_kin().items()}
    portions = cut_portions(observation, ROWS_OF_MONTHS * months, numbers)
    asked = Wanted(wanted, anew, frozenset(years), frozenset(far_years))
    work = functools.partial(_derive_portion, releases=releases, wanted=asked)
    # Others may not have our files.
    made = each(work, _Provided(portions, past)) if is_lent() else each(functools.partial(work, past=past), portions)
    yield from zip(made, (portion.after for portion in portions), strict=True)
    # The arrays of the portions are gone, and what is done next wants room of its own.
    give_back()


class _Provided(Collection[Portion]):
    """Portions with what they look back on, read when the turn of each has come: of all of them it would be years in memory."""

    def __init__(self, portions: Sequence[Portion], past: Past) -> None:
        self._portions, self._past = portions, past

    def __len__(self) -> int:
        return len(self._portions)

    def __iter__(self) -> Iterator[Portion]:
        return (portion._replace(settled=self._past.read(portion)) for portion in self._portions)

    def __contains__(self, portion: object) -> bool:
        return portion in self._portions


def _woven(model: type[Table], frames: list[pl.DataFrame]) -> pl.DataFrame:
    return weave(frames, RUN, PUBLISHED[table_name(model)].rows_per_group)


def _derive_portion(
    portion: Portion, releases: DataFrame[Release], wanted: Wanted, past: Past | None = None
) -> Derived:
    nothing = Derived(
        cast("DataFrame[Metric]", empty_frame(Metric)), cast("DataFrame[Base]", empty_frame(Base)),
        cast("DataFrame[BaseYear]", empty_frame(BaseYear)), cast("DataFrame[BaseFar]", empty_frame(BaseFar)),
    )  # fmt: skip
    cube = _cube_of(portion, releases, wanted, past)
    if cube is None:
        return nothing
    coverage = cover(cube, releases)
    if wanted.anew is not None:
        cube.is_settled = ~_are_among(cube, wanted.anew)
    add_up(cube, coverage)
    grid = lay_grid(cube, coverage)
    items = list_items(cube, grid.begin)
    metric = _figures(cube, coverage, grid, items, wanted.months)
    if wanted.anew is None:
        return nothing._replace(metric=metric)
    return Derived(
        metric, base.keep(cube, wanted.anew), gather(cube, wanted.years),
        step_back(cube, coverage, grid, items, wanted.far_years),
    )  # fmt: skip


def _figures(
    cube: Cube, coverage: Coverage, grid: Grid, items: Items, wanted: pl.DataFrame | None
) -> DataFrame[Metric]:  # fmt: skip
    """The figures of the `wanted` months of a cube that is added up. What they are told in is as large as the table, and gone when
    this returns: a January makes years side by side after it."""
    columns, by_flow = _wanted_months(cube, grid.told, wanted)
    row_of, height = number_rows(items.series, items.mass, grid.told, columns, by_flow, cube.flow, len(cube.flows))
    rows = Rows(
        numpy.full((len(FLOATS), height), numpy.nan), numpy.full((len(MONTHS), height), NO_MONTH, numpy.int32),
        numpy.zeros(height, numpy.uint32), numpy.zeros((len(STATUS_ORDER), height), numpy.uint8),
        numpy.zeros(height, numpy.uint8), numpy.zeros(height, numpy.uint8),
    )  # fmt: skip
    column = numpy.searchsorted(cube.fresh, columns)
    asked = Asked(
        items.series, items.mass, row_of, columns, column, cube.per_unit[cube.measure],
        months_changed(_heads(cube), cube.first, columns), cube.yoy, cube.yoy_kinds, cube.ytd_yoy, cube.ytd_yoy_kinds,
    )  # fmt: skip
    near = _near(cube, columns)
    tell_series(all_known(cube, coverage, grid, columns), asked, grid.told, cube.far, rows, near, cube.months)
    group, whole = measured_by_all(cube, coverage)
    parts = numpy.flatnonzero(~cube.is_total)
    ranks, of_rank = rank_partners(
        near, grid.begin, grid.end, group, whole, columns, column, parts[numpy.argsort(group[parts], kind="stable")]
    )
    world = cube.find(
        cube.keys_of(cube.flow, cube.product, numpy.full(cube.height, cube.partners.index(WORLD)), cube.measure)
    )
    tell_partners(asked, rows, near, grid.begin, grid.end, world, cube.is_total, ranks, group, of_rank)
    item, place = numpy.empty(height, numpy.int64), numpy.empty(height, numpy.int64)
    at_item, at_place = numpy.nonzero(row_of >= 0)
    item[row_of[at_item, at_place]], place[row_of[at_item, at_place]] = at_item, at_place
    return cast("DataFrame[Metric]", _as_table(Found(cube, items, item, columns[place], rows)))


def _cube_of(portion: Portion, releases: DataFrame[Release], wanted: Wanted, past: Past | None) -> Cube | None:
    """The cube of a portion, None where nothing is known of it. What it was laid out from is let go: it is as large again."""
    settled = past.read(portion) if past else portion.settled
    numbers = printed_numbers(portion.observation, releases)
    if not numbers.height and (settled is None or settled.is_empty()):
        return None
    fresh = None
    if wanted.months is not None and wanted.anew is not None:
        fresh = wanted.months["month"].unique().sort().to_numpy().astype(numpy.int64)
    return lay_out(numbers, releases, settled, fresh)


def _are_among(cube: Cube, months: pl.DataFrame) -> Array:
    """Whether each flow and fresh month is one of `months` (flow, month index)."""
    found = numpy.zeros((len(cube.flows), len(cube.fresh)), bool)
    for flow, month in months.iter_rows():
        if flow in cube.flows:
            found[cube.flows.index(flow), cube.fresh == month - cube.first] = True
    return found


def _near(cube: Cube, wanted: Array) -> Near:
    """Room for the levels of the wanted months, of those before them and of those a year before."""
    months = numpy.unique(numpy.concatenate([wanted, wanted - 1, wanted - 12]))
    months = months[months >= 0]
    slot = numpy.full(cube.months, -1)
    slot[months] = numpy.arange(len(months))
    shape = (cube.height, len(months))
    return Near(
        months, slot, numpy.full(shape, NOTHING), numpy.zeros(shape, numpy.uint8), numpy.zeros(shape, numpy.uint8)
    )


def _heads(cube: Cube) -> Heads:
    return Heads((cube.products, cube.partners, cube.measures), (cube.product, cube.partner, cube.measure))


def _wanted_months(cube: Cube, told: Array, wanted: pl.DataFrame | None) -> tuple[Array, Array]:
    """Columns of the months that are asked for, and whether each flow wants them."""
    if wanted is None:
        any_ = numpy.bitwise_or.reduce(told, axis=0)
        columns = numpy.array(
            [month for month in range(cube.months) if int(any_[month // 64]) >> month % 64 & 1], numpy.int64
        )
        return columns, numpy.ones((len(cube.flows), len(columns)), bool)
    inside = wanted.filter(
        pl.col("flow").is_in(cube.flows) & pl.col("month").is_between(cube.first, cube.first + cube.months - 1)
    )
    columns = inside["month"].unique().sort().to_numpy() - cube.first
    by_flow = numpy.zeros((len(cube.flows), len(columns)), bool)
    for flow, month in inside.iter_rows():
        by_flow[cube.flows.index(flow), numpy.searchsorted(columns, month - cube.first)] = True
    return columns.astype(numpy.int64), by_flow


def _as_table(found: Found) -> pl.DataFrame:
    """The rows under the names and types of the table."""
    cube, items, rows, schema = found.cube, found.items, found.rows, polars_schema(Metric)
    at = items.series[found.item]
    made = {
        "flow": base.named(Metric, "flow", cube.flows, cube.flow[at]),
        "product": base.named(Metric, "product", cube.products, cube.product[at]),
        "classification": base.named(Metric, "classification", cube.classification, cube.product[at]),
        "partner": base.named(Metric, "partner", cube.partners, cube.partner[at]),
        "measure": base.named(Metric, "measure", items.measures, items.measure[found.item]), "rank": pl.Series(rows.rank),
    }  # fmt: skip
    for place, name in enumerate(FLOATS):
        made[name] = pl.Series(rows.floats[place])
    for place, name in enumerate(MONTHS):
        made[name] = base.first_days(rows.months[place], cube.first)
    for place, name in enumerate(STATUS_ORDER):
        made[status(name)] = base.named(Metric, status(name), STATUSES, rows.statuses[place])
    for name, kinds in (("level_kinds", rows.level_kinds), ("kinds", rows.kinds)):
        made[name] = base.named(Metric, name, NAMES, kinds)
    made["period"] = base.first_days(found.month, cube.first)
    frame = pl.DataFrame(made).with_columns(
        pl.col(FLOATS).fill_nan(None), pl.when(pl.col("rank") > 0).then("rank").alias("rank")
    )
    return frame.select(pl.col(name).cast(kind) for name, kind in schema.items())
