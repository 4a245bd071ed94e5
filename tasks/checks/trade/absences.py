"""Gate D: finds months and partners that a release lacks, judged by earlier trade.

A row that is missing from a file is published as no trade. But trade also ends, and some goods are traded once a year;
so each check measures how regular the trade was and ignores small amounts. `tasks/checks/trade/completeness.py`
compares with earlier releases of the same months. A check returns findings and changes nothing.
"""

from collections.abc import Iterator, Sequence

import polars as pl

from schemas.reference.code_tables import code_table
from tasks.checks.frame.context import EXAMPLES, CheckContext, in_dollars, values_by_partner
from tasks.checks.frame.doubt_size import is_large
from tasks.checks.frame.measures_begun import PLACE, note_on, stops_explained
from tasks.checks.frame.published_months import MONEY, QUARTER, YEAR_MONTHS, with_codes
from tasks.checks.frame.registry import check
from tasks.domain.coverage import TOTALS, WORLD
from tasks.domain.doubt.findings import Rows, finding, found_in, graded
from tasks.domain.periods import month_name, month_runs
from tasks.domain.text import counted
from tasks.domain.thresholds import threshold, whole_threshold
from tasks.ledger.doubts import findings_of, open_doubts

PARTNERS_SHARE_MIN = 0.95
# A steady partner is missed whatever its part (doubt_goods_share); of any other a small part may stop.
LARGE_PART = 0.05
STEADY = "steady"
MOST = "most months"
ONLY_FEW = "only {names} in all months, where all were declared"
WERE_ALL = (
    'See whether the query was for all partners; if it was for these, declare partners = "listed", and no world is made'
    " of them."
)
BROAD_RELEASE_PRODUCTS = 50
NO_RECORD = "A month without a record is published as no trade; if it was not asked for, declare the months that were."


@check(severity="error", scope="sums_and_zeros", all_measures=True, of_trade=True)
def _partners_missing(context: CheckContext) -> Rows:
    """Find partners without a row that had one in the months before, so regularly that they hardly ever stop. One is a
    doubt; one with much of the goods, several at once, or one that is gone from all of its goods holds the release."""
    if context.row["partners"] != "all":
        return
    is_many = len(context.products) >= BROAD_RELEASE_PRODUCTS
    key = ["flow", "measure"] if is_many else ["flow", "product", "measure"]
    gone = _gone(context, key, is_many=is_many)
    if gone.is_empty():
        return
    count = pl.col("gone").list.len()
    is_measured = pl.col("rarest") <= threshold("absence_regular")
    percent = (pl.col("rarest") * 100).round(2)
    measured = pl.format("of partners that came so regularly {}% have none a month later", percent)
    missed = _missed(gone, [*key, "month"], is_many=is_many).with_columns(
        names=pl.col("named").list.join(", "),
        more=pl.when(count > EXAMPLES).then(pl.format(" and {} more", count - EXAMPLES)).otherwise(pl.lit("")),
        rates=pl.when(is_measured).then(measured).otherwise(pl.lit("they had much, and in most of the months")),
        note=note_on("event", "since"),
    )
    yield from found_in(
        missed,
        "partners_missing",
        "{severity}",
        *key,
        "month",
        partners="gone",
        values=("part", None, "share"),
        observed="no trade of {names}{more}, {part:.1%} of the twelve months before{note}",
        expected="a row of each: {rates}",
        advice=(
            "Compare with the site: a missing row is published as no trade. If trade did not stop, download it again."
        ),
    )


def _gone(context: CheckContext, key: list[str], *, is_many: bool) -> pl.DataFrame:
    """The regular partners without a row, by `key` and month, with the export control that explains it, and whether one
    is gone from all of several goods (`is_everywhere`). Where all partners are a printed world total, none is."""
    partners = _before(context, key)
    # Of many products together a partner hardly ever stops, so a month is enough to know it.
    is_main = (pl.col("regularity") == MOST) & (pl.col("part") >= threshold("missing_partners_hold"))
    is_regular = pl.lit(is_many) | (pl.col("rate") <= threshold("absence_regular")) | is_main
    regular = partners.filter(is_regular, pl.col("part") >= threshold("doubt_goods_share"))
    of_partner = ["flow", "measure", "month", "partner"]
    goods = pl.len().over(of_partner)
    regular = regular.with_columns(is_everywhere=(goods > 1) & (pl.col("is_absent").sum().over(of_partner) == goods))
    gone = regular.filter("is_absent").join(_proven_months(context, key), on=[*key, "month"], how="anti")
    return _with_measures(context, gone).with_columns(pl.col("partner").cast(pl.String))


def _missed(gone: pl.DataFrame, place: list[str], *, is_many: bool) -> pl.DataFrame:
    """The months of goods whose partners are gone, with their `severity`, parts of the year and of the month."""
    is_explained = pl.col("event").is_not_null()
    missed = (
        gone.sort(*place, "part", "partner", descending=[False] * len(place) + [True, False])
        .group_by(place, maintain_order=True)
        .agg(
            pl.col("due", "part").sum(),
            pl.col("here", "in_file", "is_in_season").first(),
            rarest=pl.col("rate").min(),
            gone="partner",
            named=pl.col("partner").head(EXAMPLES),
            most=pl.col("part").max(),
            is_everywhere=pl.col("is_everywhere").any(),
            explained=pl.col("part").filter(is_explained).sum(),
            is_for_some=pl.col("is_for_some").filter(is_explained).all(),
            event=pl.col("event").drop_nulls().last(),
            since=pl.col("since").drop_nulls().last(),
        )
    )
    is_whole = pl.col("explained") >= threshold("measure_share") * pl.col("part")
    missed = missed.with_columns(
        event=pl.when(is_whole).then("event"),
        goods_share=pl.col("due") / (pl.col("due") + pl.col("here")),
        file_share=pl.col("due") / (pl.col("due") + pl.col("in_file")),
        are_several=pl.col("gone").list.len() >= whole_threshold("missing_partners_several"),
    )
    is_rare, least = pl.col("rarest") <= threshold("absence_rare"), 1 - PARTNERS_SHARE_MIN
    is_doubtful = pl.col("part") > least if is_many else is_rare | _is_large_part() | pl.col("are_several")
    are_much = pl.col("are_several") & (pl.col("goods_share") > least)
    is_much = _is_large_part() | are_much | pl.col("is_everywhere") | pl.lit(is_many)
    return missed.filter(is_doubtful).with_columns(graded(is_much & _is_sure()))


def _is_large_part() -> pl.Expr:
    """Whether so much of the month was due from the partners that are gone that its sum is another figure."""
    return pl.col("goods_share") >= threshold("missing_partners_hold")


def _is_sure() -> pl.Expr:
    """Whether neither small amounts nor a season nor an export control explain that the partners are gone. A control of
    all destinations singles out none: one that had much and is gone is looked at."""
    dollars = in_dollars("due")
    is_worth = (dollars >= threshold("trifle_a_month")) & is_large(dollars)
    is_one = (pl.col("most") >= threshold("missing_partners_hold")) & ~pl.col("is_for_some")
    return is_worth & pl.col("is_in_season") & (pl.col("event").is_null() | is_one)


def _before(context: CheckContext, key: list[str]) -> pl.DataFrame:
    """The partners of the year before each month of the release: the columns of `regular_partners`, with the `rate` of
    those that are gone in the next month, and whether the goods are in their season."""
    names = [*key, "partner", "month"]
    money = (MONEY, pl.col("partner") != WORLD)
    now = context.statements.filter("single", *money).group_by(names).agg(pl.col("value").sum())
    if context.is_broad:
        met = values_by_partner(context.published_rows.filter(pl.col("product").is_in(context.products)))
        earlier = pl.concat([context.sums.by_partner, met.select(context.sums.by_partner.columns)])
    else:
        earlier = context.values.filter(*money)
    earlier = earlier.group_by(names).agg(pl.col("value").sum())
    history = pl.concat([earlier.join(now, on=names, how="anti"), now])
    # A row of 0 in all measures says the same as none, and one in any measure is a row.
    place = [name for name in names if name != "measure"]
    rows = [
        frame.filter("single", pl.col("value") > 0).select(place)
        for frame in (context.statements, context.published_rows)
    ]
    partners = regular_partners(history, now.select(*key, "month").unique(), pl.concat(rows).unique(), key)
    file = now.group_by("flow", "measure", "month").agg(in_file=pl.col("value").sum())
    rates = code_table("absence_rates").select(
        "regularity", pl.col("part_from").cast(pl.Float64), rate=pl.col("rate").cast(pl.Float64)
    )
    return (
        partners.join(file, on=["flow", "measure", "month"])
        .join(rates, on=["regularity", "part_from"], how="left")
        .with_columns(pl.col("rate").fill_null(1.0))
    )


def regular_partners(history: pl.DataFrame, places: pl.DataFrame, traded: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """Say of each partner that traded in the twelve months before a month of `places` how regular it was, by the
    `history` (key, partner, month, value): its `part` of the year, its `regularity` and the bound of its part as in the
    code table `absence_rates`, what of it is `due` in the month, and whether it `is_absent`, beside the value that is
    `here` and whether the goods are in their season."""
    place, part = [*key, "month"], pl.col("had") / pl.col("total")
    present = traded.with_columns(is_absent=pl.lit(False))
    here = history.group_by(place).agg(here=pl.col("value").sum())
    partners = (
        _years(history, places, key)
        .join(present, on=[*traded.columns], how="left")
        .join(here, on=place, how="left")
        .with_columns(pl.col("is_absent").fill_null(True), pl.col("here").fill_null(0))
    )
    staying = pl.col("had").filter(~pl.col("is_absent")).sum().over(place) / pl.col("known")
    partners = partners.with_columns(regularity=_regularity())
    is_steady = pl.col("regularity") == STEADY
    least = pl.when(is_steady).then(threshold("doubt_goods_share")).otherwise(LARGE_PART)
    return partners.with_columns(
        part=part,
        part_from=pl.when(part >= least).then(least).otherwise(0.0),
        due=_due(),
        is_in_season=pl.col("has_season") | (pl.col("here") >= threshold("missing_partners_level") * staying),
    )


def _regularity() -> pl.Expr:
    """In which of the known months of the year a partner was met, as in the code table `absence_rates`."""
    is_each, few = pl.col("met") == pl.col("known"), whole_threshold("missing_partners_months")
    is_known = pl.col("known") >= whole_threshold("history_months")
    is_steady = pl.col("least") * pl.col("met") >= threshold("absence_steady") * pl.col("had")
    is_most = pl.col("met") >= threshold("missing_partner_regular") * pl.col("known")
    return (
        pl.when(is_each & is_known & is_steady)
        .then(pl.lit(STEADY))
        .when(is_each & is_known)
        .then(pl.lit("each month"))
        .when(is_each & (pl.col("known") >= few))
        .then(pl.lit("each of few months"))
        .when(is_known & is_most)
        .then(pl.lit(MOST))
        .otherwise(pl.lit("now and then"))
    )


def _due() -> pl.Expr:
    """What a partner would have in the month: as much as in the same month of the year before, less if its last quarter
    fell since; where that month is not known, as in its last quarter on average, and no more than some times the last
    month."""
    is_trend = (pl.col("before") > 0) & (pl.col("lately") > 0)
    trend = pl.when(is_trend).then(pl.col("recent") / pl.col("before")).otherwise(1.0).clip(0, 1)
    most = threshold("surge_product_factor") * pl.col("last")
    lately = pl.min_horizontal(pl.col("recent") / pl.col("lately"), most).fill_nan(0)
    return pl.when("has_season").then(pl.col("season") * trend).otherwise(lately)


def _years(history: pl.DataFrame, places: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """What each partner `had` in the twelve months before each of `places`, in how many of the `known` months it was
    `met`, its `least` one, and its `recent` months, `season` and the months `before` the year."""
    place, back = [*key, "month"], pl.col("month") - pl.col("there")
    every = history.filter(pl.col("value") > 0).rename({"month": "there"})
    year = places.join(every, on=key).filter(back.is_between(1, YEAR_MONTHS + QUARTER))
    in_year, is_recent, value = back <= YEAR_MONTHS, back <= QUARTER, pl.col("value")
    of_goods = year.group_by(place).agg(
        total=value.filter(in_year).sum(),
        known=pl.col("there").filter(in_year).n_unique(),
        lately=pl.col("there").filter(is_recent).n_unique(),
        has_season=(back == YEAR_MONTHS).any(),
    )
    partners = year.group_by(*place, "partner").agg(
        had=value.filter(in_year).sum(),
        met=in_year.sum(),
        least=value.filter(in_year).min(),
        recent=value.filter(is_recent).sum(),
        last=value.filter(back == 1).sum(),
        season=value.filter(back == YEAR_MONTHS).sum(),
        before=value.filter(back > YEAR_MONTHS).sum(),
    )
    return partners.filter(pl.col("met") > 0).join(of_goods, on=place)


def _with_measures(context: CheckContext, gone: pl.DataFrame) -> pl.DataFrame:
    """Add to partners of goods and months the export control (`event`, `since`) that explains that they are gone, one
    of their destination before one of all, and whether it `is_for_some` destinations; null where none does."""
    place = ["flow", "product", "month"]
    falls = with_codes(context.falls_explained.rename({"measure": "event"})).sort("since", "event")
    if falls.is_empty() or "product" not in gone.columns:
        nothing = {name: pl.lit(None, pl.String) for name in ("event", "since")}
        return gone.with_columns(is_for_some=pl.lit(False), **nothing)
    names = ["event", "since"]
    of_all = falls.filter(pl.col("partner").is_null(), "value_fell").unique(place, keep="last").select(*place, *names)
    of_some = falls.drop_nulls("partner").unique([*place, "partner"], keep="last").select(*place, "partner", *names)
    named = gone.join(of_all, on=place, how="left").join(of_some, on=[*place, "partner"], how="left", suffix="_some")
    each = {name: pl.coalesce(f"{name}_some", name) for name in names}
    return named.with_columns(is_for_some=pl.col("event_some").is_not_null(), **each)


def _proven_months(context: CheckContext, key: list[str]) -> pl.DataFrame:
    """Return for which `key` and month every product of the release meets a printed world total. A product without a
    row meets none: its total may be lost with its rows."""
    place = ["flow", "product", "measure", "month"]
    partners = context.statements.filter("single", MONEY, pl.col("partner") != WORLD)
    months = partners.select("flow", "measure", "month").unique()
    sums = partners.select("flow", "product").unique().join(months, on="flow")
    open_ = sums.join(context.proven, on=place, how="anti")
    return sums.select(*key, "month").unique().join(open_, on=[*key, "month"], how="anti")


@check(severity="error", scope="sums_and_zeros", of_trade=True)
def _few_partners(context: CheckContext) -> Rows:
    """Find files of all partners that have a few, whose sum would pass for the world: where published months have many,
    or where nothing is published and the same few are in every month, as in a query for the largest ones."""
    few, key, row = whole_threshold("few_partners"), ["flow", "product"], context.row
    partners = sorted({*row["partner_list"]} - {*TOTALS})
    if row["partners"] != "all" or not partners:
        return
    rows = context.statements.filter(MONEY, ~pl.col("partner").cast(pl.String).is_in(TOTALS))
    months = pl.col("month").n_unique() if row["by_month"] else pl.lit(context.last - context.first + 1)
    sums = rows.group_by(*key, "measure").agg(
        pl.col("value").sum(),
        months=months,
        count=pl.col("partner").n_unique(),
        names=pl.col("partner").unique().cast(pl.String).sort().str.join(", "),
    )
    is_worth = in_dollars() >= threshold("trifle_a_month") * pl.col("months")
    rare = (
        sums.filter(pl.col("count") <= few, is_worth).unique(key).join(_published_partners(context), on=key, how="left")
    )
    is_fewer = pl.col("usual") >= threshold("many_partners")
    yield from found_in(
        rare.filter(is_fewer).sort(key),
        "few_partners",
        "error",
        *key,
        values=("count", "usual", "partners"),
        observed=ONLY_FEW,
        expected="about {usual:.0f} partners a month, as published",
        advice=WERE_ALL,
    )
    is_known = rare["is_published"].any()
    if rare.height and not is_known and _are_few_alike(rows, partners):
        yield finding(
            "few_partners",
            "warning",
            flow=row["flow"],
            values=(len(partners), None, "partners"),
            listed=partners,
            observed=ONLY_FEW.format(names=", ".join(partners)),
            expected=f"more than {few} partners, or others in some months; nothing is published to compare with",
            advice=WERE_ALL,
        )


def _are_few_alike(rows: pl.DataFrame, partners: Sequence[str]) -> bool:
    """Whether a file has a few partners, or one, each in every month. Partners that come and go in a longer file are
    those of a query for all."""
    months = rows["month"].n_unique()
    is_short = months < whole_threshold("history_months")
    is_each = rows.select("partner", "month").n_unique() == len(partners) * months
    return len(partners) <= whole_threshold("few_partners") and (is_short or is_each)


def _published_partners(context: CheckContext) -> pl.DataFrame:
    """Compute how many partners products usually have in a published month: flow, product, usual, and that it
    `is_published`; null where months of the year before show who is missing, and no row where no month proves how many
    there are. The median, or fewer where a month next to the release, or the same month of another year, had fewer: at
    the end of a season they leave one by one."""
    key = ["flow", "product"]
    met = context.published_rows.filter("single", MONEY, pl.col("kind") != "published")
    met = met.group_by(*key, "month").agg(partners=pl.col("partner").n_unique().cast(pl.UInt32))
    others = context.sums.by_product.filter(pl.col("partners") > 0).select(met.columns)
    is_many = pl.col("partners") > whole_threshold("few_partners")
    is_near = (pl.col("month") - context.first).abs().is_in([1, YEAR_MONTHS])
    is_recent = pl.col("month").is_between(context.first - YEAR_MONTHS, context.first - 1)
    is_old = is_recent.sum() < whole_threshold("missing_partners_months")
    least = pl.min_horizontal(pl.col("partners").median(), pl.col("partners").filter(is_near).min())
    proving = pl.concat([others, met]).filter(is_many | ~_is_doubted_of_few(context))
    return proving.group_by(key).agg(usual=pl.when(is_old).then(least)).with_columns(is_published=pl.lit(True))


def _is_doubted_of_few(context: CheckContext) -> pl.Expr:
    """Whether a month of a product may lack partners, as published: where it is still doubted that its file has every
    partner, and everywhere if a release asked for some. Such a month proves nothing about the partners of the next."""
    if (context.counting["partners"] != "all").any():
        return pl.lit(True)
    doubts = open_doubts(findings_of(context.known.snapshot), context.counting).filter(finding="few_partners")
    product, flow = (pl.col(name).cast(pl.String) for name in ("product", "flow"))
    of_each = (
        pl.col("month").is_between(row["first"], row["last"])
        & (flow == row["flow"])
        & pl.any_horizontal(pl.lit(not row["products"]), *(product.str.starts_with(one) for one in row["products"]))
        for row in doubts.iter_rows(named=True)
    )
    return pl.any_horizontal(pl.lit(False), *of_each)


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
    is_missing = (
        row["partners"] == "all" and _is_gap(context, present, absent) and not _is_trifle(context, len(present))
    )
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


def _is_gap(context: CheckContext, present: set[int], absent: list[int]) -> bool:
    """Whether one of the months is between others of goods that are traded in most months."""
    others = context.sums.by_product.filter(pl.col("product").is_in(context.products))["month"]
    known = present | {*others.unique()}
    density = max(len(months) / (max(months) - min(months) + 1) for months in (present, known))
    return density >= threshold("gap_density") and any(min(known) < month < max(known) for month in absent)


def _is_trifle(context: CheckContext, months: int) -> bool:
    """Whether a release is worth so little by month that a month may be one parcel."""
    sums = context.statements.filter("single", MONEY).group_by("measure").agg(pl.col("value").sum())
    dollars = sums.select(in_dollars().max()).item()
    return dollars is not None and dollars < threshold("trifle_a_month") * months


@check(severity="error", scope="gaps", of_trade=True)
def _product_without_records(context: CheckContext) -> Rows:
    """Find missing months of one product of several, where other products have records of the month."""
    row = context.row
    if row["partners"] != "all" or not row["by_month"] or context.is_broad or len(context.products) == 1:
        return
    absent = _gaps_of_products(context)
    begun = {tuple(row[name] for name in PLACE): row for row in stops_explained(context.measures_begun).to_dicts()}
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


def _gaps_of_products(context: CheckContext) -> pl.DataFrame:
    """The months without a row of products that are traded in most months: flow, product, `months` with a row, and the
    list `month`. Small goods, and the months between two seasons, are left out."""
    key = ["flow", "product"]
    single = context.statements.filter("single")
    others = context.sums.by_product.filter(pl.col("product").is_in(context.products)).select(*key, "month")
    present = pl.concat([single.select(*key, "month"), others]).unique()
    spans = present.group_by(key).agg(first=pl.col("month").min(), last=pl.col("month").max(), months=pl.len())
    span = pl.col("last") - pl.col("first") + 1
    broken = spans.filter(pl.col("months") < span, pl.col("months") >= threshold("product_gap_density") * span)
    money = single.filter(MONEY).group_by(*key, "measure").agg(pl.col("value").sum(), of=pl.col("month").n_unique())
    usual = money.with_columns(value=in_dollars() / pl.col("of")).group_by(key).agg(pl.col("value").max())
    return (
        broken.join(usual.filter(pl.col("value") >= threshold("product_gap_a_month")), on=key)
        .with_columns(month=pl.int_ranges("first", "last", dtype=pl.Int32))
        .explode("month")
        .join(present, on=[*key, "month"], how="anti")
        .join(single.select("flow", "month").unique(), on=["flow", "month"], how="semi")
        .join(_between_seasons(context, broken), on=[*key, "month"], how="anti")
        .group_by(*key, "months")
        .agg(pl.col("month").sort())
        .sort(key)
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
