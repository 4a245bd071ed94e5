"""Which runs are started, what their ends mean, and when one is started again or given up. The server is made up."""

from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from prefect.client.schemas.objects import State, WorkPoolStatus
from prefect.exceptions import ObjectNotFound, PrefectHTTPStatusError
from prefect.states import Cancelled, Completed, Crashed, Failed, Pending, Running, Scheduled

from flows import store_runs
from flows.store_runs import StoreRuns, outcome_of
from schemas.forms.fill import FillRequest, StoreRun
from tasks.domain.errors import Refused

REQUEST = FillRequest(folder=Path("/downloads"), store=Path("/stores"), notes=True)
DONE = Completed(name="Published 2025-01 to 2025-06")


class Server:
    """Answers with the states of each reporter's runs, one after the other; the last one stays."""

    api_url = "http://127.0.0.1:4200/api"

    def __init__(self, **states: list[State]) -> None:
        self.states = {name: [*given] for name, given in states.items()}
        self.pool, self.asked = WorkPoolStatus.READY, list[str]()
        self.runs: dict[UUID, Any] = {}
        self.started: list[str] = []
        self.has_deployment = True
        self.keys: list[str] = []

    def read_deployment_by_name(self, name: str) -> SimpleNamespace:
        if not self.has_deployment:
            raise ObjectNotFound(Exception(name))
        return SimpleNamespace(id=uuid4(), work_pool_name="stores")

    def read_work_pool(self, name: str) -> SimpleNamespace:
        self.asked.append(name)
        return SimpleNamespace(status=self.pool)

    def start(
        self, deployment: UUID, *, parameters: Any, timeout: float, flow_run_name: str, as_subflow: bool, idempotency_key: str
    ) -> Any:  # fmt: skip
        assert (timeout, as_subflow) == (0, True)
        assert idempotency_key not in self.keys
        self.keys.append(idempotency_key)
        reporter = parameters["request"]["reporter"]
        self.started.append(reporter)
        assert flow_run_name == f"backfill {reporter} from /downloads"
        return self._add(reporter, parameters)

    def _add(self, reporter: str, parameters: Any) -> Any:
        run = SimpleNamespace(
            id=uuid4(), reporter=reporter, parameters=parameters, state=None, total_run_time=timedelta(seconds=7)
        )
        self.runs[run.id] = run
        return run

    def read_flow_runs(self, flow_run_filter: Any, limit: int) -> list[Any]:
        assert limit == 200
        if flow_run_filter.id is None:
            assert {one.value for one in flow_run_filter.state.type.any_} == {
                "SCHEDULED",
                "PENDING",
                "RUNNING",
                "PAUSED",
            }
            return [*self.runs.values()]
        found = [self.runs[one] for one in flow_run_filter.id.any_ if one in self.runs]
        for run in found:
            left = self.states[run.reporter]
            run.state = left.pop(0) if len(left) > 1 else left[0]
        return found

    def set_flow_run_state(self, run_id: UUID, state: State, *, force: bool) -> None:
        assert force
        self.states[self.runs[run_id].reporter] = [state]


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_runs, "LOOK_SECONDS", 0)


def filled(monkeypatch: pytest.MonkeyPatch, server: Server, request: FillRequest = REQUEST) -> list[StoreRun]:
    monkeypatch.setattr(store_runs, "run_deployment", server.start)
    runs = StoreRuns(server, request)  # type: ignore[arg-type]
    runs.start([*server.states])
    return runs.wait(lambda done, total, name: shown.append((done, total, name)))


shown: list[tuple[int, int, str]] = []


def test_each_reporter_has_a_run_and_each_run_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    shown.clear()
    server = Server(
        DEU=[Pending(), Running(), DONE],
        CHN=[Scheduled(), Failed(name="Stopped with 2 left", message="Stopped with 2 left: /disk: No space left on device. Make room.")],
        USA=[Completed(name="Held for approval, Published 2025-01")],
    )  # fmt: skip
    found = filled(monkeypatch, server)
    assert server.started == ["DEU", "CHN", "USA"]
    assert [(one.line, one.outcome) for one in found] == [
        ("CHN: Stopped with 2 left: /disk: No space left on device. Make room.", "failed"),
        ("DEU: Published 2025-01 to 2025-06", "finished"),
        ("USA: Held for approval, Published 2025-01", "held"),
    ]
    assert {one.seconds for one in found} == {7.0}
    assert shown[0] == (1, 3, "CHN, DEU")
    assert shown[-1] == (3, 3, "")
    (given, *_) = [run.parameters for run in server.runs.values()]
    assert given == {"request": {"folder": "/downloads", "store": "/stores", "reporter": "DEU", "dry_run": False, "notes": True}}  # fmt: skip


def test_a_run_whose_process_died_is_started_again_as_often_as_was_asked(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    server = Server(CHN=[Running(), Crashed(message="exited with status code: -9"), Running(), DONE], DEU=[DONE])
    found = filled(monkeypatch, server)
    assert server.started == ["CHN", "DEU", "CHN"]
    assert {one.outcome for one in found} == {"finished"}
    assert "CHN: Crashed: exited with status code: -9" in caplog.text
    server = Server(CHN=[Crashed(message="exited with status code: -9")], DEU=[DONE])
    (chn, deu) = filled(monkeypatch, server)
    assert server.started == ["CHN", "DEU", "CHN"]
    assert chn.line == "CHN: Crashed: exited with status code: -9 Run the same again: it goes on where it was."
    assert (chn.outcome, deu.outcome) == ("failed", "finished")
    server = Server(CHN=[Crashed(message="gone")])
    filled(monkeypatch, server, REQUEST.model_copy(update={"restarts": 0}))
    assert server.started == ["CHN"]


def test_a_run_that_a_killed_worker_took_and_never_began_is_started_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """It sends no heartbeat yet, so the server would take it for pending for ever."""

    class Lost(Server):
        def set_flow_run_state(self, run_id: UUID, state: State, *, force: bool) -> None:
            super().set_flow_run_state(run_id, state, force=force)
            self.states["CHN"].append(DONE)

    now = iter(range(0, 10_000, 10))
    monkeypatch.setattr(store_runs.time, "monotonic", lambda: next(now))
    server = Lost(CHN=[Scheduled(), Pending()], DEU=[*[Pending()] * 3, *[Running()] * 20, DONE])
    found = filled(monkeypatch, server)
    assert server.started == ["CHN", "DEU", "CHN"]
    assert {one.outcome for one in found} == {"finished"}
    assert "CHN: Crashed: no process has begun it for 300 s" in caplog.text


def test_runs_of_an_earlier_fill_with_the_same_request_are_waited_for_and_others_are_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server = Server(CHN=[DONE])
    mine = {"folder": "/downloads", "store": "/stores", "reporter": "CHN", "dry_run": False, "notes": True}
    server._add("CHN", {"request": {**mine, "folder": "/elsewhere"}})
    earlier = server._add("CHN", {"request": mine})
    (found,) = filled(monkeypatch, server)
    assert server.started == []
    assert found.flow_run_id == str(earlier.id)


def test_without_a_worker_what_has_not_begun_is_given_up_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_runs, "PATIENCE_SECONDS", -1)
    server = Server(CHN=[Running(), Running(), DONE], DEU=[Scheduled()])
    server.pool = WorkPoolStatus.NOT_READY
    (chn, deu) = filled(monkeypatch, server)
    assert chn.outcome == "finished", "a run that has begun does not need the worker any more"
    assert deu.outcome == "failed"
    assert deu.line.startswith("DEU: Not started: no worker of the work pool stores has answered for")
    assert "tidewaiter worker --stores" in deu.line
    server = Server(DEU=[Scheduled(), Scheduled(), DONE])
    assert filled(monkeypatch, server)[0].outcome == "finished"
    assert server.asked == ["stores", "stores"]


def test_a_run_that_somebody_deletes_is_no_end_without_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server(CHN=[Running()])
    monkeypatch.setattr(server, "read_flow_runs", lambda flow_run_filter, limit: [])
    (found,) = filled(monkeypatch, server)
    assert (found.outcome, found.message.startswith("Deleted:")) == ("failed", True)


def test_a_server_without_the_deployment_is_refused_with_what_to_do() -> None:
    server = Server()
    server.has_deployment = False
    with pytest.raises(Refused, match=r"no deployment backfill/backfill-store.* `tidewaiter deploy`"):
        StoreRuns(server, REQUEST)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("state", "outcome"),
    [(DONE, "finished"), (Completed(name="Held for approval"), "held"), (Failed(name="Held for approval, Refused 1"), "failed"),
     (Cancelled(), "failed"), (Crashed(), "failed")],
)  # fmt: skip
def test_what_the_end_of_a_run_means(state: State, outcome: str) -> None:
    assert outcome_of(state) == outcome


def answer(status: int) -> PrefectHTTPStatusError:
    request = httpx.Request("GET", Server.api_url)
    return PrefectHTTPStatusError("no", request=request, response=httpx.Response(status, request=request))


@pytest.mark.parametrize("fault", [answer(503), answer(500), httpx.ConnectError("refused"), httpx.ReadTimeout("late")])
def test_a_server_that_is_busy_or_away_is_asked_again(
    fault: Exception, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = [fault, fault]

    def ask() -> str:
        if left:
            raise left.pop()
        return "answer"

    assert store_runs.patiently(ask) == "answer"
    assert caplog.text.count("is asked again") == 2
    monkeypatch.setattr(store_runs, "OUTAGE_SECONDS", -1)
    left.append(fault)
    with pytest.raises(type(fault)):
        store_runs.patiently(ask)


def test_a_request_that_the_server_refuses_is_not_repeated() -> None:
    asked: list[int] = []

    def ask() -> None:
        asked.append(1)
        raise answer(422)

    with pytest.raises(PrefectHTTPStatusError):
        store_runs.patiently(ask)
    assert asked == [1]
