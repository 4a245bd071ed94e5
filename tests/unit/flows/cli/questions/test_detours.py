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


def test_where_no_third_country_has_the_goods_it_is_said(tmp_path: Path) -> None:
    """What else is refused: `tests/unit/answers/measures/test_detours.py` and `tests/golden/said/refused.session`."""
    given = ["--from", "CHN", "--to", "DEU", "--since", "2025-05", "--store", str(china_and_germany(tmp_path))]
    done = CliRunner().invoke(app, ["detours", "850511", *given])
    assert (done.exit_code, "no third country has HS 850511 of CHN" in " ".join(done.output.split())) == (2, True)
