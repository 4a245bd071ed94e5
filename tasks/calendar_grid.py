"""Months as a calendar, not as rows: which months a series has, and what cumulative figures say about them.

A series here has every month from its first to its last, with or without a number, so that "the month before" is the
month before and never the row before.
"""

import polars as pl

from schemas.code_tables import code_table
from tasks.kinds import add_kinds_of_years
from tasks.scope import CELL, WORLD, covered_cells, family

SERIES = ("flow", "product", "classification", "partner", "measure", "per_unit")
GROUPS = tuple(code_table("partner_groups")["group"].unique().sort())
HS_LEVELS = (6, 4, 2)
# A year for the growth of the rolling year and a year for its base: after that long without trade nothing can change.
QUIET_MONTHS = 24


def lay_grid(numbers: pl.DataFrame, releases: pl.DataFrame) -> pl.DataFrame:
    """Every month of every series, in order: series (its number), SERIES, month, all_partners, emit.

    Besides the series that have numbers there are those that a reader will look for: the world and the groups of each
    product, and the HS levels above it for the world, in all months of what they would be made of; where the scope does
    not allow them they stay empty and say so. A series is told (`emit`) in the months about which something is known of
    its product, from a number of its own until QUIET_MONTHS after it; what else is here serves as a base.

    Whether a month is told depends on it and on the months before it in bounded number, never on what comes after (but
    for cumulative figures later in its year): so a month stays as it was published, whatever is added.
    """
    product = ["flow", "product"]
    seen = _months_seen(numbers)
    seen = pl.concat([seen, _looked_for(seen)]).unique()
    series = seen.group_by(SERIES).agg(pl.col("month").min().alias("first"), pl.col("month").max().alias("last"))
    series = series.sort(SERIES).with_row_index("series")
    cells = covered_cells(releases, series["product"])
    known = pl.concat([cells.select(*product, "month"), seen.select(*product, "month")]).unique()
    reach = known.group_by(product).agg(pl.col("month").min().alias("from"), pl.col("month").max().alias("to"))
    begin = pl.max_horizontal("from", pl.col("first") - QUIET_MONTHS)
    end = pl.min_horizontal("to", pl.col("last") + QUIET_MONTHS)
    grid = (
        series.join(reach, on=product)
        .with_columns(family().alias("family"), month=pl.int_ranges(begin, end + 1, dtype=pl.Int32))
        .explode("month")
        .join(cells.filter("everyone"), on=CELL, how="left")
        .join(known.with_columns(known=pl.lit(True)), on=[*product, "month"], how="left")
        .join(seen.with_columns(seen="month"), on=[*SERIES, "month"], how="left")
        .sort("series", "month")
    )
    since = pl.col("month") - pl.col("seen").forward_fill().over("series")
    return grid.select(
        "series", *SERIES, "month", pl.col("everyone").fill_null(False).alias("all_partners"),
        (pl.col("known") & (since <= QUIET_MONTHS)).fill_null(False).alias("emit"),
    )  # fmt: skip


def _months_seen(numbers: pl.DataFrame) -> pl.DataFrame:
    """SERIES and every month of which some number speaks; a cumulative figure speaks of all months since January."""
    first = pl.when(pl.col("span").str.starts_with("ytd")).then(pl.col("month") - pl.col("month") % 12)
    months = pl.int_ranges(pl.coalesce(first, "month"), pl.col("month") + 1, dtype=pl.Int32)
    return numbers.select(*SERIES, month=months).explode("month").unique()


def _looked_for(seen: pl.DataFrame) -> pl.DataFrame:
    """Series that need no numbers of their own: WLD and groups of each product, HS levels above HS8 for the world."""
    real = seen.filter(~pl.col("partner").is_in([WORLD, *GROUPS])).drop("partner").unique()
    totals = real.join(pl.DataFrame({"partner": [WORLD, *GROUPS]}), how="cross")
    eights = seen.filter(pl.col("classification") == "HS8").drop("partner").unique().with_columns(partner=pl.lit(WORLD))
    above = [
        eights.with_columns(product=pl.col("product").str.slice(0, level), classification=pl.lit(f"HS{level}"))
        for level in HS_LEVELS
    ]
    return pl.concat([part.select(seen.columns) for part in (totals, *above)])


def chain_years(series: pl.DataFrame) -> pl.DataFrame:
    """Year to date of every month, and months that follow from cumulative figures.

    Adds ytd, ytd_status and ytd_kinds; fills level where a cumulative figure gives it. Within a year the cumulative figures and the
    months are links of one chain: each cumulative figure is the one before plus the month. A printed figure stands,
    unless every month so far is told by a better kind of release; from it the chain is carried forwards and backwards
    as far as the months are known. `series` is in order of series and month.
    """
    year = ["series", "year"]
    rows = series.with_columns(year=pl.col("month") // 12, place=pl.col("month") % 12 + 1).with_columns(
        so_far=pl.col("level").fill_null(0).cum_sum().over(year),
        gaps=pl.col("place").first().over(year) - 1 + pl.col("level").is_null().cum_sum().over(year),
        worst=pl.col("level_standing").cum_max().over(year),
    )
    complete = pl.col("gaps") == 0
    outranked = (complete & (pl.col("worst") < pl.col("ytd_standing"))).fill_null(False)
    rows = rows.with_columns(printed=pl.when(~outranked).then("printed_ytd"))
    is_printed = pl.col("printed").is_not_null()
    offset = pl.when(is_printed).then(pl.col("printed") - pl.col("so_far"))
    gaps_there = pl.when(is_printed).then("gaps")
    rows = rows.with_columns(
        ahead=pl.when(gaps_there.forward_fill().over(year) == pl.col("gaps"))
        .then(offset.forward_fill().over(year) + pl.col("so_far"))
        .otherwise(pl.when(complete).then("so_far")),
        behind=pl.when(gaps_there.backward_fill().over(year) == pl.col("gaps"))
        .then(offset.backward_fill().over(year) + pl.col("so_far")),
    )  # fmt: skip
    # A total that would be less than an earlier one contradicts it: the printed figures are rounded, or revised.
    floor = pl.coalesce(pl.col("ahead").cum_max().forward_fill().over(year), 0)
    rows = rows.with_columns(total=pl.coalesce("ahead", pl.when(pl.col("behind") >= floor).then("behind")))
    before = pl.when(pl.col("place") == 1).then(0).otherwise(pl.col("total").shift(1).over(year))
    difference = pl.when(pl.col("level").is_null()).then(pl.col("total") - before)
    rows = add_kinds_of_years(rows.with_columns(left_over=pl.when(difference >= 0).then(difference)))
    found = pl.col("left_over").is_not_null()
    # January and February unknown under a known February total: the sources give the two months as one.
    first_two = pl.col("place") <= 2
    together = (
        (pl.col("level").is_null() | ~first_two).all().over(year)
        & (pl.col("total").is_not_null() & (pl.col("place") == 2)).any().over(year)
        & first_two
    )
    return rows.with_columns(
        pl.when(found).then(pl.lit("ytd_difference"))
        .when(pl.col("level").is_null() & together).then(pl.lit("combined_months"))
        .otherwise("level_status").alias("level_status"),
        pl.coalesce("level", "left_over").alias("level"),
        pl.col("total").alias("ytd"),
        pl.when(is_printed).then(pl.lit("reported"))
        .when(pl.col("total").is_null()).then(pl.lit("incomplete_year"))
        .when(complete & (pl.col("total") == pl.col("so_far"))).then(pl.lit("sum_of_months"))
        .otherwise(pl.lit("ytd_difference")).alias("ytd_status"),
    ).drop("year", "place", "so_far", "gaps", "worst", "printed", "ahead", "behind", "total",
           "left_over", "printed_ytd", "level_standing", "ytd_standing")  # fmt: skip
