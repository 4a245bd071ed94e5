"""A store in a folder of its own: nothing is sent or fetched, and a step that is outpaced begins again."""

from datetime import date
from pathlib import Path

import pytest

from tasks.domain.errors import BrokenStore, Outpaced
from tasks.store import mirror
from tests.unit.store.small_store import JUNE, stored


def test_a_folder_is_its_own_address_and_stays_as_it_is(tmp_path: Path) -> None:
    store = tmp_path / "store"
    snapshot = stored(store, {JUNE: [1]})
    assert (mirror.at_hand(store), mirror.address_of(store)) == (store, store)
    assert mirror.announcement(store) is None
    assert mirror.audit(store) == []
    mirror.share(store, store / "held" / "a.json", b"x")
    mirror.share_once(store, store / "held" / "a.json", b"x")
    mirror.renew(store, store / "held" / "a.json")
    assert not (store / "held").exists()
    assert mirror.retain(store, today=date(2026, 1, 1), months=1) is not None
    assert snapshot.path.is_dir()


def test_the_first_note_of_a_landing_stays(tmp_path: Path) -> None:
    raw, note = tmp_path / "raw" / "a", tmp_path / "raw" / "a.json"
    assert mirror.first_landing(tmp_path, raw, note, b"today") == b"today"
    note.parent.mkdir()
    note.write_bytes(b"earlier")
    assert mirror.first_landing(tmp_path, raw, note, b"today") == b"earlier"


def test_what_the_store_lacks_is_named(tmp_path: Path) -> None:
    here, gone = tmp_path / "raw" / "here", tmp_path / "raw" / "gone"
    here.parent.mkdir()
    here.write_bytes(b"x")
    assert mirror.fetched(tmp_path, here) == here
    assert mirror.missing(tmp_path, [here, gone]) == {gone: "raw/gone"}
    with pytest.raises(BrokenStore, match=r"gone: no such file\. Restore it from a copy of the store\."):
        mirror.fetched(tmp_path, gone)


def test_outpaced_work_begins_again_a_bounded_number_of_times(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    monkeypatch.setattr(mirror.time, "sleep", waits.append)
    calls: list[int] = []

    @mirror.again_if_outpaced
    def work(failures: int) -> str:
        calls.append(failures)
        if len(calls) <= failures:
            raise Outpaced("somebody else wrote first")
        return "done"

    assert work(2) == "done"
    assert len(calls) == 3
    calls.clear()
    with pytest.raises(Outpaced):
        work(mirror.ATTEMPTS)
    assert len(calls) == mirror.ATTEMPTS
    assert len(waits) == 2 + mirror.ATTEMPTS - 1


def test_another_error_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []

    @mirror.again_if_outpaced
    def work() -> None:
        calls.append(1)
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011
        work()
    assert len(calls) == 1
