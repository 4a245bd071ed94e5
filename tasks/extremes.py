"""Highest and lowest since: the latest earlier month that was at least as extreme, within an unbroken series.

"Highest since March 2022" is only true where every month in between is known and means the same, so the look back ends
at the first gap and at `comparable_from`, and the month where it ends stands beside the answer as `series_start`. It also ends after LOOK_BACK_MONTHS, so that a
month can be computed from a bounded past: a record is then one of at least that many months.
"""

import polars as pl

LOOK_BACK_MONTHS = 60


def add_records(figures: pl.DataFrame) -> pl.DataFrame:
    """Adds highest_since, lowest_since (dates), their statuses, and series_start.

    `figures` needs series, month (index), level, level_status, emit, comparable_from (index). A month is not named where the month before was already
    as extreme (`not_extreme`), nor where the whole unbroken series is less extreme (`series_record`).
    """
    rows = figures.sort("series", "month").with_columns(
        position=pl.int_range(pl.len(), dtype=pl.Int64),
        begins=(
            (pl.col("series") != pl.col("series").shift(1))
            | (pl.col("month") - 1 != pl.col("month").shift(1))
            | pl.col("level").shift(1).is_null()
            | ~pl.col("emit").shift(1)
        ).fill_null(True)
        | (pl.col("month") == pl.col("comparable_from")).fill_null(False),
    )
    rows = rows.with_columns(start=pl.when("begins").then("position").forward_fill())
    begins = rows["start"]
    farthest = pl.col("month") - LOOK_BACK_MONTHS
    rows = rows.with_columns(
        start=pl.max_horizontal("start", pl.col("position") - LOOK_BACK_MONTHS),
        series_start=pl.when(pl.col("level").is_not_null()).then(
            _first_day(pl.max_horizontal(farthest, pl.col("month").gather(pl.col("start"))))
        ),
    )
    for name, sign in (("highest_since", 1), ("lowest_since", -1)):
        rows = rows.with_columns(found=_previous_at_least(rows["level"] * sign, begins))
        rows = rows.with_columns(pl.when(pl.col("found") >= pl.col("start")).then("found").alias("found"))
        near = (pl.col("found") == pl.col("position") - 1).fill_null(False)
        rows = rows.with_columns(
            pl.when(~near).then(_month_at("found")).alias(name),
            pl.when(pl.col("level").is_null()).then("level_status")
            .when(near).then(pl.lit("not_extreme"))
            .when(pl.col("found").is_not_null()).then(pl.lit("computed"))
            .when(pl.col("month") == pl.col("comparable_from")).then(pl.lit("definition_break"))
            .when(pl.col("position") == pl.col("start")).then(pl.lit("no_base"))
            .otherwise(pl.lit("series_record")).alias(f"{name}_status"),
        )  # fmt: skip
    return rows.drop("position", "begins", "start", "found")


def _month_at(position: str) -> pl.Expr:
    """First day of the month in the row at a position, null where there is none."""
    return _first_day(pl.col("month").gather(pl.col(position)))


def _first_day(index: pl.Expr) -> pl.Expr:
    return pl.date(index // 12, index % 12 + 1, 1)


def _previous_at_least(levels: pl.Series, start: pl.Series) -> pl.Series:
    """For each position the nearest earlier one, not before `start`, with a level at least as high; null if none.

    Everybody points to the neighbour before; who points to something lower follows its pointer instead. What lies
    between is lower still, so no candidate is jumped over, and only those who still look are looked at again.
    """
    position = pl.int_range(levels.len(), eager=True)
    pointer = (position - 1).set((position == start) | levels.is_null(), None)
    looking = pointer.is_not_null().arg_true()
    while looking.len():
        at = pointer.gather(looking)
        lower = levels.gather(at) < levels.gather(looking)
        looking = looking.filter(lower)
        at = pointer.gather(at.filter(lower))
        pointer = pointer.scatter(looking, at)
        looking = looking.filter(at.is_not_null())
    return pointer
