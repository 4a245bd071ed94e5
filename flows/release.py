"""Defines the flow that processes one release (`flows.ingestion`), and asks a person where it is held."""

from prefect import flow

from flows.announce import reported
from flows.ingestion import ingest
from flows.question import asks_when_held
from schemas.forms.form import Day
from schemas.forms.outcome import Outcome
from schemas.forms.request import ReleaseRequest
from tasks.domain import clock


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
