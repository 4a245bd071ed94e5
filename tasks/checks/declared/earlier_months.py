"""Gate D: finds by how much a printed year to date says that earlier months were corrected.

Some archives print beside each month the year to date, with the corrections of the months before, and do not say which
month was corrected. The year to date less this month and the published months before is that correction, for each good
and partner of which every month is known. A check returns findings and changes nothing: the months themselves are
corrected where a source prints them.
"""

import polars as pl

from schemas.frames import Detail
from tasks.checks.frame.context import EXAMPLES, CheckContext
from tasks.checks.frame.registry import check
from tasks.domain.coverage import covering
from tasks.domain.doubt.findings import Rows, finding
from tasks.domain.periods import Month, month_name
from tasks.domain.text import counted

CELL = ["product", "partner"]


@check(severity="info")
def _earlier_months_revised(context: CheckContext) -> Rows:
    """Find the corrections of earlier months that a year to date contains, by good and partner."""
    so_far = context.release.so_far
    for (flow, measure), rows in so_far.partition_by("flow", "measure", as_dict=True).items():
        yield from _of_measure(context, str(flow), str(measure), rows)


def _of_measure(context: CheckContext, flow: str, measure: str, so_far: Detail) -> Rows:
    last = context.last
    earlier = range(Month(last).january, last)
    texts = [pl.col(name).cast(pl.String) for name in CELL]
    cells = so_far.group_by(texts).agg(pl.col("value").sum().alias("so_far"))
    of_month = context.statements.filter(
        pl.col("flow") == flow, pl.col("measure") == measure, pl.col("month") == last, "single"
    )
    cells = cells.join(_sums(of_month, "month_value"), on=CELL, how="left").with_columns(
        pl.col("month_value").fill_null(0), before=pl.lit(0, pl.Int64), months=pl.lit(0, pl.Int32)
    )
    for month in earlier:
        cells = _with_month(cells, context, flow, measure, month)
    known = cells.filter(pl.col("months") == len(earlier))
    moved = known.with_columns(revision=pl.col("so_far") - pl.col("month_value") - pl.col("before"))
    moved = moved.filter(pl.col("revision") != 0).sort(pl.col("revision").abs(), *CELL, descending=[True, False, False])
    if not moved.height:
        return
    span = f"{month_name(earlier.start)} to {month_name(earlier.stop - 1)}"
    shown = "; ".join(
        f"{row['product']} {row['partner']} {row['revision']:+,} ({row['so_far']:,} so far, {row['month_value']:,} of"
        f" the month, {row['before']:,} published of the months before)"
        for row in moved.head(EXAMPLES).to_dicts()
    )
    yield finding(
        "earlier_months_revised",
        "info",
        flow=flow,
        months=(last, last),
        measure=measure,
        scope="none",
        observed=(
            f"the year to date says that {span} were corrected by {moved['revision'].sum():+,} in all, in"
            f" {counted(moved.height, 'sum')} of {known.height:,} of a good and a partner whose months are all known"
            f" ({cells.height - known.height:,} are not); the largest: {shown}"
        ),
        expected="a year to date that is the sum of the published months",
        advice="It does not say which month changed: nothing is. Fetch these months again from the corrected source.",
    )


def _sums(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    texts = [pl.col(column).cast(pl.String) for column in CELL]
    return rows.group_by(texts).agg(pl.col("value").sum().alias(name))


def _with_month(cells: pl.DataFrame, context: CheckContext, flow: str, measure: str, month: int) -> pl.DataFrame:
    """The cells with the published value of one more month; a cell without a row is zero where a release covers it."""
    published = context.published.rows(
        {(flow, month)},
        ("flow", "product", "partner", "measure", "value", "period_start"),
        pl.col("measure") == measure,
    )
    sums = _sums(published.filter("single"), "now")
    both = cells.join(sums, on=CELL, how="left")
    silent = both.filter(pl.col("now").is_null()).select(
        *CELL, flow=pl.lit(flow), measure=pl.lit(measure), month=pl.lit(month, pl.Int32)
    )
    zero = covering(silent.select("flow", *CELL, "measure", "month"), context.counting)
    both = both.join(zero.select(*CELL, covered=pl.lit(True)), on=CELL, how="left")
    is_known = pl.col("now").is_not_null() | pl.col("covered").fill_null(False)
    return both.with_columns(
        before=pl.col("before") + pl.col("now").fill_null(0), months=pl.col("months") + is_known.cast(pl.Int32)
    ).drop("now", "covered")
