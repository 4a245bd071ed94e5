"""Gate D: checks that a release contains what was published for the same months: partners, products, and the parts of a
printed world total or of a line of customs' release pages.

A check returns findings and changes nothing. Trade ends, and files are cut off; only the site can tell which of the two
happened. A line (`line:rare_earths`) and the codes of a query are the same trade, published twice: they are compared
where queries of all partners cover every code of the line in a month. What differs by more than customs' revisions is a
code that was not asked for or was lost, or a line whose goods have changed.
"""

from datetime import date

import polars as pl

from schemas.reference.code_tables import code_table, valid_in
from tasks.checks.frame.context import EXAMPLES, GROWTH, REVISED_SHARE_MAX, CheckContext, values_by_partner
from tasks.checks.frame.published_months import RATED
from tasks.checks.frame.registry import check
from tasks.checks.trade.absences import PARTNERS_SHARE_MIN
from tasks.domain.coverage import WORLD, asked_products, family, without_lost
from tasks.domain.decisions import same_query
from tasks.domain.doubt.findings import Rows, finding, found_in, graded
from tasks.domain.line_codes import NATIONAL_DIGITS, asked_in, codes_of_line, is_asked
from tasks.domain.nomenclature import CHINAS, LINE
from tasks.domain.periods import month_name
from tasks.domain.release_ids import MARK
from tasks.domain.text import counted

REMOVED_SHARE_MAX = 0.05
OF_RELEASES = ("reporter", "kind", "classification", "flow", "products", "partners", "first_month", "last_month")
Place = tuple[str, int]
CELL = ["flow", "product", "measure", "month"]


@check(severity="error", scope="gaps")
def _partners_removed(context: CheckContext) -> Rows:
    """Find months that were published with a partner and now come without it, although all partners were requested."""
    row = context.row
    if row["partners"] != "all":
        return
    before = context.published_rows.filter(
        (pl.col("source") == row["source"])
        & pl.col("product").is_in(context.products)
        & (pl.col("known_from") <= row["released_on"])
    )
    old, now = values_by_partner(before), context.by_partner
    old = old.join(now.select("flow", "measure", "month").unique(), on=["flow", "measure", "month"], how="semi")
    gone = old.join(now, on=["flow", "partner", "measure", "month"], how="anti").join(
        old.group_by("flow", "measure", "month").agg(total=pl.col("value").sum()), on=["flow", "measure", "month"]
    )
    for removed in (
        # Multiplied, not divided: for a month without trade 0 / 0 would be nan, which compares as larger than any
        # number.
        gone.filter(pl.col("value") > (1 - PARTNERS_SHARE_MIN) * pl.col("total"))
        .sort("month", "partner")
        .iter_rows(named=True)
    ):
        of_it = before.filter(partner=removed["partner"], month=removed["month"])
        yield finding(
            "partner_removed",
            "error",
            flow=removed["flow"],
            partners=[removed["partner"]],
            months=(removed["month"], removed["month"]),
            subject=f"{removed['partner']} {removed['measure']} {month_name(removed['month'])}",
            values=(0, removed["value"], removed["measure"]),
            observed=(
                f"no row, where {removed['value']:,} was published"
                f" ({removed['value'] / removed['total']:.1%} of the month)"
            ),
            expected="the partner, with its old or a revised number",
            advice=_what_approval_does(context, of_it),
        )


@check(severity="error", scope="gaps")
def _products_removed(context: CheckContext) -> Rows:
    """Find products that were published for a month and now have no row at all although they were requested: codes
    do not vanish from a published month, unless the query was for less than is declared.
    """
    row = context.row
    if row["partners"] == "keys" or not row["by_month"]:
        return
    published = context.published_rows.filter(
        "single",
        pl.col("measure").is_in(row["measures"]),
        pl.col("known_from") <= row["released_on"],
        pl.col("partner").is_in(row["partner_list"]) | (row["partners"] == "all"),
        flow=row["flow"],
        source=row["source"],
    )
    if not published.height:
        return
    before = published.group_by(CELL).agg(pl.col("value").sum()).with_columns(pl.col("product").cast(pl.String))
    requested = asked_products(context.release.release, before["product"], roll_up=False)
    before = without_lost(before.join(requested, on="product").with_columns(family()), context.release.release)
    now = context.statements.select(CELL).unique().with_columns(pl.col("product").cast(pl.String))
    sums = before.group_by("flow", "measure", "month").agg(total=pl.col("value").sum())
    gone = (
        before.join(now, on=CELL, how="anti")
        .group_by("flow", "measure", "month")
        .agg(pl.col("value").sum(), pl.col("product").sort())
        .join(sums, on=["flow", "measure", "month"])
        .filter(pl.col("value") > REMOVED_SHARE_MAX * pl.col("total"))
        .sort("flow", "measure", "month")
    )
    for removed in gone.iter_rows(named=True):
        of_it = published.filter(pl.col("product").is_in(removed["product"]), month=removed["month"])
        yield finding(
            "product_removed",
            "error",
            flow=removed["flow"],
            products=removed["product"],
            months=(removed["month"], removed["month"]),
            measure=removed["measure"],
            values=(0, removed["value"], removed["measure"]),
            observed=(
                f"no row of {', '.join(removed['product'][:EXAMPLES])}, where {removed['value']:,} was published "
                f"({removed['value'] / removed['total']:.1%} of what was asked for;"
                f" {counted(gone.height, 'such month')})"
            ),
            expected="the products, with their old or revised numbers",
            advice=_what_approval_does(context, of_it),
        )


def _what_approval_does(context: CheckContext, gone: pl.DataFrame) -> str:
    """Say what approving a removal does with the published numbers `gone`: of a release of the same day that this one
    does not replace they stay, because on one day no release says more than the other.
    """
    row = context.row
    replaced = {*same_query(row, context.counting)}
    of_day = gone.filter(pl.col("known_from") == row["released_on"])["release_id"].cast(pl.String).unique().sort()
    staying = [name for name in of_day if name.partition(MARK)[0] not in replaced]
    if staying:
        return (
            f"Approving removes nothing: {', '.join(staying)} of the same day asked for more, and its numbers stay. If"
            f" they are wrong, first tidewaiter withdraw {staying[0]}, then approve; if they are right, reject."
        )
    return (
        f"Compare with the site. Approving removes these numbers: from {row['released_on']} on they are published as no"
        " trade. If they were not asked for, reject and declare what was."
    )


@check(severity="error", scope="totals", both_sides=True)
def _world_total(context: CheckContext) -> Rows:
    """Check that all partners together are the world total of a download, or a printed one within its last digit."""
    row = context.row
    if row["partners"] != "all":
        return
    yield from _world_of_others(context)
    key = ["flow", "product", "measure", "period_start", "period_end"]
    world = context.published_rows.filter(~GROWTH, partner=WORLD)
    parts = context.statements.filter(pl.col("partner") != WORLD).group_by(key).agg(parts=pl.col("value").sum())
    other = world.join(parts, on=key).filter((pl.col("value") - pl.col("parts")).abs() > pl.col("resolution"))
    is_grave = _is_grave(row["released_on"]) & (pl.col("kind") == row["kind"])
    yield from found_in(
        other.sort(key).with_columns(graded(is_grave)),
        "world_total",
        "{severity}",
        "flow",
        "product",
        "period_end",
        "measure",
        values=("parts", "value", "measure"),
        observed="all partners add up to {parts:,}",
        expected="{value:,} (± {resolution:,}), the world of {release_id}",
        advice="Partners are missing here, or one of the two was revised or is wrong; look at both.",
    )


def _world_of_others(context: CheckContext) -> Rows:
    """Check that a world total of this release is the sum of the releases that requested all partners."""
    row, key = context.row, ["flow", "product", "measure", "period_start", "period_end"]
    of_all_partners = context.counting.filter(
        pl.col("partners") == "all", pl.col("source") == row["source"], pl.col("partner_list") != [WORLD]
    )["release_id"]
    if row["partner_list"] != [WORLD] or not of_all_partners.len():
        return
    parts = (
        context.published_rows.filter(
            ~GROWTH, pl.col("partner") != WORLD, pl.col("release_id").is_in(of_all_partners.implode())
        )
        .group_by(key)
        .agg(parts=pl.col("value").sum(), release_id=pl.col("release_id").max(), known_from=pl.col("known_from").max())
    )
    world = context.statements.filter(partner=WORLD).drop("known_from")
    other = world.join(parts, on=key).filter((pl.col("value") - pl.col("parts")).abs() > pl.col("resolution"))
    yield from found_in(
        other.sort(key).with_columns(graded(_is_grave(row["released_on"]))),
        "world_total",
        "{severity}",
        "flow",
        "product",
        "period_end",
        "measure",
        values=("value", "parts", "measure"),
        observed="a world of {value:,} ({count})",
        count=counted(other.height, "such total"),
        expected="{parts:,} (± {resolution:,}), all partners of {release_id} together",
        advice="Partners are missing there, or one of the two was revised or is wrong; look at both.",
    )


def _is_grave(day: date) -> pl.Expr:
    """Whether a difference is an error: between different days it may be a revision, which is small."""
    is_small = (pl.col("value") - pl.col("parts")).abs() <= REVISED_SHARE_MAX * pl.col("value")
    return (pl.col("known_from") == day) | ~is_small


@check(severity="warning", both_sides=True)
def _line_differs(context: CheckContext) -> Rows:
    """Find months in which a line is not the sum of its codes."""
    releases = pl.concat(frame.select(OF_RELEASES) for frame in (context.counting, context.release.release))
    releases = releases.filter(pl.col("reporter") == "CHN", pl.col("kind") != "published")
    # The other checks read months by the hundred; most stores have queries alone, or pages alone.
    if not {LINE, CHINAS} <= set(releases["classification"]):
        return
    catalogue = code_table("line_codes")
    of_lines = pl.col("product").is_in(catalogue["product"].unique().to_list()) & (pl.col("partner") == WORLD)
    printed = _single(context, of_lines).filter(pl.col("value") > 0)
    differing: list[dict[str, str]] = []
    for (flow, month), of_month in printed.group_by("flow", "month"):
        place = str(flow), int(month)
        valid = catalogue.filter(valid_in(pl.lit(month_name(place[1]))), flow=place[0])
        lines = of_month.join(valid.select("product", "codes"), on="product")
        requested = asked_in(releases, *place)
        whole = {
            codes: codes_of_line(codes)
            for codes in lines["codes"]
            if all(is_asked(code, requested) for code in codes_of_line(codes))
        }
        for codes, parts in whole.items():
            differing += _compare(context, place, lines.filter(codes=codes), parts)
    yield from sorted(differing, key=lambda row: (row["subject"], row["observed"]))


def _single(context: CheckContext, where: pl.Expr) -> pl.DataFrame:
    """Months of the release and published ones around it: flow, product, month, measure, value, resolution."""
    columns = ["flow", "product", "month", "measure", "value", "resolution"]
    months = set(context.statements["month"].unique())
    names = ("flow", "product", "partner", "measure")
    of_release = context.statements.with_columns(pl.col(name).cast(pl.String) for name in names).filter("single", where)
    theirs = context.published.rows(
        {place for place in context.months if place[1] in months},
        ("flow", "product", "partner", "measure", "value", "resolution"),
        where,
    )
    theirs = theirs.filter("single").with_columns(pl.col(name).cast(pl.String) for name in names)
    key = ["flow", "product", "partner", "measure", "month"]
    rows = pl.concat(
        [
            of_release.select(*columns, "partner"),
            theirs.join(of_release, on=key, how="anti").select(*columns, "partner"),
        ]
    )
    return rows.filter(pl.col("measure").is_in(RATED)).select(columns)


def _compare(context: CheckContext, place: Place, line: pl.DataFrame, parts: tuple[str, ...]) -> Rows:
    is_part = pl.any_horizontal(pl.col("product").str.starts_with(part) for part in parts)
    is_national = (pl.col("product").str.len_chars() == NATIONAL_DIGITS) & pl.col("product").str.contains(r"^\d+$")
    sums = _single(context, is_national & is_part & (pl.col("partner") != WORLD)).filter(flow=place[0], month=place[1])
    of_measure = sums.group_by("measure").agg(total=pl.col("value").sum(), codes=pl.col("product").n_unique())
    both = line.join(of_measure, on="measure", how="left", maintain_order="left", suffix="_there")
    both = both.with_columns(pl.col("total").fill_null(0))
    # Goods that are counted in pieces have no part in a sum of masses, and a query may be in another currency.
    is_mass, count = pl.col("measure") == "quantity_kg", pl.col("codes_there")
    is_whole = pl.when(is_mass).then(count.fill_null(0) == sums["product"].n_unique()).otherwise(count.is_not_null())
    slack = pl.max_horizontal("resolution", REVISED_SHARE_MAX * pl.col("value"))
    yield from found_in(
        both.filter(is_whole, (pl.col("total") - pl.col("value")).abs() > slack),
        "line_differs",
        "warning",
        "flow",
        "product",
        "month",
        "measure",
        values=("value", "total", "measure"),
        observed="{value:,} in the line, {total:,} in its codes",
        expected="the same trade, up to revisions of 1%",
        advice=(
            "A code was not asked for or was lost, or customs have changed the goods of the line: compare"
            " schemas/reference/line_codes.csv."
        ),
    )
