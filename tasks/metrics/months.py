"""Computes months of `metric` one after the other, by portions of products, from statements and earlier states.

Belongs here: the inputs of one portion of one month, and the pass over a year with printed totals that precedes its
months. `recurrence` computes a month from the months before; the place and format of files are not known here.
"""

from collections.abc import Collection, Mapping
from typing import NamedTuple

import polars as pl

from schemas.table import DataFrame, empty_frame, polars_schema
from schemas.tables.metric import Metric
from schemas.tables.release import Release
from schemas.tables.state import Recent, State
from tasks.domain.classification import basket_members
from tasks.domain.periods import index_month
from tasks.ledger.precedence import printed_numbers
from tasks.metrics.calendar import on_calendar
from tasks.metrics.coverage import YEAR, Coverage, cover
from tasks.metrics.levels import Numbers, bit_of, traded, with_levels
from tasks.metrics.names import Names, in_sequence
from tasks.metrics.records import on_request, with_recent, with_records
from tasks.metrics.recurrence import next_month, numbers_of, states_of
from tasks.metrics.rows import as_metric, in_order, per_kilogram
from tasks.metrics.sums import SERIES, add_up
from tasks.metrics.year_to_date import chained_years

KEY = ["product", "partner", "measure"]
# The rolling year of the same month a year before.
LOOK_BACK = 23


class Inputs(NamedTuple):
    """The inputs of a month of a portion.

    Its `statements` where the ledger of the month is new, else its unchanged `own` state; the states of the month
    `before` and of a year `ago`; the `recent` levels for records (with a column `month`).
    """

    statements: pl.DataFrame | None
    own: pl.DataFrame
    before: pl.DataFrame
    ago: pl.DataFrame
    recent: pl.DataFrame


class YearTotals(NamedTuple):
    """For a year with printed totals: all printed figures of other spans, and the months of those series."""

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
    printed = _printed(inputs.statements, releases)
    names = _names(printed, inputs, totals, (month - LOOK_BACK, month), releases)
    if not names.products:
        return Derived(*(empty_frame(model) for model in (Metric, State, Recent)))
    coverage = cover(names, flow, releases)
    numbers = _numbers(printed, inputs, month, coverage, totals)
    chained = _numbered(totals.chained, names) if totals else None
    made = next_month(month, numbers, _state(inputs.before, names), _state(inputs.ago, names), coverage, chained)
    state, last = _as_table(State, [made.state], names, flow), _numbered(inputs.recent, names)
    halves, metric, recent = [(True, made.per_kilogram), (False, made.plain)], [], []
    # The largest portion decides how much memory a release takes, so each table goes as soon as it has been used.
    del made, numbers, inputs, printed
    while halves:
        is_ratio, rows = halves.pop()
        if rows.height:
            rows = with_recent(rows, last, names, month)
            recent.append(rows.filter(pl.col("run_of_record").is_not_null()).select(
                *KEY, "month", pl.col("level").cast(pl.Float64), "kinds", run="run_of_record"
            ))  # fmt: skip
            metric.append(as_metric(rows.filter("is_published"), names, flow, is_ratio=is_ratio))
        del rows
    return Derived(
        in_order(metric, names) if metric else empty_frame(Metric), state, _as_table(Recent, recent, names, flow)
    )


def derive_span(
    flow: str,
    months: Collection[int],
    statements: pl.DataFrame,
    kept: Mapping[int, pl.DataFrame],
    releases: DataFrame[Release],
) -> Derived:
    """The rows of several months at once, for small data: the same as `derive_portion` computes month after month.

    `statements` are those of the months whose ledger is new; `kept` the states of all other months that are used, as
    far back as records reach.
    """
    printed = _printed(statements, releases)
    assert printed is not None
    nothing = _of_month(_as_text(empty_frame(State)).drop("flow", "period"), 0)
    states = pl.concat([nothing, *(_of_month(_as_text(state), month) for month, state in kept.items())])
    products, partners, measures = ({*printed[column], *states[column]} for column in KEY)
    if not products:
        return Derived(*(empty_frame(model) for model in (Metric, State, Recent)))
    known = [*months, *printed["month"], *kept]
    window = ((min(known) - LOOK_BACK) // YEAR * YEAR, max(known))
    names = Names.of(products, partners, measures, *window, releases=releases)
    coverage = cover(names, flow, releases)
    own, spoken = numbers_of(names.numbered(states)), names.numbered(printed)
    sums = add_up(spoken.filter(span="month").select(*SERIES, "value", "kinds", is_sum=pl.lit(False)), coverage)
    spans = spoken.filter(pl.col("span") != "month").select(own.spans.columns)
    numbers = Numbers(pl.concat([sums, own.rows.select(sums.columns)]), pl.concat([spans, own.spans]))
    frame = on_calendar(numbers, coverage)
    asked = pl.col("month").is_in([*months])
    metric, recent = [], []
    for is_ratio, rows in ((False, frame), (True, per_kilogram(frame, names))):
        if rows.height:
            complete = with_records(rows.sort(*KEY, "month")).filter("is_published", asked)
            metric.append(as_metric(on_request(complete, names), names, flow, is_ratio=is_ratio))
            recent.append(complete.filter(names.is_recorded(), pl.col("level").is_not_null()).select(
                *KEY, "month", pl.col("level").cast(pl.Float64), "kinds",
                run=(pl.col("month") - pl.col("series_start") + 1).cast(pl.UInt8),
            ))  # fmt: skip
    return Derived(
        in_order(metric, names) if metric else empty_frame(Metric),
        _as_table(State, [states_of(frame).filter(asked)], names, flow),
        _as_table(Recent, recent, names, flow),
    )


def year_totals(flow: str, year: int, months: Mapping[int, Inputs], releases: DataFrame[Release]) -> YearTotals:
    """The printed figures of a year to date, from the inputs of all months of that year.

    Only products with such figures are read, and their parts.
    """
    printed = {month: _printed(inputs.statements, releases) for month, inputs in months.items()}
    spans = pl.concat([_spans(printed[month], inputs, month) for month, inputs in months.items()])
    cumulative = spans.filter(pl.col("span").is_in(["ytd", "ytd_yoy"]))
    products = set(cumulative["product"])
    baskets = basket_members().filter(pl.col("product").is_in(products))["part"]
    related = (
        pl.col("product").cast(pl.String).str.contains("^(" + "|".join(sorted({*products, *baskets}, key=len)) + ")")
        if products
        else pl.lit(False)
    )
    first, last = year * YEAR, year * YEAR + YEAR - 1
    parts: list[pl.DataFrame] = []
    for month, inputs in months.items():
        own = None if printed[month] is None else printed[month].filter(related)  # type: ignore[union-attr]
        some = inputs._replace(
            own=inputs.own.filter(related),
            before=inputs.before.clear(),
            ago=inputs.ago.clear(),
            recent=inputs.recent.clear(),
        )
        names = _names(own, some, None, (first, last), releases)
        coverage = cover(names, flow, releases)
        rows = _numbers(own, some, month, coverage, None).rows
        parts.append(_texts(rows, names))
    rows = pl.concat(parts)
    names = Names.of(
        {*rows["product"], *products},
        {*rows["partner"], *cumulative["partner"]},
        {*rows["measure"], *cumulative["measure"]},
        first,
        last,
        releases=releases,
    )
    if not cumulative.height:
        return YearTotals(spans, chained_years(rows.clear(), spans, names))
    coverage = cover(names, flow, releases)
    numbered, figures = names.numbered(rows), names.numbered(cumulative)
    series = figures.select(KEY).unique()
    grid = series.join(pl.DataFrame({"month": [*months]}, schema={"month": pl.Int32}), how="cross")
    frame = with_levels(grid, numbered, traded(numbered, coverage), coverage)
    chained = chained_years(frame, figures, names)
    return YearTotals(spans, _texts(chained, names))


def _printed(statements: pl.DataFrame | None, releases: DataFrame[Release]) -> pl.DataFrame | None:
    if statements is None:
        return None
    numbers = printed_numbers(statements, releases)
    return numbers.select(*KEY, "month", "span", "value", kinds=bit_of(pl.col("priority")))


def _spans(printed: pl.DataFrame | None, inputs: Inputs, month: int) -> pl.DataFrame:
    if printed is None:
        return numbers_of(_of_month(_as_text(inputs.own), month)).spans.select(*KEY, "month", "span", "value", "kinds")
    return printed.filter(pl.col("span") != "month").select(*KEY, "month", "span", "value", "kinds")


def _names(
    printed: pl.DataFrame | None,
    inputs: Inputs,
    totals: YearTotals | None,
    window: tuple[int, int],
    releases: DataFrame[Release],
) -> Names:
    frames = [inputs.before, inputs.own if printed is None else printed, *([totals.spans] if totals else [])]
    products, partners, measures = (
        {text for frame in frames for text in frame[column].unique().cast(pl.String)} for column in KEY
    )
    return Names.of(products, partners, measures, *window, releases=releases)


def _numbers(
    printed: pl.DataFrame | None, inputs: Inputs, month: int, coverage: Coverage, totals: YearTotals | None
) -> Numbers:
    """The numbers of the month, printed and summed, and the printed figures of other spans of its whole year."""
    names = coverage.names
    if printed is None:
        rows = numbers_of(_of_month(_state(inputs.own, names), month)).rows
    else:
        months = names.numbered(printed.filter(span="month"))
        rows = add_up(months.select(*SERIES, "value", "kinds", is_sum=pl.lit(False)), coverage)
    spans = totals.spans if totals else _spans(printed, inputs, month)
    return Numbers(rows, _numbered(spans, names))


def _numbered(frame: pl.DataFrame, names: Names) -> pl.DataFrame:
    """The rows of the series that have names, encoded as numbers."""
    lists = {"product": names.products, "partner": names.partners, "measure": names.measures}
    coded = frame.with_columns(
        pl.col(column).cast(pl.Enum(texts), strict=False).to_physical().cast(pl.UInt32)
        for column, texts in lists.items()
    )
    return coded.drop_nulls(KEY)


def _state(state: pl.DataFrame, names: Names) -> pl.DataFrame:
    """A state encoded as numbers, with the number of each `series`."""
    return in_sequence(_numbered(state, names).with_columns(series=names.key(*KEY)), "series")


def _of_month(frame: pl.DataFrame, month: int) -> pl.DataFrame:
    return frame.with_columns(month=pl.lit(month, pl.Int32))


def _as_text(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.col(KEY).cast(pl.String))


def _texts(frame: pl.DataFrame, names: Names) -> pl.DataFrame:
    return frame.with_columns(names.named(column).cast(pl.String) for column in KEY)


def _as_table(model: type[State | Recent], frames: list[pl.DataFrame], names: Names, flow: str) -> pl.DataFrame:
    schema = polars_schema(model)
    if not frames:
        return empty_frame(model)
    rows = pl.concat(frames)
    is_one = rows["month"].n_unique() <= 1
    rows = in_sequence(rows.with_columns(key=names.key(*KEY)), *(["key"] if is_one else ["month", "key"]))
    return rows.select(
        flow=pl.lit(flow, dtype=schema["flow"]), **{column: names.named(column) for column in KEY},
        period=index_month("month"), **{name: pl.col(name) for name in schema if name in rows.columns and name not in KEY},
    ).select(pl.col(name).cast(kind) for name, kind in schema.items())  # fmt: skip
