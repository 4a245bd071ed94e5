"""Commands for the day of a release: measures of export control, and claims that cannot be read."""

from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from flows.cli.brief import commands
from flows.cli.options import REFUSED


def run(*given: str) -> Result:
    return CliRunner().invoke(commands, [*given], env={"COLUMNS": "200"})


@pytest.mark.parametrize(
    "command",
    [
        ["claims", "check", "none.csv"],
        ["brief", "85051110", "--month", "2025-06"],
        ["plot", "85051110", "--output", "magnets.svg"],
    ],
)
def test_an_empty_store_is_refused(tmp_path: Path, command: list[str]) -> None:
    result = run(*command, "--store", str(tmp_path))
    assert result.exit_code == REFUSED
    assert "nothing is published here yet" in result.stderr
