"""Gate D: checks the declared direction and currency of a file.

The records of a query do not contain its direction, and its currency appears only in one word of a title. Published
data reveals a mistake. `tasks/checks/declared_months.py` looks for wrong months. A check returns findings and changes
nothing.
"""

import polars as pl

from tasks.checks.context import EXAMPLES, CheckContext
from tasks.checks.registry import check
from tasks.domain.findings import Rows, found_in
from tasks.domain.text import counted

# Yuan per dollar: 8.7 in 1994, 6.0 in 2014, and 5.2 to 5.8 in the years before 1994.
CNY_PER_USD_MIN, CNY_PER_USD_MAX = 5, 10
# The query of China customs has a column for each of the two; other sources print one currency.
DOLLARS_OR_YUAN = ("value_usd", "value_cny")
# Below this a month may be a parcel, and rounding to whole units distorts the rate.
SMALL_USD = 1_000
# Since 1994 a dollar was 6.0 to 8.7 yuan; the price may have moved as well.
SHIFT_MIN, SHIFT_MAX = 5.5, 10
# A price that stayed within this factor of its median for this many months shows its currency.
STEADY_FACTOR, STEADY_MONTHS_MIN = 2, 3


@check(severity="error")
def _other_flow(context: CheckContext) -> Rows:
    """Find files whose very bytes were published as the other direction: one of the two declarations is wrong."""
    row = context.row
    if row["flow"] is None:
        return
    same = context.known.counting.filter(pl.col("raw_sha256") == row["raw_sha256"], pl.col("flow") != row["flow"])
    yield from found_in(
        same.sort("release_id"),
        "other_flow",
        "error",
        "{title}",
        title=row["title"],
        observed=f"declared as {row['flow']}",
        expected="{flow}, as which {release_id} has published the same bytes",
        advice="Reject it, or see which of the two the query was for; a file has one direction.",
    )


@check(severity="error")
def _exchange_rate(context: CheckContext) -> Rows:
    """Find exchange rates of one trade in two currencies that are far from any past one: one title is wrong."""
    if context.row["reporter"] != "CHN":
        return
    key = ["flow", "product", "partner", "period_start", "period_end"]
    shared = [*key, "measure"]
    money = pl.col("measure").is_in(DOLLARS_OR_YUAN)
    mine, theirs = context.own.filter(money), context.published_rows.filter(money, pl.col("kind") != "published")
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
    yield from found_in(
        strange.head(EXAMPLES),
        "exchange_rate",
        "error",
        "{flow} {period_end:%Y-%m}",
        observed="{rate:.4g} yuan for a dollar, {cny:,} CNY and {usd:,} USD of the same trade ({count})",
        expected=f"{CNY_PER_USD_MIN} to {CNY_PER_USD_MAX} yuan for a dollar",
        count=counted(strange.height, "such month"),
        advice="See which currency the query was for; one of the two files has the wrong title.",
    )


@check(severity="error")
def other_currency(context: CheckContext) -> Rows:
    """Find yuan under the title of dollars, or the reverse: most prices differ by an exchange rate from before."""
    if context.row["kind"] == "published" or not context.months:
        return
    for money in DOLLARS_OR_YUAN:
        ratios = pl.concat([_ratios_of_one_month(context, money), _ratios_of_prices(context, money)])
        ratio = pl.col("ratio")
        ratios = ratios.with_columns(
            high=ratio.is_between(SHIFT_MIN, SHIFT_MAX), low=(1 / ratio).is_between(SHIFT_MIN, SHIFT_MAX)
        )
        for _, rows in ratios.sort("flow", "month", "product").group_by("flow", maintain_order=True):
            shifted = max((rows.filter(name) for name in ("high", "low")), key=lambda frame: frame.height)
            yield from _first_of_most(
                shifted,
                rows,
                money,
                observed="{ratio:.3g} times what was published, {product} in {at} ({hits} of {count})",
                expected="values as before; a rate of exchange lies between",
                advice=(
                    "See which currency this query and the one before were for; one of the two may have the wrong"
                    " title."
                ),
            )
        yield from _price_of_other_currency(context, money)


def _price_of_other_currency(context: CheckContext, money: str) -> Rows:
    """Find it where the other currency alone is published: a kilogram costs in dollars what it cost in yuan."""
    if context.sums.by_product.height < STEADY_MONTHS_MIN:
        return
    other = next(name for name in DOLLARS_OR_YUAN if name != money)
    mine = context.trades.filter("new", pl.col(money) > 0).select("flow", "product").unique()
    if context.sums.by_product.filter(pl.col(money) > 0).join(mine, on=["flow", "product"], how="semi").height:
        return
    ratios = _ratios_of_prices(context, money, other)
    currency = other.removeprefix("value_").upper()
    for _, rows in ratios.sort("flow", "month", "product").group_by("flow", maintain_order=True):
        equal = rows.filter(pl.col("ratio").is_between(1 / STEADY_FACTOR, STEADY_FACTOR))
        yield from _first_of_most(
            equal,
            rows,
            money,
            expected=f"a rate of exchange between them, {CNY_PER_USD_MIN} to {CNY_PER_USD_MAX} yuan for a dollar",
            observed=(
                f"a kilogram at {{ratio:.3g}} times what was published in {currency}, {{product}} in {{at}} ({{hits}}"
                " of {count})"
            ),
            advice="See which currency the query was for; the title of its values may be wrong.",
        )


def _first_of_most(hits: pl.DataFrame, rows: pl.DataFrame, money: str, **texts: str) -> Rows:
    """The finding about the first of these ratios, if most of all `rows` are among them."""
    first = hits.head(2 * hits.height > rows.height)
    yield from found_in(
        first,
        "other_currency",
        "error",
        "{flow} {money}",
        money=money,
        hits=hits.height,
        count=counted(rows.height, "such comparison"),
        **texts,
    )


def _ratios_of_one_month(context: CheckContext, money: str) -> pl.DataFrame:
    """Divide values by published ones of the same month and partners: flow, product, month, ratio."""
    key = ["flow", "product", "month"]
    mine, theirs = (
        frame.filter("single", *of).group_by(*key, "partner").agg(pl.col("value").sum())
        for frame, of in (
            (context.own, [pl.col("measure") == money]),
            (context.published_rows, [pl.col("measure") == money, pl.col("kind") != "published"]),
        )
    )
    both = mine.join(theirs, on=[*key, "partner"]).group_by(key).agg(pl.col("value", "value_right").sum())
    # Below this a month may be a parcel.
    both = both.filter(pl.col("value") > 0, pl.col("value_right") >= SMALL_USD)
    return both.select(*key, ratio=pl.col("value") / pl.col("value_right"))


def _ratios_of_prices(context: CheckContext, money: str, published_in: str | None = None) -> pl.DataFrame:
    """Divide values per kilogram by those of other months, in the same currency or in another one (`published_in`),
    of products with a steady price: flow, product, month, ratio.
    """
    before = published_in or money
    key = ["flow", "product", "month"]
    if context.sums.by_product.height < STEADY_MONTHS_MIN:
        return context.trades.clear().select(*key, ratio=pl.lit(None, pl.Float64))
    mine = context.trades.filter("new", (pl.col("quantity_kg") > 0) & (pl.col(money) > 0))
    mine = mine.group_by(key).agg(pl.col("quantity_kg", money).sum()).filter(pl.col(money) >= SMALL_USD)
    others = context.sums.by_product.filter((pl.col("quantity_kg") > 0) & (pl.col(before) > 0))
    others = others.select("flow", "product", (pl.col(before) / pl.col("quantity_kg")).alias("price"))
    usual = others.group_by("flow", "product").agg(
        pl.col("price").median(), low=pl.col("price").min(), high=pl.col("price").max(), months=pl.len()
    )
    steady = usual.filter(
        pl.col("months") >= STEADY_MONTHS_MIN,
        pl.col("low") * STEADY_FACTOR >= pl.col("price"),
        pl.col("high") <= pl.col("price") * STEADY_FACTOR,
    )
    found = mine.join(steady.rename({"price": "usual"}), on=["flow", "product"])
    return found.select(*key, ratio=pl.col(money) / pl.col("quantity_kg") / pl.col("usual"))
