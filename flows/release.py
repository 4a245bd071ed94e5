"""Processes one customs release, from the authority's bytes to published Parquet.

Start reading here: each line of `from_bytes_to_tables` is a chapter, and each chapter leaves a lineage record.
"""

from datetime import date

from prefect import flow

from flows import announce, question
from flows.ledger_to_tables import into_ledger, to_tables
from schemas.forms.form import Day
from schemas.forms.outcome import Outcome
from schemas.forms.request import Landed, ReleaseRequest
from tasks.domain import clock
from tasks.domain.errors import Held
from tasks.ingest.normalise import Normalised
from tasks.steps import catalog as step
from tasks.steps.batch import Batch, newest_of_each
from tasks.steps.release_tables import Derived


@flow(name="release", flow_run_name="release {request.file.name}", validate_parameters=True)
def release(
    request: ReleaseRequest, today: Day = None, wait_for_approval: bool = False, pictures: bool = True
) -> Outcome:
    """Ingest one release and publish what follows from it.

    Args:
        request: the file and what is declared about it; its store may be the folder of the stores of all reporters
        today: day of landing; empty: today in Beijing
        wait_for_approval: where the release is held, pause with a form and go on as a person decides
        pictures: draw the largest products on the page of the release, besides their tables
    """
    request = step.placed(request)
    return announce.ending(
        lambda: _or_ask(request, today or clock.today(), wait_for_approval),
        request.store,
        # A rehearsal holds nothing, so nobody is asked to decide.
        waits=wait_for_approval or request.dry_run,
        pictures=pictures,
    )


def _or_ask(request: ReleaseRequest, today: date, wait_for_approval: bool) -> Outcome:
    if request.dry_run:
        return _rehearsed(request, today)
    try:
        return from_bytes_to_tables(request, today)
    except Held as held:
        if not wait_for_approval:
            raise
        # Hours may pass: nothing is locked, and the bytes published then are those that were judged.
        with question.approved(request.store, held) as again:
            return from_bytes_to_tables(again, today)


def _rehearsed(request: ReleaseRequest, today: date) -> Outcome:
    with step.rehearsal(step.at_hand(request.store)) as aside:
        aside_request = request.model_copy(update={"store": aside, "dry_run": False})
        outcome = from_bytes_to_tables(aside_request, today, rehearsed=True)
    status = "would be published" if outcome.status == "published" else outcome.status
    return outcome.model_copy(update={"status": status})


def read(landed: Landed, today: date) -> Normalised:
    """Turn bytes into statements: the part that depends on no other release."""
    parsed = step.parse(landed)
    corrected = step.correct(landed, parsed, today)
    return step.normalise(landed, corrected)


@step.again_if_outpaced
def from_bytes_to_tables(request: ReleaseRequest, today: date, *, rehearsed: bool = False) -> Outcome:
    """Process one release. Raises Refused or Held, and then the published tables are unchanged."""
    store = step.at_hand(request.store)
    with step.on_record(store, rehearsed=rehearsed) as run:
        found = step.locate(request)
        landed = step.land(found, store, today)
        observed = read(landed, today)
        with step.exclusive(store):
            batch = step.current_batch()
            known = step.open_known(batch.tables if batch else store, observed, enters=batch is not None)
            findings = step.check(observed, known)
            findings = step.hold_on_errors(findings, landed, known, store, today)
            entered = into_ledger(observed, known)
            judged = observed._replace(findings=findings)
            if batch is not None:
                in_copy = step.enter(batch.tables, judged, entered, known)
                return batch.add(run, step.report(in_copy, observed, findings), observed)
            published = to_tables(store, judged, entered, known)
        run.outcome = step.report(published, observed, findings)
        if not rehearsed:
            run.outcome = step.brief(run.outcome, store)
    return run.outcome


def batch_to_tables(batch: Batch) -> list[Outcome]:
    """Compute the tables that depend on the releases of a batch, once, and publish them together. Raises Outpaced,
    or what a step raises, and then nothing of the batch is published.
    """
    with step.on_record(batch.store, of=batch) as run:
        with step.exclusive(batch.store):
            observed = batch.combined()
            known = step.open_known(batch.tables, observed, derives=True)
            ledger = step.ledger_of_batch(known)
            figures = step.derive(ledger, known)
            events = step.mark_events(observed, figures.metric, known, ledger.counting)
            published = step.publish_batch(batch, Derived(figures, events), known)
        outcomes = batch.finish(published.snapshot)
        run.outcome = outcomes[-1]
        for outcome in newest_of_each(outcomes):
            step.brief(outcome, batch.store)
    return outcomes
