"""Gate D: compares the two quantities of a record, such as kilograms and pieces.

A value per kilogram says nothing about pieces, pairs or litres, and customs print these in thousands here and singly there. What
a piece weighs shows it: a wrong unit changes the weight of a piece by a thousand.
"""

import polars as pl

from tasks.checks.context import EXAMPLES, GROWTH, QUANTITY, CheckContext, threshold, whole_threshold
from tasks.checks.registry import check
from tasks.checks.unit_values import with_others
from tasks.domain.findings import Rows, finding
from tasks.domain.periods import month_name
from tasks.domain.text import counted

MASS = "quantity_kg"
PLACE = ["flow", "product", "partner", "measure"]


@check(severity="warning")
def _piece_weight(context: CheckContext) -> Rows:
    """Find months in which a piece of a partner's goods weighs many times more or less than in each of its other months."""
    times, least = threshold("piece_weight_factor"), whole_threshold("history_months")
    if context.row["kind"] == "published" or context.own["month"].n_unique() <= least:
        return
    quantities = context.own.filter("single", QUANTITY & ~GROWTH, pl.col("value") > 0)
    if quantities["measure"].n_unique() < 2:
        return
    sums = quantities.group_by(*PLACE, "month").agg(pl.col("value").sum())
    mass = sums.filter(pl.col("measure") == MASS).select("flow", "product", "partner", "month", kg="value")
    pairs = sums.filter(pl.col("measure") != MASS).join(mass, on=["flow", "product", "partner", "month"])
    weighed = pairs.filter(pl.col("kg") >= threshold("zero_kg")).with_columns(rate=pl.col("kg") / pl.col("value"))
    others, weight = with_others(weighed, PLACE).filter(pl.col("months") > least), pl.col("rate")
    strange = others.filter((weight > times * pl.col("high")) | (weight * times < pl.col("low"))).sort(*PLACE, "month")
    for found in strange.head(EXAMPLES).to_dicts():
        unit = found["measure"].removeprefix("quantity_")
        yield finding(
            "piece_weight", "warning", f"{found['flow']} {found['product']} {found['partner']} {month_name(found['month'])}",
            observed=f"{found['rate']:,.4g} kg per {unit} ({counted(strange.height, 'such month')})",
            expected=f"within {times:g} times {found['low']:,.4g} to {found['high']:,.4g} kg, as in {found['months'] - 1} other months",
            advice="Compare both quantities with the site: one of them is in another unit, such as thousands of pieces or tonnes.",
        )  # fmt: skip
