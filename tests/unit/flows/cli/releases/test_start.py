"""`tidewaiter start`: it says what it would fetch, asks, fetches from a replay, publishes, shows what moved."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from flows.cli.app import app
from flows.cli.frame.options import HELD, REFUSED
from flows.cli.releases.start import ROWS_MAX
from tasks.fetch import first_fetch
from tests.replay.server import Replay
from tests.replay.site import open_site

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows", "wide_terminal")

Start = Callable[..., Result]


@pytest.fixture
def site() -> Iterator[Replay]:
    opened = open_site()
    yield opened
    opened.close()


@pytest.fixture
def start(site: Replay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Start:
    """The command, whose requests go to the replay."""
    planned = first_fetch.planned
    monkeypatch.setattr(first_fetch, "planned", lambda *given, **asked: planned(*given, **asked, base=site.base))
    monkeypatch.delenv("TIDEWAITER_EXPERIMENTAL", raising=False)

    def run(*words: str, **given: Any) -> Result:
        places = ["--store", str(tmp_path / "store"), "--inbox", str(tmp_path / "inbox"), "--no-prefect"]
        return CliRunner().invoke(app, ["start", *words, *places], **given)

    return run


START_HELP = "tidewaiter site --serve"
MONTHS = ("--month", "2025-04..2025-05")
HONG_KONG = (*MONTHS, "--product", "850511")
MOVED = "Hong Kong, China's imports in May 2025 against the month before"


def test_nothing_is_asked_of_a_source_before_a_person_has_agreed(start: Start, site: Replay, tmp_path: Path) -> None:
    for answer in ("n\n", ""):
        done = start("USA", "BRA", *MONTHS, input=answer)
        assert done.exit_code == REFUSED
        assert "nothing was fetched" in done.stderr
    rows = [line.split() for line in done.stdout.splitlines()]
    assert ["USA", "us_census_bulk", "all", "goods", "4", "720", "6"] in rows
    assert ["BRA", "brazil_comexstat", "all", "goods", "2", "220", "3"] in rows
    assert not site.asked
    assert not (tmp_path / "store").exists()


def test_a_person_accepts_experimental_files_and_sees_what_moved(start: Start) -> None:
    done = start("HKG", *HONG_KONG, input="y\ny\n")
    assert done.exit_code == 0
    assert "66 rows of exports of a year have been read; no answer of months" in done.stdout
    assert MOVED in done.stdout
    below = done.stdout.partition(MOVED)[2]
    assert re.search(r"\+100\.0", below)
    assert START_HELP in below
    assert len(below.splitlines()) < 4 * ROWS_MAX


@pytest.mark.parametrize("given", [{"input": "y\nn\n"}, {"words": ("--yes",)}])
def test_else_they_wait_for_a_decision_and_the_same_command_goes_on(
    start: Start, tmp_path: Path, given: dict[str, Any]
) -> None:
    words = given.pop("words", ())
    held = start("HKG", *HONG_KONG, *words, **given)
    assert held.exit_code == HELD
    assert "experimental_source" in held.stderr
    assert "tidewaiter approve RELEASE" in held.stdout
    (release,) = {*re.findall(r"hongkong_csd-[0-9a-f]{12}", held.output)}
    decision = ("--by", "A person", "--reason", "compared", "--store", str(tmp_path / "store"), "--reporter", "HKG")
    assert CliRunner().invoke(app, ["approve", release, *decision, "--no-prefect"]).exit_code == 0
    again = start("HKG", *HONG_KONG, "--yes")
    assert (again.exit_code, MOVED in again.stdout) == (0, True)


def test_a_reporter_of_no_source_is_refused_before_anything_else(start: Start, site: Replay) -> None:
    done = start("QQQ", "--yes")
    assert done.exit_code == REFUSED
    assert "QQQ" in done.stderr
    assert not site.asked
