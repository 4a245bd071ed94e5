"""Highest and lowest since: the latest earlier month that was at least as extreme, within an unbroken series.

"Highest since March 2022" is only true where every month in between is known, so the look back ends at the first gap,
and the month where it ends stands beside the answer as `series_start`.
"""

import polars as pl


def add_records(figures: pl.DataFrame) -> pl.DataFrame:
    """Adds highest_since, lowest_since (dates), their statuses, and series_start.

    `figures` needs series, month (index), level, level_status. A month is not named where the month before was already
    as extreme (`not_extreme`), nor where the whole unbroken series is less extreme (`series_record`).
    """
    rows = figures.sort("measure", "series", "month").with_columns(
        position=pl.int_range(pl.len(), dtype=pl.Int64),
        begins=(
            (pl.col("measure") != pl.col("measure").shift(1)) | (pl.col("series") != pl.col("series").shift(1))
            | (pl.col("month") - 1 != pl.col("month").shift(1)) | pl.col("level").shift(1).is_null()
        ).fill_null(True),
    )  # fmt: skip
    rows = rows.with_columns(start=pl.when("begins").then("position").forward_fill())
    rows = rows.with_columns(
        series_start=pl.when(pl.col("level").is_not_null()).then(_month_at(rows["month"], rows["start"]))
    )
    for name, sign in (("highest_since", 1), ("lowest_since", -1)):
        levels = rows["level"] * sign
        found = _previous_at_least(levels, rows["position"], rows["start"])
        near = found == rows["position"] - 1
        rows = rows.with_columns(
            pl.when(found.is_not_null() & ~near.fill_null(False)).then(_month_at(rows["month"], found)).alias(name),
            pl.when(rows["level"].is_null()).then("level_status")
            .when(near.fill_null(False)).then(pl.lit("not_extreme"))
            .when(found.is_not_null()).then(pl.lit("computed"))
            .when(rows["position"] == rows["start"]).then(pl.lit("no_base"))
            .otherwise(pl.lit("series_record")).alias(f"{name}_status"),
        )  # fmt: skip
    return rows.drop("position", "begins", "start")


def _month_at(months: pl.Series, positions: pl.Series) -> pl.Series:
    index = months.gather(positions)
    return pl.select(pl.date(index // 12, index % 12 + 1, 1)).to_series()


def _previous_at_least(levels: pl.Series, position: pl.Series, start: pl.Series) -> pl.Series:
    """For each position the nearest earlier one, not before `start`, with a level at least as high; null if none.

    Everybody points to the neighbour before; who points to something lower follows its pointer instead. What lies
    between is lower still, so no candidate is jumped over, and each round at least doubles most of the jumps.
    """
    pointer = (position - 1).set(position == start, None)
    open_ = pointer.is_not_null() & levels.is_not_null()
    while True:
        lower = (levels.gather(pointer) < levels) & open_
        lower = lower.fill_null(False)
        if not lower.any():
            return pointer.set(levels.is_null(), None)
        at = lower.arg_true()
        pointer = pointer.scatter(at, pointer.gather(pointer.gather(at)))
