"""Defines the flow that asks a person about a held release (`question`) and publishes it if they approve."""

from pathlib import Path

from prefect import flow

from flows import announce, question
from flows.release import from_bytes_to_tables
from schemas.forms.address import StoreAddress
from schemas.forms.outcome import Outcome
from tasks.domain import clock
from tasks.domain.errors import Held, NotHeld
from tasks.ingest import held as held_releases
from tasks.steps import catalog as step


@flow(name="decide", flow_run_name="decide about {release_id}")
def decide(
    release_id: str, store: StoreAddress = Path("store"), patience_hours: float = question.PATIENCE_SECONDS / 3600
) -> Outcome:
    """Ask a person about one held release, and publish it if they approve.

    Args:
        release_id: name of the held release
        store: the published tables: a folder, or s3://bucket/prefix
        patience_hours: after so long without an answer the run ends; the release stays held
    """
    store = step.store_of_held(store, release_id)

    def ask() -> Outcome:
        kept = held_releases.find(step.at_hand(store), release_id)
        if kept is None:
            raise NotHeld(f"{store}: no release {release_id!r} is held here")
        held = Held(release_id, kept.lines)
        with question.approved(store, held, int(patience_hours * 3600)) as again:
            return from_bytes_to_tables(again, clock.today())

    return announce.ending(ask, store, waits=True)
