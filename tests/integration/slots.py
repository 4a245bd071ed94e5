"""A watch on a clock of its own: each scheduled time, seconds after the one before, stands for the release day of a
month.

So a test can let scheduled times pass while the server is down without waiting for months. Everything else is the
watch; and like the watch it knows its day from the time for which it was scheduled and from nothing else.
"""

from datetime import date, datetime

from prefect import flow, runtime

from flows.watch import watch
from schemas.forms.watch import WatchReport, WatchRequest


@flow(name="watch-by-slots")
def watch_by_slots(request: WatchRequest, first: datetime, seconds: int, days: list[date]) -> WatchReport:
    """Watch as on the day for which this run's scheduled time stands."""
    slot, off = divmod((runtime.flow_run.scheduled_start_time - first).total_seconds(), seconds)
    assert off == 0, "that time was not on the schedule"
    return watch.fn(request, days[int(slot)])
