"""Defines the flow that asks a person about a held release (`question`) and publishes it if they approve."""

from pathlib import Path

from prefect import flow

from flows.announce import reported
from flows.ingestion import ingest
from flows.question import PATIENCE_SECONDS, asks_when_held, decided
from schemas.forms.form import StoreAddress
from schemas.forms.outcome import Hold, Outcome
from schemas.forms.request import ReleaseRequest
from tasks.domain import clock
from tasks.domain.errors import NotHeld
from tasks.inbox import held as held_releases
from tasks.inbox.placing import store_of_held
from tasks.store.bucket.working_copy import at_hand


@flow(name="decide", flow_run_name="decide about {release_id}")
@reported
def decide(
    release_id: str, store: StoreAddress = Path("store"), patience_hours: float = PATIENCE_SECONDS / 3600
) -> Outcome | Hold:
    """Ask a person about one held release, and publish it if they approve.

    Args:
        release_id: name of the held release
        store: the published tables: a folder, or s3://bucket/prefix
        patience_hours: after so long without an answer the run ends; the release stays held
    """
    folder = at_hand(store_of_held(store, release_id))
    kept = held_releases.find(folder, release_id)
    if kept is None:
        raise NotHeld(f"{store}: no release {release_id!r} is held here")
    hold = Hold(status="held", release_id=release_id, lines=kept.lines, few=kept.few, store=folder)
    return decided(hold, _published, int(patience_hours * 3600))


@asks_when_held
def _published(request: ReleaseRequest) -> Outcome:
    return ingest(request, clock.today())
