"""The note beside an inbox about each source: since when it fails, and when it last answered."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from schemas.forms.fetch import Fetched, FetchReport, read_state, state_file
from tasks.inbox.fetched import note_state, read_seen

Ended = Literal["new", "unchanged", "not out", "refused", "failed", "skipped"]


def noted(inbox: Path, hour: int, *outcomes: Ended) -> tuple[int | None, int | None, str]:
    """The hours since when it fails and when it last answered, and the reason."""
    report = FetchReport(
        source="hmrc_ots", fetched=[Fetched(name="q", outcome=outcome, reason=f"why {outcome}") for outcome in outcomes]
    )
    state = note_state(inbox, report, datetime(2026, 8, 13, hour, tzinfo=UTC))
    assert read_state(state_file(inbox, "hmrc_ots")) == state
    return state.failing_since and state.failing_since.hour, state.answered_at and state.answered_at.hour, state.reason


def test_a_failure_lasts_from_its_first_fetch_to_the_next_answer(tmp_path: Path) -> None:
    assert noted(tmp_path, 1, "new", "not out") == (None, 1, "")
    assert noted(tmp_path, 2, "new", "failed") == (2, 1, "why failed")
    assert noted(tmp_path, 3, "refused") == (2, 1, "why refused")
    assert noted(tmp_path, 4, "skipped") == (None, 1, "why skipped")
    assert noted(tmp_path, 5, "unchanged") == (None, 5, "")


def test_a_damaged_or_missing_note_is_none(tmp_path: Path) -> None:
    assert read_state(tmp_path / "none.json") is None
    for text in ("", "{", '{"asked_at": "yesterday"}', "[" * 100_000, '{"a":' * 100_000):
        (tmp_path / "note.json").write_text(text)
        assert read_state(tmp_path / "note.json") is None
    (tmp_path / "note.json").unlink()
    os.mkfifo(tmp_path / "note.json")
    assert read_state(tmp_path / "note.json") is None


def test_a_note_of_what_was_seen_that_is_none_is_moved_aside(tmp_path: Path) -> None:
    place = tmp_path / ".fetch" / "japan_estat.json"
    place.parent.mkdir()
    for make in (lambda: place.write_text("[" * 100_000), lambda: os.mkfifo(place), place.mkdir):
        make()
        assert read_seen(tmp_path, "japan_estat") == {}
        assert not place.exists()
    assert len([*place.parent.iterdir()]) == 3
