"""The commands about several reporters: what they print and how they end. What is found is made up."""

import json

import pytest
from typer.testing import CliRunner, Result

from flows.cli.options import DISAGREES
from flows.cli.reporters import commands
from schemas.forms.fetch import SourceState, SourceStates
from tasks.reports import groups, sources
from tasks.reports.groups import GroupMonth, Part


def run(*given: str) -> Result:
    return CliRunner().invoke(commands, [*given], env={"COLUMNS": "200"})


def test_each_source_is_a_row_also_as_json(monkeypatch: pytest.MonkeyPatch) -> None:
    state = SourceState(source="hmrc_ots", reporters=["GBR"], last_month="2026-06", reason="[no] key")
    monkeypatch.setattr(sources, "source_states", lambda *_: SourceStates(sources=[state]))
    shown = run("sources").stdout
    assert "hmrc_ots" in shown
    assert "not asked: [no] key" in shown
    (line,) = run("sources", "--format", "json").stdout.splitlines()
    assert json.loads(line) == state.row


def test_the_table_of_sources_fits_a_narrow_terminal_and_leaves_out_empty_columns(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    states = [
        SourceState(source="gacc_preliminary", reporters=[], last_month="2026-10"),
        SourceState(source="hmrc_ots", reporters=[], reason="no key"),
    ]
    monkeypatch.setattr(sources, "source_states", lambda *_: SourceStates(sources=states))
    shown = CliRunner().invoke(commands, ["sources"], env={"COLUMNS": "80"}).stdout
    assert "gacc_preliminary" in shown
    assert "released on" not in shown
    assert "last month in" in shown


@pytest.mark.parametrize(("level", "code"), [(200.0, 0), (None, DISAGREES)])
def test_a_sum_without_one_member_is_none_and_the_exit_code_says_so(
    level: float | None, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    last = Part("FRA", "complete", level) if level is not None else Part("FRA", "partial", None, "no release")
    found = GroupMonth(
        "EU27",
        "partial" if level is None else "complete",
        None if level is None else 300.0 + level,
        (Part("DEU", "complete", 300.0), last),
    )
    monkeypatch.setattr(groups, "group_month", lambda *_: found)
    result = run("coverage", "850511", "--month", "2025-06")
    assert result.exit_code == code
    assert ("500" in result.stdout) is (code == 0)
    assert ("without FRA there is no sum" in result.stdout + result.stderr) is (code == DISAGREES)
