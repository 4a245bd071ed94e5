"""What a published file says it was made from: the code, the releases, the libraries. It stands in the file's own metadata.

Belongs here: which releases a table's partition rests on. No clock and no host is in it, so that the same releases make the
same bytes on every machine.
"""

from collections.abc import Collection
from typing import Any

import polars as pl

from schemas.base import BaseFar, BaseYear
from schemas.metric import Metric
from schemas.table import Table, table_name
from tasks import ledger, metrics, wide
from tasks import revisions as revising
from tasks.far import first_told
from tasks.lineage import code_sha256, versions
from tasks.normalise import Normalised
from tasks.scope import LOOK_BACK_MONTHS, QUIET_MONTHS, month_index
from tasks.tables import Partition, partition_month

# Whose code makes a table; the others are made by the reading of a release.
MADE_IN = {
    "observation": ledger,
    "trade_flow": wide,
    "metric": metrics,
    "base": metrics,
    "base_year": metrics,
    "base_far": metrics,
    "revision": revising,
}


def derivation_of_month(
    model: type[Table], partition: Partition, releases: pl.DataFrame, chained: Collection[tuple[str, int]] = ()
) -> dict[str, Any]:
    """What a partition was made from: the releases that speak of its month, or of a month that its metrics look back on. In a
    year (flow, year) that is `chained` by cumulative figures these may also be later months."""
    flow, year, _ = partition
    first = last = partition_month(partition)
    if model is BaseFar:
        first, last = first_told(year), year * 12 - 1
    elif model is BaseYear:
        first = year * 12
    elif model is Metric:
        first -= LOOK_BACK_MONTHS + QUIET_MONTHS
        last = year * 12 + 11 if (flow, year) in chained else last
    speaking = releases.filter(
        (pl.col("flow").is_null() | (pl.col("flow") == flow))
        & (month_index("first_month") <= last) & (month_index("last_month") >= first)
    )  # fmt: skip
    return derivation_of(model, speaking)


def derivation_of(model: type[Table], releases: pl.DataFrame) -> dict[str, Any]:
    """That a file of a table was made from these releases, by which code."""
    name = table_name(model)
    module = MADE_IN.get(name)
    return {
        "table": name,
        "code_sha256": code_sha256(module.__name__ if module else Normalised.__module__),
        "inputs": [
            {"release_id": release_id, "raw_sha256": sha256}
            for release_id, sha256 in releases.select("release_id", "raw_sha256").sort("release_id").iter_rows()
        ],
        "versions": versions(),
    }
