"""Reads a published release for a decision about it, and makes the decision.

The meaning of a decision is in `domain.decisions`; `flows.withdraw` publishes it with the steps of a release.
"""

from datetime import date
from pathlib import Path

import polars as pl

from schemas.frames import Decision
from schemas.table import empty_frame
from tasks.domain import decisions
from tasks.domain.carried import carried_now
from tasks.domain.periods import month_index
from tasks.domain.release_ids import release_of
from tasks.ingest.normalise import Normalised
from tasks.ledger.published_state import PublishedState
from tasks.store.files.snapshot import open_snapshot
from tasks.store.places.verify_on_read import prove
from tasks.store.snapshots.parquet import Partition, partition_month, read_table


def recall(store: Path, release_id: str) -> Normalised:
    """Read all editions of a published release. Raises Refused if there is none, DamagedStore if an input is
    damaged."""
    snapshot = open_snapshot(store)
    prove(snapshot, "release")
    releases = read_table(snapshot, "release")
    editions = releases.filter(release_of() == decisions.published_name(release_id, releases)).sort("release_id")
    first, last = editions.select(month_index("first_month").min(), month_index("last_month").max()).row(0)

    def is_spoken_of(month: Partition) -> bool:
        return bool(first <= partition_month(month) <= last)

    prove(snapshot, "detail", is_spoken_of)
    is_of_editions = pl.col("release_id").is_in(editions["release_id"].to_list())
    return Normalised(
        detail=read_table(snapshot, "detail", is_spoken_of, is_of_editions),
        quarantine=empty_frame("quarantine"),
        findings=empty_frame("finding"),
        release=editions,
        names=empty_frame("printed_name"),
    )


def withdraw(known: PublishedState, release_id: str, by: str, reason: str, undo: bool, today: date) -> Decision:
    """Make a person's decision that a release does not count any more, or counts again; of a store that is carried over
    with the name that it had there. Raises Refused."""
    decided = decisions.withdrawal(release_id, known.releases, known.decisions, by, reason, today, undo=undo)
    if (carried := carried_now()) is None:
        return decided
    alike = carried.decisions.join(decided, on=["release_id", "kind", "decided_on"], how="semi")
    return alike.join(known.decisions, on="decision_id", how="anti").sort("number").head(1)
