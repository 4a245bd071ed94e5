"""The command that asks for detours: its words, and a refusal that says what is missing."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.cli.app import app
from flows.cli.questions import detours
from tests.unit.mirror_stores import china_and_germany

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows", "wide_terminal")


def test_it_asks_from_whom_to_whom_and_since_when() -> None:
    said = CliRunner().invoke(app, ["detours", "--help"]).output
    for word in ("--from", "--to", "--since", "--until", "--picture", "--page"):
        assert word in said
    assert detours.commands.registered_commands


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--from", "CHN", "--to", "USA", "--since", "2025-04"], "there is no store of USA"),
        (["--from", "CHN", "--to", "DEU", "--since", "2025-07"], "no month since 2025-07 is known of both"),
        (["--from", "CHN", "--to", "DEU", "--since", "2025-05"], "no third country has HS 850511 of CHN"),
    ],
)
def test_a_refusal_says_what_is_missing(given: list[str], said: str, tmp_path: Path) -> None:
    root = china_and_germany(tmp_path)
    done = CliRunner().invoke(app, ["detours", "850511", *given, "--store", str(root)])
    assert done.exit_code == 2
    assert said in " ".join(done.output.split())
