"""Gate D: finds months of goods of which every number is twice what it should be, as where records were added up twice.

Twice as much trade is no rare thing, so the size of a month proves little. Twice a whole number is even, and of sound
numbers half are: that all of many are even is no chance. A check returns findings and changes nothing.
"""

import math

import polars as pl

from tasks.checks.frame.context import QUANTITY, CheckContext
from tasks.checks.frame.published_months import MONEY
from tasks.checks.frame.registry import check
from tasks.domain.doubt.findings import Rows, found_in
from tasks.domain.thresholds import whole_threshold

PLACE = ["flow", "product", "month"]
# Of the other numbers of a sound file half are even; a file in hundreds or with amounts in pairs says nothing.
IS_TELLING = pl.col("rest_even").is_between(0.25, 0.75)


@check(severity="warning", all_measures=True, of_trade=True)
def _month_doubled(context: CheckContext) -> Rows:
    """Find months of a product whose numbers are all even, so many that chance would make one file in a hundred so."""
    numbers = context.statements.filter("single", MONEY | QUANTITY, pl.col("value") > 0, pl.col("resolution") > 0)
    steps = pl.col("value") // pl.col("resolution")
    is_printed = pl.col("value") % pl.col("resolution") == 0
    numbers = numbers.filter(is_printed).with_columns(even=steps % 2 == 0)
    places = numbers.group_by(PLACE).agg(count=pl.len(), even=pl.col("even").sum())
    rest = pl.col("even").sum() - pl.col("even"), pl.col("count").sum() - pl.col("count")
    doubled = places.with_columns(rest_even=rest[0] / rest[1]).filter(
        pl.col("even") == pl.col("count"),
        pl.col("count") >= whole_threshold("even_numbers") + math.log2(max(1, places.height)),
        IS_TELLING,
    )
    yield from found_in(
        doubled.sort(PLACE),
        "month_doubled",
        "warning",
        "flow",
        "product",
        "month",
        values=("count", None, "numbers"),
        observed="all {count} numbers of the month are even",
        expected="about half of them, as of the other numbers of the file ({rest_even:.0%})",
        advice="See whether records came twice and were added up: compare one number with the site.",
    )
