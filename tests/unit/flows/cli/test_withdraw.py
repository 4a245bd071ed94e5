"""The command that withdraws a release: what it hands on and what it says. The published tables are made up."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import flows.withdraw
from flows.cli import local_server
from flows.cli.options import REFUSED
from flows.cli.withdraw import commands
from schemas.forms.request import WithdrawalRequest
from tasks.domain import clock
from tasks.domain.errors import Refused

GIVEN = ["r1", "--by", "Li Wei", "--reason", "wrong file", "--store", "here"]
REQUEST = WithdrawalRequest(release_id="r1", by="Li Wei", reason="wrong file", store=Path("here"))
TODAY = date(2026, 1, 20)
API = "http://127.0.0.1:4200/api"
Asked = list[tuple[WithdrawalRequest, date]]


def outcome_of(request: WithdrawalRequest) -> SimpleNamespace:
    if request.release_id == "nobody":
        raise Refused("rule", where="here", found="no release nobody", advice="Name another one.")
    pages = ["briefs/2025-06/magnets.en.html", "briefs/2025-06/magnets.en.md"]
    return SimpleNamespace(
        release_id=request.release_id, title="june.csv", snapshot_id="000002-b", briefs=pages if request.undo else [],
        warnings=["brief (May): not written"] if request.undo else [],
    )  # fmt: skip


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """What the body of the flow gets; the flow around it is the real one, and no server answers."""
    calls: Asked = []

    def body(request: WithdrawalRequest, today: date) -> SimpleNamespace:
        calls.append((request, today))
        return outcome_of(request)

    monkeypatch.setenv("PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL", "CRITICAL")
    monkeypatch.setattr(local_server, "running_server", lambda: None)
    monkeypatch.setattr(flows.withdraw, "publish_decision", body)
    monkeypatch.setattr(clock, "today", lambda: TODAY)
    return calls


def run(*given: str) -> Result:
    return CliRunner().invoke(commands, [*given], env={"COLUMNS": "200"})


def test_a_withdrawal_takes_effect_today_and_says_where_the_changes_are(asked: Asked) -> None:
    result = run(*GIVEN)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == ["r1 (june.csv) is withdrawn; snapshot 000002-b", "  what changed: tidewaiter revisions --release r1"]  # fmt: skip
    assert asked == [(REQUEST, TODAY)]


def test_it_can_be_taken_back_and_names_the_pages_that_are_written_again(asked: Asked) -> None:
    said = run(*GIVEN, "--undo")
    assert said.stdout.splitlines() == [
        "r1 (june.csv) counts again; snapshot 000002-b",
        "  brief written again, in the store: briefs/2025-06/magnets.en.html",
        "  warning brief (May): not written",
        "  what changed: tidewaiter revisions --release r1",
    ]
    assert asked == [(REQUEST.model_copy(update={"undo": True}), TODAY)]


@pytest.mark.parametrize(
    ("given", "page"), [([], f"{API.removesuffix('/api')}/runs/flow-run/run-7"), (["--no-prefect"], None)]
)
def test_a_server_that_answers_records_the_run_unless_that_is_not_wanted(
    asked: Asked, monkeypatch: pytest.MonkeyPatch, given: list[str], page: str | None
) -> None:
    used: list[str] = []
    recorded: list[tuple[WithdrawalRequest, bool]] = []

    def flow(request: WithdrawalRequest, *, return_state: bool) -> SimpleNamespace:
        recorded.append((request, return_state))
        details = SimpleNamespace(flow_run_id="run-7")
        return SimpleNamespace(result=lambda: outcome_of(request), state_details=details)

    plain: Callable[[WithdrawalRequest], Any] = flows.withdraw.withdraw.fn
    monkeypatch.setattr(flow, "fn", plain, raising=False)
    monkeypatch.setattr(flows.withdraw, "withdraw", flow)
    monkeypatch.setattr(local_server, "running_server", lambda: API)
    monkeypatch.setattr(local_server, "use", used.append)
    lines = run(*GIVEN, *given).stdout.splitlines()
    assert lines[1:-1] == ([f"  this run in the UI: {page}"] if page else [])
    # Recorded by the server, or run as a plain function; never both.
    assert (used, recorded, asked) == (([API], [(REQUEST, True)], []) if page else ([], [], [(REQUEST, TODAY)]))


def test_a_refusal_is_a_line_and_an_exit_code(asked: Asked) -> None:
    result = run("nobody", *GIVEN[1:])
    assert (result.exit_code, result.stdout) == (REFUSED, "")
    assert "here: no release nobody. Name another one." in result.stderr


@pytest.mark.parametrize("missing", ["--by", "--reason"])
def test_a_decision_needs_a_name_and_a_reason(asked: Asked, missing: str) -> None:
    place = GIVEN.index(missing)
    assert run(*GIVEN[:place], *GIVEN[place + 2 :]).exit_code == REFUSED
    assert asked == []
