"""Which runs are started over a pool, and what is waited for. Prefect's server is made up."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from prefect.client.schemas.objects import State, StateType, WorkerStatus

from flows import pool
from flows.backfill import backfill
from schemas.forms.pool import PoolReport, ReporterRun
from schemas.forms.watch import BackfillRequest
from schemas.store_address import S3Url
from tasks.derive.executor import fingerprint
from tasks.domain.errors import Refused
from tests.unit.inbox.sized_files import OF, sized

SHARED = BackfillRequest(folder=S3Url("s3://customs/inbox"), store=S3Url("s3://customs/store"), pool="big")


def waits(run_id: UUID, request: BackfillRequest) -> SimpleNamespace:
    """A run that an earlier driver has started."""
    return SimpleNamespace(id=run_id, parameters={"request": request.model_dump(mode="json", exclude_none=True)})


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A server that notes what is started; each look sees one more run at its end."""
    made = SimpleNamespace(
        started=[], going=[], ends={}, deleted=[], pages=[], workers=[WorkerStatus.ONLINE], looks=0, shown=[]
    )

    def start(deployment: UUID, *, parameters: dict[str, Any], **more: Any) -> SimpleNamespace:
        made.started.append(parameters["request"])
        return SimpleNamespace(id=UUID(int=len(made.started)))

    def look(flow_run_filter: Any = None, **more: Any) -> list[SimpleNamespace]:
        if flow_run_filter.id is None:
            return list(made.going)
        made.looks += 1
        every = []
        for place, run_id in enumerate(flow_run_filter.id.any_):
            if run_id in made.deleted:
                continue
            state = made.ends.get(run_id, StateType.COMPLETED) if place < made.looks else StateType.RUNNING
            every.append(
                SimpleNamespace(
                    id=run_id,
                    name=f"run {place}",
                    state_type=state,
                    state=State(type=state, name=state.value.title()),
                    start_time=None,
                    end_time=None,
                )
            )
        return every

    client = SimpleNamespace(
        read_flow_runs=look,
        read_artifacts=lambda artifact_filter: made.pages,
        read_workers_for_work_pool=lambda name: [SimpleNamespace(status=status) for status in made.workers],
    )
    monkeypatch.setattr(pool, "get_client", lambda sync_client: Open(client))
    monkeypatch.setattr(pool, "run_deployment", start)
    monkeypatch.setattr(pool, "_deployed", lambda client, name, flow: uuid4())
    monkeypatch.setattr(pool, "POLL_SECONDS", 0.0)
    return made


class Open:
    """A client inside a with."""

    def __init__(self, client: SimpleNamespace) -> None:
        self.client = client

    def __enter__(self) -> SimpleNamespace:
        return self.client

    def __exit__(self, *ended: object) -> None:
        pass


def report(*reporters: str) -> PoolReport:
    return PoolReport(pool="big", runs=[ReporterRun(reporter=name, files=1, bytes=1) for name in reporters])


def run_all(server: SimpleNamespace, *reporters: str, show: Callable[..., None] = lambda *told: None) -> PoolReport:
    return pool._run_all(report(*reporters), SHARED, backfill, show)


def test_the_runs_are_started_in_order_and_each_is_for_one_reporter_with_the_code_that_is_here(
    server: SimpleNamespace,
) -> None:
    shown: list[tuple[int, int, str]] = []
    done = run_all(server, "DEU", "CHN", show=lambda *told: shown.append(told))
    assert server.started == [
        {
            "folder": "s3://customs/inbox", "store": "s3://customs/store", "reporter": reporter, "day_in_name": False,
            "dry_run": False, "tables": "of the reporter", "code": fingerprint(),
        }
        for reporter in ("DEU", "CHN")
    ]  # fmt: skip
    assert [run.ending for run in done.runs] == ["done", "done"]
    assert shown == [(1, 2, "run 1"), (2, 2, "done")]


def test_a_run_that_an_earlier_driver_has_started_is_waited_for_and_not_started_again(server: SimpleNamespace) -> None:
    mine = uuid4()
    other = SHARED.model_copy(update={"store": S3Url("s3://customs/other")})
    server.going = [
        waits(uuid4(), pool.request_of("DEU", other)),
        waits(mine, pool.request_of("CHN", SHARED)),
    ]
    server.ends = {mine: StateType.CRASHED}
    done = run_all(server, "DEU", "CHN")
    assert [asked["reporter"] for asked in server.started] == ["DEU"]
    assert [(run.reporter, run.ending) for run in done.runs] == [("DEU", "done"), ("CHN", "crashed")]


def test_what_a_run_leaves_is_its_row_and_one_without_a_page_is_broken(server: SimpleNamespace) -> None:
    page = (
        '[{"published": 3, "held": 1, "refused": 0, "failed": 0, "last_month": "2025-06", "snapshot_id": "000001-a"}]'
    )
    server.pages = [SimpleNamespace(flow_run_id=UUID(int=2), data=page)]
    server.ends = {UUID(int=1): StateType.FAILED}
    first, second = run_all(server, "DEU", "CHN").runs
    assert (first.is_broken, first.counts, first.reasons) == (True, None, ["the run failed: Failed"])
    assert second.counts is not None
    assert (second.is_broken, second.counts.published, second.counts.last_month) == (False, 3, "2025-06")


def test_a_run_that_is_deleted_meanwhile_has_ended_and_is_not_waited_for(server: SimpleNamespace) -> None:
    server.deleted = [UUID(int=1)]
    first, second = run_all(server, "DEU", "CHN").runs
    assert (first.ending, first.is_broken, second.ending) == ("cancelled", True, "done")
    assert first.reasons == ["the run cancelled: it was deleted from the server"]


def test_more_runs_than_the_server_sends_at_once_are_asked_for_in_parts(
    server: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "RUNS_MAX", 2)
    reporters = ("AAA", "BBB", "CCC", "DDD", "EEE")
    assert [run.ending for run in run_all(server, *reporters).runs] == ["done"] * 5


def test_a_driver_on_the_pool_that_it_waits_for_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    context = SimpleNamespace(flow_run=SimpleNamespace(work_pool_name="big"))
    monkeypatch.setattr(pool, "FlowRunContext", SimpleNamespace(get=lambda: context))
    with pytest.raises(Refused, match="this run was taken from that pool"):
        backfill.fn(SHARED)


def test_the_store_of_one_reporter_is_no_root_of_several(tmp_path: Path) -> None:
    (tmp_path / "store" / ".snapshots").mkdir(parents=True)
    for store in (tmp_path / "reporter=CHN", tmp_path / "store"):
        request = BackfillRequest(folder=tmp_path, store=store, pool="big", dry_run=True)
        with pytest.raises(Refused, match="it is the store of one reporter"):
            backfill.fn(request)


def test_where_no_worker_is_there_the_terminal_says_what_to_start(server: SimpleNamespace) -> None:
    server.workers = [WorkerStatus.OFFLINE]
    shown: list[str] = []
    run_all(server, "DEU", "CHN", show=lambda done, total, words: shown.append(words))
    assert shown == ["no worker yet: tidewaiter worker --pool big, on any machine", "done"]


def test_folders_are_named_in_full_because_a_worker_runs_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    asked = pool.request_of("CHN", BackfillRequest(folder=Path("inbox"), store=Path("store"), pool="big"))
    assert (asked.folder, asked.store, asked.pool) == (tmp_path / "inbox", tmp_path / "store", None)


def test_without_a_server_a_dry_run_shows_the_plan_and_anything_else_is_refused(tmp_path: Path) -> None:
    sized(tmp_path / "inbox", "c.csv", 10, OF["CHN"])
    sized(tmp_path / "inbox", "g.json", 30, OF["GBR"])
    (tmp_path / "inbox" / "x.csv").write_bytes(b"anything")
    request = BackfillRequest(folder=tmp_path / "inbox", store=tmp_path / "store", pool="big")
    plan = backfill.fn(request.model_copy(update={"dry_run": True}))
    assert isinstance(plan, PoolReport)
    assert [(run.reporter, run.bytes, run.ending) for run in plan.runs] == [
        ("GBR", 30, "planned"),
        ("CHN", 10, "planned"),
    ]
    assert (plan.headline, plan.nobodys_files, plan.nobodys[0][:7]) == ("Would start 2 runs", 1, "x.csv: ")
    with pytest.raises(Refused, match="no Prefect server records this run"):
        backfill.fn(request)
    assert not (tmp_path / "store").exists()


def test_a_machine_with_other_code_refuses_a_run(tmp_path: Path) -> None:
    request = BackfillRequest(folder=tmp_path, store=tmp_path / "store", code="0" * 64)
    with pytest.raises(Refused, match="those of who started the run 000000000000"):
        backfill.fn(request)
