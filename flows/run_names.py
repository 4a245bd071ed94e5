"""Names a scheduled run, such as `watch 2025-07-20 14:05`, by the customs' clock."""

from datetime import datetime

from prefect import runtime

from tasks.domain.clock import CUSTOMS_TIME


def scheduled_for() -> datetime:
    """Return the moment for which the current run was scheduled, by the customs' clock: never the start of a late
    run.
    """
    moment: datetime = runtime.flow_run.scheduled_start_time
    return moment.astimezone(CUSTOMS_TIME)


def of_this_run() -> str:
    """Return the name of the current run, by its flow and the moment for which it was scheduled."""
    return f"{runtime.flow_run.flow_name} {scheduled_for():%Y-%m-%d %H:%M}"
