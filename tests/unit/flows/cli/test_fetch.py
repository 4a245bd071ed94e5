"""The lines about a fetch, and its exit codes."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import flows.fetch
from flows.cli.fetch import commands
from flows.cli.options import DISAGREES, REFUSED
from schemas.forms.fetch import Fetched, FetchReport, FetchRequest


def run(monkeypatch: pytest.MonkeyPatch, outcomes: list[str], *given: str) -> tuple[Result, list[FetchRequest]]:
    asked: list[FetchRequest] = []

    def fetch(request: FetchRequest) -> FetchReport:
        asked.append(request)
        fetched = [Fetched(name=f"q{place}", outcome=outcome, reason="[why]", file=Path("f.csv") if outcome == "new" else None) for place, outcome in enumerate(outcomes)]  # type: ignore[arg-type]  # fmt: skip
        return FetchReport(source=request.source, fetched=fetched)

    monkeypatch.setattr(flows.fetch.fetch, "fn", fetch)
    result = CliRunner().invoke(commands, ["fetch", "hmrc_ots", "--no-prefect", *given], env={"COLUMNS": "200"})
    return result, asked


@pytest.mark.parametrize(
    ("outcomes", "code", "headline"),
    [
        ([], 0, "nothing new"), (["new", "unchanged"], 0, "1 new"), (["not out", "skipped"], 0, "1 skipped, 1 not out"), (["refused", "new"], REFUSED, "1 refused, 1 new"),
        (["refused", "failed", "new", "new"], DISAGREES, "1 failed, 1 refused, 2 new"),
    ],
)  # fmt: skip
def test_the_gravest_outcome_decides_the_exit_code(monkeypatch: pytest.MonkeyPatch, outcomes: list[str], code: int, headline: str) -> None:  # fmt: skip
    result, _ = run(monkeypatch, outcomes)
    assert result.exit_code == code
    assert f"hmrc_ots: {headline}\n" in result.stdout


def test_each_question_is_a_line_shown_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    result, _ = run(monkeypatch, ["new", "failed"])
    said = result.stdout + result.stderr
    assert "new q0: [why]; f.csv" in said
    assert "failed q1: [why]" in said


def test_questions_that_were_skipped_for_one_reason_are_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    result, _ = run(monkeypatch, ["failed", "skipped", "skipped", "skipped", "new"])
    assert [line for line in result.stdout.splitlines() if "skipped" in line] == [
        "hmrc_ots: 1 failed, 1 new, 3 skipped", "  skipped q1 and 2 more: [why]",
    ]  # fmt: skip
    result, _ = run(monkeypatch, ["skipped", "new"])
    assert "  skipped q0: [why]\n" in result.stdout


@pytest.mark.parametrize("given", [["--month", "2025"], ["--flow", "transit"]])
def test_options_that_are_none_are_refused_and_nothing_is_asked(monkeypatch: pytest.MonkeyPatch, given: list[str]) -> None:  # fmt: skip
    result, asked = run(monkeypatch, [], *given)
    assert result.exit_code == REFUSED
    assert asked == []
