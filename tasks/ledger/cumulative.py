"""Removes cumulative figures that a later release replaces month by month.

The ledger keeps both as different numbers, each with its own current statement. But a year to date printed as one
figure and the months of a later download describe the same trade, and metrics use the later one.

Belongs here: which cumulative figures are replaced because of their day. `metrics.year_to_date` handles those replaced
by a better kind of release.
"""

from collections.abc import Iterator
from typing import Any

import polars as pl

from tasks.domain.coverage import covering, priority, with_scope
from tasks.domain.periods import month_index
from tasks.domain.release_ids import in_turns

YEAR = 12
PLACE = ["flow", "product", "partner", "measure", "month"]


def without_superseded(numbers: pl.DataFrame, releases: pl.DataFrame) -> pl.DataFrame:
    """`numbers` (PLACE, span, value, priority, release_id, known_from, …) without cumulative figures replaced by months."""
    return superseded_as_null(numbers, releases).drop_nulls("value")


def superseded_as_null(numbers: pl.DataFrame, releases: pl.DataFrame) -> pl.DataFrame:
    """`numbers` with a null in place of the value of each cumulative figure that is replaced by months.

    A figure is replaced where one later release, of its kind or a better one, requested every month of it. Months of
    several releases do not replace it, nor months that are older than a repetition of the figure. A corrected edition
    counts with the day of the release that it corrects. Collected figures cover only themselves, and better kinds
    replace them whatever their day.
    """
    is_span = pl.col("span") == "ytd"
    spans = numbers.filter(is_span).select(*PLACE, "priority", "release_id", "known_from").unique()
    if spans.is_empty():
        return numbers
    turns = in_turns(releases)
    spans = spans.join(turns.select("release_id", "first_day"), on="release_id", how="left").select(
        *PLACE, "priority", stated_on=pl.min_horizontal("known_from", "first_day")
    )
    asked = with_scope(turns).with_columns(
        priority=priority(), first=month_index("first_month"), last=month_index("last_month")
    )  # fmt: skip
    wholes = asked.filter(~pl.col("by_month"), pl.col("first") % YEAR == 0)
    for release, row in _one_by_one(wholes):
        same = (
            spans.filter(month=row["last"], priority=row["priority"])
            if row["last"] < row["first"] + YEAR
            else spans.clear()
        )
        # Requested as one span, it covers the figure that ends in its last month.
        as_month = release.with_columns(first_month="last_month", by_month=pl.lit(True))
        again = covering(same.select(PLACE), as_month).select(*PLACE, again=pl.lit(row["first_day"]))
        spans = spans.join(again, on=PLACE, how="left").with_columns(
            stated_on=pl.when(pl.col("priority") == row["priority"])
            .then(pl.max_horizontal("stated_on", "again")).otherwise("stated_on")
        ).drop("again")  # fmt: skip
    gone = [spans.clear()]
    january = pl.col("month") // YEAR * YEAR
    for release, row in _one_by_one(asked.filter("by_month", pl.col("first") < pl.col("last"))):
        older = spans.filter(
            pl.col("stated_on") < row["first_day"], pl.col("priority") >= row["priority"], january >= row["first"],
            pl.col("month") <= row["last"],
        )  # fmt: skip
        each = older.with_columns(end="month", month=pl.int_ranges(january, pl.col("month") + 1)).explode("month")
        covered = each.join(covering(each.select(PLACE).unique(), release).select(PLACE), on=PLACE, how="semi")
        place = [*PLACE[:-1], "end"]
        whole = covered.group_by(place).agg(pl.len()).filter(pl.col("len") == pl.col("end") % YEAR + 1)
        gone.append(older.join(whole.rename({"end": "month"}), on=PLACE, how="semi"))
    gone_once = pl.concat(gone).select(*PLACE, "priority", span=pl.lit("ytd"), is_gone=pl.lit(True)).unique()
    marked = numbers.join(gone_once, on=[*PLACE, "priority", "span"], how="left", maintain_order="left")
    return marked.with_columns(value=pl.when(pl.col("is_gone").is_null()).then("value")).drop("is_gone")


def _one_by_one(releases: pl.DataFrame) -> Iterator[tuple[pl.DataFrame, dict[str, Any]]]:
    """Each release as a one-row table, and as a row."""
    for row in releases.with_row_index("place").iter_rows(named=True):
        yield releases[row["place"]], row
