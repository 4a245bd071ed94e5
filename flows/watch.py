"""Defines the flow that looks into the inbox, ingests everything new, and reports what is overdue.

A look does nothing twice and leaves nothing half done, so it may run at any interval, be killed, and be caught up after
an outage: the day that counts is the day for which it was scheduled.
"""

from prefect import flow

from flows import announce, run_names
from flows.taking import take
from schemas.forms.form import Day
from schemas.forms.watch import WatchReport, WatchRequest
from tasks.steps import catalog as step

# The calendar is that of China's customs.
CUSTOMS = "CHN"


@flow(name="watch", flow_run_name=run_names.of_this_run)
def watch(request: WatchRequest = WatchRequest(), day: Day = None) -> WatchReport:  # noqa: B008  # it is frozen
    """Ingest everything new in the inbox, oldest first, and compare what is published with the calendar.

    Args:
        request: where to look, what to take, what to expect
        day: day of the run; empty: the day for which it was scheduled, in Beijing
    """
    day = day or run_names.scheduled_for().date()
    looked = step.look(request, day)
    report = take(looked, request.store, dry_run=request.dry_run)
    expected = step.expect(step.at_hand(step.store_of(request.store, CUSTOMS)), request.kinds, day)
    sources = step.source_states(request.store, [request.inbox], day).sources
    return announce.watched(report.model_copy(update={"expected": expected, "sources": sources}))
