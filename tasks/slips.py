"""Gate D, third part: is the file what it is declared to be?

The direction, the scope and, but for one word of a title, the currency of a query stand nowhere in its records. What
gives a slip away is what was published before. The same rules as in `tasks/check.py`: a check returns findings and
changes nothing.
"""

import polars as pl

from tasks.findings import Rows, finding
from tasks.judged import MONEY, Check, Judged
from tasks.precedents import EXAMPLES
from tasks.scope import asked_products, month_text, without_lost

# Yuan for a dollar: 8.7 in 1994, 6.0 in 2014, and 5.2 to 5.8 in the years before 1994.
CNY_PER_USD_MIN, CNY_PER_USD_MAX = 5, 10
# Below this a month may be a parcel, and rounding to whole units is part of the rate.
SMALL_USD = 1_000
REMOVED_SHARE_MAX = 0.05
CELL = ["flow", "product", "measure", "month"]


def _other_flow(judged: Judged) -> Rows:
    """The very bytes that were published as the other direction: one of the two declarations is wrong."""
    row = judged.row
    if row["flow"] is None:
        return
    same = judged.known.releases.filter(pl.col("raw_sha256") == row["raw_sha256"], pl.col("flow") != row["flow"])
    for other in same.sort("release_id").iter_rows(named=True):
        yield finding(
            "other_flow",
            "error",
            row["title"],
            observed=f"declared as {row['flow']}",
            expected=f"{other['flow']}, as which {other['release_id']} has published the same bytes",
            advice="Reject it, or see which of the two the query was for; a file has one direction.",
        )


def _exchange_rate(judged: Judged) -> Rows:
    """One trade in two currencies tells a rate; far from any that there was, one of the two titles is wrong."""
    if judged.row["reporter"] != "CHN":
        return
    key = ["flow", "product", "partner", "period_start", "period_end"]
    shared = [*key, "measure"]
    money = pl.col("measure").is_in(["value_usd", "value_cny"])
    mine, theirs = judged.own.filter(money), judged.beside.filter(money, pl.col("kind") != "published")
    if pl.concat([mine["measure"], theirs["measure"]]).n_unique() < 2:
        return
    mine = mine.group_by(shared).agg(pl.col("value").sum(), new=pl.lit(True))
    theirs = theirs.select(*shared, "value", new=pl.lit(False)).join(mine, on=shared, how="anti")
    both = pl.concat([mine, theirs])
    pairs = both.group_by(key).agg(
        pl.col("new").any(),
        **{name: pl.col("value").filter(measure=f"value_{name}").sum() for name in ("usd", "cny")},
    )
    months = (
        pairs.filter("new", (pl.col("usd") > 0) & (pl.col("cny") > 0))
        .group_by("flow", "period_end")
        .agg(pl.col("usd", "cny").sum())
        .filter(pl.col("usd") >= SMALL_USD)
        .with_columns(rate=pl.col("cny") / pl.col("usd"))
    )
    strange = months.filter(~pl.col("rate").is_between(CNY_PER_USD_MIN, CNY_PER_USD_MAX)).sort("flow", "period_end")
    for found in strange.head(EXAMPLES).iter_rows(named=True):
        yield finding(
            "exchange_rate",
            "error",
            f"{found['flow']} {found['period_end']:%Y-%m}",
            observed=f"{found['rate']:.4g} yuan for a dollar, {found['cny']:,} CNY and {found['usd']:,} USD of the same trade"
            f" ({strange.height} such months)",
            expected=f"{CNY_PER_USD_MIN} to {CNY_PER_USD_MAX} yuan for a dollar",
            advice="See which currency the query was for; one of the two files has the wrong title.",
        )


def _products_removed(judged: Judged) -> Rows:
    """A product that was published for a month and has no row at all where it was asked for again: codes do not vanish
    from a month that was told, unless the query was for less than is declared."""
    row = judged.row
    if row["partners"] == "keys" or not row["by_month"]:
        return
    told = judged.beside.filter(
        "single", MONEY, pl.col("month").is_between(judged.first, judged.last), pl.col("measure").is_in(row["measures"]),
        pl.col("partner").is_in(row["partner_list"]) | (row["partners"] == "all"),
        flow=row["flow"], source=row["source"], classification=row["classification"],
    ).filter(pl.col("known_from") <= row["released_on"])  # fmt: skip
    if not told.height:
        return
    before = told.group_by(CELL).agg(pl.col("value").sum()).with_columns(pl.col("product").cast(pl.String))
    asked = asked_products(judged.release.release, before["product"], roll_up=False)
    before = without_lost(before.join(asked, on="product"), judged.release.release)
    now = judged.own.select(CELL).unique().with_columns(pl.col("product").cast(pl.String))
    sums = before.group_by("flow", "measure", "month").agg(total=pl.col("value").sum())
    gone = (
        before.join(now, on=CELL, how="anti")
        .group_by("flow", "measure", "month")
        .agg(pl.col("value").sum(), pl.col("product").sort())
        .join(sums, on=["flow", "measure", "month"])
        .filter(pl.col("value") / pl.col("total") > REMOVED_SHARE_MAX)
        .with_columns(name=month_text())
        .sort("flow", "measure", "month")
    )
    for found in gone.head(EXAMPLES).iter_rows(named=True):
        yield finding(
            "product_removed",
            "error",
            f"{found['flow']} {found['measure']} {found['name']}",
            observed=f"no row of {', '.join(found['product'][:EXAMPLES])}, where {found['value']:,} was published "
            f"({found['value'] / found['total']:.1%} of what was asked for; {gone.height} such months)",
            expected="the products, with their old or revised numbers",
            advice="Compare with the site; declare the products and months that were asked for, or approve.",
        )


SLIPS: tuple[Check, ...] = (_other_flow, _exchange_rate, _products_removed)
