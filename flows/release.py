"""Processes one customs release, from the authority's bytes to published Parquet.

Start reading here: each line of `ingest` is a chapter, and each step in it leaves a lineage record.
"""

from datetime import date

from prefect import Flow, flow

from flows.announce import reported
from flows.question import asks_when_held
from schemas.forms.form import Day
from schemas.forms.outcome import Hold, Outcome
from schemas.forms.request import ReleaseRequest
from schemas.frames import Decision
from tasks.domain import clock
from tasks.domain.decisions import NOTHING_DECIDED
from tasks.ingest.normalise import Normalised
from tasks.ledger.ledger_after import Ledger
from tasks.ledger.published_state import Known
from tasks.publication.batch import Batch, newest_of_each
from tasks.publication.publication import Derived, Entered
from tasks.steps import catalog as step
from tasks.steps.recording import opened, recorded
from tasks.store.working_copy import again_if_outpaced, exclusive


@flow(name="release", flow_run_name="release {request.file.name}", validate_parameters=True)
@reported
@asks_when_held
def release(request: ReleaseRequest, today: Day = None, wait_for_approval: bool = False) -> Outcome:
    """Ingest one release and publish what follows from it.

    Args:
        request: the file and what is declared about it; its store may be the folder of the stores of all reporters
        today: day of landing; empty: today in Beijing
        wait_for_approval: where the release is held, pause with a form and go on as a person decides
    """
    return ingest(request, today or clock.today())


@again_if_outpaced
def ingest(request: ReleaseRequest, today: date, batch: Batch | None = None) -> Outcome:
    """Process one release; of a `batch` enter it into the ledger, and leave its figures to `publish_batch`.

    Raises Refused or Held, and then the published tables are unchanged.
    """
    with recorded(dry_run=request.dry_run) as run:
        declared = step.declare(request)
        with opened(declared, run, today, dry_run=request.dry_run) as store:
            landed = step.land(declared, store, today)
            statements = step.normalise(landed, step.correct(landed, step.parse(landed), today))
            with exclusive(store):
                tables = batch.tables if batch else store
                known = step.open_known(tables, statements, enters=batch is not None)
                findings = step.check(statements, known)
                findings = step.hold_on_errors(findings, landed, known, store, today)
                statements = statements._replace(findings=findings)
                entered, known = enter(statements, known), known.without_details
                derived = None if batch else derive(entered.ledger, statements, known)
                trail = None if batch else step.trail(statements.release)
                published = step.publish(tables, statements, entered, derived, trail, known)
            outcome = step.report(published, statements, findings)
            if batch:
                return batch.add(run, outcome, statements)
            if request.dry_run:
                run.outcome = outcome.as_dry_run()
            else:
                outcome = step.grade_rules(step.brief(outcome, store), store)
                run.outcome = step.update_downstream(outcome, store)
    return run.outcome


def publish_batch(batch: Batch) -> list[Outcome]:
    """Derive the figures of a batch once, and publish its releases together, or nothing. Raises Outpaced, or what a
    step raises."""
    with recorded(entered=batch.entered) as run:
        with exclusive(batch.store):
            run.store, statements = batch.store, batch.combined()
            known = step.open_known(batch.tables, statements, derives=True)
            derived = derive(step.ledger_of_batch(known), statements, known)
            published = step.publish(batch.store, statements, None, derived, step.trail_of_batch(batch), known)
        outcomes = batch.finish(published.snapshot)
        run.outcome = outcomes[-1]
        for outcome in newest_of_each(outcomes):
            step.brief(outcome, batch.store)
        outcomes[-1] = step.grade_rules(outcomes[-1], batch.store)
        outcomes[-1] = run.outcome = step.update_downstream(outcomes[-1], batch.store)
    return outcomes


def enter(statements: Normalised, known: Known, decided: Decision = NOTHING_DECIDED) -> Entered:
    """Enter a release, or what is decided about it, into the ledger. Nothing is written."""
    ledger = step.merge(statements, known, decided) if decided.height else step.merge(statements, known)
    return Entered(ledger, step.widen(ledger), step.revise(statements, ledger, known))


def derive(ledger: Ledger, statements: Normalised, known: Known) -> Derived:
    """Derive the figures that follow from the ledger."""
    figures = step.derive(ledger, known)
    return Derived(figures, step.mark_events(statements, known))


def into(batch: Batch) -> Flow[..., Outcome | Hold]:
    """Return the flow `release` into a batch, which is no argument: Prefect would validate it, show it and keep it with
    the run."""

    @flow(name="release", flow_run_name="release {request.file.name}", validate_parameters=True)
    @reported
    @asks_when_held
    def entering(request: ReleaseRequest, today: Day = None) -> Outcome:
        return ingest(request, today or clock.today(), batch)

    return entering
