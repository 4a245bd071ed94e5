"""Commands for the day of a release: measures of export control, and claims that cannot be read."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from flows.cli.brief import commands
from flows.cli.options import REFUSED
from schemas.reference.code_tables import code_table


def run(*given: str) -> Result:
    return CliRunner().invoke(commands, [*given], env={"COLUMNS": "200"})


def test_all_measures_are_listed_with_their_state_on_a_day() -> None:
    result = run("events", "--on", "2026-01-01", "--format", "json")
    assert result.exit_code == 0
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert {row["event"] for row in found} == {*code_table("control_events")["event"]}
    before = run("events", "--on", "2018-12-31", "--format", "json").stdout.splitlines()
    assert {json.loads(line)["state"] for line in before} <= {"not_yet_announced", "announced", "statement", "report"}


def test_measures_on_a_product_have_its_coverage_and_a_note_on_mixed_codes() -> None:
    result = run("events", "--product", "85051110", "--on", "2026-01-01")
    assert result.exit_code == 0
    # A narrow terminal breaks the cell.
    assert "unknown" in result.stdout
    assert "as of 2026-01-01" in result.stdout


@pytest.mark.parametrize("day", ["2025-02-30", "June"])
def test_what_is_no_day_is_refused(day: str) -> None:
    result = run("events", "--on", day)
    assert result.exit_code == REFUSED
    assert f"'{day}' is no day; write it as 2025-06-30" in result.stderr


@pytest.mark.parametrize(
    "command",
    [
        ["claims", "check", "none.csv"],
        ["brief", "--month", "2025-06", "--product", "85051110"],
        ["plot", "--output", "magnets.svg", "--product", "85051110"],
    ],
)
def test_an_empty_store_is_refused(tmp_path: Path, command: list[str]) -> None:
    result = run(*command, "--store", str(tmp_path))
    assert result.exit_code == REFUSED
    assert "nothing is published here yet" in result.stderr
