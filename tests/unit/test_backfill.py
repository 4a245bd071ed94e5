"""A folder of old downloads: oldest first, whatever is wrong with one of them, and never twice."""

from pathlib import Path

import pytest
from bad_inputs.download import CLEAN_RECORDS, csv_bytes, distinct_records

from flows.backfill import backfill
from flows.progress import listening
from schemas.watch import BackfillRequest, WatchReport

DECLARED = 'source = "gacc_query"\nflow = "export"\npartners = "all"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "downloads"
    place.mkdir()
    (place / "defaults.toml").write_text(DECLARED)
    for name, month, day in (("a", 7, "2025-08-20"), ("b", 5, "2025-06-20"), ("c", 6, "2025-07-20")):
        (place / f"{name}.csv").write_bytes(csv_bytes([(f"2025{month:02d}", *row[1:]) for row in CLEAN_RECORDS[:6]]))
        (place / f"{name}.csv.toml").write_text(f"released_on = {day}\n")
    return place


def fill(folder: Path, **more: object) -> WatchReport:
    return backfill.fn(BackfillRequest.model_validate({"folder": folder, "store": folder.parent / "store", **more}))


def test_files_go_in_oldest_first_and_only_once(folder: Path) -> None:
    told: list[tuple[int, int, str]] = []
    with listening(lambda *words: told.append(words)):
        report = fill(folder)
    assert [outcome.months for outcome in report.outcomes] == [["2025-05"], ["2025-06"], ["2025-07"]]
    assert told == [(0, 3, "b.csv"), (1, 3, "c.csv"), (2, 3, "a.csv"), (3, 3, "done")]
    assert fill(folder).headline == "Nothing new"


def test_a_held_and_a_broken_file_stop_nobody_and_are_told(folder: Path) -> None:
    (folder / "cut.csv").write_bytes(csv_bytes(distinct_records(10_000)))
    (folder / "page.csv").write_text("<html>captcha</html>\n")
    report = fill(folder)
    assert len(report.outcomes) == 3
    assert ["row_cap" in line for line in report.held] == [True]
    assert ["web page" in line for line in report.refused] == [True]
    assert report.headline == "Held for approval, Refused 1, Published 2025-05 to 2025-07"


def test_a_dry_run_says_what_it_would_do_and_does_nothing(folder: Path) -> None:
    assert fill(folder, dry_run=True).headline == "Would ingest 3"
    assert not (folder.parent / "store").exists()
