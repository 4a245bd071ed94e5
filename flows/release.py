"""One customs release, from the authority's bytes to Parquet that others can trust.

Start reading here: each line of the flow is a chapter, and each chapter leaves a lineage record.
"""

from datetime import date

from prefect import flow

from schemas.outcome import Outcome
from schemas.request import ReleaseRequest
from tasks import catalog as step


@flow(name="release", flow_run_name="{request.file.name}", validate_parameters=True)
def release(request: ReleaseRequest, today: date | None = None) -> Outcome:
    """Ingest one release and publish what follows from it.

    Args:
        request: the file and what is declared about it
        today: day of landing; none: the day of the machine
    """
    with step.on_record(request.store) as run:
        found = step.locate(request)
        landed = step.land(found, request.store, today or date.today())
        parsed = step.parse(landed)
        corrected = step.correct(landed, parsed, today or date.today())
        observed = step.normalise(landed, corrected)
        with step.exclusive(request.store):
            known = step.open_known(request.store, observed)
            findings = step.check(observed, known)
            step.hold_on_errors(findings)
            ledger = step.merge(observed, known)
            trade_flow = step.widen(ledger)
            revision = step.revise(observed, ledger, known)
            metric = step.derive(ledger, known)
            trail = step.trail(observed.release)
            published = step.publish(
                request.store, observed, findings, ledger, trade_flow, metric, revision, trail, known
            )
        run.outcome = step.report(published, observed, findings)
    return run.outcome
