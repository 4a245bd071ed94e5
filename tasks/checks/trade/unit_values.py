"""Gate D: compares the quantities and values of a release.

The checks find a value per kilogram far from its neighbourhood (shifted columns, tonnes for kilograms, an extra digit,
the wrong currency), a number that is 0 where the other one is large, and a piece that weighs many times what it does in
other months. The logarithm of a price is the effect of the partner, that of the month and a rest, and a rest is far by
the partner's own spread: six spreads are a doubt, ten hold the file. How prices move was measured on real downloads
(`schemas/reference/check_thresholds.csv`). A check returns findings and changes nothing.
"""

import math

import polars as pl

from tasks.checks.declared.declared_flow import other_currency
from tasks.checks.frame.context import GROWTH, QUANTITY, CheckContext, dollars_of, in_dollars
from tasks.checks.frame.doubt_size import is_large, is_much_of_its_goods, weigh
from tasks.checks.frame.measures_begun import measures_of_goods, note_on
from tasks.checks.frame.published_months import MONEY, RATED, with_codes
from tasks.checks.frame.registry import check
from tasks.domain.coverage import WORLD
from tasks.domain.doubt.findings import SHARES, Rows, finding, found_in, graded
from tasks.domain.text import counted
from tasks.domain.thresholds import threshold, whole_threshold

# A price is compared with the months so near to it, where so many of them are known.
NEAR_MONTHS, NEAR_MIN = 6, 3
# The own spread of a price counts as much as this many months of the spread of all its goods.
SHRUNK_MONTHS, SPREAD_LEAST = 6, 0.05
# The median distance from the median of normal numbers is this part of their standard deviation.
OF_NORMAL = 0.6745
ROUNDS_OF_EFFECTS = 4
# Electrical energy, a heading of the HS whose goods weigh nothing: every source prints 0 kg.
WEIGHTLESS = "2716"
PRODUCT = ["flow", "product"]
PARTNER = [*PRODUCT, "partner"]
PLACE = [*PRODUCT, "month"]
OF_PARTNER = [*PARTNER, "measure"]


@check(severity="error", of_trade=True, of_prints=False)
def _unit_values(context: CheckContext) -> Rows:
    """Find values per kilogram of a product, or of one of its partners, far from their own neighbourhood."""
    for money in context.money:
        traded = context.trades.filter((pl.col("quantity_kg") > 0) & (pl.col(money) > 0))
        if not traded["new"].any():
            continue
        goods = _priced(_of_products(context, traded, money), money)
        far_goods = _weighed(context, _far(goods, PRODUCT), money)
        partners = traded.filter(pl.col("partner") != WORLD)
        far_partners = (
            _in_broad(partners, goods, money) if context.is_broad else _far(_priced(partners, money), PARTNER)
        )
        far_partners = _weighed(context, far_partners, money)
        # If most partners are off, the month is wrong, and one finding reports it.
        of_all = traded.filter("new").group_by(PLACE).agg(of=pl.len())
        off = far_partners.group_by(PLACE).agg(off=pl.len()).join(of_all, on=PLACE)
        reported = off.filter(2 * pl.col("off") > pl.col("of")).join(far_goods, on=PLACE, how="semi")
        far_partners = far_partners.join(reported, on=PLACE, how="anti")
        for rows, partner in ((far_goods, ()), (far_partners, ("partner",))):
            # What a control leaves of goods are others at another price; a wrong unit leaves one of the two as it was.
            in_currency = _without_other_currency(context, rows, money)
            named = measures_of_goods(context.falls_explained, in_currency, "value_fell", "mass_fell")
            is_other_goods = pl.col("event").is_not_null() & (pl.col("away") < math.log(threshold("measure_price")))
            currency = money.removeprefix("value_").upper()
            yield from found_in(
                named.with_columns(graded(pl.col("hold") & ~is_other_goods), control=note_on("event", "since")),
                "unit_value",
                "{severity}",
                "flow",
                "product",
                *partner,
                "month",
                values=("rate", "center", f"{currency}/kg"),
                observed=f"{{rate:,.4g}} {currency}/kg{{control}}",
                expected="within {bound:.3g} times {center:,.4g}, by {others} other prices of the same goods",
                advice=(
                    f"Check units and columns of {context.row['release_id']}; if the mix of goods really changed,"
                    " approve."
                ),
            )


@check(severity="warning", all_measures=True, of_trade=True, of_prints=False)
def _values_far(context: CheckContext) -> Rows:
    """Find months of partners with values far from their other months, and of goods with values far above theirs,
    where nothing weighs them: where a weight is printed, prices tell more."""
    if context.is_broad or context.is_page:
        return
    trades = context.trades.filter(pl.col("partner") != WORLD, context.is_asked)
    for money in context.money:
        alone = trades.filter(pl.col(money) > 0, pl.col("quantity_kg") == 0)
        goods = alone.group_by(PLACE).agg(pl.col("new").any(), pl.col(money).sum())
        for rows, key, kind in ((goods, PRODUCT, "goods"), (alone, PARTNER, "price")):
            known = rows.filter(pl.len().over(key) > whole_threshold("history_months"))
            far = _far(_priced(known.with_columns(quantity_kg=pl.lit(1)), money), key, kind)
            printed, center = pl.col(money), pl.col("center")
            worth = pl.max_horizontal(printed, center) / dollars_of(money)
            weighed = weigh(far, context, {money: (printed, center)})
            # Where a partner is missing, the goods fall, and another check says so.
            is_said = (center > pl.col("rate")) if kind == "goods" else pl.lit(False)
            yield from found_in(
                weighed.filter(worth >= threshold("trifle_a_month"), is_much_of_its_goods(), ~is_said),
                "magnitude",
                "warning",
                *key,
                "month",
                "measure",
                measure=money,
                values=("rate", "center", money),
                observed="{rate:,.0f}",
                expected="within {bound:.3g} times {center:,.0f}, by {others} other months",
                advice="Compare it with the site: it may be counted twice, have a digit too many, or another currency.",
            )


def _without_other_currency(context: CheckContext, rows: pl.DataFrame, money: str) -> pl.DataFrame:
    """The rows but for those of directions of which `other_currency` reports that their dollars are yuan."""
    doubts = other_currency(context) if rows.height else ()
    return rows.filter(~pl.col("flow").is_in([row["flow"] for row in doubts if row["measure"] == money]))


def _weighed(context: CheckContext, far: pl.DataFrame, money: str) -> pl.DataFrame:
    """The prices that are worth a word, with their shares and whether to `hold`: either of value and quantity may be
    the wrong one."""
    value, mass = pl.col(money), pl.col("quantity_kg")
    center = pl.col("center")
    worth = pl.max_horizontal(value, mass * center) / dollars_of(money)
    weighed = weigh(far, context, {money: (value, mass * center), "quantity_kg": (mass, value / center)})
    is_read = is_much_of_its_goods() | (worth >= threshold("trifle_a_month"))
    # A wrong unit is wrong by a thousand, which a few prices show.
    is_known = (pl.col("others") > whole_threshold("history_months")) | (
        pl.col("away") > math.log(threshold("price_unit_factor_broad"))
    )
    is_whole = is_much_of_its_goods() if "partner" not in far.columns else pl.lit(False)
    return weighed.filter(worth >= threshold("price_worth"), is_read).with_columns(
        hold=pl.col("is_gross") & is_known & (is_large(worth) | is_whole)
    )


def _of_products(context: CheckContext, traded: pl.DataFrame, money: str) -> pl.DataFrame:
    """Sum value and weight by product and month, of the release or published: PLACE, new, quantity_kg, the money."""
    # A partner with only one of the two (weight or value) would be in one sum and not in the other.
    here = with_codes(
        pl.DataFrame(sorted(context.touched), orient="row", schema={"flow": pl.String, "month": pl.Int32})
    )
    met = (
        traded.join(here, on=["flow", "month"], how="semi")
        .group_by(PLACE)
        .agg(pl.col("new").any(), pl.col("quantity_kg", money).sum())
    )
    before = context.sums.by_product.filter((pl.col("quantity_kg") > 0) & (pl.col(money) > 0))
    rated = pl.concat([met, before.with_columns(new=pl.lit(False)).select(met.columns)])
    return rated.join(met.filter("new").select(PRODUCT).unique(), on=PRODUCT, how="semi")


def _priced(rows: pl.DataFrame, money: str) -> pl.DataFrame:
    """Add the price, its logarithm and what of that is due to the month (`of_month`): the median of what the partners
    of the goods are above their own medians, shrunk where they are few; 0 for sums of all partners."""
    rows = rows.with_columns(rate=pl.col(money) / pl.col("quantity_kg"), of_month=pl.lit(0.0))
    rows = rows.with_columns(log=pl.col("rate").log())
    if "partner" not in rows.columns:
        return rows
    count = pl.len().over(PLACE)
    for _ in range(ROUNDS_OF_EFFECTS):
        rest = pl.col("log") - (pl.col("log") - pl.col("of_month")).median().over(PARTNER)
        month = pl.when(count >= 2).then(rest.median().over(PLACE) * count / (count + 2)).otherwise(0.0)
        rows = rows.with_columns(of_month=month)
    return rows


def _spread(amount: pl.Expr) -> pl.Expr:
    """A standard deviation that few wild numbers do not change."""
    return (amount - amount.median()).abs().median() / OF_NORMAL


def _far(rows: pl.DataFrame, key: list[str], kind: str = "price") -> pl.DataFrame:
    """The new prices that are far from the others of their `key`, or of their goods where these are few: `away` from
    the `center`, which `others` prices show, by more than the `bound` times; and whether that is so much that the file
    `is_gross`."""
    rest = pl.col("rest")
    rows = rows.with_columns(rest=pl.col("log") - pl.col("of_month"))
    around_own = (rest - rest.median().over(key)).alias("around_own")
    of_goods = (
        rows.with_columns(around_own)
        .group_by(PRODUCT)
        .agg(
            of_goods=rest.median(),
            goods_spread=_spread(rest),
            own_spread=_spread(pl.col("around_own")),
            prices=pl.len().cast(pl.Int64),
        )
    )
    new = rows.with_columns(around_own, known=pl.len().over(key)).filter("new").join(of_goods, on=PRODUCT)
    is_known, factor = pl.col("known") >= whole_threshold("history_months"), math.log(threshold(f"{kind}_factor"))
    few = new.filter(~is_known, pl.col("prices") > NEAR_MIN).with_columns(
        middle="of_goods",
        spread=pl.max_horizontal("goods_spread", pl.lit(SPREAD_LEAST)),
        widest=pl.lit(0.0),
        others=pl.col("prices") - 1,
        least=pl.lit(math.log(threshold("price_few_factor"))),
    )
    # Most prices are near their middle, and need no closer look.
    doubtful = new.filter(is_known, pl.col("around_own").abs() > factor / 2)
    known = doubtful.join(_others(rows, doubtful, key), on=[*key, "month"]).with_columns(least=pl.lit(factor))
    return _beyond(pl.concat([few, known.select(few.columns)]), kind)


def _others(rows: pl.DataFrame, new: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """What the other months of the same `key` show of each price: its `middle` (of the months near to it, where these
    are enough), `spread`, `low` and `high`, and how far the `widest` of them is from the middle."""
    other, distance = pl.col("other"), (pl.col("there") - pl.col("month")).abs()
    is_near = distance <= NEAR_MONTHS
    others = rows.select(*key, there="month", other="rest", is_published=~pl.col("new"))
    pairs = new.select(*key, "month", "own_spread").join(others, on=key).filter(distance > 0)
    if key == PRODUCT:
        # All months of a file may have one fault, which the effect of the month shows of partners.
        published = pl.col("is_published").sum().over(*key, "month")
        pairs = pairs.filter(pl.col("is_published") | (published < whole_threshold("history_months")))
    shown = pairs.group_by(*key, "month", "own_spread").agg(
        middle=pl.when(is_near.sum() >= NEAR_MIN).then(other.filter(is_near).median()).otherwise(other.median()),
        low=other.min(),
        high=other.max(),
        own=_spread(other),
        others=pl.len().cast(pl.Int64),
    )
    count, goods = pl.col("others"), pl.max_horizontal("own_spread", pl.lit(SPREAD_LEAST))
    shrunk = ((count * pl.col("own") ** 2 + SHRUNK_MONTHS * goods**2) / (count + SHRUNK_MONTHS)).sqrt()
    widest = pl.max_horizontal(pl.col("middle") - pl.col("low"), pl.col("high") - pl.col("middle"))
    return shown.with_columns(spread=shrunk, widest=widest).drop("own", "own_spread")


def _beyond(prices: pl.DataFrame, kind: str) -> pl.DataFrame:
    """The prices that are beyond the bound of a doubt, and whether they are beyond that of a hold. Where goods swing
    from month to month, twice the widest swing is far, however wide the usual one is."""
    spread, widest = pl.col("spread"), pl.col("widest")
    most = pl.when(widest > 0).then(2 * widest)
    spreads = {"doubt": threshold(f"{kind}_doubt_spreads") * spread, "hold": threshold("price_hold_spreads") * spread}
    spreads["doubt"] = pl.min_horizontal(spreads["doubt"], most)
    doubt, hold = (
        pl.max_horizontal(far, "least", threshold(f"price_{grade}_widest") * widest) for grade, far in spreads.items()
    )
    away = (pl.col("rest") - pl.col("middle")).abs()
    return prices.filter(away > doubt).with_columns(
        away=away, is_gross=away > hold, bound=doubt.exp(), center=(pl.col("middle") + pl.col("of_month")).exp()
    )


def _in_broad(partners: pl.DataFrame, goods: pl.DataFrame, money: str) -> pl.DataFrame:
    """Prices of partners in a release of many products, of which no other months are read: only those of a wrong unit
    are far from the middle of the goods."""
    middles = goods.group_by(PRODUCT).agg(center=pl.col("rate").median(), others=pl.len().cast(pl.Int64))
    prices = partners.filter("new").join(middles.filter(pl.col("others") > NEAR_MIN), on=PRODUCT)
    times = threshold("price_unit_factor_broad")
    rate = pl.col(money) / pl.col("quantity_kg")
    prices = prices.with_columns(rate=rate, away=(rate / pl.col("center")).log().abs(), bound=pl.lit(times))
    return prices.filter(pl.col("away") > math.log(times)).with_columns(is_gross=pl.lit(True))


@check(severity="error", of_trade=True, of_prints=False)
def _zero_numbers(context: CheckContext) -> Rows:
    """Find a value of 0 where much was weighed or counted, or the reverse: only less than half a step is printed as 0,
    and the step of a release page is 10,000 t or 10 million yuan.
    """
    numbers = context.statements.filter("single", MONEY | (QUANTITY & ~GROWTH))
    zeros = numbers.filter(pl.col("value") == 0).select(*PLACE, "partner").unique()
    if zeros.is_empty():
        return
    both = _zero_on_one_side(context, numbers, zeros)
    is_much = pl.when(pl.col("value") == 0).then(_is_paid_for()).otherwise(_is_delivered())
    strange = both.filter(is_much).sort(*PLACE, "partner", "measure", "money")
    never = _never_weighed(context, strange.filter(_is_no_mass(), pl.col("usual").is_null()))
    strange = strange.join(never, on=PRODUCT, how="anti")
    if never.height:
        yield finding(
            "zero_number",
            "info",
            observed=f"{counted(never.height, 'product')} with values and 0 kg throughout, first {never['product'][0]}",
            expected="a weight where there is a value",
            advice="Where a file has many products, its source prints these goods so; nothing to do.",
        )
    for zero in _graded_zeros(context, strange).to_dicts():
        quantity = f"{zero['value']:,} {zero['measure'].removeprefix('quantity_')}"
        paid = f"{zero['paid']:,} {zero['money'].removeprefix('value_').upper()}"
        parts = (quantity, paid) if zero["value"] == 0 else (paid, quantity)
        absent = zero["measure" if zero["value"] == 0 else "money"]
        more = "" if strange.height == 1 else f" ({strange.height} such numbers)"
        yield finding(
            "zero_number",
            "error" if zero["hold"] else "warning",
            flow=zero["flow"],
            products=[zero["product"]],
            partners=[zero["partner"]],
            months=(zero["month"], zero["month"]),
            measure=absent,
            values=(max(zero["value"], zero["paid"]), None, zero["money"] if zero["value"] == 0 else zero["measure"]),
            observed=" and ".join(parts) + more,
            expected="both, where either is so large",
            advice=(
                "Compare with the site: an empty or cut field reads as 0. If it is printed so, approve or correct it."
            ),
            shares={name: zero[name] for name in SHARES},
        )


def _is_no_mass() -> pl.Expr:
    return (pl.col("measure").cast(pl.String) == "quantity_kg") & (pl.col("value") == 0)


def _zero_on_one_side(context: CheckContext, numbers: pl.DataFrame, zeros: pl.DataFrame) -> pl.DataFrame:
    """Quantities and values of which one is 0: `value` and `paid` by PLACE, partner, measure and money, with their
    steps, the `usual` price, what each is worth by it, and the `least` that is much."""
    key = [*PLACE, "partner"]
    of_products = numbers.join(zeros.select(PRODUCT).unique(), on=PRODUCT, how="semi")
    sums = of_products.group_by(*key, "measure").agg(pl.col("value").sum(), step=pl.col("resolution").max())
    money = sums.filter(MONEY).rename({"measure": "money", "value": "paid", "step": "paid_step"})
    pairs = sums.filter(QUANTITY).join(money, on=key)
    both = pairs.join(zeros, on=key, how="semi").filter((pl.col("value") == 0) != (pl.col("paid") == 0))
    is_weightless = pl.col("product").cast(pl.String).str.starts_with(WEIGHTLESS)
    both = both.filter(~(_is_no_mass() & is_weightless))
    return both.join(_usual(context, pairs), on=[*PRODUCT, "measure", "money"], how="left").with_columns(
        dollars=in_dollars("paid", "money"),
        worth=in_dollars("usual", "money") * pl.col("value"),
        weighs=pl.col("paid") / pl.col("usual"),
        least=pl.when(pl.col("measure").cast(pl.String) == "quantity_kg")
        .then(threshold("zero_kg"))
        .otherwise(threshold("zero_pieces")),
        dollar_step=in_dollars("paid_step", "money"),
    )


def _is_paid_for() -> pl.Expr:
    """Whether much was paid for a quantity of 0. Of a coarser 0 without a price nobody knows how much it may be."""
    is_much_alone = (pl.col("step") <= pl.col("least")) & (pl.col("dollars") >= threshold("zero_alone"))
    is_much_by_price = (pl.col("dollars") >= threshold("zero_worth")) & (
        pl.col("weighs") >= pl.max_horizontal("least", "step")
    )
    return pl.when(pl.col("usual").is_null()).then(is_much_alone).otherwise(is_much_by_price)


def _is_delivered() -> pl.Expr:
    """Whether much was delivered for a value of 0, likewise."""
    worth = threshold("zero_worth")
    is_much_alone = (pl.col("dollar_step") <= worth) & (pl.col("value") >= threshold("zero_alone"))
    is_much_by_price = (pl.col("worth") >= pl.max_horizontal("dollar_step", pl.lit(worth))) & (
        pl.col("value") >= pl.col("least")
    )
    return pl.when(pl.col("usual").is_null()).then(is_much_alone).otherwise(is_much_by_price)


def _graded_zeros(context: CheckContext, zeros: pl.DataFrame) -> pl.DataFrame:
    """Add the shares of zeros, and which to `hold`: a number that is lost would be `weighs` or `worth`."""
    is_mass, parts = pl.col("measure") == "quantity_kg", []
    for money in zeros["money"].unique().cast(pl.String).sort():
        amounts = {
            "quantity_kg": (pl.when(is_mass).then("value"), pl.when(is_mass).then("weighs")),
            money: (pl.col("paid"), pl.col("worth") * dollars_of(money)),
        }
        of_money = weigh(zeros.filter(money=money), context, amounts)
        parts.append(of_money.with_columns(hold=is_large(pl.max_horizontal("dollars", "worth"))))
    return pl.concat(parts) if parts else zeros.with_columns(hold=pl.lit(True))


def _never_weighed(context: CheckContext, zeros: pl.DataFrame) -> pl.DataFrame:
    """Return the products of a broad release that have 0 kg in each of its records and no published weight: goods that
    are counted otherwise. A damaged column would have no weight of any product.
    """
    products = zeros.select(PRODUCT).unique().sort(PRODUCT)
    is_weighed = (pl.col("measure") == "quantity_kg") & (pl.col("value") > 0)
    weighed = context.statements.filter("single", is_weighed).select(PRODUCT)
    if not context.is_broad or weighed.is_empty():
        return products.clear()
    before = context.sums.by_product.filter(pl.col("quantity_kg") > 0).select(PRODUCT)
    known = pl.concat([weighed.cast(pl.String), before.cast(pl.String)]).unique()
    return products.join(known.cast(dict(products.schema)), on=PRODUCT, how="anti")  # type: ignore[arg-type]


def _usual(context: CheckContext, pairs: pl.DataFrame) -> pl.DataFrame:
    """The median price per unit of products, of the release and as published: PRODUCT, measure, money, usual."""
    columns = [*PRODUCT, "measure", "money", "rate"]
    rates = [
        pairs.filter(pl.col("value") > 0, pl.col("paid") > 0)
        .with_columns(rate=pl.col("paid") / pl.col("value"))
        .select(columns)
    ]
    for money in RATED[1:]:
        before = context.sums.by_product.join(pairs.select(PRODUCT).unique(), on=PRODUCT, how="semi").filter(
            pl.col("quantity_kg") > 0, pl.col(money) > 0
        )
        names = {"measure": pl.lit("quantity_kg").cast(pl.Categorical), "money": pl.lit(money).cast(pl.Categorical)}
        rates.append(before.with_columns(rate=pl.col(money) / pl.col("quantity_kg"), **names).select(columns))
    return pl.concat(rates).group_by(columns[:-1]).agg(usual=pl.col("rate").median())


@check(severity="warning", of_prints=False)
def _piece_weight(context: CheckContext) -> Rows:
    """Find months in which a piece of a partner's goods weighs many times more or less than in each of its other
    months. A value per kilogram says nothing about pieces, pairs or litres, which customs print in thousands here and
    singly there.
    """
    times, least = threshold("piece_weight_factor"), whole_threshold("history_months")
    if context.statements["month"].n_unique() <= least:
        return
    quantities = context.statements.filter("single", QUANTITY & ~GROWTH, pl.col("value") > 0)
    if quantities["measure"].n_unique() < 2:
        return
    sums = quantities.group_by(*OF_PARTNER, "month").agg(pl.col("value").sum())
    mass = sums.filter(pl.col("measure") == "quantity_kg").select("flow", "product", "partner", "month", kg="value")
    pairs = sums.filter(pl.col("measure") != "quantity_kg").join(mass, on=["flow", "product", "partner", "month"])
    weighed = pairs.filter(pl.col("kg") >= threshold("zero_kg")).with_columns(
        rest=(pl.col("kg") / pl.col("value")).log(), new=pl.lit(True), own_spread=pl.lit(0.0)
    )
    others = weighed.join(_others(weighed, weighed, OF_PARTNER), on=[*OF_PARTNER, "month"])
    is_beyond = pl.max_horizontal(pl.col("rest") - pl.col("high"), pl.col("low") - pl.col("rest")) > math.log(times)
    strange = others.filter(pl.col("others") >= least, is_beyond).sort(*OF_PARTNER, "month")
    strange = strange.with_columns(pl.col("low", "high").exp(), rate=pl.col("rest").exp())
    for row in strange.to_dicts():
        unit = row["measure"].removeprefix("quantity_")
        yield finding(
            "piece_weight",
            "warning",
            flow=row["flow"],
            products=[row["product"]],
            partners=[row["partner"]],
            months=(row["month"], row["month"]),
            measure="quantity",
            values=(row["rate"], row["high"] if row["rate"] > row["high"] else row["low"], f"kg per {unit}"),
            observed=f"{row['rate']:,.4g} kg per {unit} ({counted(strange.height, 'such month')})",
            expected=(
                f"within {times:g} times {row['low']:,.4g} to {row['high']:,.4g} kg, as in {row['others']} other months"
            ),
            advice=(
                "Compare both quantities with the site: one of them is in another unit, such as thousands of pieces or"
                " tonnes."
            ),
        )
