"""Gate D: compares the numbers of a release with those published before it.

A check returns findings and changes nothing. The checks do not judge how trade moves; they look for what only a wrong
file does, and their bounds are wide.
"""

import polars as pl

from tasks.checks.frame.context import EXAMPLES, GROWTH, QUANTITY, REVISED_SHARE_MAX, CheckContext
from tasks.checks.frame.published_months import CODED, MONEY, with_codes
from tasks.checks.frame.registry import check
from tasks.domain.decisions import decision_text, out_on, same_query
from tasks.domain.doubt.findings import Rows, finding, found_in
from tasks.domain.precision import has_fewer_digits
from tasks.domain.release_ids import MARK, release_of

# A wrong unit is wrong by a thousand; trade itself can rise or fall by a factor of fifty within a month.
MAGNITUDE_FACTOR = 200
MAGNITUDE_MONTHS_MIN = 6
MAGNITUDE_MONTHS_BACK = 24
SAME_QUERY = "Approved, this release takes the place of the other one, which is the same query and landed before."
TWO_EDITIONS = (
    "If this one is the later, declare its day (released_on); if they are two editions, download both again on one day."
    " Approved, of two numbers that of the later name is current."
)


# A damaged cell is wrong in a row, a column under another title in many.
WRONG_ROWS_SHARE_MAX = 0.1
CIF = "_cif"


@check(severity="error")
def _cif_below_value(context: CheckContext) -> Rows:
    """Check that a value with freight and insurance is at least the value of the same goods without them: two columns
    that changed places are plausible each by itself."""
    key = ["flow", "product", "partner", "period_start", "period_end", "measure"]
    measures = context.statements["measure"].unique().cast(pl.String)
    printed = measures.filter(measures.str.ends_with(CIF))
    if printed.is_empty():
        return
    is_asked = pl.col("measure").is_in([*printed, *printed.str.strip_suffix(CIF)])
    rows = context.statements.filter(is_asked).with_columns(pl.col("measure").cast(pl.String))
    amounts = rows.group_by(key).agg(pl.col("value").sum(), pl.col("resolution").sum())
    dear = amounts.filter(pl.col("measure").str.ends_with(CIF)).with_columns(
        pl.col("measure").str.strip_suffix(CIF), printed="measure"
    )
    both = dear.join(amounts, on=key, suffix="_without")
    is_less = pl.col("value") + pl.col("resolution") < pl.col("value_without") - pl.col("resolution_without")
    wrong = both.filter(is_less).sort(key).with_columns(measure="printed")
    yield from found_in(
        wrong,
        "cif_below_value",
        "error" if wrong.height > WRONG_ROWS_SHARE_MAX * both.height else "warning",
        "product",
        "partner",
        "period_end",
        "measure",
        values=("value", "value_without", "measure"),
        observed="{value:,} ({count} of {all} such values)",
        expected="at least {value_without:,}, the value of the same goods without freight and insurance",
        advice="Compare the titles of the two columns with an earlier file; ask the source again.",
        count=wrong.height,
        all=both.height,
    )


@check(severity="error", both_sides=True)
def _of_one_day(context: CheckContext) -> Rows:
    """Check that two releases of one day agree where they overlap, up to the number of printed digits."""
    row, known = context.row, context.known
    same_day = context.counting.filter(
        (pl.col("released_on") == row["released_on"])
        & (pl.col("source") == row["source"])
        & (release_of() != row["release_id"].partition(MARK)[0])
    )["release_id"]
    if not same_day.len():
        return
    replaced = same_query(row, context.counting)
    key = ["flow", "product", "partner", "period_start", "period_end", "measure", "known_from"]
    other = with_codes(known.detail.filter(pl.col("release_id").is_in(same_day.to_list())))
    of_release = context.statements.group_by(key).agg(pl.col("value").sum(), pl.col("resolution").max())
    theirs = other.group_by(*key, "release_id").agg(
        other=pl.col("value").sum(), other_resolution=pl.col("resolution").max()
    )
    one, another = [pl.col("value"), pl.col("resolution")], [pl.col("other"), pl.col("other_resolution")]
    is_same = (one[0] == another[0]) | has_fewer_digits(*one, *another) | has_fewer_digits(*another, *one)
    differing = of_release.join(theirs, on=key).filter(~is_same).sort(*key, "release_id")
    advice = pl.when(release_of().is_in(replaced)).then(pl.lit(SAME_QUERY)).otherwise(pl.lit(TWO_EDITIONS))
    yield from found_in(
        differing.with_columns(advice=advice),
        "editions_disagree",
        "error",
        "product",
        "partner",
        "period_end",
        "measure",
        values=("value", "other", "measure"),
        observed="{value:,} ({count} numbers differ)",
        expected="{other:,} as in {release_id} of the same day",
        advice="{advice}",
        count=differing.height,
    )


@check(severity="info", scope="none")
def _later_landing(context: CheckContext) -> Rows:
    """The same query once more on its day: the later landing counts, and what it no longer has is gone."""
    row, known = context.row, context.known
    if row["release_id"] in known.releases["release_id"]:
        return
    for other in same_query(row, context.counting):
        yield finding(
            "later_landing",
            "info",
            observed=f"{other} of the same day, which asked for nothing else or has the same bytes",
            expected="one release of a query and a day",
            advice=(
                f"This one takes its place from {row['released_on']} on; "
                f"tidewaiter withdraw {row['release_id']} brings the other back."
            ),
        )


@check(severity="warning", scope="none")
def _known_again(context: CheckContext) -> Rows:
    """A release that is published already changes nothing, whatever day it comes with now; one that was replaced stays
    so."""
    row, known = context.row, context.known
    before = known.releases.filter(release_id=row["release_id"])
    if not before.height:
        same = context.counting.filter(
            pl.col("flow").eq_missing(row["flow"]),
            ~release_of().is_in(same_query(row, context.counting)),
            raw_sha256=row["raw_sha256"],
            reporter=row["reporter"],
        )
        yield from found_in(
            same,
            "known_release",
            "warning",
            expected="one release of a file",
            observed=(
                "the same bytes are published as {release_id}, of {released_on} and for other months or another day"
            ),
            advice="Both count. If that one was declared wrongly, end it with tidewaiter withdraw {release_id}.",
        )
        return
    if row["release_id"] in out_on(known.releases, known.decisions):
        of_it = known.decisions.filter(release_id=row["release_id"].partition(MARK)[0], kind="replaced")
        for decision in of_it.tail(1).iter_rows(named=True):
            yield finding(
                "known_release",
                "warning",
                observed=decision_text(decision),
                expected="a release that counts",
                advice=f"It stays replaced; tidewaiter withdraw {decision['replaced_by']} brings it back.",
            )
    published = before.row(0, named=True)
    if published["released_on"] != row["released_on"]:
        yield finding(
            "known_release",
            "warning",
            observed=f"published already, as of {published['released_on']}",
            expected=f"a release of {row['released_on']}",
            advice="Its day stays, and the numbers of later releases are current.",
        )
    columns = [name for name in context.release.detail.columns if name not in {"known_from", "kind"}]
    of_release = context.release.detail.select(columns)
    theirs = known.detail.filter(release_id=row["release_id"]).select(columns)
    other = (
        of_release.height + theirs.height - 2 * of_release.join(theirs, on=columns, how="semi", nulls_equal=True).height
    )
    if other:
        yield finding(
            "known_release",
            "warning",
            observed=f"{other} numbers are read otherwise than when they were published",
            expected="the numbers that are published",
            advice=(
                "The reading changed since. What is published stays; for the new numbers fill another store from raw/."
            ),
        )


@check(severity="error")
def _unit_changed(context: CheckContext) -> Rows:
    """Find products whose unit changed."""
    key, is_unit = ["flow", "product"], QUANTITY & ~GROWTH
    of_release = context.statements.filter(is_unit).select(*key, "measure").unique()
    # A product that is weighed now and was weighed before has kept its unit. The few others can be looked up.
    weighed = context.sums.by_product.filter(pl.col("quantity_kg") > 0)
    settled = of_release.filter(measure="quantity_kg").join(weighed, on=key, how="semi")
    open_ = of_release.join(settled, on=key, how="anti")
    seen = pl.concat([context.sums.by_product.select(key), context.published_rows.select(key)]).unique()
    open_ = open_.join(seen, on=key, how="semi")
    if not open_.height:
        return
    published = context.published.rows(
        context.months,
        (*key, "measure"),
        pl.col("product").is_in(open_["product"].cast(pl.String).unique().to_list()),
        pl.col("measure").str.starts_with("quantity"),
    )
    units = [
        frame.filter(is_unit).group_by(key).agg(pl.col("measure").unique().sort().cast(pl.String))
        for frame in (open_, published)
    ]
    both = units[0].join(units[1], on=["flow", "product"]).sort("flow", "product")
    changed = both.filter(pl.col("measure").list.set_intersection("measure_right").list.len() == 0)
    yield from found_in(
        changed.with_columns(pl.col("measure", "measure_right").list.join(", ")),
        "unit_changed",
        "warning" if context.is_page else "error",
        "flow",
        "product",
        observed="{measure}",
        expected="{measure_right}",
        advice="Check the unit column; if the tariff unit changed, approve.",
    )


@check(severity="error", of_trade=True)
def _magnitude(context: CheckContext) -> Rows:
    """Find quantities without a value that are far from those of the months before with the same partners."""
    key = ["flow", "product", "partner", "measure"]
    with_value = context.statements.filter(MONEY).select("flow", "product").unique()
    of_release = context.statements.join(with_value, on=["flow", "product"], how="anti")
    if not of_release.height:
        return
    of_those = pl.col("product").is_in(of_release["product"].unique().cast(pl.String).to_list())
    theirs = context.published.rows(
        context.months, (*CODED, "value"), of_those, pl.col("measure").str.starts_with("quantity")
    )
    now, before = (
        frame.filter("single", QUANTITY & ~GROWTH).group_by(*key, "month").agg(pl.col("value").sum())
        for frame in (of_release, theirs)
    )
    months_of_release = now.select(*key, asked="month")
    earlier = (
        months_of_release.join(before, on=key)
        .filter(pl.col("month").is_between(pl.col("asked") - MAGNITUDE_MONTHS_BACK, pl.col("asked") - 1))
        .group_by("flow", "product", "measure", "month", "asked")
        .agg(pl.col("value").sum())
        .group_by("flow", "product", "measure", month="asked")
        .agg(usual=pl.col("value").median(), months=pl.len())
    )
    totals = now.group_by("flow", "product", "measure", "month").agg(pl.col("value").sum())
    ratio = pl.col("value") / pl.col("usual")
    strange = totals.join(earlier, on=["flow", "product", "measure", "month"]).filter(
        (pl.col("months") >= MAGNITUDE_MONTHS_MIN)
        & (pl.col("usual") > 0)
        & (pl.col("value") > 0)
        & ~ratio.is_between(1 / MAGNITUDE_FACTOR, MAGNITUDE_FACTOR)
    )
    yield from found_in(
        strange.sort("flow", "product", "measure", "month"),
        "magnitude",
        "error",
        "flow",
        "product",
        "month",
        "measure",
        values=("value", "usual", "measure"),
        observed="{value:,}",
        expected="within {times} times {usual:,.0f}, the median of {months} months before",
        advice="Check the unit; if trade really changed so much, approve.",
        times=MAGNITUDE_FACTOR,
    )


@check(severity="warning", scope="none")
def _revised(context: CheckContext) -> Rows:
    """Find published months of a product whose sums this source changed: revisions are small and rare."""
    row = context.row
    key = ["flow", "product", "partner", "month", "measure"]
    published = context.published_rows.filter(
        "single", ~GROWTH, (pl.col("source") == row["source"]) & (pl.col("known_from") <= row["released_on"])
    )
    if not published.height:
        return
    new, old = (
        frame.filter("single", ~GROWTH).group_by(key).agg(pl.col("value").sum())
        for frame in (context.statements, published)
    )
    sums = (
        new.join(old, on=key)
        .group_by("flow", "product", "measure", "month")
        .agg(pl.col("value").sum(), before=pl.col("value_right").sum())
    )
    change = (pl.col("value") - pl.col("before")).abs() / pl.col("before")
    large = sums.filter((pl.col("before") > 0) & (change > REVISED_SHARE_MAX)).sort(
        -change, "flow", "product", "measure", "month"
    )
    yield from found_in(
        large.head(EXAMPLES),
        "revised",
        "warning",
        "flow",
        "product",
        "month",
        "measure",
        values=("value", "before", "measure"),
        observed="{value:,} ({count} sums of a month changed so much)",
        expected="within {share:.0%} of {before:,}, as published before",
        advice="The earlier figure stays readable as of its day; compare with the site.",
        count=large.height,
        share=REVISED_SHARE_MAX,
    )
