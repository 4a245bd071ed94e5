"""Starts a flow run for each store, and waits for them.

Belongs here: what Prefect is asked and what its answers mean. Does not belong here: how a store is filled (`flows.backfill`),
and whose stores there are (`flows.fill`). A run belongs to one store, so no run waits for another one; how many there are at
once depends on the workers of the pool alone.
"""

import logging
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from uuid import UUID, uuid4

import httpx
from prefect import get_client
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import FlowRunFilter
from prefect.client.schemas.objects import FlowRun, State, StateType, WorkPoolStatus
from prefect.client.schemas.responses import DeploymentResponse
from prefect.deployments import run_deployment
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from prefect.states import Cancelled, Crashed

from flows.announce import HELD as HELD_STATE
from schemas.forms.fill import FAILED, FINISHED, HELD, FillRequest, StoreRun
from schemas.forms.watch import BackfillRequest
from tasks.domain.errors import Refused
from tasks.domain.text import clip, named

T = TypeVar("T")
DEPLOYMENT = "backfill/backfill-store"
LOOK_SECONDS = 2.0
# Without a worker for this long, runs that have not begun are given up.
PATIENCE_SECONDS = 120.0
# A process that begins a run takes seconds. One that was killed before has sent no heartbeat that the server could miss.
PENDING_SECONDS = 300.0
OUTAGE_SECONDS = 600.0
MESSAGE_MAX = 600
AT_ONCE = 200  # what the server returns at most
AGAIN = "Run the same again: it goes on where it was."
UNFINISHED = [StateType.SCHEDULED, StateType.PENDING, StateType.RUNNING, StateType.PAUSED]
log = logging.getLogger("tidewaiter.fill")


class StoreRuns:
    """The runs of a fill, one for each reporter, of the deployment `backfill-store`."""

    def __init__(self, client: SyncPrefectClient, request: FillRequest) -> None:
        self.client, self.request = client, request
        self.deployment = _deployment(client)
        self.runs: dict[str, UUID] = {}
        self.done: dict[str, StoreRun] = {}
        self._restarted: dict[str, int] = {}
        self._served = time.monotonic()
        self._pending: dict[UUID, float] = {}

    def start(self, reporters: Sequence[str]) -> None:
        """Start a run for each reporter; one that an earlier fill started with the same request is waited for."""
        wanted = {"state": {"type": {"any_": UNFINISHED}}, "deployment_id": {"any_": [self.deployment.id]}}
        some = FlowRunFilter.model_validate(wanted)
        unfinished = patiently(lambda: self.client.read_flow_runs(flow_run_filter=some, limit=AT_ONCE))
        for reporter in reporters:
            found = [run for run in unfinished if run.parameters == self._parameters(reporter)]
            self.runs[reporter] = found[0].id if found else self._start(reporter)

    def wait(self, show: Callable[[int, int, str], None]) -> list[StoreRun]:
        """Return what came of each run when all have ended, in the order of the reporters."""
        while self.runs.keys() - self.done.keys():
            waiting = self._look()
            if waiting:
                self._give_up_without_worker(waiting)
            show(len(self.done), len(self.runs), ", ".join(sorted(self.runs.keys() - self.done.keys())))
            if self.runs.keys() - self.done.keys():
                time.sleep(LOOK_SECONDS)
        return [self.done[reporter] for reporter in sorted(self.done)]

    def _parameters(self, reporter: str) -> dict[str, Any]:
        given = self.request.model_dump(exclude={"restarts"}) | {"reporter": reporter}
        request = BackfillRequest.model_validate(given)
        # The form of the deployment has no field that may be None.
        return {"request": request.model_dump(mode="json", exclude_none=True)}

    def _start(self, reporter: str) -> UUID:
        # If the answer is lost, the second request finds the run of the first.
        key = f"{uuid4()}"
        run: Any = patiently(
            lambda: run_deployment(
                self.deployment.id, parameters=self._parameters(reporter), timeout=0, as_subflow=True, idempotency_key=key,
                flow_run_name=f"backfill {reporter} from {self.request.folder}",
            )
        )  # fmt: skip
        return UUID(str(run.id))

    def _look(self) -> list[str]:
        """Ask for the runs that have not ended; return the reporters of those that no worker has taken yet."""
        reporters = {self.runs[reporter]: reporter for reporter in self.runs.keys() - self.done.keys()}
        ids, waiting = [*reporters], []
        for start in range(0, len(ids), AT_ONCE):
            some = FlowRunFilter.model_validate({"id": {"any_": ids[start : start + AT_ONCE]}})
            for run in patiently(lambda some=some: self.client.read_flow_runs(flow_run_filter=some, limit=AT_ONCE)):  # type: ignore[misc]
                reporter = reporters.pop(run.id)
                assert run.state is not None
                if run.state.is_final():
                    self._end(reporter, run, run.state)
                elif run.state.is_scheduled():
                    waiting.append(reporter)
                elif run.state.is_pending():
                    self._crash_if_lost(run.id)
        for reporter in reporters.values():
            self.done[reporter] = StoreRun(
                reporter=reporter, outcome=FAILED, message=f"Deleted: somebody deleted its run. {AGAIN}"
            )
        return waiting

    def _crash_if_lost(self, run_id: UUID) -> None:
        """Set a run to crashed that a worker took, and that no process has begun for some minutes."""
        if time.monotonic() - self._pending.setdefault(run_id, time.monotonic()) > PENDING_SECONDS:
            state: State = Crashed(
                message=f"no process has begun it for {PENDING_SECONDS:.0f} s: the worker that took it was probably killed."
            )
            patiently(lambda: self.client.set_flow_run_state(run_id, state, force=True))

    def _end(self, reporter: str, run: FlowRun, state: State) -> None:
        restarted = self._restarted.get(reporter, 0)
        if state.is_crashed() and restarted < self.request.restarts:
            self._restarted[reporter] = restarted + 1
            log.warning("%s: %s. Its run is started again, and goes on where it was.", reporter, _message(state))
            self.runs[reporter] = self._start(reporter)
            return
        self.done[reporter] = StoreRun(
            reporter=reporter, outcome=outcome_of(state), message=_message(state), flow_run_id=str(run.id),
            seconds=run.total_run_time.total_seconds(),
        )  # fmt: skip

    def _give_up_without_worker(self, waiting: Sequence[str]) -> None:
        """Cancel the runs that have not begun where no worker has answered for a while: they would wait for ever."""
        pool = self.deployment.work_pool_name or ""
        if patiently(lambda: self.client.read_work_pool(pool)).status is WorkPoolStatus.READY:
            self._served = time.monotonic()
        elif time.monotonic() - self._served > PATIENCE_SECONDS:
            reason = (
                f"no worker of the work pool {pool} has answered for {PATIENCE_SECONDS:.0f} s. Start one with `tidewaiter "
                f"worker --stores`. {AGAIN}"
            )
            log.warning("%s: not started, %s", named(waiting), reason)
            for reporter in waiting:
                state: State = Cancelled(name="Not started", message=reason)
                run_id = self.runs[reporter]
                patiently(lambda run_id=run_id, state=state: self.client.set_flow_run_state(run_id, state, force=True))  # type: ignore[misc]


def patiently(ask: Callable[[], T]) -> T:
    """Return the answer of the server, asked again for some minutes where it is busy or away: hours of work rest on it.

    Raises what the last request raised.
    """
    began = time.monotonic()
    while True:
        try:
            return ask()
        except (PrefectHTTPStatusError, httpx.TransportError) as error:
            refused = isinstance(error, PrefectHTTPStatusError) and not error.response.is_server_error
            if refused or time.monotonic() - began > OUTAGE_SECONDS:
                raise
            log.warning("the Prefect server does not answer, and is asked again: %s", clip(str(error), 200))
            time.sleep(LOOK_SECONDS)


def outcome_of(state: State) -> str:
    """Return what the last state of a run means for its store."""
    if not state.is_completed():
        return FAILED
    return HELD if HELD_STATE in (state.name or "") else FINISHED


def _message(state: State) -> str:
    if state.is_completed():
        return state.name or "Completed"
    again = f" {AGAIN}" if state.is_crashed() else ""
    # The message of a failed run may begin with the name of its state.
    message = clip((state.message or "").removeprefix(f"{state.name}: "), MESSAGE_MAX)
    return f"{state.name}: {message}{again}"


def _deployment(client: SyncPrefectClient) -> DeploymentResponse:
    try:
        return client.read_deployment_by_name(DEPLOYMENT)
    except ObjectNotFound as error:
        raise Refused(
            "no deployment", where=str(client.api_url), found=f"this Prefect server has no deployment {DEPLOYMENT}",
            advice="Put it there with `tidewaiter deploy`, and start a worker with `tidewaiter worker --stores`.",
        ) from error  # fmt: skip


def filled(request: FillRequest, reporters: Sequence[str], show: Callable[[int, int, str], None]) -> list[StoreRun]:
    """Fill the store of each reporter by a run of its own; return what came of each."""
    with get_client(sync_client=True) as client:
        runs = StoreRuns(client, request)
        runs.start(reporters)
        return runs.wait(show)
