"""A folder of old downloads: oldest first, whatever is wrong with one of them, and never twice."""

import errno
import gc
import gzip
import os
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from bad_inputs.download import CLEAN_RECORDS, csv_bytes, distinct_records, downloads, in_month
from typer.testing import CliRunner

from flows import watch
from flows.backfill import backfill
from flows.cli.app import app
from flows.cli.frame.options import HELD
from schemas.forms.watch import BackfillRequest, WatchReport
from tasks.analysis.after import after_release
from tasks.inbox import held
from tasks.ingest import declaration
from tasks.publication import batch
from tasks.sources.registry import SOURCES
from tasks.steps import catalog
from tasks.steps.listeners import listening
from tasks.store.files.filesystem import FileSystem
from tasks.store.files.snapshot import open_snapshot
from tasks.store.files.verify import audit_store

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows", "experimental_sources_are_trusted")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    months = (("a", "202507", "2025-08-20"), ("b", "202505", "2025-06-20"), ("c", "202506", "2025-07-20"))
    files = {f"{name}.csv": (csv_bytes(in_month(month, CLEAN_RECORDS[:6])), day) for name, month, day in months}
    return downloads(tmp_path / "downloads", files)


def fill(folder: Path, **more: object) -> WatchReport:
    return backfill.fn(
        BackfillRequest.model_validate({"folder": folder, "store": folder.parent / "reporter=CHN", **more})
    )


def test_files_go_in_oldest_first_and_only_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert fill(folder, dry_run=True).headline == "Would ingest 3"
    assert not (folder.parent / "reporter=CHN").exists()
    read: Counter[str] = Counter()
    declared = declaration._declared
    monkeypatch.setattr(declaration, "_declared", lambda request: read.update([request.file.name]) or declared(request))
    told: list[tuple[int, int, str]] = []
    with listening(file=lambda *words: told.append(words)):
        report = fill(folder)
    assert [outcome.months for outcome in report.outcomes] == [["2025-05"], ["2025-06"], ["2025-07"]]
    assert told == [(0, 3, "b.csv"), (1, 3, "c.csv"), (2, 3, "a.csv"), (3, 3, "done")]
    # The look, the plan and the file's own turn read the declaration, because a file may change at any time.
    assert read == {"b.csv": 3, "c.csv": 3, "a.csv": 3}
    assert fill(folder).headline == "Nothing new"


@pytest.mark.parametrize("bytes_max", [0, 10**6], ids=["each by itself", "as a batch"])
def test_a_run_of_one_reporter_leaves_tables_of_several_to_who_started_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch, bytes_max: int
) -> None:
    made: list[list[str]] = []
    updated = after_release.Updated([], [])
    monkeypatch.setattr(after_release, "_update_shared", lambda root, reporters: made.append(reporters) or updated)
    monkeypatch.setattr(watch, "FILE_BYTES_MAX", bytes_max)
    assert len(fill(folder, tables="of the reporter").outcomes) == 3
    # Nothing new: what a run that was killed has left undone.
    fill(folder, tables="of the reporter", reporter="CHN")
    assert made == []
    (folder / "d.csv").write_bytes(csv_bytes(in_month("202508", CLEAN_RECORDS[:6])))
    (folder / "d.csv.toml").write_text("released_on = 2025-09-20\n")
    assert len(fill(folder).outcomes) == 1
    assert made == [["CHN"]]


def test_a_held_and_a_broken_file_stop_nobody_and_are_told_and_nothing_is_written_beside_them(folder: Path) -> None:
    (folder / "cut.csv").write_bytes(csv_bytes(distinct_records(10_000)))
    (folder / "cut.csv.toml").write_text("released_on = 2025-07-01\n")
    (folder / "page.csv").write_text("<html>captcha</html>\n")
    before = sorted(folder.rglob("*"))
    report = fill(folder)
    assert report.headline == "Held for approval, Refused 1, Published 2025-05 to 2025-07"
    assert (len(report.outcomes), len(report.held), len(report.refused)) == (3, 1, 1)
    assert len({outcome.snapshot_id for outcome in report.outcomes}) == 1, "one batch, with the held one in its middle"
    rows = {row["file"]: (row["outcome"], row["reason"]) for row in report.rows}
    assert {name: outcome for name, (outcome, _) in rows.items()} == {
        "b.csv": "published", "c.csv": "published", "a.csv": "published", "cut.csv": "held", "page.csv": "refused",
    }  # fmt: skip
    assert rows["b.csv"][1].startswith("2025-05: 6 records, 6 observed, 0 quarantined, ")
    for said in (rows["cut.csv"][1], report.held[0]):
        assert "row_cap" in said
    for said in (rows["page.csv"][1], report.refused[0]):
        assert "web page" in said
    # What was told before is told again: the folder looks the same to whoever opens the page of the next run.
    assert [(row["outcome"], row["reason"][:20]) for row in fill(folder).rows] == [
        ("refused", rows["page.csv"][1][:20]), ("left", "waiting for a person"),
    ]  # fmt: skip
    assert sorted(folder.rglob("*")) == before


def test_what_is_given_for_a_folder_holds_for_the_files_that_say_nothing(folder: Path) -> None:
    (folder / "defaults.toml").unlink()
    imports = folder / "gacc_query" / "import"
    imports.mkdir(parents=True)
    (imports / "other.csv").write_bytes(csv_bytes())
    (folder / "c.csv.toml").write_text('released_on = 2025-07-20\npartners = "listed"\n')
    report = fill(folder, source="gacc_query", flow="export", partners="all")
    assert report.headline == "Published 2025-05 to 2025-07"
    releases = pl.scan_parquet(folder.parent / "reporter=CHN/current/release/**/*.parquet").collect().sort("title")
    assert releases["partners"].to_list() == ["all", "all", "listed"]
    assert releases["flow"].to_list() == ["export"] * 3
    # What says another direction is left, and not taken for an export.
    assert report.looked.waiting == ["not of the source, direction or reporter that was asked for: other.csv"]
    assert fill(folder, source="gacc_query", flow="export", partners="all").looked.published == 3


def test_a_problem_of_a_whole_folder_is_told_once_and_nothing_is_tried(folder: Path) -> None:
    (folder / "defaults.toml").unlink()
    report = fill(folder)
    assert report.headline == "Refused 3"
    assert report.refused == [
        '3 files, a.csv to c.csv: the source is not in the file and nowhere declared. Write source = "gacc_query" into'
        " a sidecar "
        "<its name>.toml or, for all files of its folder, into defaults.toml there; or give --source "
        f"{'|'.join(SOURCES)}. A query (gacc_query) does not say its flow either: --flow import|export."
    ]
    assert (report.taken, [row["outcome"] for row in report.rows]) == ([], ["refused"])
    assert not (folder.parent / "reporter=CHN" / "lineage").exists()
    broken = folder / "defaults.toml"
    broken.write_text('source = "gacc_query"\nflwo = "export"\n')
    (line,) = fill(folder).refused
    assert line.startswith(f"3 files, a.csv to c.csv: {broken}, key flwo: ")
    # Mended, or said, and everything goes in.
    broken.unlink()
    assert fill(folder, source="gacc_query", flow="export").headline == "Published 2025-05 to 2025-07"


def test_the_raw_files_of_a_store_make_the_same_store(folder: Path, tmp_path: Path) -> None:
    """With the declaration of each landing: of packed bytes, of bytes declared twice, and without a day of their
    own."""
    (folder / "c.csv").rename(folder / "c")
    (folder / "c.csv.gz").write_bytes(gzip.compress((folder / "c").read_bytes()))
    (folder / "c").unlink()
    (folder / "c.csv.toml").rename(folder / "c.csv.gz.toml")
    (folder / "again.csv").write_bytes((folder / "b.csv").read_bytes())
    (folder / "again.csv.toml").write_text(
        'released_on = 2025-06-25\nproducts = ["8505"]\nmonths = "2025-05"\ntitle = "五月"\n'
    )
    (folder / "undated.csv").write_bytes(csv_bytes(in_month("202504", CLEAN_RECORDS[:6])))
    (folder / "cut.csv").write_bytes(csv_bytes(distinct_records(10_000)))
    first = fill(folder)
    assert (len(first.outcomes), len(first.held)) == (5, 1)
    raw = folder.parent / "reporter=CHN" / "raw"
    again = fill(raw, store=tmp_path / "again" / "reporter=CHN")
    assert (again.refused, again.failed, len(again.held)) == ([], [], 1)
    made = [open_snapshot(place / "reporter=CHN") for place in (folder.parent, tmp_path / "again")]
    hashes = [{entry.path: entry.sha256 for entry in one.files if entry.table != "lineage"} for one in made if one]
    assert hashes[0] == hashes[1]
    assert len(hashes[0]) > 30
    assert audit_store(tmp_path / "again" / "reporter=CHN") == []
    # Bytes about which nothing is kept are not left out in silence.
    for paper in raw.glob("*/*.*.json"):
        paper.unlink()
    (line,) = fill(raw, store=tmp_path / "third" / "reporter=CHN").refused
    assert line.startswith("5 files, ")
    assert "the source is not in the file and nowhere declared" in line


def test_what_keeps_every_file_out_stops_the_run_once_and_the_next_run_goes_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What each such error says: `tests/unit/store/files/test_diagnose.py`."""
    store = folder.parent / "reporter=CHN"
    told: list[tuple[int, int, str]] = []
    refused: list[int] = []
    write = FileSystem.write

    def full(self: FileSystem, descriptor: int, data: memoryview) -> int:
        # What follows from a store is written beside it.
        is_inside = os.readlink(f"/proc/self/fd/{descriptor}").startswith(str(store))
        if is_inside and sum(path.name == "manifest.json" for path in (store / ".snapshots").glob("*/*")):
            refused.append(descriptor)
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(self, descriptor, data)

    with monkeypatch.context() as disk, listening(file=lambda *words: told.append(words)):
        disk.setattr(FileSystem, "write", full)
        disk.setattr(batch, "FILES_MAX", 1)
        report = fill(folder)
    assert [outcome.months for outcome in report.outcomes] == [["2025-05"]]
    assert report.headline == "Stopped with 2 left, Published 2025-05"
    (line,) = report.troubles
    assert "reporter=CHN: No space left on device. Make room on that disk" in line
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

    def fail(observed: Any, *given: Any) -> Any:
        if observed.release["title"].item() == "c.csv":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return check(observed, *given)

    monkeypatch.setattr(catalog, "check", fail)
    report = fill(folder)
    assert (report.headline, report.stopped, report.left) == ("Failed on 1, Published 2025-05 to 2025-07", "", [])
    assert [row["outcome"] for row in report.rows] == ["published", "failed", "published"]


def test_nothing_of_an_earlier_release_is_kept_in_memory(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alive: list[set[str]] = []
    during: list[set[str]] = []

    def frames() -> list[pl.DataFrame]:
        gc.collect()
        return [one for one in gc.get_objects() if isinstance(one, pl.DataFrame) and "release_id" in one.columns]

    # Other tests take in the same files, and what they left is none of this one's.
    others = frames()

    def found() -> set[str]:
        # A batch keeps a row for each release and each of its periods, and nothing else.
        mine = [frame for frame in frames() if frame.height > 1 and all(frame is not other for other in others)]
        return {release_id for frame in mine for release_id in frame["release_id"].unique()}

    check = catalog.check
    monkeypatch.setattr(catalog, "check", lambda *given: during.append(found()) or check(*given))
    with listening(file=lambda *_: alive.append(found())):
        ids = [outcome.release_id for outcome in fill(folder).outcomes]
    assert len(alive) >= len(ids) > 0
    assert all(own in there for own, there in zip(ids, during, strict=True)), "nobody looked where releases are"
    for done, there in enumerate(alive):
        # What is done is gone, and nothing was begun that lies further on.
        assert there & {*ids} <= {*ids[done : done + 1]}, f"before file {done}"


def test_a_file_that_waits_for_a_person_is_said_by_the_exit_code_each_time_and_a_rejected_one_is_not(
    folder: Path,
) -> None:
    (folder / "cut.csv").write_bytes(csv_bytes(distinct_records(10_000)))
    (folder / "cut.csv.toml").write_text("released_on = 2025-07-01\n")
    store = folder.parent / "reporter=CHN"
    asked = ["backfill", str(folder), "--no-prefect", "--store", str(store)]
    for words in ("Held for approval", "waiting for a person: cut.csv"):
        done = CliRunner().invoke(app, asked)
        assert (done.exit_code, words in done.output) == (HELD, True), done.output
    [waits] = held.waiting(store)
    held.decide(store, waits.release_id, "reject", "Li Wei", "cut off", datetime.now(UTC))
    done = CliRunner().invoke(app, asked)
    assert (done.exit_code, "rejected by a person: cut.csv" in done.output) == (0, True), done.output
