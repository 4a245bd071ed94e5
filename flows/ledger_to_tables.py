"""Enters a release, or a decision about one, into the ledger, and publishes the tables that follow."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from schemas.table import DataFrame
from tasks.domain.decisions import NOTHING_DECIDED
from tasks.ingest.normalise import Normalised
from tasks.ledger.published_state import Known
from tasks.steps import catalog as step
from tasks.steps.release_tables import Derived, Entered
from tasks.store.publish import Published

if TYPE_CHECKING:
    from schemas.tables.decision import Decision


def into_ledger(release: Normalised, known: Known, decided: DataFrame[Decision] = NOTHING_DECIDED) -> Entered:
    """Enter a release, or what is decided about it, into the ledger. Nothing is written."""
    ledger = step.merge(release, known, decided) if decided.height else step.merge(release, known)
    return Entered(ledger, step.widen(ledger), step.revise(release, ledger, known))


def to_tables(store: Path, release: Normalised, entered: Entered, known: Known) -> Published:
    """Derive the figures from the ledger, and publish all tables; `release` has all its findings."""
    figures = step.derive(entered.ledger, known)
    events = step.mark_events(release, figures.metric, known, entered.ledger.counting)
    trail = step.trail(release.release)
    return step.publish(store, release, entered, Derived(figures, events), trail, known)
