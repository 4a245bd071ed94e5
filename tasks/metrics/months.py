"""Months of `metric` one after the other, portion by portion of products, from statements and from what earlier months left.

Belongs here: what one portion of one month needs, and the pass over a year with printed totals that comes before its months. How
a month follows from the months before is in `recurrence`; where files lie and how they are written is not known here.
"""

from collections.abc import Mapping
from typing import NamedTuple

import polars as pl
from pandera.typing.polars import DataFrame

from schemas.metric import Metric
from schemas.release import Release
from schemas.state import Recent, State
from schemas.table import empty_frame, polars_schema
from tasks.metrics.coverage import YEAR, Coverage, cover
from tasks.metrics.levels import Numbers, bit_of, traded, with_levels
from tasks.metrics.names import Names
from tasks.metrics.records import with_recent
from tasks.metrics.recurrence import next_month, numbers_of
from tasks.metrics.rows import as_metric, in_order
from tasks.metrics.sums import SERIES, add_up
from tasks.metrics.year_to_date import chained_years
from tasks.periods import first_day
from tasks.scope import basket_members
from tasks.series import printed_numbers

KEY = ["product", "partner", "measure"]
# The rolling year of the same month a year before.
LOOK_BACK = 23


class Inputs(NamedTuple):
    """What a month of a portion is made from: its `statements` where the ledger of the month is new, else its `own` state as it was;
    the states of the month `before` and of a year `ago`; the `recent` levels behind records (with a column `month`)."""

    statements: pl.DataFrame | None
    own: pl.DataFrame
    before: pl.DataFrame
    ago: pl.DataFrame
    recent: pl.DataFrame


class YearTotals(NamedTuple):
    """Of a year in which a source prints totals: all printed figures that are no month, and the months of those series."""

    spans: pl.DataFrame
    chained: pl.DataFrame


class Derived(NamedTuple):
    """The rows of a portion of one month, each table in its order."""

    metric: pl.DataFrame
    state: pl.DataFrame
    recent: pl.DataFrame


def derive_portion(
    flow: str, month: int, inputs: Inputs, releases: DataFrame[Release], totals: YearTotals | None = None
) -> Derived:
    """The rows of a month. Raises OverflowError for a sum that is too large."""
    printed = _printed(inputs, releases)
    names = _names(printed, inputs, totals, (month - LOOK_BACK, month))
    if not names.products:
        return Derived(*(empty_frame(model) for model in (Metric, State, Recent)))
    coverage = cover(names, flow, releases)
    numbers = _numbers(printed, inputs, month, coverage, totals)
    chained = _numbered(totals.chained, names) if totals else None
    made = next_month(month, numbers, _state(inputs.before, names), _state(inputs.ago, names), coverage, chained)
    metric, recent, last = [], [], _numbered(inputs.recent, names)
    for is_ratio, rows in ((False, made.plain), (True, made.per_kilogram)):
        if rows.height:
            complete = with_recent(rows, last, names, month)
            metric.append(as_metric(complete.filter("is_published"), names, flow, is_ratio=is_ratio))
            recent.append(complete.filter(pl.col("run_of_record").is_not_null()).select(
                *KEY, pl.col("level").cast(pl.Float64), "kinds", run="run_of_record"
            ))  # fmt: skip
    return Derived(
        in_order(metric, names) if metric else empty_frame(Metric), _as_table(State, [made.state], names, flow, month),
        _as_table(Recent, recent, names, flow, month),
    )  # fmt: skip


def year_totals(flow: str, year: int, months: Mapping[int, Inputs], releases: DataFrame[Release]) -> YearTotals:
    """What a source prints of a year to date, from the inputs of all months of that year; only products with such figures are
    looked at, and those that they are the sum of."""
    printed = {month: _printed(inputs, releases) for month, inputs in months.items()}
    spans = pl.concat([_spans(printed[month], inputs, month) for month, inputs in months.items()])
    told = spans.filter(pl.col("span").is_in(["ytd", "ytd_yoy"]))
    products = set(told["product"])
    baskets = basket_members().filter(pl.col("product").is_in(products))["part"]
    related = (
        pl.col("product").cast(pl.String).str.contains("^(" + "|".join(sorted({*products, *baskets}, key=len)) + ")")
        if products
        else pl.lit(False)
    )
    first, last = year * YEAR, year * YEAR + YEAR - 1
    names = Names.of({*products, *baskets}, [], [], first, last)
    parts: list[pl.DataFrame] = []
    for month, inputs in months.items():
        own = None if printed[month] is None else printed[month].filter(related)  # type: ignore[union-attr]
        some = inputs._replace(
            own=inputs.own.filter(related),
            before=inputs.before.clear(),
            ago=inputs.ago.clear(),
            recent=inputs.recent.clear(),
        )
        names = _names(own, some, None, (first, last))
        coverage = cover(names, flow, releases)
        rows = _numbers(own, some, month, coverage, None).rows
        parts.append(_texts(rows, names))
    rows = pl.concat(parts)
    names = Names.of(
        {*rows["product"], *products},
        {*rows["partner"], *told["partner"]},
        {*rows["measure"], *told["measure"]},
        first,
        last,
    )
    if not told.height:
        return YearTotals(spans, chained_years(rows.clear(), spans, names))
    coverage = cover(names, flow, releases)
    numbered, figures = names.numbered(rows), names.numbered(told)
    series = figures.select(KEY).unique()
    grid = series.join(pl.DataFrame({"month": [*months]}, schema={"month": pl.Int32}), how="cross")
    frame = with_levels(grid, numbered, traded(numbered, coverage), coverage)
    chained = chained_years(frame, figures, names)
    return YearTotals(spans, _texts(chained, names))


def _printed(inputs: Inputs, releases: DataFrame[Release]) -> pl.DataFrame | None:
    if inputs.statements is None:
        return None
    numbers = printed_numbers(inputs.statements, releases)
    return numbers.select(*KEY, "month", "span", "value", kinds=bit_of(pl.col("standing")))


def _spans(printed: pl.DataFrame | None, inputs: Inputs, month: int) -> pl.DataFrame:
    if printed is None:
        return numbers_of(_as_text(inputs.own), month).spans.select(*KEY, "month", "span", "value", "kinds")
    return printed.filter(pl.col("span") != "month").select(*KEY, "month", "span", "value", "kinds")


def _names(printed: pl.DataFrame | None, inputs: Inputs, totals: YearTotals | None, window: tuple[int, int]) -> Names:
    frames = [inputs.before, inputs.own if printed is None else printed, *([totals.spans] if totals else [])]
    products, partners, measures = (
        {text for frame in frames for text in frame[column].unique().cast(pl.String)} for column in KEY
    )
    return Names.of(products, partners, measures, *window)


def _numbers(
    printed: pl.DataFrame | None, inputs: Inputs, month: int, coverage: Coverage, totals: YearTotals | None
) -> Numbers:
    """The numbers of the month, printed and summed, and the printed figures of its whole year."""
    names = coverage.names
    if printed is None:
        rows = numbers_of(_state(inputs.own, names), month).rows
    else:
        months = names.numbered(printed.filter(span="month"))
        rows = add_up(months.select(*SERIES, "value", "kinds", is_sum=pl.lit(False)), coverage)
    spans = totals.spans if totals else _spans(printed, inputs, month)
    return Numbers(rows, _numbered(spans, names))


def _numbered(frame: pl.DataFrame, names: Names) -> pl.DataFrame:
    """The rows of the series that have names, in numbers."""
    lists = {"product": names.products, "partner": names.partners, "measure": names.measures}
    coded = frame.with_columns(
        pl.col(column).cast(pl.Enum(texts), strict=False).to_physical().cast(pl.UInt32)
        for column, texts in lists.items()
    )
    return coded.drop_nulls(KEY)


def _state(state: pl.DataFrame, names: Names) -> pl.DataFrame:
    """A state in numbers, with the number of each `series`."""
    return _numbered(state, names).with_columns(series=names.key(*KEY)).sort("series")


def _as_text(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.col(KEY).cast(pl.String))


def _texts(frame: pl.DataFrame, names: Names) -> pl.DataFrame:
    return frame.with_columns(names.named(column).cast(pl.String) for column in KEY)


def _as_table(
    model: type[State | Recent], frames: list[pl.DataFrame], names: Names, flow: str, month: int
) -> pl.DataFrame:
    schema = polars_schema(model)
    if not frames:
        return empty_frame(model)
    rows = pl.concat(frames).sort(names.key(*KEY))
    return rows.select(
        flow=pl.lit(flow, dtype=schema["flow"]), **{column: names.named(column) for column in KEY},
        period=pl.lit(first_day(month)), **{name: pl.col(name) for name in schema if name in rows.columns and name not in KEY},
    ).select(pl.col(name).cast(kind) for name, kind in schema.items())  # fmt: skip
