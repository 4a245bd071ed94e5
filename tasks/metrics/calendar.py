"""Computes all months of some series at once, on a calendar: the general form, for queries about a few products.

Each series has every month from two years before its first number to a year after its last, so that the month before is
never just the row before. `recurrence` computes the same rows month by month from the states of earlier months.
"""

import functools
from typing import cast

import polars as pl

from schemas.table import DataFrame, empty_frame
from schemas.tables.metric import Metric
from schemas.tables.release import Release
from tasks.domain.coverage import QUIET_MONTHS
from tasks.domain.periods import month_index
from tasks.ledger.precedence import printed_numbers
from tasks.metrics.coverage import Coverage, cover
from tasks.metrics.levels import PRINTED_SPANS, Numbers, bit_of, seen, status, traded, with_levels
from tasks.metrics.names import Names
from tasks.metrics.records import on_request, with_records
from tasks.metrics.rows import as_metric, in_order, per_kilogram, with_others
from tasks.metrics.sums import SERIES, add_up
from tasks.metrics.year_to_date import chained_years

YEAR = 12
# The rolling year of the month a year before a series begins.
LOOK_BACK = 23
KEY = ["product", "partner", "measure"]
LOOKED_BACK_ON = {
    1: ("level", "level_status", "kinds"),
    12: ("level", "level_status", "kinds", "ytd", "ytd_kinds", "rolling_12m", "window", "quarter", "quarter_kinds"),
}
PREFIX = {1: "before_", 12: "ago_"}


def derive(
    observation: pl.DataFrame,
    releases: DataFrame[Release],
    wanted: pl.DataFrame | None = None,
    *,
    all_records: bool = True,
) -> DataFrame[Metric]:
    """All metrics from one statement a number (`ledger.merge.current_statements` or `as_of`) and the scopes of the releases.

    For a past day, `releases` are those that were public on it. `wanted` (flow, month index) limits the months of the
    result. For a correct month `observation` must reach back LOOK_BACK_MONTHS and QUIET_MONTHS before it, and to the
    December of its year; numbers outside make no difference. Without `all_records` only the series with records in the
    table `metric` get them.
    """
    numbers = printed_numbers(observation, releases)
    made = [
        _of_flow(flow, rows, releases, wanted, all_records)
        for (flow,), rows in sorted(numbers.group_by("flow"), key=lambda pair: str(pair[0]))
    ]
    return cast("DataFrame[Metric]", pl.concat([empty_frame(Metric), *made]))


def _of_flow(
    flow: object, printed: pl.DataFrame, releases: DataFrame[Release], wanted: pl.DataFrame | None, all_records: bool
) -> pl.DataFrame:
    names = Names.of(
        printed["product"].unique(),
        printed["partner"].unique(),
        printed["measure"].unique(),
        *_window(printed, releases),
        releases=releases,
    )
    numbers = names.numbered(printed.select(*KEY, "month", "span", "value", kinds=bit_of(pl.col("priority"))))
    months = numbers.filter(span="month").select(*SERIES, "value", "kinds", is_sum=pl.lit(False))
    coverage = cover(names, str(flow), releases)
    frame = on_calendar(Numbers(add_up(months, coverage), numbers.filter(pl.col("span") != "month")), coverage)
    made: list[pl.DataFrame] = []
    for is_ratio, rows in ((False, frame), (True, per_kilogram(frame, names))):
        if rows.is_empty():
            continue
        complete = with_records(rows.sort(*KEY, "month"))
        complete = complete if all_records else on_request(complete, names)
        chosen = complete.filter("is_published")
        if wanted is not None:
            asked = wanted.filter(pl.col("flow") == flow).select(pl.col("month").cast(pl.Int32)).unique()
            chosen = chosen.join(asked, on="month", how="semi")
        made.append(as_metric(chosen, names, str(flow), is_ratio=is_ratio))
    return in_order(made, names) if made else empty_frame(Metric)


def on_calendar(numbers: Numbers, coverage: Coverage) -> pl.DataFrame:
    """All months of the series with a number, as input of `rows.as_metric`, without records."""
    names, where = coverage.names, traded(numbers.rows, coverage)
    frame = with_levels(_grid(seen(numbers, names), names), numbers.rows, where, coverage)
    known = pl.concat([coverage.known, frame.filter(pl.col("quiet") == 0).select("product", "month")]).unique()
    known = known.select(at=names.key("product", "month"), is_known=pl.lit(True))
    frame = frame.with_columns(at=names.key("product", "month")).join(known, on="at", how="left", maintain_order="left")
    is_published = (pl.col("quiet") <= QUIET_MONTHS).fill_null(False) & pl.col("is_known").fill_null(False)
    frame = frame.with_columns(is_published=is_published).drop("at", "is_known")
    frame = _with_printed(_side_by_side(_with_sums(frame, numbers, names)), numbers.spans)
    return with_others(frame, numbers.rows, where, coverage)


def _window(printed: pl.DataFrame, releases: pl.DataFrame) -> tuple[int, int]:
    """The first needed month, a January, and the last one."""
    first, last = cast("int", printed["month"].min()), cast("int", printed["month"].max())
    scope = releases.select(month_index("last_month").max()).item()
    return (first - LOOK_BACK) // YEAR * YEAR, min(max(last, scope if scope is not None else last), last + QUIET_MONTHS)


def _grid(seen_months: pl.DataFrame, names: Names) -> pl.DataFrame:
    """Every month of each series (SERIES), and `quiet`: months since its last number, null before the first."""
    last = names.first + names.months - 1
    spans = seen_months.group_by(KEY).agg(begin=pl.col("month").min(), end=pl.col("month").max())
    grid = spans.select(
        *KEY,
        month=pl.int_ranges(
            (pl.col("begin") - LOOK_BACK).clip(lower_bound=names.first), (pl.col("end") + QUIET_MONTHS).clip(upper_bound=last) + 1,
            dtype=pl.Int32,
        ),
    ).explode("month").sort(SERIES)  # fmt: skip
    grid = grid.join(seen_months.select(*SERIES, seen="month"), on=SERIES, how="left", maintain_order="left")
    return grid.with_columns(quiet=pl.col("month") - pl.col("seen").forward_fill().over(KEY)).drop("seen")


def _with_sums(frame: pl.DataFrame, numbers: Numbers, names: Names) -> pl.DataFrame:
    """The frame with year to date and rolling year, each with status and kinds."""
    chained = chained_years(frame, numbers.spans, names)
    frame = frame.join(
        chained.with_columns(is_chained=pl.lit(True)), on=SERIES, how="left", suffix="_chained", maintain_order="left"
    )
    is_chained = pl.col("is_chained").fill_null(False)
    own = ("level", "level_status", "kinds")
    frame = frame.with_columns(pl.when(is_chained).then(f"{name}_chained").otherwise(name).alias(name) for name in own)
    frame = frame.sort(SERIES)
    starts = pl.any_horizontal(pl.col(name) != pl.col(name).shift() for name in KEY).fill_null(True)
    frame = frame.with_columns(series=starts.cum_sum(), place=pl.int_range(pl.len()))
    frame = frame.with_columns(place=pl.col("place") - pl.col("place").min().over("series"))
    year = ["series", pl.col("month") // YEAR]
    has = pl.col("level").is_not_null()
    complete = has.cum_min().over(year) & (pl.col("month").first() % YEAR == 0).over(year)
    summed, of_sum = pl.col("level").cum_sum().over(year), _united(frame, lambda bit: bit.cum_max().over(year))
    full = pl.col("place") >= YEAR - 1
    rolling = pl.when(full).then(pl.col("level").rolling_sum(YEAR, min_samples=YEAR))
    window = _united(frame, functools.partial(_of_last, months=YEAR))
    for name, months in (("two_months", 2), ("quarter", 3)):
        several = pl.when(pl.col("place") >= months - 1).then(pl.col("level").rolling_sum(months, min_samples=months))
        kinds = _united(frame, functools.partial(_of_last, months=months))
        frame = frame.with_columns(several.alias(name)).with_columns(
            pl.when(pl.col(name).is_not_null()).then(kinds).otherwise(pl.lit(0, pl.UInt8)).alias(f"{name}_kinds")
        )
    frame = frame.with_columns(
        quarter_status=pl.when(pl.col("quarter").is_not_null()).then(status("computed")).otherwise(status("incomplete_window")),
        ytd=pl.when(is_chained).then("ytd").when(complete).then(summed),
        ytd_status=pl.when(is_chained).then("ytd_status").when(complete).then(status("sum_of_months")).otherwise(status("incomplete_year")),
        ytd_kinds=pl.when(is_chained).then("ytd_kinds").when(complete).then(of_sum).otherwise(pl.lit(0, pl.UInt8)),
        rolling_12m=rolling, window=pl.when(rolling.is_not_null()).then(window).otherwise(pl.lit(0, pl.UInt8)),
        rolling_12m_status=pl.when(rolling.is_not_null()).then(status("computed")).otherwise(status("incomplete_window")),
    )  # fmt: skip
    return frame.drop(*(f"{name}_chained" for name in own), "is_chained")


def _of_last(bit: pl.Expr, months: int) -> pl.Expr:
    """Whether a bit is set in one of the last months."""
    return bit.cast(pl.UInt8).rolling_max(months, min_samples=1).cast(pl.Boolean)


def _united(frame: pl.DataFrame, gather) -> pl.Expr:  # type: ignore[no-untyped-def]
    """The union of the kinds of several rows."""
    united = pl.lit(0, pl.UInt8)
    for bit in sorted({1 << place for kinds in frame["kinds"].unique() for place in range(8) if kinds >> place & 1}):
        united = united | pl.when(gather((pl.col("kinds") & bit) > 0)).then(pl.lit(bit, pl.UInt8)).otherwise(
            pl.lit(0, pl.UInt8)
        )
    return united


def _side_by_side(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with the numbers of the month before and of the same month a year before."""
    return frame.with_columns(
        pl.when(pl.col("place") >= months).then(pl.col(name).shift(months)).alias(f"{PREFIX[months]}{name}")
        for months, columns in LOOKED_BACK_ON.items()
        for name in columns
    )


def _with_printed(frame: pl.DataFrame, spans: pl.DataFrame) -> pl.DataFrame:
    """The frame with the printed figures of spans, and with printed growth."""
    for span in PRINTED_SPANS:
        own = spans.filter(span=span).select(
            *SERIES, pl.col("value").alias(f"printed_{span}"), pl.col("kinds").alias(f"printed_{span}_kinds")
        )
        frame = frame.join(own, on=SERIES, how="left", maintain_order="left")
    return frame
