"""Weighs a doubted amount against the goods and the file that it is part of.

A release is held for what can change the figures that people read. A check says of a row what is printed and what would
be expected; the larger of the two, as a part of a month of the goods, is `goods_share`, as a part of the whole release
`file_share`. Where the month is far smaller than the others, such as after the harvest, the middle month of the goods
takes its place: a few kilograms are all of such a month and nothing to a reader. Where both are small the finding is a
warning, and travels with the number.
"""

from collections.abc import Mapping

import polars as pl

from tasks.checks.frame.context import CheckContext
from tasks.checks.frame.published_months import RATED
from tasks.domain.coverage import WORLD
from tasks.domain.thresholds import threshold

GOODS = ["flow", "product"]
# What is printed and what would be expected, for each measure.
Amounts = Mapping[str, tuple[pl.Expr, pl.Expr]]


def weigh(rows: pl.DataFrame, context: CheckContext, amounts: Amounts) -> pl.DataFrame:
    """Add `goods_share` and `file_share` to rows of GOODS and month (an index): the larger of the measures."""
    if rows.is_empty():
        return rows.with_columns(goods_share=pl.lit(0.0), file_share=pl.lit(0.0))
    months, goods, files = _totals(context)
    goods_shares, file_shares = [], []
    rows = rows.with_row_index("weighed")
    for measure, (printed, expected) in amounts.items():
        larger = pl.max_horizontal(printed, expected)
        of_measure = rows.select("weighed", *GOODS, "month", printed=printed, doubted=larger).fill_null(0)
        for total, key in ((months, [*GOODS, "month"]), (goods, GOODS), (files, ["flow"])):
            name = f"of_{len(key)}"
            sums = total.filter(measure=measure).select(*key, pl.col("total").alias(name))
            of_measure = of_measure.join(sums, on=key, how="left", maintain_order="left")
        of_month = pl.col("of_3").fill_null(0) - pl.col("printed") + pl.col("doubted")
        of_file = pl.max_horizontal(pl.col("of_1").fill_null(0) - pl.col("printed") + pl.col("doubted"), of_month)
        shares = of_measure.sort("weighed").select(
            goods=_part(pl.max_horizontal(of_month, "of_2")), file=_part(of_file)
        )
        goods_shares.append(shares["goods"].alias(measure))
        file_shares.append(shares["file"].alias(measure))
    return rows.drop("weighed").with_columns(
        goods_share=pl.DataFrame(goods_shares).max_horizontal(), file_share=pl.DataFrame(file_shares).max_horizontal()
    )


def _part(of: pl.Expr) -> pl.Expr:
    return pl.when(of > 0).then(pl.col("doubted") / of).otherwise(0.0).clip(0, 1)


def _totals(context: CheckContext) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Return `total` by measure: of GOODS and month in the release, of the middle month of GOODS there and as
    published, and of all of a flow in the release."""
    single = context.statements.filter("single", pl.col("measure").is_in(RATED)).with_columns(
        pl.col("measure").cast(pl.String)
    )
    is_world, place = pl.col("partner") == WORLD, [*GOODS, "measure", "month"]
    # The printed world counts where no partner has a row.
    months = single.filter(~is_world | is_world.all().over(place)).group_by(place).agg(total=pl.col("value").sum())
    published = context.sums.by_product.unpivot(
        RATED, index=[*GOODS, "month"], variable_name="measure", value_name="total"
    ).filter(pl.col("total") > 0)
    every = pl.concat([months.select(*place, "total"), published.select(*place, "total")])
    goods = every.group_by(*GOODS, "measure").agg(pl.col("total").median())
    return months, goods, months.group_by("flow", "measure").agg(pl.col("total").sum())


def is_large(worth: pl.Expr) -> pl.Expr:
    """Whether a weighed doubt can change what people read: much of its goods and of the release, or `worth` much by
    itself, in dollars."""
    return is_large_part() | (worth >= threshold("doubt_worth"))


def is_large_part() -> pl.Expr:
    """Whether a weighed doubt is much of its goods and of the release."""
    return is_much_of_its_goods() & (pl.col("file_share") >= threshold("doubt_file_share"))


def is_much_of_its_goods() -> pl.Expr:
    """Whether a weighed doubt is much of a month of its goods."""
    return pl.col("goods_share") >= threshold("doubt_goods_share")
