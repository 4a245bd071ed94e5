"""A store in a bucket: the same bytes as in a folder, for every reader and on every machine.

What is in the bucket is read here by plain HTTP, not by the code that wrote it.
"""

import hashlib
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from bad_inputs.download import CLEAN_RECORDS, csv_bytes, downloads, in_month
from s3_bucket import SAMPLE, TODAY, Customs, ingest
from typer.testing import CliRunner

from flows.audit import audit as audit_flow
from flows.backfill import backfill
from flows.cli.app import app
from flows.release import release
from schemas import settings
from schemas.forms.request import ReleaseRequest
from schemas.forms.watch import BackfillRequest
from schemas.store_address import S3Url
from tasks.derive import portions, processes
from tasks.derive.processes import Processes
from tasks.domain.errors import BrokenStore, UnknownSnapshot
from tasks.lineage.audit import audit
from tasks.lineage.point import Point
from tasks.lineage.trace import Tracer
from tasks.reading.query import open_published
from tasks.store.bucket import s3_store, working_copy
from tasks.store.bucket.s3_store import file_key
from tasks.store.files.readme import NO_TABLE_NAME
from tasks.store.files.snapshot import Snapshot, open_snapshot, snapshot_ids
from tasks.store.snapshots.retention import Retired

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows")


def test_the_same_again_and_a_rehearsal_write_nothing(customs: Customs, sample: tuple[S3Url, Path]) -> None:
    url, _ = sample
    customs.log()
    request = ReleaseRequest(file=SAMPLE, store=url)
    assert release.fn(request, date(2026, 9, 2)).status == "nothing new"
    assert release.fn(request.model_copy(update={"dry_run": True}), date(2026, 9, 2)).status == "nothing new"
    asked = customs.log()
    assert asked
    assert not [line for line in asked if not line.startswith("GET")]


def test_another_machine_reads_traces_and_audits(
    sample: tuple[S3Url, Path], other_machine: Path, tmp_path: Path
) -> None:
    url, folder = sample
    shown = {}
    for store in (str(url), str(folder)):
        asked = f"read metric --product 85051110 --format csv --output {tmp_path}/rows.csv --store {store}"
        done = CliRunner().invoke(app, asked.split())
        assert done.exit_code == 0, done.output
        shown[store] = (tmp_path / "rows.csv").read_bytes()
    assert shown[str(url)] == shown[str(folder)]
    assert shown[str(url)].count(b"\n") > 20
    store = working_copy.at_hand(url)
    assert other_machine in store.parents
    assert not list((store / "raw").glob("*/*"))
    snapshot = open_published(store)
    assert (
        Tracer(snapshot, "export")
        .trace(Point("export", "85051110", "USA", "quantity_kg", 2025 * 12 + 5), "mom_pct")
        .agrees
    )
    (raw,) = (store / "raw").glob("*/*")
    assert raw.read_bytes() == SAMPLE.read_bytes()
    report = audit_flow.fn(url, 5)
    assert (report.problems, report.traced, report.store) == ([], 5, url)


def test_two_processes_publish_in_a_bucket_what_one_publishes_in_a_folder(
    customs: Customs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portions, "ROWS_AT_ONCE", 0)
    monkeypatch.setattr(portions, "CUTS", ("", "85"))
    monkeypatch.setattr(processes, "ROWS_THAT_PAY", 0)
    months = {
        f"{number}.csv": (csv_bytes(in_month(f"2025{number:02d}", CLEAN_RECORDS)), f"2025-{number + 1:02d}-20")
        for number in (1, 2, 3)
    }
    url, folder = customs.store(), downloads(tmp_path / "downloads", months)
    given = list[object]()
    submit = Processes.submit

    def count(self: Processes, work: Any, thing: Any) -> Any:
        given.append(thing)
        return submit(self, work, thing)

    monkeypatch.setattr(Processes, "submit", count)
    for number, store in (("1", tmp_path / "reporter=CHN"), ("2", url)):
        monkeypatch.setenv(settings.PROCESSES, number)
        report = backfill.fn(BackfillRequest(folder=folder, store=store))
        assert [one.status for one in report.outcomes] == ["published"] * 3
        assert len(given) == (0 if number == "1" else 2), "two portions"
    alone = open_published(tmp_path / "reporter=CHN")
    assert customs.current(url)[0] == alone.id
    manifest = (alone.path / "manifest.json").read_bytes()
    assert customs.get(url, f"snapshots/{alone.id}/manifest.json") == manifest


def test_an_audit_knows_every_raw_file_that_a_release_was_read_from(customs: Customs, tmp_path: Path) -> None:
    url = customs.store()
    ingest(url, tmp_path, "june.csv", csv_bytes(CLEAN_RECORDS[:6]), 20)
    store = working_copy.at_hand(url)
    # A console makes objects without bytes for the folders that one looks into.
    for folder in ("raw/", "raw/ab/", "held/", ".files/", "lineage/"):
        customs.put(url, folder, b"")
    assert audit(store, 5).problems == []
    for key in [key for key in customs.keys(url) if key.startswith("raw/") and not key.endswith("/")]:
        customs.delete(url, key)
    sha256 = hashlib.sha256(csv_bytes(CLEAN_RECORDS[:6])).hexdigest()
    for sample in (0, 5):
        report = audit(store, sample)
        (problem,) = report.problems
        assert f"{url}/raw/{sha256[:2]}/{sha256}: found no such file" in problem
        assert "june.csv" in problem
        assert report.traced == 0
    # The way that is told to mend it: the same file once more.
    ingest(url, tmp_path, "june.csv", csv_bytes(CLEAN_RECORDS[:6]), 20)
    assert audit(store, 5).problems == []
    customs.put(url, f"raw/{sha256[:2]}/{sha256}", b"x" * len(csv_bytes(CLEAN_RECORDS[:6])))
    assert audit(store, 0).problems != []
    ingest(url, tmp_path, "june.csv", csv_bytes(CLEAN_RECORDS[:6]), 20)
    assert audit(store, 5).problems == []


def test_what_others_put_into_the_bucket_is_none_of_ours_and_a_ruin_is_named(customs: Customs, tmp_path: Path) -> None:
    url = customs.store()
    # What consoles and other clients make of a folder.
    customs.put(url, "snapshots/", b"")
    customs.put(url, "snapshots/README.txt", b"hands off")
    customs.put(url, "snapshots/old/manifest.json", b"{}")
    ingest(url, tmp_path, "20.csv", csv_bytes(CLEAN_RECORDS[:4]), 20)
    ingest(url, tmp_path, "21.csv", csv_bytes(CLEAN_RECORDS[:5]), 21)
    store = working_copy.at_hand(url)
    assert audit(store).problems == []
    assert working_copy.retain(store, today=TODAY, months=24) == Retired((), 0)
    with pytest.raises(UnknownSnapshot, match="no snapshot"):
        s3_store.Remote(url).snapshot("README.txt")
    current = customs.current(url)[0]
    manifest = customs.get(url, f"snapshots/{current}/manifest.json")
    customs.delete(url, f"snapshots/{current}/manifest.json")
    with pytest.raises(BrokenStore, match=f"{current}/manifest.json: no such object, and it is current"):
        s3_store.Remote(url).retain(today=TODAY, months=24)
    customs.put(url, f"snapshots/{current}/manifest.json", manifest)
    customs.put(url, "current.json", b'{"snapshot": "../../x"}')
    with pytest.raises(BrokenStore, match=r"current\.json: .* is no pointer"):
        working_copy.at_hand(url)


def test_retention_in_the_bucket_removes_what_is_old_and_nothing_that_is_needed(
    customs: Customs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = customs.store()
    for day in range(20, 24):
        ingest(url, tmp_path, f"{day}.csv", csv_bytes(CLEAN_RECORDS[: day - 16]), day)
    customs.put(url, ".files/_metric/flow=export/year=2025/month=6/0123456789abcdef.parquet", b"of a writer who died")
    before, store = set(customs.keys(url)), working_copy.at_hand(url)
    *old, last = (name.split("/")[1] for name in sorted(before) if name.startswith("snapshots/"))
    assert len(old) == 3
    # The copy keeps the last two, and just the objects that they need.
    assert snapshot_ids(store) == [old[-1], last]
    kept = {entry.sha256 for name in (old[-1], last) for entry in _whole(store, name).every}
    assert {path.stem for path in (store / ".objects").glob("*/*")} == kept
    assert working_copy.retain(store, today=date(2025, 8, 1), months=24) == Retired((), 0)
    # Years later the old ones go; of what nobody needs the young stays, because a writer may be about to refer to it.
    customs.log()
    gone = working_copy.retain(store, today=date(2035, 8, 1), months=24)
    # What nobody needs is looked for at the last moment: a writer may be writing it anew.
    asked = [line.split()[0] for line in customs.log() if " /customs " in line]
    assert asked == ["GET", "POST", "GET", "POST"]
    assert gone.snapshots == tuple(old)
    needed = {f".files/{NO_TABLE_NAME}", *map(file_key, _whole(store, last).every)}
    litter = {key for key in before if key.startswith(".files/")} - needed
    manifests = {f"snapshots/{name}/manifest.json" for name in old}
    assert before - set(customs.keys(url)) == {*litter, *manifests}
    assert gone.objects == len(litter) > 10
    assert customs.current(url)[0] == last
    monkeypatch.setenv("TIDEWAITER_CACHE", str(tmp_path / "other machine"))
    assert audit(working_copy.at_hand(url)).problems == []


def _whole(store: Path, name: str) -> Snapshot:
    found = open_snapshot(store, name)
    assert found is not None
    return found
