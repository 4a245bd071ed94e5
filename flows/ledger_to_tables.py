"""The steps by which what is said about months becomes the published tables: those of a release, and those of a decision."""

from pathlib import Path
from typing import NamedTuple

from schemas.table import DataFrame
from schemas.tables.decision import Decision
from schemas.tables.release import Finding
from schemas.tables.revision import Revision
from schemas.tables.trade_flow import TradeFlow
from tasks.domain.decisions import NOTHING_DECIDED
from tasks.ingest.normalise import Normalised
from tasks.ledger.published_state import Known
from tasks.steps import catalog as step
from tasks.steps.assemble import Ledger
from tasks.store.publish import Published


class Entered(NamedTuple):
    """What a release or a decision makes of the ledger, and what it revises."""

    ledger: Ledger
    trade_flow: DataFrame[TradeFlow]
    revision: DataFrame[Revision]


def into_ledger(release: Normalised, known: Known, decided: DataFrame[Decision] = NOTHING_DECIDED) -> Entered:
    """Enter a release, or what is decided about it, into the ledger. Nothing is written."""
    ledger = step.merge(release, known, decided) if decided.height else step.merge(release, known)
    return Entered(ledger, step.widen(ledger), step.revise(release, ledger, known))


def to_tables(
    store: Path, release: Normalised, findings: DataFrame[Finding], entered: Entered, known: Known
) -> Published:
    """Derive the figures from the ledger, and publish all tables."""
    ledger, trade_flow, revision = entered
    derived = step.derive(ledger, known)
    events = step.mark_events(release, derived.metric, known, ledger.counting)
    trail = step.trail(release.release)
    return step.publish(store, release, findings, ledger, trade_flow, derived, revision, events, trail, known)
