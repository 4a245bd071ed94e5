"""Withdraws a published release, or takes that back, from the decision of a person to published Parquet."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from prefect import flow

from flows.announce import reported
from flows.ingestion import merge, publish
from schemas.forms.form import Day
from schemas.forms.outcome import Outcome
from schemas.forms.request import WithdrawalRequest
from tasks.derive.processes import local_processes
from tasks.domain import clock
from tasks.domain.decisions import refuse_early
from tasks.domain.errors import Refused
from tasks.inbox.placing import store_of_published
from tasks.publication.batch import opened as batch_of
from tasks.steps import catalog as step
from tasks.steps.recording import recorded
from tasks.store.bucket.working_copy import again_if_outpaced, at_hand, exclusive
from tasks.store.files.snapshot import open_snapshot
from tasks.store.places.verify_on_read import refuse_another_version


@contextmanager
def made_up_for(store: Path) -> Iterator[None]:
    """Where a decision is refused, because a run that was killed made it, make up for what that one left undone."""
    try:
        yield
    except Refused:
        step.update_tables(store)
        raise


@flow(name="withdraw", flow_run_name="withdraw {request.release_id}", validate_parameters=True)
@reported
def withdraw(request: WithdrawalRequest, today: Day = None) -> Outcome:
    """Publish that a release does not count from today on, or that it counts again.

    Args:
        request: the release, who decides and why
        today: day from which it holds; empty: today in Beijing
    """
    return publish_decision(request, request.on or today or clock.today())


@again_if_outpaced
def publish_decision(request: WithdrawalRequest, today: date) -> Outcome:
    """Publish a decision about a release with all its editions. Raises Refused if the release is not published, there
    is nothing to take back, or the name or reason is missing; then the published tables are unchanged.
    """
    with recorded() as run, local_processes():
        store = at_hand(store_of_published(request.store, request.release_id))
        refuse_another_version(open_snapshot(store))
        run.store = store
        with made_up_for(store), exclusive(store), batch_of(store) as batch:
            statements = step.recall(store, request.release_id)
            known = step.open_known(batch, statements)
            refuse_early(request.release_id, today, known.releases, known.decisions)
            decided = step.withdraw(known, request.release_id, request.by, request.reason, request.undo, today)
            change = merge(statements, batch, known, decided)
            batch.add(change, statements, step.report_decision(statements, decided, change.state))
            [outcome] = publish(batch)
        run.outcome = step.update_downstream(step.rewrite_briefs(outcome, store), store)
    return run.outcome
