"""Whose stores a folder fills, and what is said of the files that belong to none. The runs are made up."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from flows import store_runs
from flows.announce import Unfilled, filled
from flows.backfill import backfill
from flows.fill import fill
from schemas.forms.fill import FillReport, FillRequest, StoreRun
from schemas.forms.watch import BackfillRequest
from tasks.ingest.inbox import reporters_in

DECLARED = 'flow = "export"\npartners = "all"\nreleased_on = 2025-07-20\n'
REPORTERS = {"a.csv": "CHN", "b.csv": "CHN", "c.csv": "DEU"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three files with a declaration and two without."""
    place = tmp_path / "downloads"
    place.mkdir()
    for name, reporter in REPORTERS.items():
        source = "gacc_query" if reporter == "CHN" else "eurostat_comext"
        (place / name).write_bytes(b"x")
        (place / f"{name}.toml").write_text(f'source = "{source}"\nreporter = "{reporter}"\n{DECLARED}')
    for name in ("y.csv", "z.csv"):
        (place / name).write_bytes(b"x")
    return place


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[FillRequest, list[str]]]:
    """What the runs are asked for; each of them ends well."""
    calls: list[tuple[FillRequest, list[str]]] = []

    def run(request: FillRequest, reporters: Sequence[str], show: Callable[[int, int, str], None]) -> list[StoreRun]:
        calls.append((request, [*reporters]))
        return [StoreRun(reporter=name, outcome="finished", message="Published 2025-06") for name in reporters]

    monkeypatch.setattr(store_runs, "filled", run)
    return calls


def test_every_reporter_of_the_folder_has_a_run_and_the_files_of_none_are_one_line(
    folder: Path, tmp_path: Path, asked: list[tuple[FillRequest, list[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    report = fill.fn(FillRequest(folder=Path("downloads"), store=Path("stores"), restarts=2))
    ((request, reporters),) = asked
    assert (request.folder, request.store, request.restarts) == (folder, tmp_path / "stores", 2)
    assert reporters == ["CHN", "DEU"]
    assert report.headline == "Refused some files, Filled 2"
    (line,) = report.refused
    assert line.startswith("2 files, y.csv to z.csv: the source is not in the file and nowhere declared.")
    assert report.lines == [line, "CHN: Published 2025-06", "DEU: Published 2025-06"]
    assert not (tmp_path / "stores").exists()


def test_one_reporter_alone_and_a_folder_without_files(
    folder: Path, tmp_path: Path, asked: list[tuple[FillRequest, list[str]]]
) -> None:
    fill.fn(FillRequest(folder=folder, store=tmp_path / "stores", reporter="DEU"))
    (tmp_path / "nothing").mkdir()
    assert fill.fn(FillRequest(folder=tmp_path / "nothing", store=tmp_path / "stores")).headline == "Nothing to fill"
    assert [reporters for _, reporters in asked] == [["DEU"], []]


def test_what_is_said_for_the_folder_holds_for_files_that_say_nothing(
    folder: Path, tmp_path: Path, asked: list[tuple[FillRequest, list[str]]]
) -> None:
    report = fill.fn(FillRequest(folder=folder, store=tmp_path / "stores", source="gacc_query", flow="import"))
    assert report.refused == []
    assert [reporters for _, reporters in asked] == [["CHN", "DEU"]]


def test_the_run_of_a_reporter_takes_its_files_and_leaves_the_others(folder: Path, tmp_path: Path) -> None:
    report = backfill.fn(BackfillRequest(folder=folder, store=tmp_path / "stores", reporter="CHN"))
    assert [one.file.name for one in report.taken] == ["a.csv", "b.csv"]
    assert sorted(path.name for path in report.looked.other) == ["c.csv", "y.csv", "z.csv"]
    assert reporters_in(folder, tmp_path / "stores")[0] == ["CHN", "DEU"]


def test_outside_of_a_prefect_run_a_report_is_itself_and_what_failed_is_its_error() -> None:
    report = FillReport(
        folder=Path("downloads"), stores=[StoreRun(reporter="CHN", outcome="failed", message="Crashed: gone")]
    )
    assert filled(report) is report
    assert str(Unfilled(report)) == "Failed on 1 of 1 stores: CHN: Crashed: gone"
