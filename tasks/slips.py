"""Gate D: is the file what it is declared to be?

The direction and, but for one word of a title, the currency of a query stand nowhere in its records. What gives a slip away
is what was published before. The same rules as in `tasks/check.py`: a check returns findings and changes nothing.
"""

import polars as pl

from tasks.findings import Rows, finding
from tasks.judged import EXAMPLES, Check, Judged

# Yuan for a dollar: 8.7 in 1994, 6.0 in 2014, and 5.2 to 5.8 in the years before 1994.
CNY_PER_USD_MIN, CNY_PER_USD_MAX = 5, 10
# Below this a month may be a parcel, and rounding to whole units is part of the rate.
SMALL_USD = 1_000


def _other_flow(judged: Judged) -> Rows:
    """The very bytes that were published as the other direction: one of the two declarations is wrong."""
    row = judged.row
    if row["flow"] is None:
        return
    same = judged.known.releases.filter(pl.col("raw_sha256") == row["raw_sha256"], pl.col("flow") != row["flow"])
    for other in same.sort("release_id").iter_rows(named=True):
        yield finding(
            "other_flow",
            "error",
            row["title"],
            observed=f"declared as {row['flow']}",
            expected=f"{other['flow']}, as which {other['release_id']} has published the same bytes",
            advice="Reject it, or see which of the two the query was for; a file has one direction.",
        )


def _exchange_rate(judged: Judged) -> Rows:
    """One trade in two currencies tells a rate; far from any that there was, one of the two titles is wrong."""
    if judged.row["reporter"] != "CHN":
        return
    key = ["flow", "product", "partner", "period_start", "period_end"]
    shared = [*key, "measure"]
    money = pl.col("measure").is_in(["value_usd", "value_cny"])
    mine, theirs = judged.own.filter(money), judged.beside.filter(money, pl.col("kind") != "published")
    if pl.concat([mine["measure"], theirs["measure"]]).n_unique() < 2:
        return
    mine = mine.group_by(shared).agg(pl.col("value").sum(), new=pl.lit(True))
    theirs = theirs.select(*shared, "value", new=pl.lit(False)).join(mine, on=shared, how="anti")
    both = pl.concat([mine, theirs])
    pairs = both.group_by(key).agg(
        pl.col("new").any(),
        **{name: pl.col("value").filter(measure=f"value_{name}").sum() for name in ("usd", "cny")},
    )
    months = (
        pairs.filter("new", (pl.col("usd") > 0) & (pl.col("cny") > 0))
        .group_by("flow", "period_end")
        .agg(pl.col("usd", "cny").sum())
        .filter(pl.col("usd") >= SMALL_USD)
        .with_columns(rate=pl.col("cny") / pl.col("usd"))
    )
    strange = months.filter(~pl.col("rate").is_between(CNY_PER_USD_MIN, CNY_PER_USD_MAX)).sort("flow", "period_end")
    for found in strange.head(EXAMPLES).iter_rows(named=True):
        yield finding(
            "exchange_rate",
            "error",
            f"{found['flow']} {found['period_end']:%Y-%m}",
            observed=f"{found['rate']:.4g} yuan for a dollar, {found['cny']:,} CNY and {found['usd']:,} USD of the same trade"
            f" ({strange.height} such months)",
            expected=f"{CNY_PER_USD_MIN} to {CNY_PER_USD_MAX} yuan for a dollar",
            advice="See which currency the query was for; one of the two files has the wrong title.",
        )


SLIPS: tuple[Check, ...] = (_other_flow, _exchange_rate)
