"""The command that withdraws a release: what it hands on and what it says. The decision itself is made up."""

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import flows.withdraw
from flows.cli.options import REFUSED
from flows.cli.withdraw import commands
from tasks.domain import clock
from tasks.domain.errors import Refused

GIVEN = ["r1", "--by", "Li Wei", "--reason", "wrong file", "--store", "here"]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    calls: list[tuple[Any, ...]] = []

    def decide(*given: Any, undo: bool) -> SimpleNamespace:
        calls.append((*given, undo))
        if given[0] == "nobody":
            raise Refused("rule", where="here", found="no release nobody", advice="Name another one.")
        return SimpleNamespace(release_id=given[0], title="june.csv", snapshot_id="000002-b")

    monkeypatch.setattr(flows.withdraw, "withdraw", decide)
    monkeypatch.setattr(clock, "today", lambda: date(2026, 1, 20))
    return calls


def run(*given: str) -> Result:
    return CliRunner().invoke(commands, [*given], env={"COLUMNS": "200"})


def test_a_withdrawal_takes_effect_today_and_says_where_the_changes_are(asked: list[tuple[Any, ...]]) -> None:
    result = run(*GIVEN)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == ["r1 (june.csv) is withdrawn; snapshot 000002-b", "  what changed: tidewaiter revisions --release r1"]  # fmt: skip
    ((release, by, reason, store, day, undo),) = asked
    assert (release, by, reason, str(store), day, undo) == ("r1", "Li Wei", "wrong file", "here", date(2026, 1, 20), False)  # fmt: skip


def test_it_can_be_taken_back(asked: list[tuple[Any, ...]]) -> None:
    assert "r1 (june.csv) counts again; snapshot" in run(*GIVEN, "--undo").stdout
    assert asked[0][-1] is True


def test_a_refusal_is_a_line_and_an_exit_code(asked: list[tuple[Any, ...]]) -> None:
    result = run("nobody", *GIVEN[1:])
    assert (result.exit_code, result.stdout) == (REFUSED, "")
    assert "here: no release nobody. Name another one." in result.stderr


@pytest.mark.parametrize("missing", ["--by", "--reason"])
def test_a_decision_needs_a_name_and_a_reason(asked: list[tuple[Any, ...]], missing: str) -> None:
    place = GIVEN.index(missing)
    assert run(*GIVEN[:place], *GIVEN[place + 2 :]).exit_code == REFUSED
    assert asked == []
