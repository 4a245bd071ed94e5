"""Gate D: compares the quantities and values of a release.

The checks find a value per kilogram far from other months of the product or the partner (shifted columns, tonnes for
kilograms, an extra digit, the wrong currency), a number that is 0 where the other one is large, and a piece that weighs
many times what it does in other months. How prices move was measured on real downloads
(`schemas/reference/check_thresholds.csv`). A check returns findings and changes nothing.
"""

import polars as pl

from tasks.checks.declared.declared_flow import other_currency
from tasks.checks.frame.context import GROWTH, QUANTITY, CheckContext, dollars_of, in_dollars
from tasks.checks.frame.doubt_size import is_large, is_large_part, is_much_of_its_goods, weigh
from tasks.checks.frame.measures_begun import measures_of_goods, note_on
from tasks.checks.frame.published_months import MONEY, RATED, with_codes
from tasks.checks.frame.registry import check
from tasks.domain.coverage import WORLD
from tasks.domain.doubt.findings import SHARES, Rows, finding, found_in, graded
from tasks.domain.text import counted
from tasks.domain.thresholds import threshold, whole_threshold

UNIT_VALUE_FACTOR = 10
UNIT_VALUE_MONTHS_MIN = 3
# Below this a month of a product may be samples or repairs, whose price per kilogram means nothing. The bound applies
# to the printed weight and to the weight of the value at the usual price, because tonnes taken for kilograms are light
# too.
SMALL_KG = 1_000
# Electrical energy, a heading of the HS whose goods weigh nothing: every source prints 0 kg.
WEIGHTLESS = "2716"
PRODUCT = ["flow", "product"]
PLACE = [*PRODUCT, "month"]
OF_PARTNER = [*PRODUCT, "partner", "measure"]


@check(severity="error", of_trade=True)
def _unit_values(context: CheckContext) -> Rows:
    """Find values per kilogram of a product, or of one of its partners, far from its other months."""
    if context.row["kind"] == "published":
        return
    # A price of so few months and partners has nothing to be far from.
    fewest = min(UNIT_VALUE_MONTHS_MIN, whole_threshold("history_months"))
    for money in RATED[1:]:
        traded = context.trades.filter((pl.col("quantity_kg") > 0) & (pl.col(money) > 0))
        if not traded["new"].any() or traded.height + context.sums.by_product.height <= fewest:
            continue
        rated = _of_products(context, traded, money)
        strange = _strange_products(context, rated, money)
        partners = _strange_partners(context, traded, rated, money)
        # A whole product is read by itself, however small a part of the file it is, if it has more than parcels.
        middle = rated.group_by(PRODUCT).agg(a_month=pl.col(money).median())
        strange = strange.join(middle, on=PRODUCT, how="left", maintain_order="left")
        is_more = pl.col("a_month") >= threshold("trifle_a_month") * dollars_of(money)
        worth = _dollars(money, "usual")
        # Of parcels, too, where their price keeps closer together than this one is off.
        is_steady = (pl.col("months") > whole_threshold("history_months")) & (
            _off_range() > pl.max_horizontal((pl.col("high") / pl.col("low")) ** 2, threshold("price_range_factor"))
        )
        strange = _weighed(context, strange, money, "usual").with_columns(
            hold=is_large_part()
            | (is_more & (worth >= threshold("trifle_a_month")))
            | (is_steady & (worth >= threshold("price_unit_hold")) & is_much_of_its_goods())
        )
        # If most partners are off, the month is wrong, and one finding reports it.
        of_all = traded.filter("new").group_by(PLACE).agg(of=pl.len())
        off = partners.group_by(PLACE).agg(off=pl.len()).join(of_all, on=PLACE).filter(2 * pl.col("off") > pl.col("of"))
        reported = off.join(strange, on=PLACE, how="semi")
        partners = _weighed(context, partners, money, "middle")
        partners = partners.with_columns(hold=pl.col("hold") & is_large(_dollars(money, "middle")))
        others = partners.join(reported, on=PLACE, how="anti")
        more = "" if partners.height == 1 else f" ({partners.height} such numbers of partners)"
        for rows, partner, note in ((strange, (), ""), (others, ("partner",), more)):
            # What a control leaves of goods are others at another price; a wrong unit leaves one of the two as it was.
            named = measures_of_goods(context.falls_explained, rows, "value_fell", "mass_fell")
            center = pl.col("middle" if partner else "usual")
            apart = pl.max_horizontal(pl.col("rate") / center, center / pl.col("rate"))
            is_other_goods = pl.col("event").is_not_null() & (apart < threshold("measure_price"))
            yield from found_in(
                named.with_columns(
                    graded(pl.col("hold") & ~is_other_goods), control=note_on("event", "since"), center=center
                ),
                "unit_value",
                "{severity}",
                "flow",
                "product",
                *partner,
                "month",
                values=("rate", "center", f"{money.removeprefix('value_').upper()}/kg"),
                observed=f"{{rate:,.4g}} {money.removeprefix('value_').upper()}/kg{note}{{control}}",
                expected="{expected}",
                advice=(
                    f"Check units and columns of {context.row['release_id']}; if the mix of goods really changed,"
                    " approve."
                ),
            )


def _dollars(money: str, price: str) -> pl.Expr:
    """Compute what a trade is worth in dollars, by its value or by its weight at the usual price."""
    return pl.max_horizontal(money, pl.col("quantity_kg") * pl.col(price)) / dollars_of(money)


def _weighed(context: CheckContext, rows: pl.DataFrame, money: str, price: str) -> pl.DataFrame:
    """Weigh a value and a quantity, either of which may be the wrong one."""
    value, mass = pl.col(money), pl.col("quantity_kg")
    return weigh(rows, context, {money: (value, mass * pl.col(price)), "quantity_kg": (mass, value / pl.col(price))})


def _of_products(context: CheckContext, traded: pl.DataFrame, money: str) -> pl.DataFrame:
    """Compute value per kilogram by product and month, `new` or published: PLACE, new, quantity_kg, the money, rate;
    the count and the median of all months of the product, and the `low` and `high` of its other months.
    """
    # A partner with only one of the two (weight or value) would be in one sum and not in the other.
    here = with_codes(
        pl.DataFrame(sorted(context.touched), orient="row", schema={"flow": pl.String, "month": pl.Int32})
    )
    met = (
        traded.join(here, on=["flow", "month"], how="semi")
        .group_by(PLACE)
        .agg(pl.col("new").any(), pl.col("quantity_kg", money).sum())
    )
    before = context.sums.by_product.filter((pl.col("quantity_kg") > 0) & (pl.col(money) > 0)).with_columns(
        new=pl.lit(False)
    )
    rated = pl.concat([met, before.select(met.columns)]).with_columns(rate=pl.col(money) / pl.col("quantity_kg"))
    return with_others(rated.join(met.filter("new").select(PRODUCT).unique(), on=PRODUCT, how="semi"), PRODUCT)


def with_others(rated: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """Add `usual`, the median of all rates, how many `months`, and `low` and `high`, the bounds of the other months."""
    rate = pl.col("rate")
    ends = (
        rated.group_by(key)
        .agg(
            usual=rate.median(),
            months=pl.len(),
            lows=rate.bottom_k(2).sort(),
            highs=rate.top_k(2).sort(descending=True),
        )
        .filter(pl.col("months") > 1)
    )
    ends = ends.with_columns(
        *(pl.col(f"{name}s").list.get(place).alias(f"{name}{place}") for name in ("low", "high") for place in (0, 1))
    )
    return rated.join(ends.drop("lows", "highs"), on=key).with_columns(
        low=pl.when(rate == pl.col("low0")).then("low1").otherwise("low0"),
        high=pl.when(rate == pl.col("high0")).then("high1").otherwise("high0"),
    )


def _off_range() -> pl.Expr:
    """Compute how many times a rate is above the highest or below the lowest of the other months."""
    return pl.max_horizontal(pl.col("rate") / pl.col("high"), pl.col("low") / pl.col("rate"))


def _strange_products(context: CheckContext, rated: pl.DataFrame, money: str) -> pl.DataFrame:
    """The new months whose rate is far from the median, or out of the bounds, of others; with the `expected` range."""
    times = threshold("price_range_factor")
    least = threshold("price_range_hold" if context.is_broad else "price_range_warn") * dollars_of(money)
    weighs = pl.max_horizontal("quantity_kg", pl.col(money) / pl.col("usual"))
    worth = pl.max_horizontal(money, pl.col("quantity_kg") * pl.col("usual"))
    far = (
        (pl.col("months") > UNIT_VALUE_MONTHS_MIN)
        & (weighs >= SMALL_KG)
        & ~(pl.col("rate") / pl.col("usual")).is_between(1 / UNIT_VALUE_FACTOR, UNIT_VALUE_FACTOR)
    )
    beyond = (pl.col("months") > whole_threshold("history_months")) & (worth >= least) & (_off_range() > times)
    strange = rated.filter("new").with_columns(far=far).filter(pl.col("far") | beyond).sort(PLACE)
    if not strange["far"].all():
        # `other_currency` reports yuan under the title of dollars.
        shifted = [row["flow"] for row in other_currency(context) if row["measure"] == money]
        is_reported = pl.col("flow").cast(pl.String).is_in(shifted)
        strange = strange.filter(pl.col("far") | ~is_reported)
    middle = pl.format(
        f"within {UNIT_VALUE_FACTOR} times {{}}, the median of {{}} months", _rounded("usual"), pl.col("months")
    )
    return strange.with_columns(expected=pl.when("far").then(middle).otherwise(_bounds(times)))


def _rounded(name: str) -> pl.Expr:
    return pl.col(name).map_elements(lambda value: f"{value:,.4g}", return_dtype=pl.String)


def _bounds(times: float) -> pl.Expr:
    return pl.format(
        f"within {times:g} times {{}} to {{}}, the least and the most of {{}} other months",
        _rounded("low"),
        _rounded("high"),
        pl.col("months") - 1,
    )


def _strange_partners(context: CheckContext, traded: pl.DataFrame, rated: pl.DataFrame, money: str) -> pl.DataFrame:
    """Return single partners that are off, by their own months or, if these are few, by the product, with the
    `expected` range and whether to `hold`. For a broad release their own months are not read, and only errors of
    a wrong unit are found.
    """
    rate, key = pl.col("rate"), [*PRODUCT, "partner"]
    partners = traded.filter(pl.col("partner") != WORLD).with_columns(rate=pl.col(money) / pl.col("quantity_kg"))
    if context.is_broad:
        products = rated.filter("new").filter(pl.col("months") > UNIT_VALUE_MONTHS_MIN).select(*PLACE, middle="usual")
        partners = partners.filter("new").join(products, on=PLACE)
        least, times = threshold("price_range_hold") * dollars_of(money), threshold("price_unit_factor_broad")
        off = pl.max_horizontal(rate / pl.col("middle"), pl.col("middle") / rate)
        strange = partners.filter(off > times, _worth(money) >= least)
        return strange.sort(off, *key, descending=[True, False, False, False]).with_columns(
            hold=pl.lit(True), expected=_middle(times)
        )
    middles = (
        partners.group_by(PRODUCT)
        .agg(middle=rate.median(), rates=pl.len())
        .filter(pl.col("rates") > UNIT_VALUE_MONTHS_MIN)
    )
    partners = partners.join(partners.filter("new").select(key).unique(), on=key, how="semi")
    by_own_months = with_others(partners, key).filter("new", pl.col("months") > whole_threshold("history_months"))
    by_own_months = by_own_months.join(middles, on=PRODUCT)
    rest = partners.filter("new").join(by_own_months, on=[*key, "month"], how="anti").join(middles, on=PRODUCT)
    hold, warn, parcel = (
        threshold(name) * dollars_of(money) for name in ("price_range_hold", "price_range_warn", "price_unit_hold")
    )
    times, unit, unit_new = (
        threshold(name) for name in ("price_range_factor", "price_unit_factor", "price_unit_factor_new")
    )
    worth = pl.max_horizontal(_worth(money), pl.col("quantity_kg") * pl.col("usual"))
    is_small = pl.max_horizontal("quantity_kg", pl.col(money) / pl.col("middle")) < SMALL_KG
    is_unit = (_off_range() > unit) & (worth >= parcel)
    beyond = (
        by_own_months.with_columns(hold=((_off_range() > times) & (worth >= hold)) | is_unit)
        .filter(pl.col("hold") | ((_off_range() > times) & (worth >= warn)))
        .filter(~is_small)
        .with_columns(expected=_bounds(times))
    )
    off = pl.max_horizontal(rate / pl.col("middle"), pl.col("middle") / rate)
    new = rest.filter(off > unit_new, _worth(money) >= warn, ~is_small).with_columns(
        hold=True, expected=_middle(unit_new)
    )
    columns = [*PLACE, "partner", "rate", "hold", "expected", "quantity_kg", money, "middle"]
    doubted = pl.concat([beyond.select(columns), new.select(columns)])
    return doubted.sort("hold", *PLACE, "partner", descending=[True, False, False, False, False])


def _worth(money: str) -> pl.Expr:
    """Compute what a trade is worth, by its value or by its weight at the median price of the product."""
    return pl.max_horizontal(money, pl.col("quantity_kg") * pl.col("middle"))


def _middle(times: float) -> pl.Expr:
    return pl.format(f"within {times:g} times {{}}, the middle price of the product", _rounded("middle"))


@check(severity="error", of_trade=True)
def _zero_numbers(context: CheckContext) -> Rows:
    """Find a value of 0 where much was weighed or counted, or the reverse: only less than half a step is printed as 0,
    and the step of a release page is 10,000 t or 10 million yuan.
    """
    if context.row["kind"] == "published":
        return
    numbers = context.statements.filter("single", MONEY | (QUANTITY & ~GROWTH))
    key = [*PLACE, "partner"]
    zeros = numbers.filter(pl.col("value") == 0).select(key).unique()
    if zeros.is_empty():
        return
    of_products = numbers.join(zeros.select(PRODUCT).unique(), on=PRODUCT, how="semi")
    sums = of_products.group_by(*key, "measure").agg(pl.col("value").sum(), step=pl.col("resolution").max())
    money = sums.filter(MONEY).rename({"measure": "money", "value": "paid", "step": "paid_step"})
    pairs = sums.filter(QUANTITY).join(money, on=key)
    usual = _usual(context, pairs)
    both = pairs.join(zeros, on=key, how="semi").filter((pl.col("value") == 0) != (pl.col("paid") == 0))
    is_no_mass = (pl.col("measure").cast(pl.String) == "quantity_kg") & (pl.col("value") == 0)
    both = both.filter(~(is_no_mass & pl.col("product").cast(pl.String).str.starts_with(WEIGHTLESS)))
    both = both.join(usual, on=[*PRODUCT, "measure", "money"], how="left").with_columns(
        dollars=in_dollars("paid", "money"),
        worth=in_dollars("usual", "money") * pl.col("value"),
        weighs=pl.col("paid") / pl.col("usual"),
        least=pl.when(pl.col("measure").cast(pl.String) == "quantity_kg")
        .then(threshold("zero_kg"))
        .otherwise(threshold("zero_pieces")),
        dollar_step=in_dollars("paid_step", "money"),
    )
    alone = pl.col("usual").is_null()
    # Of a coarser 0 without a price nobody knows how much it may be.
    is_fine = (
        pl.when(pl.col("value") == 0)
        .then(pl.col("step") <= pl.col("least"))
        .otherwise(pl.col("dollar_step") <= threshold("zero_worth"))
    )
    is_much = (
        pl.when(pl.col("value") == 0)
        .then(
            pl.when(alone)
            .then(is_fine & (pl.col("dollars") >= threshold("zero_alone")))
            .otherwise(
                (pl.col("dollars") >= threshold("zero_worth"))
                & (pl.col("weighs") >= pl.max_horizontal("least", "step"))
            )
        )
        .otherwise(
            pl.when(alone)
            .then(is_fine & (pl.col("value") >= threshold("zero_alone")))
            .otherwise(
                (pl.col("worth") >= pl.max_horizontal("dollar_step", pl.lit(threshold("zero_worth"))))
                & (pl.col("value") >= pl.col("least"))
            )
        )
    )
    strange = both.filter(is_much).sort(*key, "measure", "money")
    never = _never_weighed(context, strange.filter(is_no_mass, alone))
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


@check(severity="warning")
def _piece_weight(context: CheckContext) -> Rows:
    """Find months in which a piece of a partner's goods weighs many times more or less than in each of its other
    months. A value per kilogram says nothing about pieces, pairs or litres, which customs print in thousands here and
    singly there.
    """
    times, least = threshold("piece_weight_factor"), whole_threshold("history_months")
    if context.row["kind"] == "published" or context.statements["month"].n_unique() <= least:
        return
    quantities = context.statements.filter("single", QUANTITY & ~GROWTH, pl.col("value") > 0)
    if quantities["measure"].n_unique() < 2:
        return
    sums = quantities.group_by(*OF_PARTNER, "month").agg(pl.col("value").sum())
    mass = sums.filter(pl.col("measure") == "quantity_kg").select("flow", "product", "partner", "month", kg="value")
    pairs = sums.filter(pl.col("measure") != "quantity_kg").join(mass, on=["flow", "product", "partner", "month"])
    weighed = pairs.filter(pl.col("kg") >= threshold("zero_kg")).with_columns(rate=pl.col("kg") / pl.col("value"))
    others, weight = with_others(weighed, OF_PARTNER).filter(pl.col("months") > least), pl.col("rate")
    strange = others.filter((weight > times * pl.col("high")) | (weight * times < pl.col("low"))).sort(
        *OF_PARTNER, "month"
    )
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
                f"within {times:g} times {row['low']:,.4g} to {row['high']:,.4g} kg, as in {row['months'] - 1}"
                " other months"
            ),
            advice=(
                "Compare both quantities with the site: one of them is in another unit, such as thousands of pieces or"
                " tonnes."
            ),
        )
