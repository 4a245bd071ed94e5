"""Flows of few steps: an audit ends with the report or with every problem, and no file of claims changes nothing."""

from datetime import date
from pathlib import Path

import pytest

from flows.audit import audit
from flows.audit import step as catalog
from flows.claims import check_and_publish
from flows.retain import retain
from schemas.forms.outcome import AuditReport
from tasks.domain import clock
from tasks.domain.errors import Unsound
from tasks.store.files.snapshot import current_id, open_snapshot, snapshot_ids
from tasks.store.snapshots.publish import NewFile, exclusive, publish
from tasks.store.snapshots.retention import Retired
from tests.dated import published_on_their_days
from tests.unit.store.small_store import JUNE, levels, stored


def test_a_sound_store_gives_its_report_and_of_another_every_problem_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[tuple[Path, int]] = []
    problems: list[str] = []

    def made(store: Path, sample: int) -> AuditReport:
        asked.append((store, sample))
        return AuditReport(store="here", problems=problems, traced=3)

    monkeypatch.setattr(catalog, "audit", made)
    assert audit.fn(tmp_path, 7) == AuditReport(store="here", problems=[], traced=3)
    assert asked == [(tmp_path, 7)]
    problems += ["a is damaged", "b is missing"]
    with pytest.raises(Unsound, match=r"^a is damaged\nb is missing$"):
        audit.fn(tmp_path)


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (None, "there is no such file"),
        (b"commodity,flow\n", "the columns partner, period, metric, value, unit are missing"),
        (b"", "not a CSV in UTF-8"),
    ],
)
def test_what_is_no_file_of_claims_is_refused_by_name(tmp_path: Path, data: bytes | None, why: str) -> None:
    before, file = stored(tmp_path / "store", {JUNE: [1]}), tmp_path / "printed.csv"
    if data is not None:
        file.write_bytes(data)
    with pytest.raises(ValueError, match=f"printed.csv: .*{why}"):
        check_and_publish(file, tmp_path / "store")
    assert current_id(tmp_path / "store") == before.id


def test_the_stores_of_all_reporters_lose_their_old_states_and_the_current_one_stays(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(clock, "today", lambda: date(2026, 11, 2))
    kept = []
    for reporter in ("CHN", "USA"):
        store = tmp_path / f"reporter={reporter}"
        for number, day in enumerate(("2022-01-20", "2026-01-20"), 1):
            file = NewFile("metric", JUNE, levels([number], "level"), 1, "0" * 64)
            with exclusive(store):
                about = {"releases": [], "released_on": day}
                made = publish(store, [file], parent=open_snapshot(store), about=about)
        published_on_their_days(store)
        kept.append(made.snapshot.id)
        assert len(snapshot_ids(store)) == 2
    gone = retain.fn(tmp_path, 24)
    assert (len(gone.snapshots), gone.objects) == (2, 2)
    assert [snapshot_ids(tmp_path / f"reporter={reporter}") for reporter in ("CHN", "USA")] == [[name] for name in kept]
    assert retain.fn(tmp_path, 24) == Retired((), 0)
