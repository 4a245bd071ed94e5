"""Months as a calendar, not as rows: which months a series has, and what cumulative figures say about them.

A series here has every month from its first to its last, with or without a number, so that "the month before" is the
month before and never the row before.
"""

import polars as pl
from pandera.typing.polars import DataFrame

from schemas.code_tables import code_table
from schemas.release import Release
from tasks.scope import covered_months, family

SERIES = ("flow", "product", "classification", "partner", "measure", "per_unit")
WORLD = "WLD"
GROUPS = tuple(code_table("partner_groups")["group"].unique().sort())
HS_LEVELS = (6, 4, 2)
# A year for the growth of the rolling year and a year for its base: after that long without trade nothing can change.
QUIET_MONTHS = 24


def lay_grid(numbers: pl.DataFrame, releases: DataFrame[Release]) -> pl.DataFrame:
    """Every month of every series: SERIES, month, all_partners, emit.

    Besides the series that have numbers there are those that a reader will look for: the world and the groups of each
    product, and the HS levels above it for the world; where the scope does not allow them they stay empty and say so.
    """
    product = ["flow", "product"]
    spans = numbers.with_columns(
        pl.when(pl.col("span").str.starts_with("ytd")).then(pl.col("month") - pl.col("month") % 12)
        .otherwise("month").alias("first")
    )  # fmt: skip
    spans = spans.filter(pl.col("span").is_in(["month", "ytd"]))
    own = spans.group_by(SERIES).agg(pl.col("first").min(), pl.col("month").max().alias("last"))
    series = pl.concat([own, _looked_for(own)])
    covered = covered_months(releases, series["product"])
    whole = covered.group_by(product).agg(pl.col("month").min().alias("product_first"), pl.col("month").max().alias("product_last"))
    seen = series.group_by(product).agg(pl.col("first").min().alias("seen_first"), pl.col("last").max().alias("seen_last"))
    series = series.join(whole, on=product, how="left").join(seen, on=product)
    begin = pl.max_horizontal(pl.min_horizontal("product_first", "seen_first"), pl.col("first") - QUIET_MONTHS)
    end = pl.min_horizontal(pl.max_horizontal("product_last", "seen_last"), pl.col("last") + QUIET_MONTHS)
    grid = (
        series.with_columns(month=pl.int_ranges(begin, end + 1, dtype=pl.Int32)).explode("month")
        .with_columns((pl.col("month") >= pl.col("first")).alias("emit"), family().alias("family"))
    )  # fmt: skip
    everyone = covered.filter(pl.col("partners") == "all").select(*product, "family", "month").unique()
    grid = grid.join(everyone.with_columns(all_partners=pl.lit(True)), on=[*product, "family", "month"], how="left")
    return grid.select(*SERIES, "month", pl.col("all_partners").fill_null(False), "emit").sort(*SERIES, "month")


def _looked_for(own: pl.DataFrame) -> pl.DataFrame:
    """Series without numbers of their own: WLD and groups of each product, HS levels above HS8 for the world."""
    real = own.filter(~pl.col("partner").is_in([WORLD, *GROUPS]))
    totals = [real.with_columns(partner=pl.lit(total)) for total in (WORLD, *GROUPS)]
    eights = own.filter(pl.col("classification") == "HS8").with_columns(partner=pl.lit(WORLD))
    above = [
        eights.with_columns(product=pl.col("product").str.slice(0, level), classification=pl.lit(f"HS{level}"))
        for level in HS_LEVELS
    ]
    wanted = pl.concat([*totals, *above]).group_by(SERIES).agg(pl.col("first").min(), pl.col("last").max())
    return wanted.select(own.columns).join(own, on=SERIES, how="anti")


def chain_years(series: pl.DataFrame) -> pl.DataFrame:
    """Year to date of every month, and months that follow from cumulative figures.

    Adds ytd and ytd_status; fills level where a cumulative figure gives it. Within a year the cumulative figures and the
    months are links of one chain: each cumulative figure is the one before plus the month. What is printed stands; the
    rest is carried forward from January and then back from the last printed figure.
    """
    year = [*SERIES, "year"]
    series = series.with_columns(year=pl.col("month") // 12, place=pl.col("month") % 12 + 1)
    plain = series.with_columns(
        pl.col("level").cum_sum().over(year).alias("ytd"),
        (pl.col("level").cum_count().over(year) == pl.col("place")).alias("complete"),
    )
    plain = plain.with_columns(
        pl.when("complete").then("ytd").alias("ytd"),
        pl.when("complete").then(pl.lit("sum_of_months")).otherwise(pl.lit("incomplete_year")).alias("ytd_status"),
    )
    chained = plain.filter(pl.col("printed_ytd").is_not_null().any().over(year))
    rest = plain.join(chained, on=year, how="anti")
    columns = [name for name in series.columns if name not in ("year", "place", "printed_ytd")] + ["ytd", "ytd_status"]
    return pl.concat([rest.select(columns), _chain(chained).select(columns)]).sort(*SERIES, "month")


def _chain(rows: pl.DataFrame) -> pl.DataFrame:
    """`rows` of whole series-years in month order, with level, ytd and printed_ytd; see `chain_years`."""
    year = [*SERIES, "year"]
    total = pl.coalesce("printed_ytd", "ytd")
    rows = rows.with_columns(total=total)
    for _ in range(12):
        before = pl.when(pl.col("place") == 1).then(0).otherwise(pl.col("total").shift(1).over(year))
        rows = rows.with_columns(total=pl.coalesce("total", before + pl.col("level")))
    for _ in range(12):
        after = pl.col("total").shift(-1).over(year) - pl.col("level").shift(-1).over(year)
        rows = rows.with_columns(total=pl.coalesce("total", after))
    before = pl.when(pl.col("place") == 1).then(0).otherwise(pl.col("total").shift(1).over(year))
    difference = pl.col("total") - before
    # January and February unknown under a known February total: the source gives the two months as one.
    first_two = pl.col("place") <= 2
    together = (
        first_two
        & (pl.col("level").is_null() | ~first_two).all().over(year)
        & (pl.col("total").is_not_null() & (pl.col("place") == 2)).any().over(year)
    )
    found = pl.col("level").is_null() & (difference >= 0)
    return rows.with_columns(
        pl.when(found).then(pl.lit("ytd_difference"))
        .when(pl.col("level").is_null() & together).then(pl.lit("combined_months"))
        .otherwise("level_status").alias("level_status"),
        pl.coalesce("level", pl.when(found).then(difference)).alias("level"),
        pl.col("total").alias("ytd"),
        pl.when(pl.col("printed_ytd").is_not_null()).then(pl.lit("reported"))
        .when(pl.col("ytd").is_not_null()).then("ytd_status")
        .when(pl.col("total").is_not_null()).then(pl.lit("ytd_difference"))
        .otherwise(pl.lit("incomplete_year")).alias("ytd_status"),
    )  # fmt: skip
