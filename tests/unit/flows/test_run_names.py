"""Names of planned runs, by the customs' clock; the server is made up."""

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from flows import run_names

NIGHT = datetime(2025, 7, 19, 22, 5, tzinfo=UTC)


class Server:
    """A server with planned runs, which records its calls."""

    def __init__(self, *runs: SimpleNamespace, deployments: tuple[SimpleNamespace, ...] = ()) -> None:
        self.runs, self.deployments = runs, deployments
        self.named: dict[str, str] = {}
        self.asked: list[str] = []

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def read_flow_runs(self, **_: Any) -> tuple[SimpleNamespace, ...]:
        return self.runs

    def read_flow(self, flow_id: str) -> SimpleNamespace:
        self.asked.append(flow_id)
        return SimpleNamespace(name=flow_id)

    def update_flow_run(self, run_id: str, name: str) -> None:
        self.named[run_id] = name

    def read_deployments(self, **_: Any) -> tuple[SimpleNamespace, ...]:
        return self.deployments

    def request(self, verb: str, path: str, path_params: dict[str, str], json: dict[str, Any]) -> None:
        self.asked.append(f"{verb} {path_params['id']}")


def run(name: str, run_id: str, moment: datetime | None = NIGHT, flow: str = "watch") -> SimpleNamespace:
    return SimpleNamespace(id=run_id, name=name, flow_id=flow, expected_start_time=moment)


def served(monkeypatch: pytest.MonkeyPatch, server: Server) -> Server:
    monkeypatch.setattr(run_names, "get_client", lambda **_: server)
    return server


def test_planned_runs_are_named_after_their_flow_and_the_moment_in_china(monkeypatch: pytest.MonkeyPatch) -> None:
    server = served(
        monkeypatch,
        Server(run("silly-name", "1"), run("audit 2025-07-20 06:05", "2", flow="audit"), run("other", "3", None)),
    )
    assert run_names.name_the_next() == 1
    assert server.named == {"1": "watch 2025-07-20 06:05"}
    # Each flow is looked up once.
    assert sorted(server.asked) == ["audit", "watch"]


def test_no_planned_run_has_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    served(monkeypatch, Server())
    assert run_names.name_the_next() == 0


def test_only_deployments_with_an_active_schedule_are_planned(monkeypatch: pytest.MonkeyPatch) -> None:
    plans = [SimpleNamespace(id=name, schedules=[SimpleNamespace(active=on) for on in active]) for name, active in (("a", [False, True]), ("b", [False]), ("c", []))]  # fmt: skip
    server = served(monkeypatch, Server(run("x", "1"), deployments=tuple(plans)))
    assert run_names.plan_and_name() == 1
    assert server.asked[0] == "POST a"
    assert not [asked for asked in server.asked if asked in ("POST b", "POST c")]


def test_the_name_of_the_current_run_is_that_of_its_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    late = SimpleNamespace(flow_run=SimpleNamespace(scheduled_start_time=NIGHT, flow_name="watch"))
    monkeypatch.setattr(run_names, "runtime", late)
    assert run_names.of_this_run() == "watch 2025-07-20 06:05"
    assert run_names.scheduled_for().utcoffset().total_seconds() == 8 * 3600  # type: ignore[union-attr]
