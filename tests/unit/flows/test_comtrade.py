"""Published months against UN Comtrade by command: what is said, and that no number of it is kept anywhere."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from bad_inputs.download import csv_bytes, magnets
from comtrade_answers import answer, datasets, row
from typer.testing import CliRunner, Result

from flows import comtrade as comparison
from flows.cli.app import app
from flows.cli.options import DISAGREES, REFUSED
from flows.release import release
from schemas.forms.request import ReleaseRequest
from tasks.fetch import comtrade
from tasks.fetch.transport import Policy
from tests.replay.server import Replay, Reply

SECRET = "feedfacefeedfacefeedfacefeedface"
THEIRS = 45_987_654


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Replay]:
    replay = Replay()
    monkeypatch.setattr(comtrade, "BASE", replay.base)
    monkeypatch.setattr(comparison, "POLICY", Policy(pause=0.0, waits=()))
    yield replay
    replay.close()


@pytest.fixture
def store(tmp_path: Path) -> Path:
    file = tmp_path / "june.csv"
    file.write_bytes(csv_bytes([magnets("502", "353000", "20,121,000"), magnets("304", "764000", "43,548,120")]))
    given = {
        "source": "gacc_query",
        "flow": "export",
        "partners": "all",
        "products": ["850511"],
        "released_on": date(2025, 7, 20),
    }
    release.fn(ReleaseRequest(file=file, store=tmp_path / "store", **given), date(2026, 9, 1))
    return tmp_path / "store"


def compare(store: Path, *more: str) -> Result:
    inbox = store.parent / "inbox"
    return CliRunner().invoke(
        app,
        ["compare", "850511", "--month", "2025-06", "--store", str(store), "--inbox", str(inbox), *more],
        env={"COLUMNS": "400"},
    )


def bytes_of(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_a_difference_is_a_finding_and_no_number_is_kept(
    site: Replay, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(comtrade.VARIABLE, SECRET)
    site.route("/public/v1/getDA", Reply(datasets(m202506="17")))
    site.route(
        "/data/v1/get",
        Reply(answer(row("USA", 20_121_000, 353_000), row("DEU", THEIRS, 764_000), row("W00", 63_669_120, 0))),
    )
    before = bytes_of(store)
    result = compare(store)
    assert result.exit_code == DISAGREES, result.output + result.stderr
    assert (
        "warning comtrade_value, CHN export 850511 2025-06: DEU: 43,548,120 USD here, 45,987,654 there" in result.stdout
    )
    assert bytes_of(store) == before
    assert before
    kept = b"".join(bytes_of(store.parent).values())
    assert str(THEIRS).encode() not in kept
    assert SECRET.encode() not in kept
    assert SECRET not in result.output
    notes = json.loads((store.parent / "inbox" / ".fetch" / "comtrade.json").read_text())
    assert notes == {"CHN": {"export 850511 2025-06": "2026-08-02T00:00:00 17"}}


def test_a_dataset_is_compared_once_and_again_when_it_is_new(site: Replay, store: Path) -> None:
    site.route(
        "/public/v1/getDA",
        [
            Reply(datasets(m202506="17")),
            Reply(datasets(m202506="17")),
            Reply(datasets(m202506="18")),
            Reply(datasets()),
        ],
    )
    site.route("/public/v1/preview", Reply(answer(row("USA", 20_121_000, 353_000), row("DEU", 43_548_120, 764_000))))
    first, second, third, none = (compare(store) for _ in range(4))
    assert first.exit_code == 0, first.stderr
    assert [result.exit_code for result in (first, second, third, none)] == [0, 0, 0, 0]
    assert "no difference" in first.stdout
    assert "comtrade_compared" in second.stdout
    assert "no difference" in third.stdout
    assert "comtrade_not_there" in none.stdout
    assert sum(asked.path.startswith("/public/v1/preview") for asked in site.asked) == 2


def test_what_cannot_be_compared_is_refused_in_words(site: Replay, store: Path) -> None:
    site.route("/public/v1/getDA", Reply(datasets(m202506="17", m202401="1")))
    site.route("/public/v1/preview", Reply(answer(row(), count=500)))
    cut = compare(store)
    assert (cut.exit_code, "the limit of the service" in " ".join(cut.stderr.split())) == (REFUSED, True)
    assert not (store.parent / "inbox" / ".fetch").exists()
    later = compare(store, "--flow", "import")
    assert (later.exit_code, "no published figure" in " ".join(later.stderr.split())) == (REFUSED, True)
    longer = CliRunner().invoke(app, ["compare", "85051110", "--month", "2025-06", "--store", str(store)])
    assert (longer.exit_code, "HS6" in longer.stderr) == (REFUSED, True)
