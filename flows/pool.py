"""Ingests the files of several reporters over a work pool of Prefect: a run of the flow `backfill` for each reporter,
the largest first, on whatever machines have a worker of the pool; then what rests on several reporters.

The runs share nothing but the inbox, which they read, and the root of the stores, in which each writes a store of its
own. So a reporter that fails, is held or whose worker dies holds up no other. A driver that is killed leaves its runs
at work; started again, it waits for those and starts none twice, and a run finds what is published by itself.

Belongs here: what is started, waited for and reported. Does not belong here: how files are ingested (`backfill`).
"""

import functools
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID

from prefect import get_client
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterFlowRunId,
    ArtifactFilterKey,
    DeploymentFilter,
    DeploymentFilterId,
    FlowRunFilter,
    FlowRunFilterId,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType, WorkerStatus
from prefect.context import FlowRunContext
from prefect.deployments import run_deployment
from prefect.exceptions import ObjectNotFound
from prefect.utilities.urls import url_for
from prefect.workers.process import ProcessWorker

from flows import announce
from schemas.forms.form import ready_to_send
from schemas.forms.pool import Counts, Ending, PoolReport, ReporterRun
from schemas.forms.watch import BackfillRequest
from tasks.derive.executor import fingerprint
from tasks.domain.errors import Refused
from tasks.inbox.in_bucket import fetched
from tasks.inbox.placing import reporter_of_file
from tasks.ingest.raw_store import as_downloads
from tasks.pages.release import prefect_pages
from tasks.steps import catalog as step
from tasks.store.places.reporters import is_one_store, named

if TYPE_CHECKING:
    from prefect import Flow

POLL_SECONDS = 2.0
# Without a worker nothing begins; a worker says every half minute that it is there.
WORKERS_SECONDS = 30.0
ENTRYPOINT = "flows.backfill.backfill"
RUNS_MAX = 200
ENDINGS: dict[StateType, Ending] = {
    StateType.COMPLETED: "done",
    StateType.FAILED: "failed",
    StateType.CRASHED: "crashed",
    StateType.CANCELLED: "cancelled",
}
Show = Callable[[int, int, str], None]


def over_pool(request: BackfillRequest, backfill: "Flow[Any, Any]") -> PoolReport:
    """Ingest the files of each reporter by a run of `backfill` on the pool of the request, wait for all, and make the
    tables that rest on several reporters.

    Raises Refused where no Prefect server records the run, and where the folder cannot be read.
    """
    _require_server(request)
    _require_root(request)
    whose = functools.partial(reporter_of_file, store=request.store, otherwise=request.declaration)
    with fetched(request.folder, lambda file: whose(file) is None) as place, as_downloads(place) as folder:
        division = step.divide(folder, request.store, request.declaration, source=request.source, flow=request.flow)
    parts = [part for part in division.parts if request.reporter in (None, part.reporter)]
    report = PoolReport(
        pool=str(request.pool),
        runs=[ReporterRun(reporter=one.reporter, files=one.files, bytes=one.bytes) for one in parts],
        nobodys=[problem.of(files) for problem, files in division.problems],
        nobodys_files=sum(len(files) for _, files in division.problems),
        dry_run=request.dry_run,
    )
    if report.dry_run or not report.runs:
        return announce.pooled(report)
    with announce.shown(f"Reporters of {request.folder}") as show:
        report = _run_all(report, request, backfill, show)
    published = [run.reporter for run in report.runs if run.counts and run.counts.snapshot_id]
    not_made = step.update_shared(request.store, published).failed if published else []
    return announce.pooled(report.model_copy(update={"not_made": not_made}))


def _require_server(request: BackfillRequest) -> None:
    """Raises Refused where no server records this run, and where it has taken a place of the pool that it waits for."""
    if request.dry_run:
        return
    context = FlowRunContext.get()
    if context is None:
        raise Refused(
            "no server",
            where=f"--pool {request.pool}",
            found="no Prefect server records this run, and workers take their runs from one",
            advice="Start one with tidewaiter deploy, or set PREFECT_API_URL; and leave out --no-prefect.",
        )
    if context.flow_run is not None and context.flow_run.work_pool_name == request.pool:
        raise Refused(
            "same pool",
            where=f"--pool {request.pool}",
            found="this run was taken from that pool, and would wait for runs for which no worker may be left",
            advice="Start it from the command line, or on another pool.",
        )


def _require_root(request: BackfillRequest) -> None:
    """Raises Refused where the store is that of one reporter, and not the root of several."""
    store = request.store
    if named(store) is not None or (isinstance(store, Path) and store.is_dir() and is_one_store(store)):
        raise Refused(
            "one store",
            where=str(store),
            found="it is the store of one reporter, and the files of several reporters go into a root of their stores",
            advice="Name the folder above it, or another one.",
        )


def request_of(reporter: str, request: BackfillRequest) -> BackfillRequest:
    """Return the request of the run of one reporter, which any machine with the same code may take."""
    store = request.store.absolute() if isinstance(request.store, Path) else request.store
    folder = request.folder.absolute() if isinstance(request.folder, Path) else request.folder
    change = {"reporter": reporter, "pool": None, "tables": "of the reporter", "code": fingerprint()}
    return request.model_copy(update={**change, "store": store, "folder": folder})


def _run_all(report: PoolReport, request: BackfillRequest, backfill: "Flow[Any, Any]", show: Show) -> PoolReport:
    """Start the runs in the order of the report, wait until all have ended, and fill in how."""
    with get_client(sync_client=True) as client:
        deployment = _deployed(client, report.pool, backfill)
        going = _still_going(client, deployment)
        ids: dict[str, UUID] = {}
        for run in report.runs:
            parameters = request_of(run.reporter, request).model_dump(mode="json", exclude_none=True)
            same = next((one.id for one in going if one.parameters == {"request": parameters}), None)
            ids[run.reporter] = same or _started(deployment, run.reporter, parameters)
        ended = _wait(client, report, [*ids.values()], show)
        counts = _counts(client, [*ids.values()])
    runs = [_as_it_ended(run, ended.get(ids[run.reporter]), counts.get(ids[run.reporter])) for run in report.runs]
    return report.model_copy(update={"runs": runs})


def _started(deployment: UUID, reporter: str, parameters: dict[str, Any]) -> UUID:
    """Start the run of a reporter, and return its id."""
    started = run_deployment(
        deployment, parameters={"request": parameters}, timeout=0, flow_run_name=f"backfill {reporter}"
    )
    return cast(FlowRun, started).id


def _deployed(client: SyncPrefectClient, pool: str, backfill: "Flow[Any, Any]") -> UUID:
    """Return the deployment of `backfill` on a pool; both are made where they are absent.

    It names the flow by its module, and no folder: a worker of any machine finds it in the package that is installed.
    """
    try:
        client.read_work_pool(pool)
    except ObjectNotFound:
        template = ProcessWorker.get_default_base_job_template()
        client.create_work_pool(WorkPoolCreate(name=pool, type=ProcessWorker.type, base_job_template=template))
    return client.create_deployment(
        client.create_flow_from_name(backfill.name),
        # Not the name of the pool: a deployment of that name may be there, as `backfill`.
        name=f"over-{pool}",
        description="Ingest the files of one reporter. Started by tidewaiter backfill --pool.",
        tags=["customs"],
        work_pool_name=pool,
        entrypoint=ENTRYPOINT,
        parameter_openapi_schema=ready_to_send(backfill.parameters.model_dump_for_openapi()),
        enforce_parameter_schema=True,
        pull_steps=[],
    )


def _still_going(client: SyncPrefectClient, deployment: UUID) -> list[FlowRun]:
    """Return the runs of an earlier driver that have not ended."""
    state = FlowRunFilterState(type=FlowRunFilterStateType(not_any_=[*ENDINGS]))
    return client.read_flow_runs(
        flow_run_filter=FlowRunFilter(state=state),
        deployment_filter=DeploymentFilter(id=DeploymentFilterId(any_=[deployment])),
        limit=RUNS_MAX,
    )


def _wait(client: SyncPrefectClient, report: PoolReport, ids: Sequence[UUID], show: Show) -> dict[UUID, FlowRun]:
    """Return the runs when all have ended. One that somebody has deleted from the server has ended, and is left out."""
    looked, advice = time.monotonic() - WORKERS_SECONDS, ""
    while True:
        runs = {run.id: run for part in batched(ids) for run in _read(client, part)}
        ended = [run for run in runs.values() if run.state_type in ENDINGS]
        if len(ended) == len(runs):
            show(len(ids), len(ids), "done")
            return runs
        if time.monotonic() - looked >= WORKERS_SECONDS:
            looked, advice = time.monotonic(), _missing_workers(client, report.pool)
        at_work = [run.name for run in runs.values() if run.state_type == StateType.RUNNING]
        show(len(ended), len(ids), advice or ", ".join(sorted(at_work)))
        time.sleep(POLL_SECONDS)


def batched(ids: Sequence[UUID]) -> list[Sequence[UUID]]:
    """Return the ids in parts of as many runs as the server sends at once."""
    return [ids[first : first + RUNS_MAX] for first in range(0, len(ids), RUNS_MAX)]


def _read(client: SyncPrefectClient, ids: Sequence[UUID]) -> list[FlowRun]:
    return client.read_flow_runs(flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[*ids])), limit=RUNS_MAX)


def _missing_workers(client: SyncPrefectClient, pool: str) -> str:
    """Say what to do where no worker of the pool is there; empty where one is."""
    workers = client.read_workers_for_work_pool(pool)
    is_served = any(worker.status == WorkerStatus.ONLINE for worker in workers)
    return "" if is_served else f"no worker yet: tidewaiter worker --pool {pool}, on any machine"


def _counts(client: SyncPrefectClient, ids: Sequence[UUID]) -> dict[UUID, Counts]:
    """Return what each run left about its files; nothing of a run that died."""
    wanted = ArtifactFilter(
        flow_run_id=ArtifactFilterFlowRunId(any_=[*ids]), key=ArtifactFilterKey(like_=prefect_pages.REPORTER_PAGE)
    )
    pages = client.read_artifacts(artifact_filter=wanted)
    return {
        page.flow_run_id: Counts.model_validate(json.loads(str(page.data))[0]) for page in pages if page.flow_run_id
    }


def _as_it_ended(run: ReporterRun, ended: FlowRun | None, counts: Counts | None) -> ReporterRun:
    """Return a row of the report with what its run came to; None: it was deleted from the server."""
    if ended is None:
        return run.model_copy(update={"ending": "cancelled", "state": "it was deleted from the server"})
    state = ended.state
    assert state is not None
    seconds = (ended.end_time - ended.start_time).total_seconds() if ended.end_time and ended.start_time else None
    return run.model_copy(
        update={
            "ending": ENDINGS[state.type],
            "counts": counts,
            "state": ": ".join(filter(None, (state.name, state.message))),
            "run": str(ended.id),
            "link": url_for("flow-run", ended.id) or "",
            "seconds": seconds,
        }
    )
