"""What the releases at hand speak about: inside a scope a missing number means no trade, outside it nothing is known.

A scope is products (a shorter code stands for all below it, * for all), partners (all, listed, or just the keys of the
records), months and measure families. Everything here answers one question about keys: is this one covered?
"""

import polars as pl
from pandera.typing.polars import DataFrame

from schemas.release import Release

LEVELS = (2, 4, 6, 8)
EVERYTHING = "*"


def family(measure: str = "measure") -> pl.Expr:
    """The measure family of a measure: all quantities of a product stand or fall together, each currency by itself."""
    name = pl.col(measure)
    return (
        pl.when(name.str.ends_with("_yoy")).then(pl.lit("quantity_yoy"))
        .when(name.str.starts_with("quantity")).then(pl.lit("quantity")).otherwise(name)
    )  # fmt: skip


def month_index(day: str | pl.Expr) -> pl.Expr:
    """Months as consecutive whole numbers, year x 12 + month - 1."""
    date = pl.col(day) if isinstance(day, str) else day
    return date.dt.year().cast(pl.Int32) * 12 + date.dt.month().cast(pl.Int32) - 1


def index_month(index: str) -> pl.Expr:
    """First day of the month that has this index."""
    return pl.date(pl.col(index) // 12, pl.col(index) % 12 + 1, 1)


def scoped_products(releases: DataFrame[Release], products: pl.Series) -> pl.DataFrame:
    """Which of `products` each release asked for: columns release_id, product."""
    codes = pl.DataFrame({"product": products.unique().drop_nulls()}, schema={"product": pl.String})
    asked = releases.select("release_id", asked="products").explode("asked")
    lengths = [pl.col("product").str.slice(0, level) for level in LEVELS]
    above = codes.with_columns(
        pl.concat_list(pl.lit(EVERYTHING), "product", *lengths).list.unique().alias("asked")
    ).explode("asked")
    return asked.join(above, on="asked").select("release_id", "product").unique()


def covered_months(releases: DataFrame[Release], products: pl.Series) -> pl.DataFrame:
    """Months that are covered product by product: flow, product, family, month (index), release_id, partners.

    Only releases with a figure for each month cover months, and only those that speak for more than their own keys.
    """
    monthly = releases.filter(pl.col("by_month") & (pl.col("partners") != "keys"))
    months = (
        monthly.select(
            "release_id", "flow", "partners", family="measures",
            month=pl.int_ranges(month_index("first_month"), month_index("last_month") + 1, dtype=pl.Int32),
        )
        .explode("month")
        .explode("family")
    )  # fmt: skip
    return months.join(scoped_products(monthly, products), on="release_id")


def within_scope(keys: pl.DataFrame, releases: DataFrame[Release]) -> pl.DataFrame:
    """Those of `keys` (flow, product, partner, measure, month) about which some release speaks, with or without a row.

    A group of partners, and the world, is inside a scope only where every partner was asked for.
    """
    covered = covered_months(releases, keys["product"])
    columns = ["flow", "product", "family", "month"]
    asked = keys.with_columns(family().alias("family"))
    whole = asked.join(covered.filter(pl.col("partners") == "all"), on=columns, how="semi")
    listed = covered.filter(pl.col("partners") == "listed")
    if not listed.height:
        return whole.select(keys.columns)
    lists = releases.select("release_id", partner="partner_list").explode("partner")
    part = (
        asked.join(whole, on=asked.columns, how="anti", nulls_equal=True)
        .join(listed.select(*columns, "release_id"), on=columns)
        .join(lists, on=["release_id", "partner"], how="semi")
    )
    return pl.concat([whole.select(keys.columns), part.select(keys.columns).unique()])
