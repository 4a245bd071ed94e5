"""Computes highest and lowest since for single partners on request, from the history of the product.

`metric` has these of the world, the groups, baskets, lines and watched products; every other row has the status
`on_request`. This module fills such rows, with the functions that publish.
"""

import polars as pl

from schemas.table import readers_schema
from tasks.domain.classification import part_of
from tasks.domain.coverage import LOOK_BACK_MONTHS, QUIET_MONTHS
from tasks.domain.decisions import counting
from tasks.domain.periods import Month, month_index
from tasks.ledger import merge as ledger
from tasks.metrics.derive import derive
from tasks.store.files.snapshot import Snapshot
from tasks.store.snapshots.parquet import partition_month, read_table

KEY = ["flow", "product", "partner", "measure", "period"]
RECORDS = ["highest_since", "highest_since_status", "lowest_since", "lowest_since_status", "series_start", "kinds"]
ON_REQUEST = "on_request"
# The history of a few products takes a third of a second; for more of them the rows stay unchanged.
PRODUCTS_MAX = 20


def with_requested_records(rows: pl.DataFrame, snapshot: Snapshot) -> pl.DataFrame:
    """Rows of `metric` with the records of single partners; unchanged for more than PRODUCTS_MAX products."""
    on_request = rows.filter(pl.col("highest_since_status") == ON_REQUEST)
    if not 0 < on_request.select("flow", "product").n_unique() <= PRODUCTS_MAX:
        return rows
    of_flows = [_records(of_flow, snapshot) for of_flow in on_request.partition_by("flow")]
    known = pl.concat(of_flows).rename({name: f"{name}_found" for name in RECORDS})
    joined = rows.join(known, on=KEY, how="left", maintain_order="left")
    is_asked = pl.col("highest_since_status") == ON_REQUEST
    return joined.with_columns(
        pl.when(is_asked).then(f"{name}_found").otherwise(name).alias(name) for name in RECORDS
    ).select(rows.columns)


def _records(rows: pl.DataFrame, snapshot: Snapshot) -> pl.DataFrame:
    """The requested records of the rows of one direction."""
    flow = rows["flow"][0]
    months = rows.select(pl.lit(flow).alias("flow"), month=month_index("period")).unique()
    indices = sorted(int(month) for month in months["month"])
    first = Month(indices[0] - LOOK_BACK_MONTHS - QUIET_MONTHS).january
    last = Month(indices[-1]).december
    statements = read_table(
        snapshot,
        "observation",
        lambda partition: partition[0] == flow and first <= partition_month(partition) <= last,
        where=pl.col("known_until").is_null() & pl.any_horizontal(map(part_of, rows["product"].unique().sort())),
    )
    releases = counting(read_table(snapshot, "release"), read_table(snapshot, "decision"))
    derived = derive(ledger.current_statements(statements), releases, months)
    wanted = derived.cast(readers_schema("metric")).select(*KEY, *RECORDS)  # type: ignore[arg-type]
    return wanted.join(rows.select(KEY), on=KEY, how="semi")
