"""A store in a folder of its own: nothing is sent or fetched, and a step that is outpaced begins again."""

from pathlib import Path

import pytest

from tasks.domain.errors import BrokenStore, Outpaced
from tasks.store.bucket import working_copy


def test_the_first_note_of_a_landing_stays(tmp_path: Path) -> None:
    raw, note = tmp_path / "raw" / "a", tmp_path / "raw" / "a.json"
    assert working_copy.first_landing(tmp_path, raw, note, b"today") == b"today"
    note.parent.mkdir()
    note.write_bytes(b"earlier")
    assert working_copy.first_landing(tmp_path, raw, note, b"today") == b"earlier"


def test_what_the_store_lacks_is_named(tmp_path: Path) -> None:
    here, gone = tmp_path / "raw" / "here", tmp_path / "raw" / "gone"
    here.parent.mkdir()
    here.write_bytes(b"x")
    assert working_copy.fetched(tmp_path, here) == here
    assert working_copy.missing(tmp_path, [here, gone]) == {gone: "raw/gone"}
    with pytest.raises(BrokenStore, match=r"gone: no such file\. Restore it from a copy of the store\."):
        working_copy.fetched(tmp_path, gone)


def test_outpaced_work_begins_again_a_bounded_number_of_times(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr(working_copy.time, "sleep", waits.append)
    calls: list[int] = []

    @working_copy.again_if_outpaced
    def work(failures: int) -> str:
        calls.append(failures)
        if len(calls) <= failures:
            raise Outpaced("somebody else wrote first")
        return "done"

    assert work(2) == "done"
    assert len(calls) == 3
    calls.clear()
    with pytest.raises(Outpaced):
        work(working_copy.ATTEMPTS)
    assert len(calls) == working_copy.ATTEMPTS
    assert len(waits) == 2 + working_copy.ATTEMPTS - 1
