"""Which files of an inbox are ready to be ingested."""

from datetime import date
from pathlib import Path

import pytest

from schemas.forms.watch import WatchRequest
from tasks.inbox import inbox
from tests.unit.dropped_files import download, inbox_in, month

DAY = date(2026, 1, 10)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return inbox_in(tmp_path)


def test_a_half_written_file_is_left_alone_until_it_is_settled(home: Path) -> None:
    file = download(home, "june.csv", month(6)[:100])
    slept = []

    def writes_on(seconds: float) -> None:
        slept.append(seconds)
        file.write_bytes(month(6))

    request = WatchRequest(inbox=home / "inbox", store=home / "reporter=CHN", settle_seconds=3)
    seen = inbox.inbox_state(request, DAY, writes_on)
    assert (seen.ready, seen.unsettled, slept) == ([], [file], [3])
    assert inbox.inbox_state(request, DAY, slept.append).ready == [file]
    download(home, "more.csv.part", b"half")
    assert inbox.inbox_state(request, DAY, slept.append).ready == [file]


def test_files_with_one_problem_are_named_together_until_it_is_noted_beside_each(home: Path) -> None:
    lost = [home / "inbox" / "gacc_query" / name for name in ("a.csv", "b.csv")]
    for file in lost:
        file.write_bytes(month(6))
    lone = download(home, "c.csv", month(6))
    lone.with_name("c.csv.toml").write_text('released = "2025-07-20"\n')
    request = WatchRequest(inbox=home / "inbox", store=home / "reporter=CHN", settle_seconds=0)
    looked = inbox.inbox_state(request, DAY)
    ((problem, files),) = [(one.problem, one.files) for one in looked.shared]
    assert (files, looked.ready, looked.refused) == (lost, [lone], [])
    assert ("flow" in f"{problem.found} {problem.advice}", str(home) in problem.where) == (True, False)
    for file, refusal in inbox.shared_refusals(looked):
        inbox.note_refusal(file, refusal, inbox.seen_before_reading(file))
    looked = inbox.inbox_state(request, DAY)
    assert (looked.shared, looked.ready, looked.refused) == ([], [lone], lost)
