"""Gate D: finds numbers of a first print that would replace later ones of the same statistics.

Some sources publish the same numbers twice: as an archive that is never replaced, and as answers that are corrected.
An archive of a past month that comes today has the figures of its own day, so where it differs from an answer that came
before, the answer is the newer one. A check returns findings and changes nothing.
"""

import polars as pl

from tasks.checks.frame.context import EXAMPLES, CheckContext
from tasks.checks.frame.registry import check
from tasks.domain.doubt.findings import Rows, finding
from tasks.domain.periods import month_name
from tasks.domain.text import counted
from tasks.sources.registry import SOURCES

NUMBER = ["flow", "product", "partner", "measure", "period_start", "period_end"]


@check(severity="error", both_sides=True)
def _older_print(context: CheckContext) -> Rows:
    """Find numbers of an archive that differ from those that the corrected source of the same statistics said before.

    Where the archive has its own day, the ledger knows which of the two is the newer one.
    """
    row = context.row
    corrected = SOURCES[row["source"]].first_print_of
    if not corrected or not context.met:
        return
    before = context.published_rows.filter(
        pl.col("source").cast(pl.String) == corrected, pl.col("known_from") <= row["released_on"]
    )
    both = before.select(*NUMBER, "month", "release_id", "known_from", later="value").join(
        context.statements.select(*NUMBER, "value"), on=NUMBER
    )
    other = both.filter(pl.col("value") != pl.col("later")).sort((pl.col("value") - pl.col("later")).abs())
    if other.is_empty():
        return
    shown = "; ".join(
        f"{one['product']} {one['partner']} {one['measure']} {month_name(one['month'])}: {one['value']:,} here,"
        f" {one['later']:,} known since {one['known_from']}"
        for one in other.tail(EXAMPLES).reverse().to_dicts()
    )
    yield finding(
        "older_print",
        "error",
        products=other["product"].cast(pl.String).unique().sort().to_list(),
        partners=other["partner"].cast(pl.String).unique().sort().to_list(),
        months=(other["month"].min(), other["month"].max()),  # type: ignore[arg-type]
        observed=f"{counted(other.height, 'number')} of {both.height:,} differ from {corrected}: {shown}",
        expected=f"numbers that are newer than those of {corrected}",
        advice=(
            "An archive keeps the figures of its own day: declare it, --released-on. Approve only if the archive is the"
            " newer one."
        ),
    )
