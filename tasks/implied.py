"""Revisions that nobody announced and no download shows: what a printed growth says about the year before.

A release that prints y/y prints, with the level, the base that the authority uses now. If that base cannot be the one in
our ledger, however both were rounded or cut, the year before was revised, and that is known without a new download.
"""

import polars as pl

from tasks.findings import Rows, finding
from tasks.judged import YEAR_MONTHS, Judged
from tasks.published_months import CODED

KEY = ("flow", "product", "partner", "period_start", "period_end")
BASIS_POINTS = 10_000


def implied_revisions(judged: Judged) -> Rows:
    """A finding for each printed growth whose base, within the steps of the printed digits, is not the base we have."""
    printed = judged.own.filter(measure="quantity_kg_yoy")
    if not printed.height:
        return
    shared = [*KEY, "value", "resolution"]
    growth = printed.select(*KEY, growth="value", growth_step="resolution")
    now = printed.select("flow", "month").unique().rows()
    asked = {(flow, month - back) for flow, month in now for back in (0, YEAR_MONTHS)}
    theirs = judged.published.rows(
        asked, (*CODED, *shared[3:]), pl.col("measure") == "quantity_kg",
        pl.col("product").is_in(printed["product"].unique().cast(pl.String).to_list()),
    )  # fmt: skip
    levels = pl.concat([frame.filter(measure="quantity_kg").select(shared) for frame in (judged.own, theirs)]).unique(
        KEY, keep="first", maintain_order=True
    )
    bases = levels.with_columns(
        pl.col("period_start").dt.offset_by("1y"), pl.col("period_end").dt.offset_by("1y").dt.month_end()
    ).select(*KEY, base="value", base_step="resolution")
    joined = growth.join(levels.select(*KEY, level="value", level_step="resolution"), on=KEY).join(bases, on=KEY)
    # A printed figure may be rounded or cut off, so it stands for anything within one whole step to either side.
    low = (
        (pl.col("level") - pl.col("level_step"))
        * BASIS_POINTS
        / (BASIS_POINTS + pl.col("growth") + pl.col("growth_step"))
    )
    high = (
        (pl.col("level") + pl.col("level_step"))
        * BASIS_POINTS
        / (BASIS_POINTS + pl.col("growth") - pl.col("growth_step"))
    )
    against = (
        joined.filter(pl.col("growth") - pl.col("growth_step") > -BASIS_POINTS)
        .with_columns(low=low, high=high)
        .filter(
            (pl.col("base") + pl.col("base_step") < pl.col("low"))
            | (pl.col("base") - pl.col("base_step") > pl.col("high"))
        )
    )
    for row in against.sort(KEY).iter_rows(named=True):
        yield finding(
            "implied_revision",
            "warning",
            f"{row['product']} {row['partner']} {row['period_end']:%Y-%m}",
            observed=f"{row['level']:,} kg and {row['growth'] / 100:+.2f} % imply {row['low']:,.0f} to {row['high']:,.0f} kg a year before",
            expected=f"{row['base']:,} kg, which the ledger has for that period",
            advice="The year before was revised; download it again.",
        )
