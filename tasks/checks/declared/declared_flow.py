"""Gate D: checks the declared direction and currency of a file.

The records of a query do not contain its direction, and its currency appears only in one word of a title. Published
data reveals a mistake. `tasks/checks/declared/declared_months.py` looks for wrong months. A check returns findings and
changes nothing.
"""

from datetime import date

import polars as pl

from tasks.checks.frame.context import CheckContext
from tasks.checks.frame.registry import check
from tasks.domain.doubt.findings import Rows, finding, found_in
from tasks.domain.exchange_rates import rate
from tasks.domain.periods import first_day, month_number, span_name
from tasks.domain.text import counted

# Yuan per dollar where `exchange_rates.csv` has no rate: 8.7 in 1994, 6.0 in 2014, and 5.2 to 5.8 in the years before
# 1994. Ten would be a unit read wrongly.
CNY_PER_USD_MIN, CNY_PER_USD_MAX = 5, 9
# Customs take the rate of a day of the month before; between it and the mean of either month there is less than this.
RATE_SHARE_MAX = 0.03
# Two numbers of so many steps each whose ratio is a power of ten have the same digits, which no rate explains.
STEPS_MIN = 2_000
# The query of China customs has a column for each of the two; other sources print one currency.
DOLLARS_OR_YUAN = ("value_usd", "value_cny")
# Below this a month may be a parcel, and rounding to whole units distorts the rate.
SMALL_USD = 1_000
# Since 1994 a dollar was 6.0 to 8.7 yuan; the price may have moved as well.
SHIFT_MIN, SHIFT_MAX = 5.5, 10
# A price that stayed within this factor of its median for this many months shows its currency.
STEADY_FACTOR, STEADY_MONTHS_MIN = 2, 3


@check(severity="error", scope="release")
def _other_flow(context: CheckContext) -> Rows:
    """Find files whose very bytes were published as the other direction: one of the two declarations is wrong."""
    row = context.row
    if row["flow"] is None:
        return
    same = context.counting.filter(pl.col("raw_sha256") == row["raw_sha256"], pl.col("flow") != row["flow"])
    for other in same.sort("release_id").iter_rows(named=True):
        yield from of_both_flows(
            context,
            (row["flow"], other["flow"]),
            "other_flow",
            observed=f"declared as {row['flow']}",
            expected=f"{other['flow']}, as which {other['release_id']} has published the same bytes",
            advice="Reject it, or see which of the two the query was for; a file has one direction.",
        )


def of_both_flows(
    context: CheckContext, flows: tuple[str, str], check: str, *, observed: str, expected: str, advice: str
) -> Rows:
    """Yield a finding about the first of these directions in the release, and one about the other as published."""
    for flow in flows:
        yield finding(
            check,
            "error",
            flow=flow,
            months=(context.first, context.last),
            both_sides=flow == flows[1],
            observed=observed,
            expected=expected,
            advice=advice,
        )


@check(severity="error", both_sides=True)
def _exchange_rate(context: CheckContext) -> Rows:
    """Find values of one trade in two currencies that are no rate of their month apart: a title or a unit is wrong."""
    if context.row["reporter"] != "CHN":
        return
    key = ["flow", "product", "partner", "period_start", "period_end"]
    shared = [*key, "measure"]
    money = pl.col("measure").is_in(DOLLARS_OR_YUAN)
    of_release = context.statements.filter(money)
    theirs = context.published_rows.filter(money, pl.col("kind") != "published")
    if pl.concat([of_release["measure"], theirs["measure"]]).n_unique() < 2:
        return
    of_release = of_release.group_by(shared).agg(pl.col("value", "resolution").sum(), new=pl.lit(True))
    theirs = theirs.select(*shared, "value", "resolution", new=pl.lit(False)).join(of_release, on=shared, how="anti")
    both = pl.concat([of_release, theirs])
    pairs = both.group_by(key).agg(
        pl.col("new").any(),
        **{name: pl.col("value").filter(measure=f"value_{name}").sum() for name in ("usd", "cny")},
        **{f"{name}_step": pl.col("resolution").filter(measure=f"value_{name}").sum() for name in ("usd", "cny")},
    )
    pairs = pairs.filter("new", (pl.col("usd") > 0) & (pl.col("cny") > 0))
    strange = _strange_months(pairs)
    yield from found_in(
        strange,
        "exchange_rate",
        "error",
        "flow",
        "span",
        "measure",
        subject="{flow} {span}",
        measure="value",
        values=("rate", "high", "CNY/USD"),
        observed="{rate:.4g} yuan for a dollar, {cny:,} CNY and {usd:,} USD of the same trade ({count})",
        expected="{low:.4g} to {high:.4g} yuan for a dollar{by}",
        count=counted(strange.height, "such month"),
        advice="See which currency and unit each of the two has; one of the titles or unit lines is wrong.",
    )
    alike = pairs.filter(_same_digits()).join(strange, on=["flow", "period_start", "period_end"], how="anti")
    yield from found_in(
        alike.sort(key),
        "exchange_rate",
        "error",
        "product",
        "partner",
        "period_end",
        "measure",
        subject="{product} {partner} {span}",
        measure="value",
        values=("cny", "usd", None),
        observed="{cny:,} CNY and {usd:,} USD of the same trade, which are the same digits ({count})",
        expected="digits that differ by a rate of exchange",
        count=counted(alike.height, "such number"),
        advice="See which currency and unit each of the two has; one of them was printed under the other's.",
    )


def _strange_months(pairs: pl.DataFrame) -> pl.DataFrame:
    """The months and spans in which the sums of both currencies are no rate apart, with the rates that could be."""
    place = ["flow", "period_start", "period_end"]
    sums = pairs.group_by(place).agg(pl.col("usd", "cny", "usd_step", "cny_step").sum())
    sums = sums.filter(pl.col("usd") >= SMALL_USD).with_columns(rate=pl.col("cny") / pl.col("usd")).sort(place)
    spans = sums.select("period_start", "period_end").rows()
    bounds = [(span_name(start, end), *_rates(start, end)) for start, end in spans]
    kinds = {"months": pl.String, "low": pl.Float64, "high": pl.Float64, "by": pl.String}
    sums = pl.concat([sums, pl.DataFrame(bounds, schema=kinds, orient="row")], how="horizontal")
    # Rounding of the printed numbers may make up a part of the difference.
    least = (pl.col("cny") - pl.col("cny_step")) / (pl.col("usd") + pl.col("usd_step"))
    most = (pl.col("cny") + pl.col("cny_step")) / (pl.col("usd") - pl.col("usd_step"))
    is_open = pl.col("usd") > pl.col("usd_step")
    return sums.filter(is_open, (most < pl.col("low")) | (least > pl.col("high")))


def _rates(start: date, end: date) -> tuple[float, float, str]:
    """The lowest and the highest rate that values of these months may have, and where that is from."""
    months = range(month_number(start) - 1, month_number(end) + 1)
    known = [monthly_rate for month in months if (monthly_rate := rate("CNY", "USD", month))]
    if len(known) < len(months):
        return CNY_PER_USD_MIN, CNY_PER_USD_MAX, ""
    low, high = min(known) * (1 - RATE_SHARE_MAX), max(known) * (1 + RATE_SHARE_MAX)
    return low, high, f", by exchange_rates of {span_name(first_day(months[0]), end)}"


def _same_digits() -> pl.Expr:
    """Whether both numbers of a pair are one number but for a power of ten, within their last printed digits."""
    ratio = pl.col("cny") / pl.col("usd")
    power = 10 ** ratio.log10().round()
    slack = pl.col("usd_step") / pl.col("usd") + pl.col("cny_step") / pl.col("cny")
    return (slack <= 2 / STEPS_MIN) & ((ratio / power - 1).abs() <= slack)


@check(severity="error", both_sides=True, of_prints=False)
def other_currency(context: CheckContext) -> Rows:
    """Find yuan under the title of dollars, or the reverse: most prices differ by an exchange rate from before."""
    if not context.months:
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
    products = context.trades.filter("new", pl.col(money) > 0).select("flow", "product").unique()
    if context.sums.by_product.filter(pl.col(money) > 0).join(products, on=["flow", "product"], how="semi").height:
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
        "flow",
        "measure",
        measure=money,
        values=("ratio", None, "times"),
        hits=hits.height,
        count=counted(rows.height, "such comparison"),
        **texts,
    )


def _ratios_of_one_month(context: CheckContext, money: str) -> pl.DataFrame:
    """Divide values by published ones of the same month and partners: flow, product, month, ratio."""
    key = ["flow", "product", "month"]
    published = context.published_rows.filter("single", pl.col("measure") == money, pl.col("kind") != "published")
    statements = context.statements if published.height else context.statements.clear()
    of_release, theirs = (
        frame.group_by(*key, "partner").agg(pl.col("value").sum())
        for frame in (statements.filter("single", pl.col("measure") == money), published)
    )
    both = of_release.join(theirs, on=[*key, "partner"]).group_by(key).agg(pl.col("value", "value_right").sum())
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
    of_release = context.trades.filter("new", (pl.col("quantity_kg") > 0) & (pl.col(money) > 0))
    of_release = of_release.group_by(key).agg(pl.col("quantity_kg", money).sum()).filter(pl.col(money) >= SMALL_USD)
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
    priced = of_release.join(steady.rename({"price": "usual"}), on=["flow", "product"])
    return priced.select(*key, ratio=pl.col(money) / pl.col("quantity_kg") / pl.col("usual"))
