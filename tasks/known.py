"""What was published before a release came: the part of it that the release can touch or must be compared with."""

from pathlib import Path
from typing import NamedTuple

import polars as pl
from pandera.typing.polars import DataFrame

from schemas.observation import Detail, Observation
from schemas.release import Release
from tasks.normalise import Normalised
from tasks.scope import month_index
from tasks.snapshot import Snapshot, open_snapshot
from tasks.tables import Partition, read_table


class Known(NamedTuple):
    """The state before: every release, the ledger of the release's flows, and the details of the months it touches.

    `touched` are the partitions whose ledger must be made again: every month that the release has a row in or covers.
    """

    releases: DataFrame[Release]
    observation: DataFrame[Observation]
    detail: DataFrame[Detail]
    touched: tuple[Partition, ...]
    snapshot: Snapshot | None


def open_known(store: Path, release: Normalised) -> Known:
    """The published state that matters for `release`; everything empty where nothing was published yet."""
    snapshot = open_snapshot(store)
    touched = touched_months(release)
    flows = {flow for flow, _, _ in touched}
    return Known(
        DataFrame[Release](read_table(snapshot, Release)),
        DataFrame[Observation](read_table(snapshot, Observation, lambda partition: partition[0] in flows)),
        DataFrame[Detail](read_table(snapshot, Detail, lambda partition: partition in touched)),
        tuple(sorted(touched)),
        snapshot,
    )


def touched_months(release: Normalised) -> set[Partition]:
    """Flow, year and month of every period that ends in a month the release has a row in or covers."""
    rows = release.detail.select("flow", month=month_index("period_end")).unique()
    scope = release.release.filter(pl.col("partners") != "keys").select(
        "flow", month=pl.int_ranges(month_index("first_month"), month_index("last_month") + 1, dtype=pl.Int32)
    ).explode("month")  # fmt: skip
    return {(flow, month // 12, month % 12 + 1) for flow, month in pl.concat([rows, scope]).unique().iter_rows()}
