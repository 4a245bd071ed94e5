"""Cumulative figures that a later release tells again, month by month: the newest word wins, also across spans.

The two are different numbers, so in the ledger each keeps its own last word. A year to date that came as one figure and the
months of a later download are two words on one thing all the same, and the later one stands in the figures.

Belongs here: which cumulative figures give way because of their day. Which give way to a better kind of release is in `months`.
"""

from collections.abc import Iterator
from typing import Any

import polars as pl

from tasks.domain.coverage import covering, speaking, standing
from tasks.domain.periods import month_index
from tasks.domain.release_ids import in_turns

YEAR = 12
PLACE = ["flow", "product", "partner", "measure", "month"]


def without_retold(numbers: pl.DataFrame, releases: pl.DataFrame) -> pl.DataFrame:
    """`numbers` (PLACE, span, standing, release_id, known_from, …) without the cumulative figures that are told again by month.

    A figure gives way where a later release of its kind or a better one was asked for every month of it. Months of several
    releases do not add up to a word on the whole, and where the figure itself was said again after them it stands. A corrected
    edition puts right what its release said, and is no later word than that. What others printed speaks of nothing but itself,
    and gives way to better kinds whatever its day.
    """
    is_span = pl.col("span") == "ytd"
    spans = numbers.filter(is_span).select(*PLACE, "standing", "release_id", "known_from").unique()
    if spans.is_empty():
        return numbers
    turns = in_turns(releases)
    spans = spans.join(turns.select("release_id", "first_day"), on="release_id", how="left").select(
        *PLACE, "standing", said_on=pl.min_horizontal("known_from", "first_day")
    )
    asked = speaking(turns).with_columns(
        standing=standing(), first=month_index("first_month"), last=month_index("last_month")
    )  # fmt: skip
    wholes = asked.filter(~pl.col("by_month"), pl.col("first") % YEAR == 0)
    for release, row in _one_by_one(wholes):
        same = (
            spans.filter(month=row["last"], standing=row["standing"])
            if row["last"] < row["first"] + YEAR
            else spans.clear()
        )
        # Asked for as one, it speaks of the figure that ends in its last month.
        as_month = release.with_columns(first_month="last_month", by_month=pl.lit(True))
        again = covering(same.select(PLACE), as_month).select(*PLACE, again=pl.lit(row["first_day"]))
        spans = spans.join(again, on=PLACE, how="left").with_columns(
            said_on=pl.when(pl.col("standing") == row["standing"])
            .then(pl.max_horizontal("said_on", "again")).otherwise("said_on")
        ).drop("again")  # fmt: skip
    gone = [spans.clear()]
    january = pl.col("month") // YEAR * YEAR
    for release, row in _one_by_one(asked.filter("by_month", pl.col("first") < pl.col("last"))):
        older = spans.filter(
            pl.col("said_on") < row["first_day"], pl.col("standing") >= row["standing"], january >= row["first"],
            pl.col("month") <= row["last"],
        )  # fmt: skip
        each = older.with_columns(end="month", month=pl.int_ranges(january, pl.col("month") + 1)).explode("month")
        told = each.join(covering(each.select(PLACE).unique(), release).select(PLACE), on=PLACE, how="semi")
        place = [*PLACE[:-1], "end"]
        whole = told.group_by(place).agg(pl.len()).filter(pl.col("len") == pl.col("end") % YEAR + 1)
        gone.append(older.join(whole.rename({"end": "month"}), on=PLACE, how="semi"))
    retold = pl.concat(gone).select(*PLACE, "standing").unique().with_columns(span=pl.lit("ytd"))
    return numbers.join(retold, on=[*PLACE, "standing", "span"], how="anti")


def _one_by_one(releases: pl.DataFrame) -> Iterator[tuple[pl.DataFrame, dict[str, Any]]]:
    """Each release as a table of its own, and as a row."""
    for row in releases.with_row_index("place").iter_rows(named=True):
        yield releases[row["place"]], row
