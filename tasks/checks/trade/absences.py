"""Gate D: finds months and partners that a release lacks, judged by earlier trade.

A row that is missing from a file is published as no trade. But trade also ends, and some goods are traded once a year;
so each check measures how regular the trade was and ignores small amounts. `tasks/checks/trade/completeness.py`
compares with earlier releases of the same months. A check returns findings and changes nothing.
"""

from collections.abc import Iterator

import polars as pl

from tasks.checks.frame.context import EXAMPLES, CheckContext, dollars_of, in_dollars, values_by_partner
from tasks.checks.frame.doubt_size import is_large, is_large_part
from tasks.checks.frame.measures_begun import note_on, stops_explained
from tasks.checks.frame.published_months import MONEY, QUARTER, RATED, YEAR_MONTHS
from tasks.checks.frame.registry import check
from tasks.domain.coverage import EVERYTHING, TOTALS, WORLD
from tasks.domain.doubt.findings import Rows, finding, found_in, graded
from tasks.domain.periods import month_name, month_number, month_runs
from tasks.domain.text import counted
from tasks.domain.thresholds import threshold, whole_threshold
from tasks.ledger.doubts import findings_of, open_doubts

PARTNERS_SHARE_MIN = 0.95
RECENT_MONTHS = QUARTER
BROAD_RELEASE_PRODUCTS = 50
NO_RECORD = "A month without a record is published as no trade; if it was not asked for, declare the months that were."


@check(severity="error", scope="sums_and_zeros", all_measures=True, of_trade=True)
def _partners_missing(context: CheckContext) -> Rows:
    """Find partners with much trade in the year before and no row now. The release is held if it has many products, or
    if they traded regularly and would have much of this month's trade; otherwise trade may have stopped.
    """
    if context.row["partners"] != "all":
        return
    now = context.by_partner
    met = values_by_partner(context.published_rows.filter(pl.col("product").is_in(context.products)))
    earlier = pl.concat([context.sums.by_partner, met.select(context.sums.by_partner.columns)])
    history = pl.concat(
        [earlier.join(now, on=["flow", "partner", "measure", "month"], how="anti"), now.select(earlier.columns)]
    )
    is_broad = len(context.products) >= BROAD_RELEASE_PRODUCTS
    # Of few products partners come and go: less than that was missing in nearly every month of a small one.
    share = 1 - PARTNERS_SHARE_MIN if is_broad else threshold("missing_partners_warn")
    is_much = pl.col("hold") | (pl.col("lost") > share)
    hold = pl.col("hold") | pl.col("hold_steady") | is_broad
    yield from _without_row(context, history, ["flow", "measure"], is_much | pl.col("hold_steady"), hold, share)


@check(severity="error", scope="sums_and_zeros", all_measures=True, of_trade=True)
def _partners_of_product_missing(context: CheckContext) -> Rows:
    """Find missing partners of one product of several: other products have that partner, so the file as a whole does
    not lack it. Among many products some lose their largest partner for good.
    """
    if context.row["partners"] != "all" or not 1 < len(context.products) < BROAD_RELEASE_PRODUCTS:
        return
    columns = ["flow", "product", "partner", "measure", "month"]
    of_partners = (MONEY, pl.col("partner") != WORLD)
    now = context.statements.filter("single", *of_partners).group_by(columns).agg(pl.col("value").sum())
    earlier = context.values.filter(*of_partners).group_by(columns).agg(pl.col("value").sum())
    history = pl.concat([earlier.join(now, on=columns, how="anti"), now])
    share = threshold("missing_partners_warn")
    is_much = pl.col("hold") | ((pl.col("regular") > share * pl.col("total")) & pl.col("is_known"))
    # Of small goods partners come and go, and the file has others; where they are much of the file it is held.
    is_dear = in_dollars("due") >= threshold("missing_product_a_month")
    hold = pl.col("hold") & (is_dear | (pl.col("file_share") >= threshold("missing_partners_hold")))
    yield from _without_row(context, history, ["flow", "product", "measure"], is_much, hold, share)


def _without_row(
    context: CheckContext, history: pl.DataFrame, key: list[str], is_much: pl.Expr, hold: pl.Expr, share: float
) -> Rows:
    """Yield a finding for each month and `key` whose partners without a row had much (`is_much`); an error where `hold`
    holds. Where all partners together are a printed world total, none is missing."""
    partners = pl.col("partners").cast(pl.List(pl.String)).list.join(", ")
    absent = pl.when("zero").then(pl.lit("no row, or a row of 0,")).otherwise(pl.lit("no row"))
    largest = pl.when("largest").then(pl.lit(" and the largest of each of them")).otherwise(pl.lit(""))
    place = [*(name for name in key if name != "measure"), "partner", "month"]
    # A row of 0 in all measures says the same as none.
    rows = [frame.filter(pl.col("value") > 0).select(place) for frame in (context.statements, context.published_rows)]
    traded = pl.concat(rows).unique().with_columns(traded=pl.lit(True))
    now = history.join(context.statements.select("flow", "month").unique(), on=["flow", "month"], how="semi")
    now = now.join(traded, on=place, how="left").with_columns(pl.col("traded").fill_null(False))
    goods = _goods_of_partners(context)
    proven = _proven_months(context, key)
    for month in context.statements.filter("single", MONEY)["month"].unique().sort():
        missed = _missed(history, now, goods, key, month)
        if missed is None:
            continue
        missed = missed.join(proven.filter(month=month), on=key, how="anti")
        missed = _with_measures(context, missed.filter(is_much), key, month)
        # A control of all destinations singles out none: one that had much and is gone is looked at.
        is_one = pl.col("largest") | (pl.col("most") > threshold("missing_partners_hold") * pl.col("total"))
        is_grave = hold & (pl.col("event").is_null() | (is_one & ~pl.col("is_for_some")))
        yield from found_in(
            missed.with_columns(
                graded(is_grave),
                named=_named_partners(),
                partners=partners,
                largest=largest,
                absent=absent,
                note=note_on("event", "since"),
            ),
            "partners_missing",
            "{severity}",
            *key,
            "month",
            month=month,
            partners="named",
            values=("lost", None, "share"),
            observed="{absent} for {partners}, {lost:.1%} of the twelve months before{largest}{note}",
            expected=f"partners that make at least {1 - share:.0%} of the twelve months before",
            advice=(
                "Compare with the site: a missing row is published as no trade. If trade did not stop, download it"
                " again."
            ),
        )


def _named_partners() -> pl.Expr:
    """The partners that a finding is about: those that came regularly, else the largest; others come and go."""
    return pl.when(pl.col("regulars").list.len() > 0).then("regulars").otherwise("partners")


def _with_measures(context: CheckContext, missed: pl.DataFrame, key: list[str], month: int) -> pl.DataFrame:
    """Add to each row the export control (`event`, `since`) that explains that its partners are gone: one that
    explains nearly all of what these had in the year before, and whether it `is_for_some` destinations; null where none
    does."""
    begun = context.falls_explained.filter(pl.col("month") == month)
    if missed.is_empty() or begun.is_empty():
        nothing = {name: pl.lit(None, pl.String) for name in ("event", "since")}
        return missed.with_columns(is_for_some=pl.lit(False), **nothing)
    texts = [name for name in key if name != "month"]
    gone = (
        missed.select(*key, partner="gone").explode("partner").with_columns(pl.col(*texts, "partner").cast(pl.String))
    )
    place = ["flow", "product", "partner", "measure"]
    year = context.values.filter(MONEY, pl.col("month").is_between(month - YEAR_MONTHS, month - 1))
    year = year.with_columns(pl.col(place).cast(pl.String)).group_by(place).agg(pl.col("value").sum())
    had = gone.join(year, on=[*texts, "partner"])
    places = begun.select("flow", "product", "partner", "value_fell", "since", event="measure")
    everybody = places.filter(pl.col("partner").is_null(), "value_fell").drop("partner")
    of_everybody = had.join(everybody, on=["flow", "product"]).with_columns(is_for_some=pl.lit(False))
    of_some = had.join(places.drop_nulls("partner"), on=["flow", "product", "partner"]).with_columns(
        is_for_some=pl.lit(True)
    )
    explained = (
        pl.concat([of_everybody, of_some.select(of_everybody.columns)])
        .sort("since", "event", "is_for_some")
        .unique([*place], keep="last", maintain_order=True)
    )
    sums = had.group_by(texts).agg(all=pl.col("value").sum())
    parts = (
        explained.sort("value", "since", "event")
        .group_by(texts)
        .agg(pl.col("value").sum(), pl.col("event", "since").last(), pl.col("is_for_some").all())
    )
    whole = sums.join(parts, on=texts).filter(pl.col("value") >= threshold("measure_share") * pl.col("all"))
    whole = whole.select(*texts, "event", "since", "is_for_some")
    named = missed.with_columns(pl.col(name).cast(pl.String).alias(f"{name}_text") for name in texts)
    named = named.join(
        whole, left_on=[f"{name}_text" for name in texts], right_on=texts, how="left", maintain_order="left"
    )
    return named.drop(f"{name}_text" for name in texts)


def _proven_months(context: CheckContext, key: list[str]) -> pl.DataFrame:
    """Return for which `key` and month every product of the release meets a printed world total. A product without a
    row meets none: its total may be lost with its rows."""
    place = ["flow", "product", "measure", "month"]
    partners = context.statements.filter("single", MONEY, pl.col("partner") != WORLD)
    months = partners.select("flow", "measure", "month").unique()
    sums = partners.select("flow", "product").unique().join(months, on="flow")
    open_ = sums.join(context.proven, on=place, how="anti")
    return sums.select(*key, "month").unique().join(open_, on=[*key, "month"], how="anti")


def _goods_of_partners(context: CheckContext) -> pl.DataFrame:
    """Return in how many products each partner trades in a month before the last one of the release, in the release or
    as published: flow, partner, month, goods. Of a release of many products no partner is known."""
    is_before = pl.col("month") < context.statements["month"].max()
    both = [frame.filter(is_before, MONEY).select("flow", "product", "partner", "month") for frame in _of_both(context)]
    return pl.concat(both).group_by("flow", "partner", "month").agg(goods=pl.col("product").n_unique())


def _missed(
    history: pl.DataFrame, now: pl.DataFrame, goods: pl.DataFrame, key: list[str], month: int
) -> pl.DataFrame | None:
    """Compute what partners without a row now had in the twelve months before, for each `key` that has a row now:
    `lost`, a share; the three largest `partners`; whether the `largest` of every month is among them; whether enough
    `is_known`; how much of the month they would be (`goods_share`, `file_share`); and whether all that is reason to
    `hold`, or that a partner is among them who came in each month with several `goods` (`hold_steady`). All of them are
    `gone`.
    """
    year = history.filter(pl.col("month").is_between(month - YEAR_MONTHS, month - 1))
    here = now.filter(pl.col("month") == month)
    year = year.join(here.select(key).unique(), on=key, how="semi")
    traded = here.filter("traded")
    if year.join(traded, on=[*key, "partner"], how="anti").is_empty():
        return None
    totals = year.group_by(key).agg(total=pl.col("value").sum(), known=pl.col("month").n_unique())
    leading = (
        year.sort("value", "partner")
        .group_by(*key, "month")
        .agg(pl.col("partner").last())
        .group_by(key)
        .agg(leader=pl.col("partner").first(), leaders=pl.col("partner").n_unique())
    )
    partners = year.group_by(*key, "partner").agg(
        pl.col("value").sum(), months=(pl.col("value") > 0).sum(), least=pl.col("value").min()
    )
    partners = partners.join(_due(history, year, key, month), on=[*key, "partner"])
    last = year.filter(pl.col("month") == pl.col("month").max().over(key)).join(
        goods, on=["flow", "partner", "month"], how="left"
    )
    partners = partners.join(last.select(*key, "partner", "goods", last="value"), on=[*key, "partner"], how="left")
    zeros = here.filter(~pl.col("traded")).select(*key, "partner", zero=pl.lit(True))
    partners = partners.join(zeros, on=[*key, "partner"], how="left")
    gone = partners.join(traded, on=[*key, "partner"], how="anti").join(totals, on=key).join(leading, on=key)
    is_regular = pl.col("months") >= threshold("missing_partner_regular") * pl.col("known")
    is_steady = (
        (pl.col("months") == pl.col("known"))
        & (pl.col("known") >= whole_threshold("history_months"))
        & (threshold("collapse_factor") * pl.col("least") > pl.col("due"))
        & (pl.col("last") >= threshold("missing_partners_level") * pl.col("due"))
        & (pl.col("goods") > 1)
    )
    lost = (
        gone.sort(*key, "value", "partner", descending=[False] * len(key) + [True, False])
        .group_by(*key, "total", "known", maintain_order=True)
        .agg(
            value=pl.col("value").sum(),
            regular=pl.col("value").filter(is_regular).sum(),
            due=pl.col("due").filter(is_regular).sum(),
            steady=pl.col("due").filter(is_steady.fill_null(False)).sum(),
            partners=pl.col("partner").head(EXAMPLES),
            gone=pl.col("partner"),
            regulars=pl.col("partner").filter(is_regular),
            most=pl.col("value").max(),
            zero=pl.col("zero").any(),
            largest=((pl.col("leaders") == 1) & (pl.col("partner") == pl.col("leader"))).any(),
        )
    )
    # Where the same month of the year before is not known, a season may be over: then the others trade less, too.
    staying = year.join(traded.select(*key, "partner"), on=[*key, "partner"], how="semi")
    staying = staying.group_by(key).agg(staying=pl.col("value").sum())
    present = here.group_by(key).agg(here=pl.col("value").sum()).join(staying, on=key, how="left")
    seasons = year.filter(pl.col("month") == month - YEAR_MONTHS).select(*key, has_season=pl.lit(True)).unique()
    present = present.join(seasons, on=key, how="left").with_columns(pl.col("has_season").fill_null(False))
    file = here.group_by("flow", "measure").agg(file=pl.col("value").sum())
    lost = lost.filter(pl.col("total") > 0).join(present, on=key, maintain_order="left")
    lost = lost.join(file, on=["flow", "measure"], maintain_order="left").with_columns(
        lost=pl.col("value") / pl.col("total"),
        a_month=in_dollars("total") / pl.col("known"),
        goods_share=(pl.col("due") / (pl.col("due") + pl.col("here"))).fill_nan(0),
        file_share=(pl.col("due") / (pl.col("due") + pl.col("file"))).fill_nan(0),
    )
    is_known = pl.col("known") >= whole_threshold("missing_partners_months")
    is_most = (pl.col("goods_share") >= threshold("missing_partners_hold")) | pl.col("largest")
    is_much = pl.col("a_month") >= threshold("trifle_a_month")
    usual = threshold("missing_partners_level") * pl.col("staying").fill_null(0) / pl.col("known")
    is_in_season = pl.col("has_season") | (pl.col("staying").is_not_null() & (pl.col("here") >= usual))
    hold = is_most & is_known & is_much & is_in_season & is_large(in_dollars("due"))
    # What came in every month, and never in a fifth of what is due, stops in one kind of goods and not in all of them.
    is_steady = is_in_season & (in_dollars("steady") >= threshold("trifle_a_month")) & is_large_part()
    return lost.with_columns(
        largest=pl.col("largest") & is_known, is_known=is_known & is_much, hold=hold, hold_steady=is_steady
    )


def _due(history: pl.DataFrame, year: pl.DataFrame, key: list[str], month: int) -> pl.DataFrame:
    """Return what each partner would have in a month after the twelve of `year`: as much as in the same month of the
    year before, less if the three months before it fell since, or as a month on average of the last three that are
    known and no more than some times the last one; whichever is more. A partner that faded out, or whose harvest is
    over, is not due: where it fell twice, as much as if it fell on, and where it had nothing in the same month of the
    year before, no more than the less of the two months beside that.
    """
    months = year.select(*key, "month").unique()
    last = months.group_by(key).agg(pl.col("month").top_k(RECENT_MONTHS)).explode("month")
    newest = months.group_by(key).agg(pl.col("month").max())
    recent = year.join(last, on=[*key, "month"], how="semi")
    same = history.filter(pl.col("month").is_between(month - YEAR_MONTHS - RECENT_MONTHS, month - YEAR_MONTHS - 1))
    parts = (
        recent.group_by(*key, "partner").agg(
            recent=pl.col("value").sum() / RECENT_MONTHS, lasts=pl.col("value").sort_by("month", descending=True)
        ),
        year.join(newest, on=[*key, "month"], how="semi").select(*key, "partner", last="value"),
        same.group_by(*key, "partner").agg(same=pl.col("value").sum() / RECENT_MONTHS),
        *(
            history.filter(pl.col("month") == month - YEAR_MONTHS + beside).select(*key, "partner", **{name: "value"})
            for beside, name in ((-1, "before"), (0, "season"), (1, "after"))
        ),
    )
    partners = year.select(*key, "partner").unique()
    for part in parts:
        partners = partners.join(part, on=[*key, "partner"], how="left")
    known = history.filter(pl.col("month") == month - YEAR_MONTHS).select(*key, is_known=pl.lit(True)).unique()
    partners = partners.join(known, on=key, how="left").with_columns(
        pl.col("recent", "last", "before", "after").fill_null(0)
    )
    trend = pl.when(pl.col("same") > 0).then(pl.col("recent") / pl.col("same")).otherwise(1.0).clip(0, 1)
    first, second, third = (pl.col("lasts").list.get(place, null_on_oob=True) for place in range(RECENT_MONTHS))
    is_falling = ((first < second) & (second < third)).fill_null(False)
    going_on = pl.when(is_falling).then(first * first / second)
    most = pl.min_horizontal(threshold("surge_product_factor") * pl.col("last"), going_on)
    by_months = pl.min_horizontal("recent", most)
    is_gap = pl.col("is_known").fill_null(False) & pl.col("season").is_null() & (pl.col("before") > 0)
    by_months = pl.when(is_gap).then(pl.min_horizontal(by_months, "before", "after")).otherwise(by_months)
    due = pl.max_horizontal(by_months, pl.col("season").fill_null(0) * trend)
    return partners.select(*key, "partner", due=due)


@check(severity="error", scope="sums_and_zeros", of_trade=True)
def _few_partners(context: CheckContext) -> Rows:
    """Find files that declare all partners and contain only a few, whose sum would pass for the world."""
    row = context.row
    partners = {*row["partner_list"]} - {*TOTALS}
    if row["partners"] != "all" or not partners:
        return
    few = whole_threshold("few_partners")
    key, is_partner = ["flow", "product"], ~pl.col("partner").cast(pl.String).is_in(TOTALS)
    if row["by_month"]:
        dollars = pl.max_horizontal(pl.col(name) / dollars_of(name) for name in RATED[1:])
        rows, months = context.trades.filter("new").with_columns(value=dollars), pl.col("month").n_unique()
    else:
        rows = context.statements.filter(MONEY).with_columns(value=in_dollars())
        months = pl.lit(context.last - context.first + 1)
    sums = (
        rows.filter(is_partner)
        .group_by(key)
        .agg(pl.col("value").sum(), months=months, partners=pl.col("partner").n_unique())
    )
    rare = sums.filter(
        pl.col("partners") <= few, pl.col("value") >= threshold("trifle_a_month") * pl.col("months")
    ).sort(key)
    if rare.is_empty():
        return
    usual = _published_partners(context, rare)
    trifles = _trifles_missing(context, rare)
    advice = (
        'See whether the query was for all partners; if it was for these, declare partners = "listed", and no world is'
        " made of them."
    )
    many = usual.filter(pl.col("usual") >= threshold("many_partners")).join(trifles, on=key, how="left")
    for product_row in rare.join(many, on=key).sort(key).to_dicts():
        yield finding(
            "few_partners",
            "warning" if product_row["is_trifle"] else "error",
            flow=product_row["flow"],
            products=[product_row["product"]],
            values=(product_row["partners"], product_row["usual"], "partners"),
            observed=f"{counted(product_row['partners'], 'partner')} in all months, where all were declared",
            expected=f"about {product_row['usual']:.0f} partners a month, as published",
            advice=advice,
        )
    if len(partners) <= few and rare.join(usual, on=key, how="semi").is_empty():
        yield finding(
            "few_partners",
            "warning",
            flow=row["flow"],
            listed=sorted(partners),
            values=(len(partners), None, "partners"),
            observed=f"only {', '.join(sorted(partners))} in all months, where all were declared",
            expected=(
                f"more than {counted(few, 'partner')} of goods worth so much; nothing of them is published to compare"
                " with"
            ),
            advice=advice,
        )


def _trifles_missing(context: CheckContext, products: pl.DataFrame) -> pl.DataFrame:
    """Return those of these products whose other partners, as far as the year before is known, are no longer due or
    have parcels together: flow, product, is_trifle. Of a release of many products no partner is known."""
    key, place = ["flow", "product"], ["flow", "product", "measure"]
    if context.is_broad:
        return products.select(*key, is_trifle=pl.lit(False)).clear()
    history = context.values.filter(MONEY, pl.col("partner") != WORLD).join(products, on=key, how="semi")
    history = history.group_by(*place, "partner", "month").agg(pl.col("value").sum())
    year = history.filter(pl.col("month").is_between(context.first - YEAR_MONTHS, context.first - 1))
    here = context.statements.filter(pl.col("partner") != WORLD).select(*key, "partner").unique()
    gone = _due(history, year, place, context.first).join(here, on=[*key, "partner"], how="anti")
    sums = gone.group_by(place).agg(pl.col("due").sum()).with_columns(due=in_dollars("due"))
    sums = sums.group_by(key).agg(pl.col("due").max())
    return sums.select(*key, is_trifle=pl.col("due") < threshold("trifle_a_month"))


def _published_partners(context: CheckContext, products: pl.DataFrame) -> pl.DataFrame:
    """Compute how many partners these products usually have in a published month: flow, product, usual. The median, or
    fewer where a month next to the release, or the same month of another year, had fewer."""
    key = ["flow", "product"]
    met = context.published_rows.filter("single", MONEY, pl.col("kind") != "published").join(
        products, on=key, how="semi"
    )
    met = met.group_by(*key, "month").agg(partners=pl.col("partner").n_unique().cast(pl.UInt32))
    others = context.sums.by_product.filter(pl.col("partners") > 0).join(products, on=key, how="semi")
    both = pl.concat([others.select(*key, "month", "partners"), met])
    both = both.filter(
        _of_all_partners(context),
        ~(_in_doubt_of_few(context) & (pl.col("partners") <= whole_threshold("few_partners"))),
    )
    # At the end of a season partners leave one by one: the month before it, and the season of other years, have few.
    is_near = (pl.col("month") - context.first).abs().is_in([1, YEAR_MONTHS])
    usual = both.group_by(key).agg(usual=pl.col("partners").median(), near=pl.col("partners").filter(is_near).min())
    return usual.select(*key, usual=pl.min_horizontal("usual", "near"))


def _of_all_partners(context: CheckContext) -> pl.Expr:
    """Whether a release that asked for all partners covers a month of a product: one that asked for some proves nothing
    about how many there are."""
    releases = context.counting.select("flow", "partners", "products", "first_month", "last_month")
    if (releases["partners"] == "all").all():
        return pl.lit(True)
    scopes = {
        (row["flow"], *sorted(row["products"]), month_number(row["first_month"]), month_number(row["last_month"]))
        for row in releases.filter(partners="all").iter_rows(named=True)
    }
    product, flow = (pl.col(name).cast(pl.String) for name in ("product", "flow"))
    return pl.any_horizontal(
        pl.lit(False),
        *(
            pl.col("month").is_between(first, last)
            & (pl.lit(of_flow is None) | (flow == of_flow))
            & pl.any_horizontal(pl.lit(EVERYTHING in products), *(product.str.starts_with(one) for one in products))
            for of_flow, *products, first, last in scopes
        ),
    )


def _in_doubt_of_few(context: CheckContext) -> pl.Expr:
    """Whether a month of a product is one of which it is still doubted that the published file has every partner: it
    proves nothing about the partners of the next file."""
    doubts = open_doubts(findings_of(context.known.snapshot), context.counting).filter(finding="few_partners")
    product, flow = (pl.col(name).cast(pl.String) for name in ("product", "flow"))
    return pl.any_horizontal(
        pl.lit(False),
        *(
            pl.col("month").is_between(row["first"], row["last"])
            & (pl.lit(row["flow"] is None) | (flow == row["flow"]))
            & pl.any_horizontal(pl.lit(not row["products"]), *(product.str.starts_with(one) for one in row["products"]))
            for row in doubts.iter_rows(named=True)
        ),
    )


@check(severity="error", scope="gaps", of_trade=True)
def _months_without_records(context: CheckContext) -> Rows:
    """Find requested months without records, which would be published as no trade. A month between others with
    records is missing if the goods are traded in most months.
    """
    row = context.row
    if row["partners"] == "keys" or not row["by_month"]:
        return
    present = {*context.statements["month"].unique()}
    absent = [month for month in range(context.first, context.last + 1) if month not in present]
    if not absent:
        return
    others = {*context.sums.by_product.filter(pl.col("product").is_in(context.products))["month"].unique()}
    between = [month for month in absent if min(present | others) < month < max(present | others)]
    density = max(len(months) / (max(months) - min(months) + 1) for months in (present, present | others))
    sums = context.statements.filter("single", MONEY).group_by("measure").agg(pl.col("value").sum())
    is_enough = (in_dollars() >= threshold("trifle_a_month") * len(present)).alias("is_enough")
    is_trifle = sums.height > 0 and not sums.select(is_enough)["is_enough"].any()
    is_missing = bool(between) and row["partners"] == "all" and density >= threshold("gap_density") and not is_trifle
    severity = "error" if is_missing or len(context.products) >= BROAD_RELEASE_PRODUCTS else "warning"
    for first, last in month_runs(absent):
        yield finding(
            "month_without_records",
            severity,
            flow=row["flow"],
            months=(first, last),
            observed=f"no record of {_named([*range(first, last + 1)])}",
            expected=f"records of each month from {row['first_month']:%Y-%m} to {row['last_month']:%Y-%m}",
            advice=NO_RECORD,
        )


@check(severity="error", scope="gaps", of_trade=True)
def _product_without_records(context: CheckContext) -> Rows:
    """Find missing months of one product of several, where other products have records of the month."""
    row = context.row
    if row["partners"] != "all" or not row["by_month"] or context.is_broad or len(context.products) == 1:
        return
    key = ["flow", "product"]
    single = context.statements.filter("single")
    others = context.sums.by_product.filter(pl.col("product").is_in(context.products)).select(*key, "month")
    present = pl.concat([single.select(*key, "month"), others]).unique()
    spans = present.group_by(key).agg(first=pl.col("month").min(), last=pl.col("month").max(), months=pl.len())
    span = pl.col("last") - pl.col("first") + 1
    broken = spans.filter(pl.col("months") < span, pl.col("months") >= threshold("product_gap_density") * span)
    money = single.filter(MONEY).group_by(*key, "measure").agg(pl.col("value").sum(), of=pl.col("month").n_unique())
    usual = money.with_columns(value=in_dollars() / pl.col("of")).group_by(key).agg(pl.col("value").max())
    traded = single.select("flow", "month").unique()
    absent = (
        broken.join(usual.filter(pl.col("value") >= threshold("product_gap_a_month")), on=key)
        .with_columns(month=pl.int_ranges("first", "last", dtype=pl.Int32))
        .explode("month")
        .join(present, on=[*key, "month"], how="anti")
        .join(traded, on=["flow", "month"], how="semi")
        .join(_between_seasons(context, broken), on=[*key, "month"], how="anti")
        .group_by(*key, "months")
        .agg(pl.col("month").sort())
        .sort(key)
    )
    begun = {
        (row["flow"], row["product"], row["month"]): row for row in stops_explained(context.measures_begun).to_dicts()
    }
    for gap in absent.to_dicts():
        measures = [begun.get((gap["flow"], gap["product"], month)) for month in gap["month"]]
        measure = measures[0]
        where = f", where {measure['measure']} is in force since {measure['since']}" if measure else ""
        for first, last in month_runs(gap["month"]):
            yield finding(
                "product_without_records",
                "warning" if all(measures) else "error",
                flow=gap["flow"],
                products=[gap["product"]],
                months=(first, last),
                observed=(
                    f"no record of {_named([*range(first, last + 1)])}, where {counted(absent.height, 'product')} of "
                    f"the file {'lacks' if absent.height == 1 else 'lack'} months{where}"
                ),
                expected=f"a record of each month, as {gap['months']} months before and after have",
                advice=NO_RECORD,
            )


def _between_seasons(context: CheckContext, products: pl.DataFrame) -> pl.DataFrame:
    """Return the months of `products` beside one of far less trade than their middle month: there a season ends, and
    another one begins."""
    key = ["flow", "product"]
    sums = [frame.filter(MONEY).select(*key, "partner", "measure", "month", "value") for frame in _of_both(context)]
    months = (
        pl.concat(sums)
        .join(products, on=key, how="semi")
        .group_by(*key, "measure", "month")
        .agg(pl.col("value").sum())
        .with_columns(middle=pl.col("value").median().over(*key, "measure"))
        .filter(pl.col("value") < threshold("missing_partners_level") * pl.col("middle"))
    )
    return pl.concat([months.select(*key, pl.col("month") + step) for step in (-1, 1)]).unique()


def _of_both(context: CheckContext) -> Iterator[pl.DataFrame]:
    """Yield the values of partners in the release, and those published that it does not have."""
    partners = context.statements.filter("single", pl.col("partner") != WORLD)
    yield partners
    yield context.values.filter(pl.col("partner") != WORLD).join(partners, on=["flow", "product", "month"], how="anti")


def _named(months: list[int]) -> str:
    names = ", ".join(month_name(month) for month in months[:EXAMPLES])
    return f"{names} ({counted(len(months), 'month')})"
