"""Gate D: compares the size of values with the months around them.

An extra digit in quantities and values alike leaves every price unchanged; only the months around reveal it. Trade
doubles, halves, has a season and sometimes a boom, but is hardly ever ten times the maximum of all months around. How
often was measured on real downloads (`schemas/reference/check_thresholds.csv`). `tasks/checks/trade/consistency.py`
checks quantities without a value. A check returns findings and changes nothing.
"""

from collections.abc import Iterable

import polars as pl

from tasks.checks.declared.declared_months import year_so_far
from tasks.checks.frame.context import EXAMPLES, CheckContext, dollars_of
from tasks.checks.frame.doubt_size import is_large, is_large_part, weigh
from tasks.checks.frame.measures_begun import measures_of_goods, note_on
from tasks.checks.frame.published_months import RATED, YEAR_MONTHS
from tasks.checks.frame.registry import check
from tasks.domain.coverage import WORLD
from tasks.domain.doubt.findings import Rows, finding, found_in, graded
from tasks.domain.periods import month_number
from tasks.domain.thresholds import threshold, whole_threshold

PRODUCT = ["flow", "product"]
PARTNER = [*PRODUCT, "partner"]
# The months before and after, and the same season of other years.
AROUND = (-25, -24, -23, -13, -12, -11, -3, -2, -1, 1, 2, 11, 12, 13)
YEARS_AROUND = sorted({*AROUND, *range(-YEAR_MONTHS, YEAR_MONTHS + 1)} - {0})
NEAR_MONTHS, NEAR_MIN = 3, 2
# If a digit was lost, nearly all of at least this many partners fall alike, within this factor; if trade stops, some go
# on.
ALIKE_FACTOR, ALIKE_PARTNERS_MIN = 5, 3
# Below this a month of a product may be samples.
SMALL_KG = 1_000
ADVICE = "See whether quantities and values have a digit too many or too few; if trade really changed so much, approve."


@check(severity="error", all_measures=True, of_trade=True, of_prints=False)
def _value_magnitude(context: CheckContext) -> Rows:
    """Find months of a product, or of one of its partners, many times as large or as small as all months around."""
    if context.is_broad or context.is_page:
        yield from _of_many_products(context)
        return
    for money in context.money:
        is_world = pl.col("partner") == WORLD
        # The world counts where no partner has a row.
        trades = context.trades.filter(~is_world | is_world.all().over(*PRODUCT, "month"), pl.col(money) > 0)
        # With so few months around nothing is usual.
        fewest = min(whole_threshold("surge_months"), whole_threshold("history_months"))
        if not trades["new"].any() or trades["month"].n_unique() <= fewest:
            continue
        asked_trades = trades.filter(context.is_asked)
        products = asked_trades.group_by(*PRODUCT, "month").agg(pl.col("new").any(), pl.col("quantity_kg", money).sum())
        of_products, of_partners = _around(products, PRODUCT, money), _around(trades, PARTNER, money)
        large = _surges_of_products(context, products, of_products, money)
        large = _not_by_one_partner(large, trades, of_partners, money)
        partners = _surges_of_partners(context, trades, of_partners, products, money)
        if large.height or partners.height:
            is_slip = _is_year_so_far(context, money)
            large, partners = large.filter(~is_slip), partners.filter(~is_slip)
        alone = partners.filter(pl.len().over(*PRODUCT, "month") == 1)
        partners = pl.concat([alone, partners.join(large, on=[*PRODUCT, "month"], how="anti")]).unique(
            maintain_order=True
        )
        for frame in (large, partners):
            yield from _findings(frame.sort("hold", "month", *PRODUCT, descending=[True, False, False, False]), money)
        fallen = _fallen(of_products, PRODUCT, money), _fallen(of_partners, PARTNER, money)
        yield from _small(context, *fallen, trades, money)


def _surges_of_products(
    context: CheckContext, products: pl.DataFrame, around: pl.DataFrame, money: str
) -> pl.DataFrame:
    """Return the months of whole products that are too large, with their shares and whether to `hold`."""
    large = _large(products, around, PRODUCT, money).filter(
        pl.col(money) >= threshold("surge_product_hold") * dollars_of(money)
    )
    is_odd = (pl.col(money) > pl.col("bound") * pl.col("lump").fill_null(0)) & pl.col("is_usual").is_null()
    return _weighed(context, large, money).with_columns(hold=is_odd & is_large(pl.col(money) / dollars_of(money)))


def _not_by_one_partner(
    large: pl.DataFrame, trades: pl.DataFrame, of_partners: pl.DataFrame, money: str
) -> pl.DataFrame:
    """Return surges of products, without the `hold` of those that are the trade of one partner alone, if that is no
    surge of the partner, or is worth as little as a surge of one partner may be: its trade is less steady than that of
    all together."""
    place = [*PRODUCT, "month"]
    largest = (
        trades.filter("new")
        .sort(money, descending=True)
        .group_by(place, maintain_order=True)
        .agg(pl.col("partner").first(), part=pl.col(money).first())
    )
    usual = of_partners.select(*place, "partner", own_most="most", own_months="months")
    both = large.join(largest, on=place, how="left", maintain_order="left").join(
        usual, on=[*place, "partner"], how="left", maintain_order="left"
    )
    is_carried = pl.col(money) - pl.col("part") <= pl.col("bound") * pl.col("most")
    is_usual = (pl.col("own_months") >= whole_threshold("surge_months")) & (
        pl.col("part") <= threshold("surge_partner_factor") * pl.col("own_most")
    )
    is_small = pl.col(money) < threshold("surge_partner_hold") * dollars_of(money)
    is_usual = is_usual.fill_null(False) | is_small
    return both.with_columns(pl.col("hold") & ~(is_carried & is_usual).fill_null(False)).select(large.columns)


def _surges_of_partners(
    context: CheckContext, trades: pl.DataFrame, around: pl.DataFrame, products: pl.DataFrame, money: str
) -> pl.DataFrame:
    """Return the months of single partners that are too large, with their shares and whether to `hold`: not where the
    partner trades now and then, and not where all partners together are the world total that the file prints."""
    whole = products.select(*PRODUCT, "month", whole=money)
    surges = _large(trades, around, PARTNER, money).join(whole, on=[*PRODUCT, "month"])
    surges = _of_partners(surges, money).join(_presence(trades), on=PARTNER, how="left", maintain_order="left")
    proven = context.proven.filter(measure=money).select(*PRODUCT, "month", is_proven=pl.lit(True))
    surges = surges.join(proven, on=[*PRODUCT, "month"], how="left", maintain_order="left")
    is_steady = pl.col("presence") >= threshold("surge_partner_presence")
    is_odd = (pl.col(money) > pl.col("bound") * pl.col("lump").fill_null(0)) & pl.col("is_usual").is_null()
    surges = _weighed(context, surges, money).with_columns(
        hold=pl.col("hold") & is_steady & is_odd & pl.col("is_proven").is_null() & is_large_part()
    )
    return surges.drop("presence", "is_proven")


def _weighed(context: CheckContext, rows: pl.DataFrame, money: str, expected: str | None = None) -> pl.DataFrame:
    """Weigh an amount as printed, or as `expected` in a column of money."""
    amounts = {money: (pl.col(money), pl.col(expected or money))}
    if expected is None:
        amounts["quantity_kg"] = (pl.col("quantity_kg"), pl.col("quantity_kg"))
    return weigh(rows, context, amounts)


def _presence(trades: pl.DataFrame) -> pl.DataFrame:
    """Return in which part of the months of the product, from its first to its last, each partner trades."""
    months = trades.select(*PRODUCT, "month").unique()
    spans = trades.group_by(PARTNER).agg(first=pl.col("month").min(), last=pl.col("month").max(), met=pl.len())
    of_product = (
        spans.join(months, on=PRODUCT)
        .filter(pl.col("month").is_between("first", "last"))
        .group_by(PARTNER)
        .agg(of=pl.len())
    )
    return spans.join(of_product, on=PARTNER).select(*PARTNER, presence=pl.col("met") / pl.col("of"))


def _is_year_so_far(context: CheckContext, money: str) -> pl.Expr:
    """Whether a month is the year to date declared as a month, which another check reports."""
    places = [(row["flow"], row["first_month"]) for row in year_so_far(context) if row["measure"] == money]
    return pl.any_horizontal(
        pl.lit(False), *((pl.col("flow") == flow) & (pl.col("month") == month_number(day)) for flow, day in places)
    )


def _around(rows: pl.DataFrame, key: list[str], money: str) -> pl.DataFrame:
    """The new rows with the maximum and minimum of the months around them, and how many of these there are."""
    new = rows.filter("new").select(*key, "month")
    return rows.filter("new").join(_of_months(rows, new, AROUND, key, money), on=[*key, "month"])


def _of_months(
    rows: pl.DataFrame, new: pl.DataFrame, offsets: Iterable[int], key: list[str], money: str
) -> pl.DataFrame:
    """Compute what `rows` have in the months so far from those of `new`."""
    new = new.join(pl.DataFrame({"offset": pl.Series(offsets, dtype=pl.Int32)}), how="cross")
    new = new.with_columns(there=pl.col("month") + pl.col("offset"))
    others = rows.select(*key, there="month", other=money, other_kg="quantity_kg")
    return (
        new.join(others, on=[*key, "there"])
        .group_by(*key, "month")
        .agg(
            most=pl.col("other").max(),
            least=pl.col("other").min(),
            middle=pl.col("other").median(),
            most_kg=pl.col("other_kg").max(),
            least_kg=pl.col("other_kg").min(),
            months=pl.len(),
            near=pl.col("offset").abs().le(NEAR_MONTHS).sum(),
        )
    )


def _as_in_the_year(rows: pl.DataFrame, surges: pl.DataFrame, key: list[str], money: str) -> pl.DataFrame:
    """Return which months of `surges` have few months around them and are no surge beside the year before and the year
    after: the months between two seasons are no measure of a series that is traded now and then. Other doubted months
    are no measure either: they may have the same fault."""
    few = surges.filter(pl.col("months") < whole_threshold("history_months")).select(*key, "month", "bound", here=money)
    others = rows.join(surges, on=[*key, "month"], how="anti")
    year = _of_months(others, few.select(*key, "month"), YEARS_AROUND, key, money).select(*key, "month", year="most")
    usual = few.join(year, on=[*key, "month"]).filter(pl.col("here") <= pl.col("bound") * pl.col("year"))
    return usual.select(*key, "month", is_usual=pl.lit(True))


def _large(rows: pl.DataFrame, around: pl.DataFrame, key: list[str], money: str) -> pl.DataFrame:
    """Return the new rows that are many `times` the maximum of the `months` around, or, if most months of a file
    are, of all published ones; more than the `bound`.
    """
    factor, far_factor = threshold("surge_product_factor"), threshold("surge_file_factor")
    around = around.filter(pl.col("months") >= whole_threshold("surge_months"))
    # A year may well be three times the year before; then the months before decide.
    # Of a first year a season is not known: in spring the months before are no measure.
    is_known = (pl.col("near") >= NEAR_MIN) & ((pl.col("months") > pl.col("near")) | (pl.col("months") > NEAR_MONTHS))
    around = around.with_columns(bound=pl.when(is_known).then(factor).otherwise(far_factor))
    earlier = rows.filter(~pl.col("new"))
    if "partner" in key:
        # In a year a partner's trade may become many times what it was.
        first, last = (rows.filter("new")["month"].min(), rows.filter("new")["month"].max())
        earlier = earlier.filter(pl.col("month").is_between(pl.lit(first) - YEAR_MONTHS, pl.lit(last) + YEAR_MONTHS))
    published = (
        earlier.group_by(key)
        .agg(most=pl.col(money).max(), most_kg=pl.col("quantity_kg").max(), months=pl.len())
        .filter(pl.col("months") >= whole_threshold("history_months"))
    )
    of_file = (
        rows.filter("new").join(published, on=key).with_columns(is_beyond=pl.col(money) > far_factor * pl.col("most"))
    )
    # A series that trades now and then says nothing of the file.
    of_goods = rows.filter("new").group_by(key[:2] if len(key) > 2 else key[:1]).agg(every=pl.col("month").n_unique())
    of_file = of_file.join(of_goods, on=of_goods.columns[:-1])
    beyond = pl.col("is_beyond").sum().over(key)
    of_file = of_file.filter(beyond > 1, 2 * beyond > pl.len().over(key), 2 * beyond > pl.col("every"))
    columns = [*key, "month", money, "quantity_kg", "most", "most_kg", "months", "bound"]
    both = pl.concat(
        [
            around.select(columns),
            of_file.with_columns(bound=pl.lit(far_factor)).select(columns),
        ]
    ).with_columns(times=pl.col(money) / pl.col("most"))
    # If only the value rose, prices rose.
    moves = (pl.col("most_kg") == 0) | (pl.col("quantity_kg") > pl.col("bound") * pl.col("most_kg"))
    is_large = (pl.col("times") > pl.col("bound")) & moves
    surges = both.filter(is_large).unique([*key, "month"], keep="first", maintain_order=True)
    if surges.is_empty():
        return surges.with_columns(lump=pl.lit(None, pl.Int64), is_usual=pl.lit(None, pl.Boolean))
    swings = _swings(rows.join(surges, on=key, how="semi"), surges, key, money)
    lumps = _lumps(rows.join(surges, on=key, how="semi"), surges, key, money)
    lumps = lumps.join(of_file.select(*key, "month"), on=[*key, "month"], how="anti")
    years = _as_in_the_year(rows, surges, key, money)
    for frame in (swings, lumps, years):
        surges = surges.join(frame, on=[*key, "month"], how="left", maintain_order="left")
    return (
        surges.with_columns(bound=pl.max_horizontal("bound", "swing"))
        .filter(pl.col("times") > pl.col("bound"))
        .drop("swing")
    )


def _swings(rows: pl.DataFrame, surges: pl.DataFrame, key: list[str], money: str) -> pl.DataFrame:
    """Return how many times as much as in the month before each series of `surges` once had in other months: `swing`.

    A season or a boom rises and stays up for more than a month. A digit too many is gone in the next month, so a rise
    counts where the month after it keeps a large part of it; a fall is a rise read backwards. A step from a published
    month to one of the release is what is in doubt.
    """
    series = rows.select(*key, "month", "new", here=money)
    before, after, later = (
        series.select(*key, pl.col("month") - by, pl.col("here").alias(name), pl.col("new").alias(f"{name}_new"))
        for by, name in ((-1, "before"), (1, "after"), (2, "later"))
    )
    steps = series.join(after, on=[*key, "month"]).filter(pl.col("new") == pl.col("after_new"))
    for frame in (before, later):
        steps = steps.join(frame, on=[*key, "month"], how="left")
    kept = threshold("surge_lasting")
    rises = (pl.col("after") > pl.col("here")) & (pl.col("later") >= kept * pl.col("after"))
    falls = (pl.col("after") < pl.col("here")) & (pl.col("before") >= kept * pl.col("here"))
    swing = pl.max_horizontal(pl.col("after") / pl.col("here"), pl.col("here") / pl.col("after")).alias("swing")
    lasting = steps.filter((rises | falls).fill_null(False)).select(*key, swing, step="month")
    others = (
        surges.select(*key, "month").join(lasting, on=key).filter(~(pl.col("month") - pl.col("step")).is_in([0, 1]))
    )
    return others.group_by(*key, "month").agg(pl.col("swing").max())


def _lumps(rows: pl.DataFrame, surges: pl.DataFrame, key: list[str], money: str) -> pl.DataFrame:
    """Return the most that each series of `surges` had in another month that is as odd: `lump`.

    Goods that go by the shipload have months many times all around them. A month next to the doubted one is no
    witness: a wrong unit lasts. Nor is a month of the same release, which may have the same fault, unless the other
    months of the series rise and fall by the shipload too.
    """
    around = _around(rows.with_columns(new=pl.lit(True)), key, money)
    is_odd = (pl.col("months") >= whole_threshold("surge_months")) & (
        pl.col(money) > threshold("surge_product_factor") * pl.col("most")
    )
    odd = around.filter(is_odd).select(*key, there="month", lump=money)
    odd = odd.join(rows.select(*key, there="month", is_new="new"), on=[*key, "there"])
    rest = rows.select(*key, "month", money).join(odd, left_on=[*key, "month"], right_on=[*key, "there"], how="anti")
    after = rest.select(*key, pl.col("month") - 1, after=money)
    step = pl.max_horizontal(pl.col("after") / pl.col(money), pl.col(money) / pl.col("after"))
    steps = rest.join(after, on=[*key, "month"]).group_by(key).agg(step=step.median())
    others = surges.select(*key, "month").join(odd, on=key).join(steps, on=key, how="left")
    is_witness = ~pl.col("is_new") | (pl.col("step") >= threshold("surge_lumpy_step")).fill_null(False)
    others = others.filter(is_witness, (pl.col("there") - pl.col("month")).abs() > 1)
    return others.group_by(*key, "month").agg(pl.col("lump").max())


def _of_partners(surges: pl.DataFrame, money: str) -> pl.DataFrame:
    """Return rows of single partners, whose trade is less steady than the total, with whether to `hold`: a row is
    held if it is beyond the threshold for partners or much of the product; a smaller one gives a warning.
    """
    times, dollars = pl.col("times"), dollars_of(money)
    share = pl.col(money) / pl.col("whole")
    is_more = (pl.col("months") >= whole_threshold("history_months")) & (times > threshold("surge_partner_factor"))
    is_much = share >= threshold("surge_partner_share")
    is_large = pl.col(money) >= threshold("surge_partner_hold") * dollars
    hold = is_large & (is_much | (is_more & (share >= threshold("surge_partner_part"))))
    is_small = pl.col(money) >= threshold("surge_partner_warn") * dollars
    warn = (is_large & is_more) | (is_small & (times > threshold("surge_partner_warn_factor")))
    bound = (
        pl.when(is_much).then("bound").otherwise(pl.max_horizontal("bound", pl.lit(threshold("surge_partner_factor"))))
    )
    is_part = pl.col(money) < pl.col("whole")
    return surges.with_columns(bound=bound, hold=hold).filter(is_part, pl.col("hold") | warn).drop("whole")


def _findings(surges: pl.DataFrame, money: str) -> Rows:
    more = "" if surges.height == 1 else f" ({surges.height} such months)"
    yield from found_in(
        surges.with_columns(graded("hold"), value=money),
        "magnitude",
        "{severity}",
        *_about(surges),
        measure=money,
        values=("value", "most", money),
        observed="{value:,}, {times:,.1f} times the most of {months} other months" + more,
        expected="at most {bound:.3g} times {most:,}, in quantity or in value",
        advice=ADVICE,
    )


def _about(rows: pl.DataFrame) -> tuple[str, ...]:
    return ("flow", "product", *(["partner"] if "partner" in rows.columns else []), "month", "measure")


def _small(
    context: CheckContext, products: pl.DataFrame, partners: pl.DataFrame, trades: pl.DataFrame, money: str
) -> Rows:
    """Report fallen months of products and of partners. A product is held if all partners fall
    alike, as when a digit was lost; otherwise, and for one partner, the finding is a warning: trade may have
    stopped, as after an export control.
    """
    factor = threshold("collapse_factor")
    # Another check reports partners that have no row at all.
    fallen = _with_partners(products, trades, money).filter(pl.col("of_present") >= factor).drop("of_present")
    of_partners = partners.join(products, on=[*PRODUCT, "month"], how="anti")
    for rows in (fallen, of_partners.with_columns(alike=pl.lit(False))):
        note = pl.when("alike").then(pl.lit(", and nearly all partners fell alike")).otherwise(pl.lit(""))
        # All fall alike at the end of a season, too; a digit that the rows lost is not lost in a printed total.
        proven = context.proven.filter(measure=money).select(*PRODUCT, "month", is_proven=pl.lit(True))
        rows = rows.join(proven, on=[*PRODUCT, "month"], how="left", maintain_order="left")  # noqa: PLW2901
        hold = pl.col("alike") & pl.col("is_proven").is_null() & is_large(pl.col("least") / dollars_of(money))
        weighed = _weighed(context, rows, money, "least").with_columns(
            hold=hold, value=money, times=pl.col("least") / pl.col(money), note=note
        )
        weighed = measures_of_goods(context.falls_explained, weighed, "value_fell")
        yield from found_in(
            weighed.with_columns(graded("hold"), control=note_on("event", "since")),
            "magnitude",
            "{severity}",
            *_about(rows),
            measure=money,
            values=("value", "least", money),
            observed="{value:,}; the least of {months} other months is {times:,.0f} times as much{note}{control}",
            expected="at least {least:,} divided by {factor:g}, in quantity or in value",
            advice=ADVICE,
            factor=factor,
        )


def _fallen(around: pl.DataFrame, key: list[str], money: str) -> pl.DataFrame:
    """Return the rows that are a small part of the minimum of the months around, and no samples."""
    factor = threshold("collapse_factor")
    is_less = (pl.col(money) * factor < pl.col("least")) & (
        pl.col(money) >= threshold("collapse_least") * dollars_of(money)
    )
    weighs_less = (pl.col("quantity_kg") * factor < pl.col("least_kg")) & (pl.col("quantity_kg") >= SMALL_KG)
    fallen = around.filter(
        pl.col("months") >= whole_threshold("surge_months"),
        pl.col("middle") >= threshold("collapse_middle") * dollars_of(money),
        is_less,
        (pl.col("least_kg") == 0) | weighs_less,
    )
    return fallen.sort("month", *key)


def _with_partners(products: pl.DataFrame, trades: pl.DataFrame, money: str) -> pl.DataFrame:
    """Add to fallen months of products how many times as much the partners with a row usually trade (`of_present`), and
    whether nearly all partners fell so (`alike`)."""
    if products.is_empty():
        return products.with_columns(of_present=pl.lit(0.0), alike=pl.lit(False))
    place = [*PRODUCT, "month"]
    months = products.select(place).join(pl.DataFrame({"offset": pl.Series(AROUND, dtype=pl.Int32)}), how="cross")
    around = months.with_columns(there=pl.col("month") + pl.col("offset")).join(
        trades.select(*PARTNER, there="month", other=money), on=[*PRODUCT, "there"]
    )
    usual = around.group_by(*place, "partner").agg(usual=pl.col("other").median())
    both = usual.join(trades.select(*place, "partner", now=money), on=[*place, "partner"], how="left")
    both = both.join(products.select(*place, of_all=money), on=place).with_columns(pl.col("now").fill_null(0))
    usually = pl.col("usual")
    fall = (usually.filter(pl.col("now") > 0).sum() / pl.col("of_all").first()).over(place)
    both = both.with_columns(of_present=fall)
    is_alike = (pl.col("of_present") * pl.col("now") / usually).is_between(1 / ALIKE_FACTOR, ALIKE_FACTOR)
    is_most = usually.filter(is_alike).sum() >= threshold("collapse_alike") * usually.sum()
    falls = both.group_by(place).agg(pl.col("of_present").first(), alike=is_most & (pl.len() >= ALIKE_PARTNERS_MIN))
    return products.join(falls, on=place, how="left", maintain_order="left")


def _of_many_products(context: CheckContext) -> Rows:
    """Check a broad release by whole products, in each measure of money that it has."""
    of_release = context.trades.filter("new").group_by(*PRODUCT, "month").agg(pl.col(RATED).sum(), new=pl.lit(True))
    for money in context.money:
        yield from _of_whole_products(context, of_release, money)


def _of_whole_products(context: CheckContext, of_release: pl.DataFrame, money: str) -> Rows:
    """Check whole products in one measure of money: most many times what they were, or one off by a wrong unit."""
    columns = [*PRODUCT, "month", "quantity_kg", money, "new"]
    others = context.sums.by_product.with_columns(new=pl.lit(False))
    rows = pl.concat([of_release.select(columns), others.select(columns)]).filter(pl.col(money) > 0)
    around = (
        _around(rows, PRODUCT, money)
        .filter(
            pl.col("months") >= whole_threshold("surge_months"),
            pl.col("most") > 0,
            pl.col(money) >= threshold("surge_product_hold") * dollars_of(money),
        )
        .with_columns(times=pl.col(money) / pl.col("most"))
    )
    factor = threshold("surge_product_factor")
    is_large = (pl.col("times") > factor) & (
        (pl.col("most_kg") == 0) | (pl.col("quantity_kg") > factor * pl.col("most_kg"))
    )
    if around.filter(is_large).height:
        around = around.filter(~_is_year_so_far(context, money))
    for (flow, month), products in around.sort("flow", "month").group_by("flow", "month", maintain_order=True):
        large = products.filter(is_large).sort("times", "product", descending=[True, False])
        if 2 * large.height > products.height:
            named = ", ".join(large["product"].cast(pl.String).head(EXAMPLES))
            yield finding(
                "magnitude",
                "error",
                flow=str(flow),
                months=(int(month), int(month)),
                measure=money,
                values=(large.height, products.height, "products"),
                observed=(
                    f"{large.height:,} of {products.height:,} products are more than {factor:g} times the most of other"
                    f" months: {named}"
                ),
                expected="a few such products at most",
                advice=ADVICE,
            )
            continue
        single = large.filter(
            pl.col("times") > threshold("surge_broad_factor"),
            pl.col(money) >= threshold("surge_partner_hold") * dollars_of(money),
        )
        hold = pl.col("times") > threshold("price_unit_factor_broad")
        single = _weighed(context, single, money)
        yield from _findings(single.with_columns(hold=hold, bound=threshold("surge_broad_factor")), money)
