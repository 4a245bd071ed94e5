"""Defines the flow that writes the site after each publication.

A run that begins while another one writes is cancelled, because that one looks again when it is done: whatever was
published meanwhile is in the site that is shown in the end, however many publications there were. A run that begins
after it and has nothing new writes nothing.
"""

from datetime import date

from prefect import flow

from schemas.forms.form import Day
from schemas.forms.site import SiteReport, SiteRequest
from tasks.domain import clock
from tasks.domain.errors import NothingPublished
from tasks.steps import catalog as step

# A backfill publishes without pause; after so many states the next publication brings the next run.
BUILDS_MAX = 20


@flow(name="site", flow_run_name="site of {request.store}")
def site(request: SiteRequest = SiteRequest(), day: Day = None) -> SiteReport:  # noqa: B008  # it is frozen
    """Write the site of all reporters beside the one that is shown, put it in its place at once, and again until
    nothing was published meanwhile.

    Args:
        request: whose figures it shows, where it is, and for whom
        day: day on which the site says that it was written; empty: today
    """
    return write(request, day or clock.today())


def write(request: SiteRequest, day: date) -> SiteReport:
    """Write the site until nothing was published meanwhile. Raises NothingPublished where no store has anything."""
    shown, report, turns = None, SiteReport(output=request.output, pages=0, builds=0), 0
    while turns < BUILDS_MAX and (states := step.site_states(request.store)) != shown:
        if not states.snapshots:
            raise NothingPublished(f"{request.store}: nothing is published here, so there is no site to write.")
        shown, turns = states, turns + 1
        newest = step.publish_site(request, day, states)
        report = newest.model_copy(update={"builds": report.builds + newest.builds})
    return report
