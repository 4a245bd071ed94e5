"""Names scheduled runs, such as `watch 2025-07-20 14:05`, by the customs' clock.

The server gives a planned run a name of two random words, and the flow renames it only when it begins. So a list of the
next runs would say nothing. `tidewaiter deploy` names the runs that are planned by then, and each watch those that were added
since.
"""

from datetime import datetime, timedelta

from prefect import get_client, runtime
from prefect.client.schemas.filters import FlowRunFilter

from tasks.domain.clock import CUSTOMS_TIME

# The mark of the server for runs that it planned itself, and their maximum number.
PLANNED, PLANNED_MAX = "auto-scheduled", 200
# The server plans an hourly watch a day ahead when it is asked to do so at once.
AHEAD = timedelta(days=1)


def scheduled_for() -> datetime:
    """Return the moment for which the current run was scheduled, by the customs' clock: never the start of a late
    run.
    """
    moment: datetime = runtime.flow_run.scheduled_start_time
    return moment.astimezone(CUSTOMS_TIME)


def of_this_run() -> str:
    """Return the name of the current run, by its flow and the moment for which it was scheduled."""
    return _name(str(runtime.flow_run.flow_name), scheduled_for())


def _name(flow: str, moment: datetime) -> str:
    return f"{flow} {moment.astimezone(CUSTOMS_TIME):%Y-%m-%d %H:%M}"


def name_the_next() -> int:
    """Name every planned run that has no such name yet; return how many."""
    named = 0
    with get_client(sync_client=True) as client:
        planned = client.read_flow_runs(
            flow_run_filter=FlowRunFilter.model_validate(
                {"tags": {"any_": [PLANNED]}, "state": {"type": {"any_": ["SCHEDULED"]}}}
            ),
            limit=PLANNED_MAX,
        )
        flows = {
            run.flow_id: client.read_flow(run.flow_id).name for run in {run.flow_id: run for run in planned}.values()
        }
        for run in planned:
            if run.expected_start_time is None:
                continue
            name = _name(flows[run.flow_id], run.expected_start_time)
            if run.name != name:
                client.update_flow_run(run.id, name=name)
                named += 1
    return named


def plan_and_name() -> int:
    """Make the server plan the next runs of each schedule now, and name them; return how many were named."""
    with get_client(sync_client=True) as client:
        for deployment in client.read_deployments(limit=PLANNED_MAX):
            if any(schedule.active for schedule in deployment.schedules):
                client.request(
                    "POST", "/deployments/{id}/schedule", path_params={"id": deployment.id},
                    json={"min_time": AHEAD.total_seconds(), "min_runs": 3},
                )  # fmt: skip
    return name_the_next()
