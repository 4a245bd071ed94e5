"""Withdraws a published release, or takes that back, from the decision of a person to published Parquet."""

from datetime import date

from prefect import flow

from flows import announce
from flows.ledger_to_tables import into_ledger, to_tables
from schemas.forms.form import Day
from schemas.forms.outcome import Outcome
from schemas.forms.withdrawal import WithdrawalRequest
from tasks.domain import clock
from tasks.steps import catalog as step


@flow(name="withdraw", flow_run_name="withdraw {request.release_id}", validate_parameters=True)
def withdraw(request: WithdrawalRequest, today: Day = None) -> Outcome:
    """Publish that a release does not count from today on, or that it counts again.

    Args:
        request: the release, who decides and why
        today: day from which it holds; empty: today in Beijing
    """
    request = request.model_copy(update={"store": step.store_of_published(request.store, request.release_id)})
    return announce.ending(lambda: from_decision_to_tables(request, today or clock.today()), request.store, waits=False)


@step.again_if_outpaced
def from_decision_to_tables(request: WithdrawalRequest, today: date) -> Outcome:
    """Publish a decision about a release with all its editions. Raises Refused if the release is not published, there
    is nothing to take back, or the name or reason is missing; then the published tables are unchanged.
    """
    store = step.at_hand(request.store)
    with step.on_record(store) as run:
        with step.exclusive(store):
            release = step.recall(store, request.release_id)
            known = step.open_known(store, release)
            decided = step.withdraw(known, request.release_id, request.by, request.reason, request.undo, today)
            entered = into_ledger(release, known, decided)
            published = to_tables(store, release, entered, known)
        run.outcome = step.report_decision(published, release, decided)
        run.outcome = step.rewrite_briefs(run.outcome, store)
    return run.outcome
