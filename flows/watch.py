"""Defines the flow that looks into the inbox, ingests everything new, and reports what is overdue.

A look does nothing twice and leaves nothing half done, so it may run at any interval, be killed, and be caught up after
an outage: the day that counts is the day for which it was scheduled.
"""

from datetime import datetime

from prefect import flow, runtime

from flows import announce
from flows.taking import take
from schemas.forms.form import Day
from schemas.forms.watch import WatchReport, WatchRequest
from tasks.domain.clock import CUSTOMS_TIME
from tasks.steps import catalog as step


def scheduled_for() -> datetime:
    """Return the moment for which the current run was scheduled, by the customs' clock: never the start of a late run."""
    moment: datetime = runtime.flow_run.scheduled_start_time
    return moment.astimezone(CUSTOMS_TIME)


def name_of_run() -> str:
    """Return the name of the current run, such as `watch 2025-07-20 14:05`."""
    return f"{runtime.flow_run.flow_name} {scheduled_for():%Y-%m-%d %H:%M}"


@flow(name="watch", flow_run_name=name_of_run)
def watch(request: WatchRequest = WatchRequest(), day: Day = None) -> WatchReport:  # noqa: B008  # it is frozen
    """Ingest everything new in the inbox, oldest first, and compare what is published with the calendar.

    Args:
        request: where to look, what to take, what to expect
        day: day of the run; empty: the day for which it was scheduled, in Beijing
    """
    day = day or scheduled_for().date()
    looked = step.look(request, day)
    report = take(looked, request.store, dry_run=request.dry_run)
    sources = step.source_states(request.store, [request.inbox], day, request.kinds).sources
    return announce.watched(report.model_copy(update={"sources": sources}))
