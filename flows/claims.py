"""Reads a file of claims, checks it against the ledger, and publishes the verdicts."""

from pathlib import Path

import polars as pl

from tasks.answers.trade.check_claims import understood
from tasks.steps import catalog as step
from tasks.steps.recording import recorded
from tasks.store.bucket.working_copy import again_if_outpaced, exclusive
from tasks.store.files.snapshot import open_snapshot
from tasks.store.places.verify_on_read import proved
from tasks.store.snapshots.publish import Publication


@again_if_outpaced
def check_and_publish(file: Path, store: Path) -> tuple[pl.DataFrame, Publication]:
    """Return the claims with their verdicts, and the snapshot that has them. Raises ValueError if it is no claims
    file."""
    with recorded() as run:
        run.store = store
        claims = step.read_claims(file)
        with exclusive(store):
            snapshot = open_snapshot(store)
            assert snapshot is not None, "the command asked whether something is published"
            snapshot = proved(snapshot)
            claims = understood(snapshot, claims)
            checked = step.check_claims(snapshot, claims)
            return checked, step.publish_claims(store, claims, checked, snapshot)
