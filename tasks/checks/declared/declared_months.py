"""Gate D: checks the declared months of a file.

The records of a query often do not contain its months. Published data reveals a mistake: a month that is the year to
date, or a span that is not the sum of its months. `tasks/checks/declared/same_numbers.py` looks for the numbers of
another month. A check returns findings and changes nothing.
"""

import polars as pl

from tasks.checks.frame.context import GROWTH, REVISED_SHARE_MAX, SO_FAR, CheckContext
from tasks.checks.frame.published_months import CODED, RATED, YEAR_MONTHS, FlowMonth, with_codes
from tasks.checks.frame.registry import check
from tasks.domain.coverage import TOTALS, WORLD, asked_products, covering, priority
from tasks.domain.doubt.findings import Rows, finding, found_in
from tasks.domain.periods import Month, month_index, month_name, month_number, number_of, span_name
from tasks.domain.precedence import without_superseded

# A year to date less the months before leaves a last month that is like those months, within this factor.
LIKE_FACTOR, SERIES_MIN = 3, 3
# A year to date equals the same months of the year before, within this factor. Of 160 months of goods of several
# partners none did; of their years to date three in four did.
YEAR_FACTOR = 1.5
# A printed number identifies a month if it has at least three digits.
PRINTED_STEPS = 100
SERIES = ["flow", "product", "partner", "measure"]


@check(severity="error", of_prints=False)
def year_so_far(context: CheckContext) -> Rows:
    """Find years to date declared as a month: it equals the earlier months of its year and one more like them."""
    single = context.statements.filter("single", pl.col("measure").is_in(RATED))
    months: set[FlowMonth] = {(flow, month) for flow, month in single.select("flow", "month").unique().iter_rows()}
    for flow, month in sorted(months):
        before = {(flow, number) for number in range(Month(month).january, month)}
        # The second of two months is often as large as both.
        if len(before) < 2 or before & months:
            continue
        # Where earlier months of the year are missing, those of the year before tell.
        a_year_ago = {(flow, number - YEAR_MONTHS) for number in range(month - len(before), month + 1)}
        compared = before if before <= context.months else a_year_ago
        if compared <= context.months:
            earlier = len(before) if compared is before else 0
            yield from _as_sum_of(context, single.filter(flow=flow, month=month), compared, earlier)


def _as_sum_of(context: CheckContext, of_month: pl.DataFrame, months: set[FlowMonth], earlier: int) -> Rows:
    """Find a month that is one more than the sum of `earlier` months before it, or, where that is 0, as much as all
    months of the year before up to it.
    """
    published = _published(context, months)
    if earlier and _lacks_trade_of(context, of_month, published):
        return
    known = (
        published.group_by(*SERIES, "month")
        .agg(pl.col("value").sum())
        .group_by(SERIES)
        .agg(before=pl.col("value").sum(), least=pl.col("value").min(), most=pl.col("value").max(), months=pl.len())
    )
    series = _by_series(context, of_month).join(known.filter(pl.col("months") == len(months)), on=SERIES)
    measures = series.sort(SERIES).partition_by("measure", maintain_order=True)
    # If only the value rose, it is not a sum: kilograms and money rise together.
    is_sum = all(_are_like_sums(rows, earlier) if earlier else _are_as_before(rows) for rows in measures)
    (flow, first), (_, last) = min(months), max(months)
    month = of_month["month"][0]
    for rows in measures if is_sum else ():
        total, sum_before = int(rows["value"].sum()), int(rows["before"].sum())
        times = f", {total * earlier / sum_before:.1f} times a month before it" if earlier else ""
        yield finding(
            "year_so_far",
            "error",
            flow=flow,
            months=(month, month),
            measure=rows["measure"][0],
            values=(total, sum_before, rows["measure"][0]),
            observed=f"{total:,}{times} ({rows.height} series)",
            expected=(
                f"a month; {month_name(first)} to {month_name(last)} together are"
                f" {sum_before:,}{'' if earlier else ', as much as this'}"
            ),
            advice=(
                "See whether the query was for the whole year so far; then declare its months, "
                f"{Month(month).january.text}..{month_name(month)}, or download the month alone."
            ),
        )


def _lacks_trade_of(context: CheckContext, of_month: pl.DataFrame, before: pl.DataFrame) -> bool:
    """Whether the file lacks trade that is published for the months before: a year to date has all of it."""
    now = _by_series(context, of_month)
    if context.row["partners"] != "all":
        before = before.join(now, on=SERIES, how="semi")
    sums = before.group_by(SERIES).agg(before=pl.col("value").sum()).join(now, on=SERIES, how="left")
    short = (pl.col("before") - pl.col("value").fill_null(0)).clip(0).sum()
    by_measure = sums.group_by("measure").agg(short=short, before=pl.col("before").sum())
    return by_measure.filter(pl.col("short") > REVISED_SHARE_MAX * pl.col("before")).height > 0


def _are_as_before(rows: pl.DataFrame) -> bool:
    """Whether most values of several series, and all together, equal those of the year before."""
    like = (pl.col("value") / pl.col("before")).is_between(1 / YEAR_FACTOR, YEAR_FACTOR)
    is_most = 2 * int(rows.filter(like)["before"].sum()) > int(rows["before"].sum())
    return (
        rows.height >= SERIES_MIN and is_most and rows.select(pl.col("value", "before").sum()).filter(like).height == 1
    )


@check(severity="error", of_prints=False)
def _printed_so_far(context: CheckContext) -> Rows:
    """Find months that equal a printed year to date to the last digit, for all partners together or for one of them."""
    printed = context.published_rows.filter(
        ~GROWTH, pl.col("kind") == "published", pl.col("value") >= PRINTED_STEPS * pl.col("resolution")
    )
    if not printed.height:
        return
    key = [*SERIES, "month"]
    sums = context.statements.filter("single").group_by(key).agg(pl.col("value").sum())
    if context.row["partners"] == "all":
        world = sums.filter(pl.col("partner") != WORLD).group_by("flow", "product", "measure", "month")
        everyone = with_codes(world.agg(pl.col("value").sum()).with_columns(partner=pl.lit(WORLD)))
        sums = pl.concat([sums.filter(pl.col("partner") != WORLD), everyone.select(sums.columns)])
    is_it = (pl.col("value") - pl.col("value_right")).abs() <= pl.col("resolution")
    met = sums.join(printed.select(*key, "single", "value", "resolution", "release_id", so_far=SO_FAR), on=key)
    met = met.join(met.filter("single", is_it), on=key, how="anti")
    yield from found_in(
        met.filter("so_far", ~pl.col("single"), is_it).sort(key),
        "printed_so_far",
        "error",
        "flow",
        "product",
        "partner",
        "month",
        "measure",
        values=("value", "value_right", "measure"),
        observed="{value:,}",
        expected="a month; {value_right:,} (± {resolution:,}) were printed of the year so far, in {release_id}",
        advice=(
            "See whether the query was for the whole year so far, and correct months; approve where there was no trade"
            " in the months before."
        ),
    )


def _are_like_sums(rows: pl.DataFrame, months: int) -> bool:
    """Whether most values, and all together, equal the months before them and one more like these. One or two series
    may do so by chance, unless they were steady.
    """
    if rows.height < SERIES_MIN and (
        months < SERIES_MIN or not rows.select((pl.col("most") <= LIKE_FACTOR * pl.col("least")).all()).item()
    ):
        return False
    rest = (pl.col("value") - pl.col("before")) * months / pl.col("before")
    like = rest.is_between(1 / LIKE_FACTOR, LIKE_FACTOR)
    is_most = 2 * int(rows.filter(like)["before"].sum()) > int(rows["before"].sum())
    return is_most and rows.select(pl.col("value", "before").sum()).filter(like).height == 1


@check(severity="error", both_sides=True, of_prints=False)
def _months_of_span(context: CheckContext) -> Rows:
    """Check that a figure of several months is their sum, and at least the sum of those that are published."""
    of_spans = context.statements.filter(~pl.col("single"), pl.col("measure").is_in(RATED))
    if not of_spans.height:
        return
    for (flow, start, end), spans in of_spans.sort("flow", "period_start", "period_end").group_by(
        "flow", "period_start", "period_end", maintain_order=True
    ):
        months = range(month_number(start), month_number(end) + 1)
        known = _published(context, {(flow, month) for month in months} & context.months)
        sums = known.group_by(SERIES).agg(known=pl.col("value").sum(), months=pl.col("month").n_unique())
        series = _by_series(context, spans).join(sums, on=SERIES)
        step = REVISED_SHARE_MAX * pl.col("known")
        is_less = pl.col("value") < pl.col("known") - step
        is_more = (pl.col("months") == len(months)) & (pl.col("value") > pl.col("known") + step)
        wrong = series.filter(is_less | is_more).sort(SERIES)
        least = pl.when(pl.col("months") == len(months)).then(pl.lit("")).otherwise(pl.lit("at least "))
        yield from found_in(
            wrong.with_columns(least=least),
            "months_of_span",
            "error",
            "flow",
            "product",
            "partner",
            "span",
            "measure",
            values=("value", "known", "measure"),
            observed="{value:,} ({count} such series)",
            expected="{least}{known:,}, the {months} months of it that are published",
            advice="See for which months the query was; correct months, or see which of the figures was revised.",
            period_start=start,
            period_end=end,
            span=span_name(start, end),
            count=wrong.height,
        )


@check(severity="warning", of_prints=False)
def _span_of_months(context: CheckContext) -> Rows:
    """Check that months add up to a published figure of several months. The figure stays published, unless it is
    older and a year to date that a release covers whole: then the months replace it (`superseded`).
    """
    if not context.months and context.statements["single"].all():
        return
    releases = pl.concat([context.counting, context.release.release]).unique("release_id")
    of_release = _spans(
        context.statements.with_columns(release_id=pl.lit(context.row["release_id"]), kind=pl.lit(context.row["kind"]))
    )
    requested = asked_products(
        context.release.release, pl.Series(context.published.with_totals, dtype=pl.String), roll_up=False
    )
    kept = (*CODED, "period_start", "period_end", "value", "kind", "release_id", "known_from")
    theirs = _spans(
        context.published.rows(
            context.months if requested.height else (),
            kept,
            pl.col("product").is_in(requested["product"].to_list()),
            pl.col("kind") != "published",
        )
    )
    # One that gave way before says nothing any more.
    theirs = _priority(theirs, context.counting)
    known = pl.concat([of_release, theirs.join(of_release, on=[*SERIES, "first", "last"], how="anti")])
    if known.is_empty():
        return
    sums = _of_their_months(context, known).join(known, on=[*SERIES, "first", "last"])
    is_new = pl.col("is_own_number") | (pl.col("release_id") == context.row["release_id"])
    # A difference larger than a revision holds the file (`_months_of_span`).
    changed = sums.filter(is_new, pl.col("together") != pl.col("value")).sort("flow", "first", "last", *SERIES)
    changed = changed.with_row_index("place")
    current = _priority(changed, releases)["place"].to_list()
    for rows in changed.partition_by("flow", "first", "last", maintain_order=True):
        for row in rows.iter_rows(named=True):
            is_mine, gives_way = row["release_id"] == context.row["release_id"], row["place"] not in current
            # A sum that replaces a figure by as much as months are revised is no doubt about these months.
            is_revision = abs(row["together"] - row["value"]) <= REVISED_SHARE_MAX * row["value"]
            yield finding(
                "span_of_months",
                "info" if gives_way and is_revision else "warning",
                flow=row["flow"],
                products=[row["product"]],
                partners=[row["partner"]],
                months=(month_number(row["period_start"]), month_number(row["period_end"])),
                measure=row["measure"],
                values=(row["together"], row["value"], row["measure"]),
                observed=f"{row['together']:,}, the sum of the months ({rows.height} such series)",
                expected=f"{row['value']:,} in {'this file' if is_mine else row['release_id']}, "
                + (
                    "which gives way to these months"
                    if gives_way
                    else "which stands as the figure of these months together"
                ),
                advice=(
                    "The year to date is the sum of the months now; compare with the site."
                    if gives_way
                    else (
                        "Download these months again in one query, by month or as one figure; the new figures replace"
                        " these."
                    )
                ),
            )


def _spans(rows: pl.DataFrame) -> pl.DataFrame:
    """Return the figures of several months, one per row."""
    several = rows.filter(~pl.col("single"), pl.col("measure").is_in(RATED)).with_columns(
        pl.col(SERIES).cast(pl.String), first=month_index("period_start"), last=month_index("period_end")
    )
    place = [*SERIES, "first", "last", "period_start", "period_end", "kind", "release_id", "known_from"]
    return several.group_by(place).agg(pl.col("value").sum())


def _priority(spans: pl.DataFrame, releases: pl.DataFrame) -> pl.DataFrame:
    """Return the figures that months have not replaced."""
    is_year_so_far = (number_of(pl.col("first")) == 1) & (pl.col("last") < pl.col("first") + YEAR_MONTHS)
    placed = spans.with_columns(
        month="last", priority=priority(), span=pl.when(is_year_so_far).then(pl.lit("ytd")).otherwise(pl.lit("other"))
    )
    return without_superseded(placed, releases).select(spans.columns)


def _of_their_months(context: CheckContext, spans: pl.DataFrame) -> pl.DataFrame:
    """Add up the months of these figures where all have a value: SERIES, first, last, `together`, and whether the
    release covers any of them. A month without a number means no trade if a release covers it.
    """
    months = (
        spans.select(*SERIES, "first", "last")
        .with_columns(month=pl.int_ranges("first", pl.col("last") + 1, dtype=pl.Int32))
        .explode("month")
    )
    key = [*SERIES, "month"]
    keys = months.select(key).unique()
    of_them = pl.col("product").is_in(keys["product"].unique().to_list())
    wanted = {(flow, month) for flow, month in keys.select("flow", "month").unique().iter_rows()}
    of_release, others = (
        rows.filter(of_them).with_columns(pl.col(SERIES).cast(pl.String)).group_by(key).agg(pl.col("value").sum())
        for rows in (context.statements.filter("single"), _published(context, wanted & context.months))
    )
    this_release, before = context.release.release, context.counting
    of_months = pl.concat(
        [
            rows.select(*key, "value", is_own_number=pl.lit(is_own))
            for is_own, numbers, releases in ((True, of_release, this_release), (False, others, before))
            for rows in (numbers, _covered_without_number(keys, numbers, releases))
        ]
    ).unique(key, keep="first", maintain_order=True)
    sums = (
        months.join(of_months, on=key)
        .group_by(*SERIES, "first", "last")
        .agg(pl.len(), pl.col("is_own_number").any(), together=pl.col("value").sum())
    )
    return sums.filter(pl.col("len") == pl.col("last") - pl.col("first") + 1).drop("len")


def _covered_without_number(keys: pl.DataFrame, numbers: pl.DataFrame, releases: pl.DataFrame) -> pl.DataFrame:
    """The months that releases cover without a number: of a partner no trade, of the world the sum of the partners."""
    key = [*SERIES, "month"]
    covered = covering(keys.filter((pl.col("partner") == WORLD) | ~pl.col("partner").is_in(TOTALS)), releases).select(
        key
    )
    partners = numbers.filter(~pl.col("partner").is_in(TOTALS)).with_columns(partner=pl.lit(WORLD))
    world = partners.group_by(key).agg(pl.col("value").sum())
    return covered.join(world, on=key, how="left").with_columns(pl.col("value").fill_null(0))


def _by_series(context: CheckContext, rows: pl.DataFrame) -> pl.DataFrame:
    """Sum values by SERIES; for a broad release by whole products."""
    partner = pl.lit(WORLD).cast(pl.Categorical).alias("partner") if context.is_broad else pl.col("partner")
    return rows.with_columns(partner).group_by(SERIES).agg(pl.col("value").sum())


def _published(context: CheckContext, months: set[FlowMonth]) -> pl.DataFrame:
    """Read the published values of some months: SERIES, month, value."""
    wanted = pl.DataFrame(sorted(months), orient="row", schema={"flow": pl.String, "month": pl.Int32})
    return context.values.join(with_codes(wanted), on=["flow", "month"], how="semi")
