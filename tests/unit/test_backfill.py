"""A folder of old downloads: oldest first, whatever is wrong with one of them, and never twice."""

import errno
import gc
import os
import threading
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from bad_inputs.download import CLEAN_RECORDS, csv_bytes, distinct_records, in_month

from flows import ahead
from flows.backfill import backfill
from flows.progress import listening
from schemas.watch import BackfillRequest, WatchReport
from tasks import catalog
from tasks.filesystem import FileSystem
from tasks.inbox import NOTE
from tasks.store_audit import audit_store

DECLARED = 'source = "gacc_query"\nflow = "export"\npartners = "all"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "downloads"
    place.mkdir()
    (place / "defaults.toml").write_text(DECLARED)
    for name, month, day in (("a", 7, "2025-08-20"), ("b", 5, "2025-06-20"), ("c", 6, "2025-07-20")):
        (place / f"{name}.csv").write_bytes(csv_bytes(in_month(f"2025{month:02d}", CLEAN_RECORDS[:6])))
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
    rows = {row["file"]: (row["outcome"], row["reason"]) for row in report.rows}
    assert {name: outcome for name, (outcome, _) in rows.items()} == {
        "b.csv": "published", "c.csv": "published", "a.csv": "published", "cut.csv": "held", "page.csv": "refused",
    }  # fmt: skip
    assert rows["b.csv"][1].startswith("2025-05: 6 records, 6 observed, 0 quarantined, ")
    assert "row_cap" in rows["cut.csv"][1]
    assert "web page" in rows["page.csv"][1]
    # What was told before is told again: the folder looks the same to whoever opens the page of the next run.
    assert [(row["outcome"], row["reason"]) for row in fill(folder).rows] == [
        ("left", "waiting for a person or rejected"), ("left", "refused before and unchanged"),
    ]  # fmt: skip


def test_a_dry_run_says_what_it_would_do_and_does_nothing(folder: Path) -> None:
    assert fill(folder, dry_run=True).headline == "Would ingest 3"
    assert not (folder.parent / "store").exists()


def objects(store: Path) -> set[tuple[str, bytes]]:
    """Everything that a store holds but the moments in it."""
    return {
        (str(place.relative_to(store)), b"" if "lineage" in place.parts else place.read_bytes())
        for place in store.rglob("*")
        if place.is_file() and place.suffix != ".lock"
    }


def test_what_is_read_ahead_makes_the_same_store_and_the_same_report(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "cut.csv").write_bytes(csv_bytes(distinct_records(10_000)))
    (folder / "page.csv").write_text("<html>captcha</html>\n")
    (folder / "unsaid.csv").write_bytes(csv_bytes())
    (folder / "unsaid.csv.toml").write_text("released_on = 2525-06-20\n")
    readers: list[str] = []
    read = ahead.read_there

    def noting(*given: object) -> object:
        readers.append(threading.current_thread().name)
        return read(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(ahead, "read_there", noting)
    reports = [fill(folder, store=tmp_path / "ahead")]
    # Every file but the first, each once and by the thread.
    assert len(readers) == len(reports[0].looked.ready) - 1
    assert {name.startswith("tidewaiter-ahead") for name in readers} == {True}
    for note in folder.glob(f"*{NOTE}"):
        note.unlink()
    monkeypatch.setattr(ahead.NextOne, "take", lambda *_: None)
    reports.append(fill(folder, store=tmp_path / "turn"))
    one, other = (report.model_copy(update={"looked": None}) for report in reports)
    assert one == other
    assert objects(tmp_path / "ahead") == objects(tmp_path / "turn")


def test_a_file_that_became_another_is_read_in_its_turn(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = ahead.read_there
    asked = folder / "c.csv"

    def change(*given: object) -> object:
        done = read(*given)  # type: ignore[arg-type]
        asked.write_bytes(asked.read_bytes().replace(b"353000", b"353001"))
        return done

    monkeypatch.setattr(ahead, "read_there", change)
    assert len(fill(folder).outcomes) == 3
    rows = pl.scan_parquet(folder.parent / "store/current/detail/**/month=6/*.parquet").collect()
    assert 353001 in rows["value"]


def test_where_there_is_no_room_to_read_ahead_a_file_is_read_in_its_turn(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[object] = []

    def full(*given: object) -> object:
        tried.append(given)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(ahead, "read_there", full)
    report = fill(folder)
    assert (report.failed, len(report.outcomes), len(tried)) == ([], 3, 2)


@pytest.mark.parametrize(
    ("code", "found", "to_do"),
    [
        (errno.ENOSPC, "store: No space left on device", "Make room on that disk"),
        (errno.EDQUOT, "store: Disk quota exceeded", "have it raised"),
        (errno.EROFS, "store: Read-only file system", "Mount it so that it may be written"),
        (errno.EACCES, "store: Permission denied", "Run this as a user who may"),
    ],
)
def test_what_keeps_every_file_out_stops_the_run_once_and_the_next_run_goes_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch, code: int, found: str, to_do: str
) -> None:
    store = folder.parent / "store"
    told: list[tuple[int, int, str]] = []
    refused: list[int] = []
    write = FileSystem.write

    def full(self: FileSystem, descriptor: int, data: memoryview) -> int:
        if sum(path.name == "manifest.json" for path in (store / "snapshots").glob("*/*")):
            refused.append(descriptor)
            raise OSError(code, os.strerror(code))
        return write(self, descriptor, data)

    with monkeypatch.context() as disk, listening(lambda *words: told.append(words)):
        disk.setattr(FileSystem, "write", full)
        report = fill(folder)
    assert [outcome.months for outcome in report.outcomes] == [["2025-05"]]
    assert report.headline == "Stopped with 2 left, Published 2025-05"
    (line,) = report.troubles
    assert found in line
    assert to_do in line
    assert line.endswith("then run this again. 2 files are left, from c.csv on; the next run goes on there.")
    # The one that met it, and none after it.
    assert told == [(0, 3, "b.csv"), (1, 3, "c.csv"), (1, 3, "stopped")]
    assert len(refused) == 1
    assert [(row["file"], row["outcome"]) for row in report.rows] == [
        ("b.csv", "published"), ("c.csv", "left"), ("a.csv", "left"),
    ]  # fmt: skip
    again = fill(folder)
    assert again.headline == "Published 2025-06 to 2025-07"
    assert audit_store(store) == []


def test_a_disk_that_fails_on_one_file_holds_nobody_else_up(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check = catalog.check

    def fail(observed: Any, known: Any) -> Any:
        if observed.release["title"].item() == "c.csv":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return check(observed, known)

    monkeypatch.setattr(catalog, "check", fail)
    report = fill(folder)
    assert (report.headline, report.stopped, report.left) == ("Failed on 1, Published 2025-05 to 2025-07", "", [])
    assert [row["outcome"] for row in report.rows] == ["published", "failed", "published"]


def test_nothing_of_an_earlier_release_is_kept_in_memory(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alive: list[set[str]] = []
    during: list[set[str]] = []

    def frames() -> list[pl.DataFrame]:
        gc.collect()
        return [
            found for found in gc.get_objects() if isinstance(found, pl.DataFrame) and "release_id" in found.columns
        ]

    # Other tests take in the same files, and what they left is none of this one's.
    others = frames()

    def found() -> set[str]:
        mine = [frame for frame in frames() if all(frame is not other for other in others)]
        return {release_id for frame in mine for release_id in frame["release_id"].unique()}

    def look(done: int, total: int, name: str) -> None:
        alive.append(found())

    check = catalog.check

    def looked_into(*given: Any) -> Any:
        during.append(found())
        return check(*given)

    monkeypatch.setattr(catalog, "check", looked_into)
    with listening(look):
        report = fill(folder)
    ids = [outcome.release_id for outcome in report.outcomes]
    assert len(alive) >= len(ids) > 0
    assert all(own in there for own, there in zip(ids, during, strict=True)), "nobody looked where releases are"
    for done, there in enumerate(alive):
        # The one at hand and the next: what is done is gone, and nothing was begun that lies further ahead.
        assert there & set(ids) <= set(ids[done : done + 2]), f"before file {done}"
