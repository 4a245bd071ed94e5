"""Gate D: compares printed figures with one another.

A year to date and its months, the partners and their world, a growth and its base must agree within the steps of the
printed digits. Newspapers also drop a digit, take a month for the year to date, or one basket for another, and only
other printed figures reveal it. A check returns findings and changes nothing. Mistakes of newspapers are looked for in
collected files alone: a later download is not at fault for them.
"""

import itertools

import polars as pl

from tasks.checks.frame.context import GROWTH, PAGES, REVISED_SHARE_MAX, SO_FAR, CheckContext
from tasks.checks.frame.published_months import CODED, YEAR_MONTHS
from tasks.checks.frame.registry import check
from tasks.domain.coverage import TOTALS, WORLD
from tasks.domain.doubt.findings import Rows, finding, found_in
from tasks.domain.periods import month_index, month_name, month_number
from tasks.domain.precision import has_fewer_digits
from tasks.domain.text import counted

# Two digits give a number within 5 %, and customs may also have revised it.
DISAGREE_SHARE_MAX = 0.1
BASIS_POINTS = 10_000
WRONG_LINES_SHARE_MAX = 0.1
# A quantity this many times smaller than comparable printed ones, which with three more digits is like them within the
# second factor.
FAR_LESS, LIKE_FACTOR = 100, 10
FIGURE = [*CODED, "period_start", "period_end"]
MONTH = [*CODED, "month"]
STATED = ("value", "resolution", "known_from")
SUBJECT = ("flow", "product", "partner", "span", "measure")


@check(severity="error", both_sides=True)
def _year_to_date(context: CheckContext) -> Rows:
    """Check that a printed cumulative figure less the one before equals the month, within the steps of the printed
    digits, where the release has one of the three. A release is not at fault for earlier figures of others.
    """
    statements = context.statements
    products = {*statements.filter(~pl.col("single"))["product"].cast(pl.String), *context.published.with_totals}
    if not products:
        return
    of_those = pl.col("product").is_in(sorted(products))
    place = [*FIGURE, "month", "single"]
    # A figure of a release by province or regime is the sum of its records; of several days in one release, the last
    # day counts.
    of_release = (
        statements.filter(of_those)
        .group_by(*place, "known_from")
        .agg(pl.col("value").sum(), pl.col("resolution").max())
    )
    of_release = of_release.sort(*place, "known_from").unique(place, keep="last", maintain_order=True)
    theirs = context.published.rows(context.months, (*FIGURE, "value", "resolution"), of_those).join(
        of_release, on=place, how="anti"
    )
    everything = pl.concat(
        frame.select(*place, "value", "resolution", new=pl.lit(frame is of_release)) for frame in (of_release, theirs)
    )
    quantities, is_month = everything.filter(~GROWTH), pl.col("single")
    so_far = quantities.filter(SO_FAR)
    before = so_far.with_columns(pl.col("month") + 1)
    before = before.select(*MONTH, earlier="value", earlier_step="resolution", earlier_new="new")
    month = quantities.filter(is_month).select(*MONTH, own="value", own_step="resolution", own_new="new")
    linked = (
        so_far.filter(~is_month)
        .join(before, on=MONTH, maintain_order="left_right")
        .join(month, on=MONTH, maintain_order="left_right")
        .filter(pl.col("new") | pl.col("earlier_new") | pl.col("own_new"))
    )
    gap = (pl.col("value") - pl.col("earlier") - pl.col("own")).abs()
    steps = pl.col("resolution") + pl.col("earlier_step") + pl.col("own_step")
    # On a release page the months so far have revisions of the earlier ones in them.
    is_page = context.row["kind"] in PAGES
    revised = REVISED_SHARE_MAX * pl.col("earlier") if is_page else 0
    wrong = linked.filter(gap > steps + revised).unique(MONTH, keep="first", maintain_order=True)
    # Customs revise single lines by more, above all those of the year before; a damaged column is wrong in most lines.
    own_year = pl.col("period_end").dt.year() == context.row["last_month"].year
    is_grave = not is_page or wrong.filter(own_year).height > WRONG_LINES_SHARE_MAX * linked.unique(MONTH).height
    yield from found_in(
        wrong.with_columns(gain=pl.col("value") - pl.col("earlier")),
        "ytd_mismatch",
        "error" if is_grave else "warning",
        "product",
        "partner",
        "month",
        "measure",
        values=("gain", "own", "measure"),
        observed="{gain:,} by the cumulative figures",
        expected="{own:,} by the month",
        advice="One of the three figures is wrong or revised; look at their sources.",
    )


@check(severity="error", scope="totals")
def _parts_exceed_total(context: CheckContext) -> Rows:
    """Check that the partners together are at most the printed world total."""
    if WORLD not in context.row["partner_list"]:
        return
    key = ["flow", "product", "measure", "period_start", "period_end"]
    rows, is_world = context.statements.filter(~GROWTH), pl.col("partner") == WORLD
    world = rows.filter(is_world).group_by(key).agg(total=pl.col("value").sum(), total_step=pl.col("resolution").max())
    # A printed group repeats its members.
    parts = (
        rows.filter(~pl.col("partner").is_in(TOTALS))
        .group_by(key)
        .agg(parts=pl.col("value").sum(), steps=pl.col("resolution").sum(), partners=pl.col("partner").n_unique())
    )
    most = pl.col("total") + pl.col("total_step") + pl.col("steps")
    yield from found_in(
        world.join(parts, on=key).filter(pl.col("parts") > most).sort(key),
        "parts_exceed_total",
        "error",
        "product",
        "period_end",
        "measure",
        values=("parts", "total", "measure"),
        observed="{partners} partners add up to {parts:,}",
        expected="at most the world total {total:,}",
        advice="One of the figures is of another month, product or unit; look at their sources.",
    )


@check(severity="error", both_sides=True)
def _implied_revision(context: CheckContext) -> Rows:
    """Compare a printed growth with our base. The authority computes growth on its current base; if that cannot be
    ours, the year before was revised, and no new download is needed to know it. If the growth fits our base with
    the other sign, and is far from it with its own, the sign is wrong.
    """
    key = ["flow", "product", "partner", "period_start", "period_end"]
    printed = context.statements.filter(measure="quantity_kg_yoy")
    if not printed.height:
        return
    growths = printed.select(*key, growth="value", growth_step="resolution")
    now = printed.select("flow", "month").unique().rows()
    wanted = {(flow, month - back) for flow, month in now for back in (0, YEAR_MONTHS)}
    theirs = context.published.rows(
        wanted,
        (*FIGURE, "value", "resolution"),
        pl.col("measure") == "quantity_kg",
        pl.col("product").is_in(printed["product"].unique().cast(pl.String).to_list()),
    )
    masses = pl.concat(
        frame.filter(measure="quantity_kg").select(*key, "value", "resolution")
        for frame in (context.statements, theirs)
    ).unique(key, keep="first", maintain_order=True)
    levels = masses.select(*key, level="value", level_step="resolution")
    bases = masses.with_columns(
        pl.col("period_start").dt.offset_by("1y"), pl.col("period_end").dt.offset_by("1y").dt.month_end()
    ).select(*key, base="value", base_step="resolution")
    (least, low, high), turned = _implied(pl.col("growth")), _implied(-pl.col("growth"))
    base, step = pl.col("base"), pl.col("base_step")
    fits_turned = (turned[0] > 0) & base.is_between(
        turned[1] * (1 - REVISED_SHARE_MAX), turned[2] * (1 + REVISED_SHARE_MAX)
    )
    is_far = ~base.is_between(low * (1 - DISAGREE_SHARE_MAX), high * (1 + DISAGREE_SHARE_MAX))
    against = (
        growths.join(levels, on=key)
        .join(bases, on=key)
        .filter(least > 0, (base + step < low) | (base - step > high))
        .with_columns(low=low, high=high, is_turned=fits_turned & is_far)
    )
    # The growth stands in a month, and its base a year before: either may be wrong.
    for row, back in itertools.product(against.sort(key).to_dicts(), (0, YEAR_MONTHS)):
        is_turned, month = row["is_turned"], month_number(row["period_end"]) - back
        yield finding(
            "growth_sign" if is_turned else "implied_revision",
            "error" if is_turned else "warning",
            flow=row["flow"],
            products=[row["product"]],
            partners=[row["partner"]],
            months=(month, month),
            measure="quantity",
            subject=f"{row['product']} {row['partner']} {month_name(month)}",
            values=(row["level"], row["base"], "quantity_kg"),
            observed=(
                f"{row['level']:,} kg and {row['growth'] / 100:+.2f} % imply {row['low']:,.0f} to {row['high']:,.0f} kg"
                " a year before"
            ),
            expected=f"{row['base']:,} kg, which the ledger has for that period"
            + (f" and from which it is {-row['growth'] / 100:+.2f} %" if is_turned else ""),
            advice=(
                "Look at the sign in the source, and correct it; if the year before was revised so much, approve."
                if is_turned
                else "The year before was revised; download it again."
            ),
        )


def _implied(growth: pl.Expr) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    """What a growth multiplies by at least, in basis points, and the least and greatest base implied if positive."""
    # A printed figure may be rounded or cut off, so it represents any value within one whole step to either side.
    least, most = (BASIS_POINTS + growth + sign * pl.col("growth_step") for sign in (-1, 1))
    level, step = pl.col("level"), pl.col("level_step")
    return least, (level - step) * BASIS_POINTS / most, (level + step) * BASIS_POINTS / least


def _printed(context: CheckContext) -> pl.DataFrame:
    """FIGURE, STATED, kind, single, `new`: the amounts of the file, and published statements on its products."""
    statements = context.statements.filter(~GROWTH)
    theirs = context.published.rows(
        context.months,
        (*FIGURE, *STATED, "kind"),
        pl.col("product").is_in(context.products),
        ~pl.col("measure").str.ends_with("_yoy"),
    )
    of_release = statements.with_columns(kind=pl.lit("published"), new=pl.lit(True))
    columns = [*FIGURE, *STATED, "kind", "single", "new"]
    return pl.concat([of_release.select(columns), theirs.with_columns(new=pl.lit(False)).select(columns)])


@check(severity="error", both_sides=True)
def _prints_disagree(context: CheckContext) -> Rows:
    """Check that figures printed on several days differ by no more than a revision and the number of their digits."""
    if context.row["kind"] != "published":
        return
    rows = _printed(context).filter(kind="published")
    both = rows.filter("new").join(rows, on=FIGURE, suffix="_other")
    later = ~pl.col("new_other") | (pl.col("known_from") > pl.col("known_from_other"))
    one, other = [pl.col("value"), pl.col("resolution")], [pl.col("value_other"), pl.col("resolution_other")]
    is_same = has_fewer_digits(*one, *other) | has_fewer_digits(*other, *one)
    apart = (one[0] - other[0]).abs() > DISAGREE_SHARE_MAX * pl.max_horizontal(one[0], other[0])
    differing = both.filter(later, apart, ~is_same).sort(*FIGURE, "known_from", "known_from_other")
    yield from found_in(
        differing,
        "prints_disagree",
        "error",
        *SUBJECT,
        values=("value", "value_other", "measure"),
        observed="{value:,}, printed on {known_from}",
        expected="within {share:.0%} of {value_other:,}, printed on {known_from_other}",
        share=DISAGREE_SHARE_MAX,
        advice=(
            "See which of the two is a slip or of another basket, and leave it out; if customs revised so much,"
            " approve."
        ),
    )


@check(severity="error", both_sides=True)
def _prints_do_not_add_up(context: CheckContext) -> Rows:
    """Check that a figure of several months is at least any part of it, and its months where all are known."""
    if context.row["kind"] != "published":
        return
    start, end = month_index("period_start").alias("first"), month_index("period_end").alias("last")
    rows = _printed(context).sort(*FIGURE, "new", "known_from").unique(FIGURE, keep="last", maintain_order=True)
    rows = rows.with_columns(start, end)
    met = (
        rows.filter(~pl.col("single"))
        .join(rows, on=CODED, suffix="_part")
        .filter(
            pl.col("first_part") >= pl.col("first"),
            pl.col("last_part") <= pl.col("last"),
            (pl.col("first_part") > pl.col("first")) | (pl.col("last_part") < pl.col("last")),
        )
    )
    value, is_month = pl.col("value_part"), pl.col("single_part")
    wholes = met.group_by(*FIGURE, "value", "resolution", "first", "last").agg(
        pl.col("new").any() | pl.col("new_part").any(),
        months=is_month.sum(),
        together=value.filter(is_month).sum(),
        steps=pl.col("resolution_part").filter(is_month).sum(),
        largest=(value - pl.col("resolution_part")).max(),
    )
    slack = REVISED_SHARE_MAX * pl.col("value") + pl.col("resolution")
    is_whole = pl.col("months") == pl.col("last") - pl.col("first") + 1
    is_less = pl.max_horizontal(pl.col("together") - pl.col("steps"), "largest") > pl.col("value") + slack
    is_more = is_whole & (pl.col("together") + pl.col("steps") < pl.col("value") - slack)
    wrong = wholes.with_columns(is_less=is_less).filter("new", pl.col("is_less") | is_more).sort(FIGURE)
    rows, less = wrong.with_columns(least=pl.max_horizontal("together", "largest")), pl.col("is_less")
    for some, expected in (
        (less, "at least {least:,}, as months or a part of it have"),
        (~less, "{together:,}, its months together"),
    ):
        yield from found_in(
            rows.filter(some),
            "prints_do_not_add_up",
            "error",
            *SUBJECT,
            values=("value", "least" if some is less else "together", "measure"),
            observed="{value:,} ({count})",
            expected=expected,
            count=counted(wrong.height, "such figure"),
            advice=(
                "One of these figures is a slip, or of another month or basket; look at their sources and leave it out."
            ),
        )


@check(severity="error")
def _thousandth(context: CheckContext) -> Rows:
    """Find quantities about 1,000 times smaller than comparable ones: the point of `3.188` t separates thousands."""
    if context.row["kind"] != "published":
        return
    rows = _printed(context).filter(measure="quantity_kg").unique(FIGURE, keep="first", maintain_order=True)
    rows = rows.with_columns(first=month_index("period_start"), last=month_index("period_end")).with_columns(
        usual=pl.col("value") / (pl.col("last") - pl.col("first") + 1)
    )
    to_the_kilogram = rows.filter("new", pl.col("value") > 0, resolution=1)
    comparable = to_the_kilogram.join(rows, on=CODED, suffix="_near").filter(
        (pl.col("last") - pl.col("last_near")).abs() <= YEAR_MONTHS,
        (pl.col("period_start") != pl.col("period_start_near")) | (pl.col("period_end") != pl.col("period_end_near")),
    )
    others = comparable.group_by(*FIGURE, "value", "usual").agg(
        least=pl.col("usual_near").min(), middle=pl.col("usual_near").median(), figures=pl.len()
    )
    like = 1000 * pl.col("usual") / pl.col("middle")
    found_among = others.filter(
        pl.col("least") >= FAR_LESS * pl.col("usual"), like.is_between(1 / LIKE_FACTOR, LIKE_FACTOR)
    )
    figures = pl.format(
        "{} figure{}", "figures", pl.when(pl.col("figures") == 1).then(pl.lit("")).otherwise(pl.lit("s"))
    )
    yield from found_in(
        found_among.sort(FIGURE).with_columns(usual=1000 * pl.col("value"), figures=figures),
        "thousandth",
        "error",
        *SUBJECT,
        values=("value", "middle", "measure"),
        observed="{value:,}",
        expected="about {middle:,.0f} a month, the median of {figures} within a year of it; {usual:,} would be usual",
        advice=(
            "Look at the source: if its point separates thousands (3.188 t for 3,188 t), write the number without the"
            " point. If the trade was really this small, approve the release."
        ),
    )
