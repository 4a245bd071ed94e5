"""Computes highest and lowest since: the unbroken run of a series back from a month, and the latest month as extreme.

A run goes back as long as each month is published and known, not beyond the last change of definition, and at most
LOOK_BACK_MONTHS. `metric` has records of the world and the groups, of baskets and lines, and of the products on the
watch list; those of all other series would take longer than everything else, so they are computed on request, from the
history of the product.
"""

import polars as pl

from tasks.domain.coverage import LOOK_BACK_MONTHS
from tasks.metrics.levels import status
from tasks.metrics.names import Names

MONTH = pl.col("month")
KEY = ["product", "partner", "measure"]
RECORDS = ("highest_since", "lowest_since")
READ = ("level", "level_status", "kinds", "is_published", "comparable_from")
STATUSES = tuple(f"{name}_status" for name in RECORDS)
MADE = ("series_start", *RECORDS, *STATUSES)


def with_records(frame: pl.DataFrame) -> pl.DataFrame:
    """Rows of whole series on a calendar, in order, with `series_start`, both records and `kinds_of_run`."""
    starts = pl.any_horizontal(pl.col(name) != pl.col(name).shift() for name in KEY).fill_null(True)
    has = pl.col("level").is_not_null()
    goes_on = has.shift().fill_null(False) & pl.col("is_published").shift().fill_null(False) & ~starts
    is_break = ~has | ~goes_on | (pl.col("comparable_from") == MONTH).fill_null(False)
    start = pl.max_horizontal(pl.when(is_break).then(MONTH).forward_fill(), MONTH - LOOK_BACK_MONTHS)
    frame = frame.with_columns(
        series=starts.cum_sum(),
        series_start=pl.when(has).then(start),
        last_level=pl.when(goes_on).then(pl.col("level").shift()),
    )
    return _with_extremes(frame, frame.select("series", "level", "kinds", past="month")).drop("series", "last_level")


def with_recent(frame: pl.DataFrame, recent: pl.DataFrame, names: Names, month: int) -> pl.DataFrame:
    """The same for one month, from the `recent` months (KEY and month as numbers, level, kinds, run).

    Adds `run_of_record` too, null for the series whose records are computed on request.
    """
    recorded = frame.select(names.is_recorded().arg_true()).to_series()
    some = frame.select(*KEY, "month", *READ)[recorded].with_columns(series=names.key(*KEY))
    recent = recent.select("level", "kinds", "run", series=names.key(*KEY), past="month")
    last = recent.filter(pl.col("past") == month - 1).select("series", last_level="level", last_run="run")
    some = some.join(last, on="series", how="left", maintain_order="left")
    has = pl.col("level").is_not_null() & pl.col("is_published")
    starts = pl.col("last_run").is_null() | (pl.col("comparable_from") == MONTH).fill_null(False)
    run = (
        pl.when(starts)
        .then(1)
        .otherwise(pl.min_horizontal(pl.col("last_run") + 1, LOOK_BACK_MONTHS + 1))
        .cast(pl.UInt8)
    )
    some = some.with_columns(run_of_record=pl.when(has).then(run))
    some = some.with_columns(series_start=month + 1 - pl.col("run_of_record").cast(pl.Int32))
    made = _with_extremes(some, recent.drop("run")).select("run_of_record", "kinds_of_run", *MADE)
    hidden = pl.when(pl.col("level").is_null()).then("level_status").otherwise(status("on_request"))
    others = frame.select(
        pl.lit(None, pl.UInt8).alias("run_of_record"), pl.col("kinds").alias("kinds_of_run"),
        *(pl.lit(None, pl.Int32).alias(name) for name in ("series_start", *RECORDS)),
        *(hidden.alias(name) for name in STATUSES),
    )  # fmt: skip
    # Few series have records, so theirs are put among the others.
    return frame.with_columns(others[name].scatter(recorded, made[name]) for name in made.columns)


def _with_extremes(frame: pl.DataFrame, older: pl.DataFrame) -> pl.DataFrame:
    """The frame with the records of runs that begin with `series_start`.

    `older` has the levels of months (series, past, level, kinds), `last_level` is that of the month before.
    """
    now, last, past = pl.col("now"), pl.col("last_level"), pl.col("past")
    asked = frame.filter(pl.col("series_start") < MONTH).select(
        "series", "month", "series_start", "last_level", now="level"
    )
    of_run = older.join(asked, on="series").filter(past >= pl.col("series_start"), past < MONTH)
    # A month above the one before can only be a high, one below it only a low.
    level = pl.col("level")
    as_extreme = ((last < now) & (level >= now)) | ((last > now) & (level <= now))
    found = of_run.filter(as_extreme).group_by("series", "month").agg(found=past.max())
    frame = frame.join(found, on=["series", "month"], how="left", maintain_order="left")
    if of_run["kinds"].n_unique() > 1 or frame["kinds"].n_unique() > 1:
        kinds = of_run.group_by("series", "month").agg(kinds_of_run=pl.col("kinds").bitwise_or())
        frame = frame.join(kinds, on=["series", "month"], how="left", maintain_order="left")
        frame = frame.with_columns(kinds_of_run=pl.col("kinds") | pl.col("kinds_of_run").fill_null(0))
    else:
        frame = frame.with_columns(kinds_of_run="kinds")
    is_run, before = (pl.col("series_start") < MONTH).fill_null(False), MONTH - 1
    frame = frame.with_columns(
        highest_since=pl.when(is_run).then(pl.when(last >= level).then(before).otherwise("found")),
        lowest_since=pl.when(is_run).then(pl.when(last <= level).then(before).otherwise("found")),
    ).drop("found")
    return frame.with_columns(column for name in RECORDS for column in _named(name))


def on_request(frame: pl.DataFrame, names: Names) -> pl.DataFrame:
    """The frame without records of the series for which `metric` has none."""
    shown = names.is_recorded() | pl.col("level").is_null()
    return frame.with_columns(
        *(pl.when(shown).then(name).alias(name) for name in (*RECORDS, "series_start")),
        *(pl.when(shown).then(name).otherwise(status("on_request")).alias(name) for name in STATUSES),
    )


def _named(name: str) -> list[pl.Expr]:
    """A record and its status.

    It names no month where the month before was as extreme, or where no month of the run was.
    """
    found, start = pl.col(name), pl.col("series_start")
    is_change = (pl.col("comparable_from") == MONTH).fill_null(False)
    why = (
        pl.when(pl.col("level").is_null()).then("level_status")
        .when(start == MONTH).then(pl.when(is_change).then(status("definition_break")).otherwise(status("no_base")))
        .when(found.is_null()).then(status("series_record")).when(found == MONTH - 1).then(status("not_extreme"))
        .otherwise(status("computed"))
    )  # fmt: skip
    return [pl.when(why == status("computed")).then(found).alias(name), why.alias(f"{name}_status")]
