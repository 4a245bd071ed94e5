"""Highest and lowest since: the unbroken run of a series back from a month, and the latest month in it that was as extreme.

A run goes back as long as each month is published and known, not beyond the last change of definition, and not further than
LOOK_BACK_MONTHS. `metric` has records of the world and the groups, of baskets and lines, and of the products on the watch list; of
all other series they would take longer than everything else, so they are computed on request, from the history of the product.
"""

import polars as pl

from tasks.metrics.levels import status
from tasks.metrics.names import Names
from tasks.scope import LOOK_BACK_MONTHS

MONTH = pl.col("month")
KEY = ["product", "partner", "measure"]


def with_records(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows of whole series on a calendar, in order, with `series_start`, both records and `kinds_of_run`."""
    starts = pl.any_horizontal(pl.col(name) != pl.col(name).shift() for name in KEY).fill_null(True)
    frame = frame.with_columns(row=pl.int_range(pl.len(), dtype=pl.Int32), series=starts.cum_sum())
    has = pl.col("level").is_not_null()
    before_has = has.shift().fill_null(False) & pl.col("is_published").shift().fill_null(False) & ~starts
    is_break = ~has | ~before_has | (pl.col("comparable_from") == MONTH).fill_null(False)
    start = pl.max_horizontal(pl.when(is_break).then(MONTH).forward_fill(), MONTH - LOOK_BACK_MONTHS)
    frame = frame.with_columns(series_start=pl.when(has).then(start))
    steps = range(1, min(LOOK_BACK_MONTHS, frame.height) + 1)
    inside = {step: (MONTH - step >= pl.col("series_start")).fill_null(False) for step in steps}
    records = {}
    for name, sign in (("highest_since", 1), ("lowest_since", -1)):
        level = pl.col("level") * sign
        found = (pl.when(inside[step] & (level.shift(step) >= level)).then(MONTH - step) for step in steps)
        records[name] = pl.coalesce(*found, pl.lit(None, pl.Int32))
    kinds = pl.col("kinds")
    for step in steps:
        kinds = kinds | pl.when(inside[step]).then(pl.col("kinds").shift(step)).otherwise(pl.lit(0, pl.UInt8))
    frame = frame.with_columns(**records, kinds_of_run=kinds)
    return frame.with_columns(column for name in records for column in named(name)).drop("row", "series")


def with_recent(frame: pl.DataFrame, recent: pl.DataFrame, names: Names, month: int) -> pl.DataFrame:
    """The same of one month, from what `recent` months left (SERIES and month as numbers, level, kinds, run); adds `run_of_record`
    too, null for the series whose records are computed on request."""
    key = names.key(*KEY)
    recent = recent.with_columns(series=key)
    last = recent.filter(month - 1 == MONTH).select("series", last_level="level", last_run="run")
    frame = frame.with_columns(series=key).join(last, on="series", how="left", maintain_order="left")
    has = pl.col("level").is_not_null() & pl.col("is_published") & names.is_recorded()
    starts = pl.col("last_run").is_null() | (pl.col("comparable_from") == MONTH).fill_null(False)
    run = pl.when(starts).then(1).otherwise(pl.min_horizontal(pl.col("last_run") + 1, LOOK_BACK_MONTHS + 1)).cast(pl.UInt8)
    frame = frame.with_columns(run_of_record=pl.when(has).then(run))
    frame = frame.with_columns(series_start=(month + 1 - pl.col("run_of_record").cast(pl.Int32)))
    asked = frame.filter(pl.col("run_of_record") > 1).select("series", "series_start", "last_level", now=pl.col("level").cast(pl.Float64))
    older = recent.select("series", "month", "level", of_month="kinds").join(asked, on="series").filter(pl.col("series_start") <= MONTH)
    rises, falls = pl.col("last_level") < pl.col("now"), pl.col("last_level") > pl.col("now")
    as_extreme = (rises & (pl.col("level") >= pl.col("now"))) | (falls & (pl.col("level") <= pl.col("now")))
    found = older.filter(as_extreme).group_by("series").agg(found=MONTH.max())
    united = pl.col("of_month").first() if older["of_month"].n_unique() <= 1 else pl.col("of_month").bitwise_or()
    of_runs = older.group_by("series").agg(kinds_of_run=united)
    frame = frame.join(found, on="series", how="left", maintain_order="left").join(of_runs, on="series", how="left", maintain_order="left")
    last_level, long = pl.col("last_level"), pl.col("run_of_record") > 1
    records = {
        "highest_since": pl.when(long).then(pl.when(last_level >= pl.col("level")).then(month - 1).otherwise("found")),
        "lowest_since": pl.when(long).then(pl.when(last_level <= pl.col("level")).then(month - 1).otherwise("found")),
    }
    frame = frame.with_columns(
        **{name: one.cast(pl.Int32) for name, one in records.items()}, kinds_of_run=pl.col("kinds") | pl.col("kinds_of_run").fill_null(0)
    )
    return on_request(frame.with_columns(column for name in records for column in named(name)), names)


def on_request(frame: pl.DataFrame, names: Names) -> pl.DataFrame:
    """The frame without the records of series that `metric` does not have them of."""
    hidden = ~names.is_recorded() & pl.col("level").is_not_null()
    return frame.with_columns(
        *(pl.when(~hidden).then(name).alias(name) for name in ("highest_since", "lowest_since", "series_start")),
        *(pl.when(hidden).then(status("on_request")).otherwise(name).alias(name) for name in ("highest_since_status", "lowest_since_status")),
    )


def named(name: str) -> list[pl.Expr]:
    """A record and its status: no month is named where the month before was as extreme, nor where no month of the run was."""
    found, start = pl.col(name), pl.col("series_start")
    why = (
        pl.when(pl.col("level").is_null()).then("level_status")
        .when(start == MONTH).then(
            pl.when((pl.col("comparable_from") == MONTH).fill_null(False)).then(status("definition_break")).otherwise(status("no_base")))
        .when(found.is_null()).then(status("series_record")).when(found == MONTH - 1).then(status("not_extreme"))
        .otherwise(status("computed"))
    )  # fmt: skip
    return [pl.when(why == status("computed")).then(found).alias(name), why.alias(f"{name}_status")]
