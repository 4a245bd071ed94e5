"""Gate D: compares a line of customs' release pages with the sum of the codes that customs' catalogue says it has.

A line (`line:rare_earths`) and the codes of a query are the same trade, published twice. They are compared where queries of all
partners cover every code of the line in a month. What differs by more than customs' revisions is a code that was not asked for
or was lost, or a line whose goods have changed. A check returns findings and changes nothing.
"""

import polars as pl

from schemas.reference.code_tables import code_table, valid_in
from tasks.checks.context import EXAMPLES, REVISED_SHARE_MAX, CheckContext
from tasks.checks.published_months import RATED
from tasks.checks.registry import check
from tasks.domain.coverage import WORLD
from tasks.domain.findings import Rows, finding
from tasks.domain.line_codes import NATIONAL_DIGITS, asked_in, codes_of_line, is_asked
from tasks.domain.nomenclature import CHINAS, LINE
from tasks.domain.periods import month_name

LINES = f"{LINE}:"
OF_RELEASES = ("reporter", "kind", "classification", "flow", "products", "partners", "first_month", "last_month")
Place = tuple[str, int]


@check(severity="warning")
def _line_differs(context: CheckContext) -> Rows:
    """Find months in which a line is not the sum of its codes."""
    releases = pl.concat(frame.select(OF_RELEASES) for frame in (context.known.counting, context.release.release))
    releases = releases.filter(pl.col("reporter") == "CHN", pl.col("kind") != "published")
    # The other checks read months by the hundred; most stores have queries alone, or pages alone.
    if not {LINE, CHINAS} <= set(releases["classification"]):
        return
    catalogue = code_table("line_codes")
    of_lines = pl.col("product").is_in(catalogue["product"].unique().to_list()) & (pl.col("partner") == WORLD)
    printed = _single(context, of_lines).filter(pl.col("value") > 0)
    differing: list[dict[str, str]] = []
    for (flow, month), found in printed.group_by("flow", "month"):
        place = str(flow), int(month)
        valid = catalogue.filter(valid_in(pl.lit(month_name(place[1]))), flow=place[0])
        lines = found.join(valid.select("product", "codes"), on="product")
        asked = asked_in(releases, *place)
        whole = {codes: codes_of_line(codes) for codes in lines["codes"] if all(is_asked(code, asked) for code in codes_of_line(codes))}  # fmt: skip
        for codes, parts in whole.items():
            differing += _compare(context, place, lines.filter(codes=codes), parts)
    yield from sorted(differing, key=lambda row: (row["subject"], row["observed"]))[:EXAMPLES]


def _single(context: CheckContext, where: pl.Expr) -> pl.DataFrame:
    """Months of the release and published ones around it: flow, product, month, measure, value, resolution."""
    columns = ["flow", "product", "month", "measure", "value", "resolution"]
    months = set(context.own["month"].unique())
    names = ("flow", "product", "partner", "measure")
    own = context.own.with_columns(pl.col(name).cast(pl.String) for name in names).filter("single", where)
    theirs = context.published.rows(
        {place for place in context.months if place[1] in months}, ("flow", "product", "partner", "measure", "value", "resolution"), where
    )  # fmt: skip
    theirs = theirs.filter("single").with_columns(pl.col(name).cast(pl.String) for name in names)
    key = ["flow", "product", "partner", "measure", "month"]
    rows = pl.concat(
        [own.select(*columns, "partner"), theirs.join(own, on=key, how="anti").select(*columns, "partner")]
    )
    return rows.filter(pl.col("measure").is_in(RATED)).select(columns)


def _compare(context: CheckContext, place: Place, line: pl.DataFrame, parts: tuple[str, ...]) -> Rows:
    is_part = pl.any_horizontal(pl.col("product").str.starts_with(part) for part in parts)
    is_national = (pl.col("product").str.len_chars() == NATIONAL_DIGITS) & pl.col("product").str.contains(r"^\d+$")
    sums = _single(context, is_national & is_part & (pl.col("partner") != WORLD)).filter(flow=place[0], month=place[1])
    for row in line.iter_rows(named=True):
        of_measure = sums.filter(measure=row["measure"])
        # Goods that are counted in pieces have no part in a sum of masses, and a query may be in another currency.
        is_mass = row["measure"] == "quantity_kg"
        if set(of_measure["product"]) != set(sums["product"]) if is_mass else not of_measure.height:
            continue
        total = of_measure["value"].sum()
        slack = max(row["resolution"], REVISED_SHARE_MAX * row["value"])
        if abs(total - row["value"]) > slack:
            yield finding(
                "line_differs", "warning", f"{row['flow']} {row['product']} {month_name(place[1])} {row['measure']}",
                observed=f"{row['value']:,} in the line, {total:,} in its codes", expected="the same trade, up to revisions of 1%",
                advice="A code was not asked for or was lost, or customs have changed the goods of the line: compare schemas/reference/line_codes.csv.",
            )  # fmt: skip
