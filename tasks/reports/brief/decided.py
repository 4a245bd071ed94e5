"""Finds the withdrawn releases that a reader of a brief must know of."""

from collections.abc import Iterable
from datetime import date
from typing import Any

import polars as pl

from tasks.domain.classification import members
from tasks.domain.periods import month_index, month_number
from tasks.store.parquet import read_table
from tasks.store.snapshot import Snapshot

# The growth on the year before and the year to date look back as far.
MONTHS_BACK = 12


def decided(
    snapshot: Snapshot, product: str, flow: str, month: date, since: date | None = None
) -> list[dict[str, Any]]:
    """Return the last decision of a person about each release that covers the product in the year up to the month, a row with the
    title of the release, if it was made after the day `since`; the newest first.
    """
    decisions = read_table(snapshot, "decision").filter(pl.col("kind") != "replaced")
    if not decisions.height:
        return []
    number = month_number(month)
    releases = read_table(snapshot, "release").filter(
        month_index("first_month") <= number, month_index("last_month") >= number - MONTHS_BACK,
        pl.col("flow").is_null() | (pl.col("flow") == flow),
    )  # fmt: skip
    titles = {
        row["release_id"]: row["title"]
        for row in releases.iter_rows(named=True)
        if covers_product(product, row["products"])
    }
    last = decisions.sort("number").group_by("release_id", maintain_order=True).last()
    mine = last.filter(pl.col("release_id").is_in([*titles])).sort("decided_on", "release_id", descending=[True, False])
    return [
        {**row, "title": titles[row["release_id"]]}
        for row in mine.iter_rows(named=True)
        if since is None or row["decided_on"] > since
    ]


def covers_product(product: str, scope: Iterable[str]) -> bool:
    """Whether the codes that were asked for have one in common with a product.

    >>> covers_product("85051110", ["8505"]), covers_product("12019019", ["8505", "*"]), covers_product("1201", ["8505"])
    (True, True, False)
    """
    codes = (product, *members(product))
    return any(asked == "*" or code.startswith(asked) or asked.startswith(code) for asked in scope for code in codes)
