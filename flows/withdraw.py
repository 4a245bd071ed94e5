"""Withdraws a published release, or undoes a withdrawal, by publishing a decision."""

from datetime import date

from schemas.forms.address import StoreAddress
from schemas.forms.outcome import Outcome
from tasks.steps import catalog as step


@step.again_if_outpaced
def withdraw(
    release_id: str, by: str, reason: str, address: StoreAddress, today: date, *, undo: bool = False
) -> Outcome:
    """Publish that a release, with all its editions, does not count from today on; with `undo` that it counts again.

    Raises Refused if the release is not published, there is nothing to undo, or the name or reason is missing. Then
    the tables stay unchanged.
    """
    store = step.at_hand(address)
    with step.on_record(store) as run:
        with step.exclusive(store):
            release = step.recall(store, release_id)
            known = step.open_known(store, release)
            decided = step.withdraw(known, release_id, by, reason, undo, today)
            ledger = step.merge(release, known, decided)
            trade_flow = step.widen(ledger)
            revision = step.revise(release, ledger, known)
            derived = step.derive(ledger, known)
            events = step.mark_events(release, derived.metric, known, ledger.counting)
            trail = step.trail(release.release)
            published = step.publish(
                store, release, release.findings, ledger, trade_flow, derived, revision, events, trail, known
            )
        run.outcome = step.report(published, release, release.findings)
    return run.outcome
