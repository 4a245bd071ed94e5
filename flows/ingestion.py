"""Processes customs releases, from the authority's bytes to published Parquet.

Start reading here: each line of `read`, `enter` and `publish` is a chapter, and each step in it leaves a lineage
record. A release that comes alone is a batch of one.

Prefect is not imported here: inside a flow of Prefect each step is a task (`tasks.steps.step`), and a command without a
server does not pay for it. `flows.release` is the flow. Nor are the steps that follow once a file is read, before it
is read: a file that is refused does not pay for them.
"""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from schemas.forms.outcome import Hold, Outcome
from schemas.forms.request import Declared, FollowingTables, Landed, ReleaseRequest
from schemas.frames import Decision
from tasks.derive.processes import local_processes
from tasks.domain.decisions import NOTHING_DECIDED
from tasks.domain.errors import Held, Rejected
from tasks.ingest.normalise import Normalised
from tasks.publication.batch import Batch, BatchChange, newest_of_each
from tasks.publication.batch import opened as batch_of
from tasks.steps import reading
from tasks.steps.recording import opened, recorded
from tasks.store.bucket.working_copy import again_if_outpaced, exclusive

if TYPE_CHECKING:
    from tasks.ledger.published_state import PublishedState


def answered(request: ReleaseRequest, today: date) -> Outcome | Hold:
    """`ingest`, with a hold as an answer."""
    try:
        return ingest(request, today)
    except Held as problem:
        return hold_of(problem, dry_run=request.dry_run)


def hold_of(problem: Held, *, dry_run: bool) -> Hold:
    """The answer of a release that is held, or was rejected."""
    status: Literal["held", "would be held", "rejected"] = "would be held" if dry_run else "held"
    if isinstance(problem, Rejected):
        status = "rejected"
    return Hold(status=status, release_id=problem.release_id, lines=problem.lines, few=problem.few, store=problem.store)


def ingest(request: ReleaseRequest, today: date) -> Outcome:
    """Process one release. Raises Refused, and then the published tables are unchanged, or Held, and then what it
    contradicts of them is in doubt."""
    try:
        outcome = _ingest(request, today)
    except Held as problem:
        if not request.dry_run:
            tell_contradictions(problem.store)
        raise
    if not request.dry_run:
        tell_contradictions(outcome.store)
    return outcome


@again_if_outpaced
def tell_contradictions(store: Path) -> None:
    """Publish which numbers the releases that are held contradict, or contradict no more; nothing where that is told.
    A run that was killed before it is made up for by the next one."""
    from tasks.publication.contradicted import untold
    from tasks.steps import catalog as step

    if untold(store).is_empty():
        return
    with recorded() as run, local_processes():
        run.store = store
        with exclusive(store), batch_of(store) as batch:
            statements = step.recall_contradicted(store)
            known = step.open_known(batch, statements)
            change = merge(statements, batch, known)
            batch.add(change, statements, step.report(statements, statements.findings, change.state))
            [outcome] = publish(batch)
        run.outcome = step.update_downstream(step.rewrite_briefs(outcome, store), store)


@again_if_outpaced
def _ingest(request: ReleaseRequest, today: date) -> Outcome:
    with recorded(dry_run=request.dry_run) as run, local_processes():
        declared = reading.declare(request)
        with opened(declared, run, dry_run=request.dry_run) as store:
            landed, statements = read(declared, store, today)
            with exclusive(store), batch_of(store) as batch:
                enter(landed, statements, batch, today)
                [outcome] = publish(batch)
        if request.dry_run:
            run.outcome = outcome.as_dry_run()
        else:
            [run.outcome] = follow([outcome], request.tables)
    return run.outcome


def add(request: ReleaseRequest, batch: Batch, today: date) -> Outcome:
    """Read one file and enter it into a batch; its figures are made by `publish_batch`. Raises Refused or Held, and
    then the batch is unchanged."""
    with recorded() as run:
        declared = reading.declare(request)
        with opened(declared, run, dry_run=False) as store:
            landed, statements = read(declared, store, today)
            with exclusive(store):
                return enter(landed, statements, batch, today)


def publish_batch(batch: Batch, tables: FollowingTables = "all") -> list[Outcome]:
    """Publish the releases of a batch together, or nothing, and make the `tables` that follow from them. Raises
    Outpaced, or what a step raises."""
    with recorded(entered=[entry.run for entry in batch.entries if entry.name]) as run:
        run.store = batch.store
        with exclusive(batch.store):
            outcomes = publish(batch)
        run.outcome = outcomes[-1]
        outcomes = follow(outcomes, tables)
        run.outcome = outcomes[-1]
    tell_contradictions(batch.store)
    return outcomes


def read(declared: Declared, store: Path, today: date) -> tuple[Landed, Normalised]:
    """Keep the bytes of a file, and read its statements."""
    landed = reading.amend(reading.land(declared, store, today), declared, store, today)
    statements = reading.normalise(landed, reading.correct(landed, reading.parse(landed), today))
    return landed.without_records, statements


def enter(landed: Landed, statements: Normalised, batch: Batch, today: date) -> Outcome:
    """Judge a release against what is published and what the batch has, and enter it into the ledger."""
    from tasks.derive.affected_months import contradicts_other_months
    from tasks.steps import catalog as step

    known = step.open_known(batch, statements)
    findings = step.check(statements, known)
    findings = step.hold_on_errors(findings, landed, statements.names, known, batch.store, today)
    statements = statements._replace(findings=findings)
    if contradicts_other_months(statements, known):
        known = step.open_known(batch, statements)
    change = merge(statements, batch, known)
    return batch.add(change, statements, step.report(statements, findings, change.state))


def merge(
    statements: Normalised, batch: Batch, known: "PublishedState", decided: Decision = NOTHING_DECIDED
) -> BatchChange:
    """Enter a release, or what is decided about it, into the ledger of a batch."""
    from tasks.publication.publication import Entered
    from tasks.publication.publication import enter as enter_tables
    from tasks.steps import catalog as step

    # A step records what it is given: no decision is no input.
    ledger = step.merge(statements, known, decided) if decided.height else step.merge(statements, known)
    entered = Entered(ledger, step.widen(ledger), step.revise(statements, ledger, known))
    return enter_tables(batch, statements, entered, known)


def publish(batch: Batch) -> list[Outcome]:
    """Derive the figures that follow from the ledger of a batch, and publish everything together."""
    from tasks.publication.publication import Derived
    from tasks.steps import catalog as step

    statements = batch.combined
    known = step.open_known(batch, statements, derives=True)
    derived = Derived(step.derive(known, batch.place), step.mark_events(statements, known))
    return batch.finish(step.publish(batch, statements, derived, step.trail(batch), known))


def follow(outcomes: list[Outcome], tables: FollowingTables) -> list[Outcome]:
    """Write the briefs of what was published, grade the watch rules, and make the tables that rest on it."""
    from tasks.steps import catalog as step

    store = outcomes[-1].store
    briefed = {outcome.release_id: step.brief(outcome, store) for outcome in newest_of_each(outcomes)}
    if len(outcomes) == 1:
        outcomes = [briefed.get(outcome.release_id, outcome) for outcome in outcomes]
    return [*outcomes[:-1], step.update_downstream(step.grade_rules(outcomes[-1], store), store, tables)]
