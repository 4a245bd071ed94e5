"""Computes one month of many series from three tables: its numbers, the state of the month before and of a year before.

    ytd(m)     = level(m) + ytd(m-1)                    in January: level(m)
    rolling(m) = level(m) + rolling(m-1) - level(m-12)

So the cost of a month does not depend on the length of the history. Unknown numbers are null and stay null: the year to
date until the next January, the rolling year until twelve months are known again (`run` counts them). A series without
a row in a state has had no number for a year; its value then follows from the scopes of the releases alone.
"""

from typing import NamedTuple

import polars as pl

from schemas.tables.observation import KINDS
from tasks.metrics.coverage import YEAR, Coverage, priority_in
from tasks.metrics.levels import (
    PRINTED_SPANS,
    STATUS,
    Numbers,
    bit_of,
    levels_of,
    looked_for,
    printed_spans_of,
    status,
    traded,
)
from tasks.metrics.names import Names
from tasks.metrics.rows import per_kilogram, with_others
from tasks.metrics.year_to_date import YTD

SERIES = ("product", "partner", "measure")
BEFORE = (
    "level",
    "level_status",
    "kinds",
    "ytd",
    "ytd_kinds",
    "rolling",
    "run",
    "window",
    "two_months",
    "two_months_kinds",
    "quiet",
    "idle",
)
AGO = ("level", "level_status", "kinds", "ytd", "ytd_kinds", "rolling", "run", "window", "quarter", "quarter_kinds")
# What a month reads of the states of the month before it and of a year ago.
LOOKED_UP = tuple(dict.fromkeys((*SERIES, *BEFORE, *AGO)))
STATE = (
    *SERIES, "level", "level_status", "has_row", "kinds", "ytd", "ytd_status", "ytd_kinds", "rolling", "run", "window_counts",
    "two_months", "two_months_kinds", "quarter", "quarter_kinds", "quiet", "idle", *(f"printed_{span}{suffix}" for span in PRINTED_SPANS for suffix in ("", "_kinds")),
)  # fmt: skip
IDLE_MAX = 13
# Four bits count the months of a kind in a window of twelve.
COUNTER = 4


class Month(NamedTuple):
    """A month of a portion of products.

    `plain` rows and rows `per_kilogram`, as input of `rows.as_metric`, without records; and the `state` for the next
    months (product, partner, measure as numbers).
    """

    plain: pl.DataFrame
    per_kilogram: pl.DataFrame
    state: pl.DataFrame


def next_month(
    month: int,
    numbers: Numbers,
    before: pl.DataFrame,
    ago: pl.DataFrame,
    coverage: Coverage,
    chained: pl.DataFrame | None = None,
) -> Month:
    """The month from its numbers, the states `before` it and a year `ago`, and rows of series with printed totals.

    `numbers.spans` are those of the whole year; for the rows with printed totals in its year see
    `year_to_date.chained_years`.
    """
    names = coverage.names
    frame, where = _series(month, numbers, before, names), traded(numbers.rows, coverage)
    frame = _looked_up(frame, before, "before_", BEFORE, month - 1, coverage)
    frame = _looked_up(frame, ago, "ago_", AGO, month - YEAR, coverage)
    frame = levels_of(frame, where, coverage)
    frame = _with_chained(frame, chained, month, names)
    frame = _with_sums(frame, month)
    frame = _with_printed(frame, numbers.spans, month, names)
    state = frame.select("month", *STATE).rename({"window_counts": "window"})
    frame = with_others(_published(frame, month, coverage), numbers.rows, where, coverage)
    return Month(frame, per_kilogram(frame, names), state)


def states_of(frame: pl.DataFrame) -> pl.DataFrame:
    """The states of all months of a frame of `calendar.on_calendar`, with a column `month`."""
    frame = frame.sort("series", "month")
    has, level = pl.col("level").is_not_null(), pl.col("level").fill_null(0)
    frame = frame.with_columns(unbroken=(~has).cum_sum().over("series"))
    of_run = ["series", "unbroken"]
    counts = pl.when(has).then(counts_of(pl.col("kinds"))).otherwise(pl.lit(0, pl.UInt32)).cast(pl.Int64)
    last_trade = pl.when("is_here").then("month").forward_fill().over("series")
    return frame.with_columns(
        run=has.cum_sum().over(of_run).clip(0, YEAR).cast(pl.UInt8),
        rolling=pl.when(has).then(level.rolling_sum(YEAR, min_samples=1).over(of_run)).otherwise(0),
        window_counts=pl.when(has).then(counts.rolling_sum(YEAR, min_samples=1).over(of_run)).otherwise(0).cast(pl.UInt32),
        idle=(pl.col("month") - last_trade).fill_null(IDLE_MAX).clip(0, IDLE_MAX).cast(pl.UInt8),
        quiet=pl.col("quiet").clip(0, YEAR + 1).cast(pl.UInt8),
    ).filter(pl.col("quiet") <= YEAR).select("month", *STATE).rename({"window_counts": "window"})  # fmt: skip


def numbers_of(state: pl.DataFrame) -> Numbers:
    """The printed and summed numbers of months from their states (SERIES as numbers, and the month)."""
    has_value = pl.col("level_status").is_in([STATUS["reported"], STATUS["sum"]])
    rows = state.filter("has_row").select(
        *SERIES, "month", value=pl.when(has_value).then("level"), kinds="kinds",
        is_sum=pl.col("level_status") == STATUS["sum"],
    )  # fmt: skip
    spans = [
        state.filter(pl.col(f"printed_{span}").is_not_null()).select(
            *SERIES,
            "month",
            span=pl.lit(span),
            value=f"printed_{span}",
            kinds=f"printed_{span}_kinds",
        )
        for span in PRINTED_SPANS
    ]
    return Numbers(rows, pl.concat(spans))


def _series(month: int, numbers: Numbers, before: pl.DataFrame, names: Names) -> pl.DataFrame:
    """The series of the month in order, with their numbers: those with a number in it or in the year before.

    A series with a number comes first among its rows, and the others are dropped. Sorted keys make joins several times
    faster.
    """
    rows = numbers.rows.select(
        "value", "is_sum", of_row="kinds", has_row=pl.lit(True), series=names.key(*SERIES), quiet=pl.lit(0, pl.UInt8)
    )
    of_spans = printed_spans_of(numbers.spans, names).filter(pl.col("month") == month)
    own = pl.concat([numbers.rows.select(of_spans.columns), of_spans])
    own = (
        pl.concat([of_spans, looked_for(own, names).select(of_spans.columns)])
        .select(series=names.key(*SERIES), quiet=pl.lit(0, pl.UInt8))
        .unique("series")
    )
    carried = before.filter(pl.col("quiet") < YEAR).select("series", quiet=pl.col("quiet") + 1)
    frame = pl.concat([rows, own, carried], how="diagonal").sort("series", maintain_order=True)
    frame = frame.filter(pl.col("series").ne_missing(pl.col("series").shift())).with_columns(
        pl.col("series").set_sorted()
    )
    key = frame.rename({"series": "key"}).select(pl.exclude("key"), *names.unpacked(*SERIES), series="key")
    return key.with_columns(month=pl.lit(month, pl.Int32))


def _looked_up(
    frame: pl.DataFrame, state: pl.DataFrame, prefix: str, columns: tuple[str, ...], month: int, coverage: Coverage
) -> pl.DataFrame:
    """The frame with columns of the state of a month; a series without a row there gets its values from the scopes."""
    names = coverage.names
    there = state.select("series", *(pl.col(name).alias(f"{prefix}{name}") for name in columns))
    found = frame.join(there, on="series", how="left", maintain_order="left")
    is_missing = found[f"{prefix}level_status"].is_null()
    missing = found.filter(is_missing).select(frame.columns)
    if not missing.height:
        return found
    place = names.key("product", "partner")
    missing = names.with_family(missing).with_columns(place=place)
    idle = _idle(state, missing["place"], coverage)
    missing = missing.join(idle, on="place", how="left", maintain_order="left")
    silent = _silent(coverage.silence(missing, month), month)
    rows = is_missing.arg_true()
    return found.with_columns(
        found[f"{prefix}{name}"].scatter(rows, silent[f"of_{name}"].cast(there.schema[f"{prefix}{name}"]))
        for name in columns
    )


def _idle(state: pl.DataFrame, places: pl.Series, coverage: Coverage) -> pl.DataFrame:
    """For some places the months since any part of them was traded, itself or in codes below it."""
    names = coverage.names
    place = names.key("product", "partner")
    own = state.select("product", "partner", "idle")
    if coverage.is_mixed:
        codes = state.filter(names.is_national()).select("product", "partner", "idle")
        above = pl.concat([codes.with_columns(product=names.above(level)) for level in (6, 4, 2)])
        totals = [
            above.filter(~names.is_total()).with_columns(partner=pl.lit(total, pl.UInt32)) for total in names.totals
        ]
        own = pl.concat([own, above, *totals])
    asked = own.select("idle", place=place).join(places.unique().to_frame(), on="place", how="semi")
    return asked.group_by("place").agg(pl.col("idle").min())


def _silent(missing: pl.DataFrame, month: int) -> pl.DataFrame:
    """The values of series for which a missing row means no trade for `run` months."""
    run, spoken, of_year = pl.col("run"), pl.col("spoken"), month % YEAR + 1
    bits = [
        pl.when(run > place)
        .then(bit_of(priority_in(spoken, place).clip(0, len(KINDS) - 1)))
        .otherwise(pl.lit(0, pl.UInt8))
        for place in range(YEAR)
    ]
    ytd_kinds, window = bits[0], counts_of(bits[0])
    for place in range(1, YEAR):
        window = window + counts_of(bits[place])
        if place < of_year:
            ytd_kinds = ytd_kinds | bits[place]
    return missing.with_columns(
        of_level=pl.when(run > 0).then(0), of_level_status=pl.when(run > 0).then(status("zero")).otherwise(status("not_covered")),
        of_kinds=bits[0], of_ytd=pl.when(run >= of_year).then(0),
        of_ytd_kinds=pl.when(run >= of_year).then(ytd_kinds).otherwise(pl.lit(0, pl.UInt8)),
        of_two_months=pl.when(run >= 2).then(0), of_two_months_kinds=pl.when(run >= 2).then(bits[0] | bits[1]).otherwise(pl.lit(0, pl.UInt8)),
        of_quarter=pl.when(run >= 3).then(0),
        of_quarter_kinds=pl.when(run >= 3).then(bits[0] | bits[1] | bits[2]).otherwise(pl.lit(0, pl.UInt8)),
        of_rolling=pl.lit(0), of_run=run, of_window=window, of_quiet=pl.lit(YEAR), of_idle=pl.col("idle").fill_null(IDLE_MAX),
    )  # fmt: skip


def counts_of(kinds: pl.Expr) -> pl.Expr:
    """A set of kinds as one month of each: a counter of four bits for each kind."""
    ones = [
        sum(1 << COUNTER * place for place in range(len(KINDS)) if bits >> place & 1) for bits in range(2 ** len(KINDS))
    ]
    return pl.lit(pl.Series(ones, dtype=pl.UInt32)).gather(kinds)


def _counted(counts: pl.Expr) -> pl.Expr:
    """The kinds with a counter other than 0."""
    united = pl.lit(0, pl.UInt8)
    for place in range(len(KINDS)):
        is_there = counts // 2 ** (COUNTER * place) % 2**COUNTER > 0
        united = united | pl.when(is_there).then(pl.lit(1 << place, pl.UInt8)).otherwise(pl.lit(0, pl.UInt8))
    return united


def _with_chained(frame: pl.DataFrame, chained: pl.DataFrame | None, month: int, names: Names) -> pl.DataFrame:
    """The frame with level and year to date of the series with printed totals in this year."""
    if chained is None or not chained.height:
        none = {"ytd": pl.Int64, "ytd_status": pl.UInt8, "ytd_kinds": pl.UInt8}
        return frame.with_columns(
            *(pl.lit(None, kind).alias(name) for name, kind in none.items()), is_chained=pl.lit(False)
        )
    own = chained.filter(pl.col("month") == month).select(
        *(pl.col(name).alias(f"of_{name}") for name in YTD), series=names.key(*SERIES), is_chained=pl.lit(True)
    )
    found = frame.join(own, on="series", how="left", maintain_order="left").with_columns(
        pl.col("is_chained").fill_null(False)
    )
    return found.with_columns(
        *(
            pl.when("is_chained").then(f"of_{name}").otherwise(name).alias(name)
            for name in ("level", "level_status", "kinds")
        ),
        *(pl.col(f"of_{name}").alias(name) for name in ("ytd", "ytd_status", "ytd_kinds")),
    ).drop(f"of_{name}" for name in YTD)


def _with_sums(frame: pl.DataFrame, month: int) -> pl.DataFrame:
    """Apply the recurrence."""
    level, has, none = pl.col("level"), pl.col("level").is_not_null(), pl.lit(0, pl.UInt8)
    summed = level if month % YEAR == 0 else level + pl.col("before_ytd")
    of_sum = pl.col("kinds") if month % YEAR == 0 else pl.col("kinds") | pl.col("before_ytd_kinds")
    chained, is_full = pl.col("is_chained"), pl.col("before_run") >= YEAR
    rolling = level + pl.col("before_rolling") - pl.when(is_full).then("ago_level").otherwise(0)
    window = counts_of(pl.col("kinds")) + pl.col("before_window")
    window = window - pl.when(is_full).then(counts_of(pl.col("ago_kinds"))).otherwise(pl.lit(0, pl.UInt32))
    frame = frame.with_columns(
        ytd=pl.when(chained).then("ytd").otherwise(summed),
        run=pl.when(has).then(pl.min_horizontal(pl.col("before_run") + 1, YEAR)).otherwise(none).cast(pl.UInt8),
        rolling=pl.when(has).then(rolling).otherwise(0),
        two_months=level + pl.col("before_level"),
        quarter=level + pl.col("before_two_months"),
        window_counts=pl.when(has).then(window).otherwise(pl.lit(0, pl.UInt32)).cast(pl.UInt32),
        idle=pl.when("is_here")
        .then(none)
        .otherwise(pl.min_horizontal(pl.col("before_idle") + 1, IDLE_MAX))
        .cast(pl.UInt8),
    )
    frame = frame.with_columns(
        two_months_kinds=pl.when(pl.col("two_months").is_not_null())
        .then(pl.col("kinds") | pl.col("before_kinds"))
        .otherwise(none),
        quarter_kinds=pl.when(pl.col("quarter").is_not_null())
        .then(pl.col("kinds") | pl.col("before_two_months_kinds"))
        .otherwise(none),
        quarter_status=pl.when(pl.col("quarter").is_not_null())
        .then(status("computed"))
        .otherwise(status("incomplete_window")),
    )
    has_ytd, is_year, was_year = pl.col("ytd").is_not_null(), pl.col("run") >= YEAR, pl.col("ago_run") >= YEAR
    return frame.with_columns(
        ytd_status=pl.when(chained).then("ytd_status").when(has_ytd).then(status("sum_of_months")).otherwise(status("incomplete_year")),
        ytd_kinds=pl.when(chained).then("ytd_kinds").when(has_ytd).then(of_sum).otherwise(none),
        rolling_12m=pl.when(is_year).then("rolling"),
        rolling_12m_status=pl.when(is_year).then(status("computed")).otherwise(status("incomplete_window")),
        window=pl.when(is_year).then(_counted(pl.col("window_counts"))).otherwise(none),
        ago_rolling_12m=pl.when(was_year).then("ago_rolling"),
        ago_window=pl.when(was_year).then(_counted(pl.col("ago_window"))).otherwise(none),
    )  # fmt: skip


def _with_printed(frame: pl.DataFrame, spans: pl.DataFrame, month: int, names: Names) -> pl.DataFrame:
    """The frame with the month's printed figures of other spans."""
    for span in PRINTED_SPANS:
        own = spans.filter(pl.col("month") == month, span=span).select(
            pl.col("value").alias(f"printed_{span}"),
            pl.col("kinds").alias(f"printed_{span}_kinds"),
            series=names.key(*SERIES),
        )
        frame = frame.join(own, on="series", how="left", maintain_order="left")
    return frame


def _published(frame: pl.DataFrame, month: int, coverage: Coverage) -> pl.DataFrame:
    """The frame with `is_published`: whether any release covers the product in the month."""
    known = coverage.known.filter(pl.col("month") == month)["product"]
    spoken = frame.select(pl.col("product").filter(pl.col("quiet") == 0)).to_series()
    covered = pl.repeat(False, coverage.names.size("product"), eager=True).scatter(pl.concat([known, spoken]), True)
    return frame.with_columns(is_published=pl.lit(covered).gather(pl.col("product")))
