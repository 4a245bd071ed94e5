"""A store in a bucket: the same bytes as in a folder, whoever writes, whatever fails, and no secret anywhere.

The server is moto's behind `s3_server.py`. What is in the bucket is read here by plain HTTP, not by the code that wrote it.
"""

import hashlib
import json
import logging
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import httpx
import polars as pl
import pyarrow.dataset
import pytest
import s3_writer
from bad_inputs.download import CLEAN_RECORDS, csv_bytes
from obstore.fsspec import FsspecStore
from typer.testing import CliRunner

from flows.audit import audit as audit_flow
from flows.cli import app
from flows.release import release
from flows.watch import watch
from schemas.address import S3Url, UnusableAddress
from schemas.request import ReleaseRequest
from schemas.watch import WatchRequest
from tasks import bucket as requests
from tasks import hold, reading, working_copy
from tasks.audit import audit
from tasks.bucket import Bucket, BucketError, Outpaced
from tasks.hold import Held
from tasks.origin import Place
from tasks.publish import Retired
from tasks.resolve import open_release
from tasks.snapshot import BrokenStore, Snapshot, audit_store, current_id, open_snapshot, snapshot_ids
from tasks.trace import Tracer

HERE = Path(__file__).parent
SAMPLE = HERE.parent.parent / "examples" / "published_figures.csv"
SECRET, KEY_NAME = "a-secret-that-must-not-be-seen", "AKIDNOTTOBESEEN"
START_SECONDS_MAX = 240
TODAY = date(2025, 8, 1)


class Server:
    """The bucket `customs` of a server of our own."""

    def __init__(self, address: str) -> None:
        self.address, self.used = address, 0
        # moto asks for a credential and looks at none.
        self.http = httpx.Client(
            base_url=address,
            headers={"Authorization": "AWS4-HMAC-SHA256 Credential=reader/20260101/us-east-1/s3/aws4_request"},
            timeout=30,
        )

    def store(self) -> S3Url:
        """A new, empty store."""
        self.used += 1
        return S3Url(f"s3://customs/tests/{self.used}")

    def faults(self, *rules: dict[str, Any]) -> None:
        assert self.http.post("/_faults", json=rules).is_success

    def log(self) -> list[str]:
        """What was asked since the last time."""
        told: list[str] = self.http.get("/_log").json()
        return [line.replace("/customs/tests/", "") for line in told]

    def wait(self, *wanted: str) -> None:
        """Until such requests were made."""
        deadline = time.monotonic() + START_SECONDS_MAX
        seen: list[str] = []
        while not all(any(re.search(what, line) for line in seen) for what in wanted):
            assert time.monotonic() < deadline, f"no {wanted} among {seen}"
            seen += self.log()
            time.sleep(0.05)

    def keys(self, url: S3Url) -> list[str]:
        found = self.http.get(f"/{url.bucket}", params={"list-type": 2, "prefix": f"{url.prefix}/"}).text
        assert "<IsTruncated>false" in found
        return [key.removeprefix(f"{url.prefix}/") for key in re.findall("<Key>(.*?)</Key>", found)]

    def get(self, url: S3Url, key: str) -> bytes:
        answer = self.http.get(f"/{url.bucket}/{url.prefix}/{key}")
        assert answer.is_success, key
        return answer.content

    def put(self, url: S3Url, key: str, data: bytes) -> None:
        assert self.http.put(f"/{url.bucket}/{url.prefix}/{key}", content=data).is_success

    def delete(self, url: S3Url, key: str) -> None:
        assert self.http.delete(f"/{url.bucket}/{url.prefix}/{key}").is_success

    def current(self, url: S3Url) -> tuple[str | None, list[int]]:
        """What a reader gets: the current snapshot and its numbers, after every byte of it was proved."""
        if "current.json" not in self.keys(url):
            return None, []
        pointer = json.loads(self.get(url, "current.json"))
        text = self.get(url, pointer["manifest"])
        assert pointer["snapshot"].partition("-")[2] == hashlib.sha256(text).hexdigest()[:12]
        manifest = json.loads(text)
        for entry in manifest["files"]:
            assert hashlib.sha256(self.get(url, f"files/{entry['path']}")).hexdigest() == entry["sha256"]
        return pointer["snapshot"], manifest["about"].get("numbers", [])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    settings = {
        "AWS_ACCESS_KEY_ID": KEY_NAME, "AWS_SECRET_ACCESS_KEY": SECRET, "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": address, "AWS_ALLOW_HTTP": "true",
        "TIDEWAITER_CACHE": str(tmp_path_factory.mktemp("machine")), "PYTHONPATH": str(HERE.parent.parent),
    }  # fmt: skip
    process = subprocess.Popen([sys.executable, str(HERE / "s3_server.py"), str(port)])
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            patch.setenv(name, value)
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline and process.poll() is None:
            with suppress(httpx.HTTPError):
                httpx.put(f"{address}/customs", timeout=30).raise_for_status()
                break
            time.sleep(0.1)
        customs = Server(address)
        yield customs
        customs.http.close()
    process.kill()
    process.wait()


@pytest.fixture(autouse=True)
def _no_fault(server: Server) -> None:
    server.faults()


@pytest.fixture
def other_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """From here on the code runs on a machine that has never seen any store."""
    monkeypatch.setenv("TIDEWAITER_CACHE", str(tmp_path / "other machine"))
    return tmp_path / "other machine"


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Little patience, so that an outage is given up soon; not so little that a busy machine looks like one."""
    monkeypatch.setattr(requests, "RETRIES", 1)
    monkeypatch.setattr(requests, "PAUSES_SECONDS", (0.01, 0.02))


@pytest.fixture(scope="module")
def sample(server: Server, tmp_path_factory: pytest.TempPathFactory) -> tuple[S3Url, Path]:
    """The sample, in a bucket and in a folder."""
    url, folder = server.store(), tmp_path_factory.mktemp("local") / "store"
    for store in (url, folder):
        assert release.fn(ReleaseRequest(file=SAMPLE, store=store), date(2026, 9, 1)).status == "published"
    return url, folder


def ingest(store: S3Url | Path, folder: Path, name: str, data: bytes, day: int) -> Any:
    (folder / name).write_bytes(data)
    request = ReleaseRequest(
        file=folder / name,
        store=store,
        source="gacc_query",
        flow="export",
        partners="all",
        released_on=date(2025, 7, day),
    )
    return release.fn(request, TODAY)


def test_the_bucket_holds_the_bytes_of_the_folder(server: Server, sample: tuple[S3Url, Path]) -> None:
    url, folder = sample
    local = open_snapshot(folder)
    assert local is not None
    assert server.current(url)[0] == local.id
    assert server.get(url, f"snapshots/{local.id}/manifest.json") == (local.path / "manifest.json").read_bytes()
    areas = {key.partition("/")[0] for key in server.keys(url)}
    assert areas == {"current.json", "files", "lineage", "raw", "snapshots"}
    files = {key.removeprefix("files/") for key in server.keys(url) if key.startswith("files/")}
    assert files == {entry.path for entry in local.files}
    assert len(files) > 100
    (raw, note) = sorted(key for key in server.keys(url) if key.startswith("raw/"))
    assert server.get(url, raw) == SAMPLE.read_bytes()
    assert server.get(url, note) == (folder / note).read_bytes()


def test_the_same_again_and_a_rehearsal_write_nothing(server: Server, sample: tuple[S3Url, Path]) -> None:
    url, _ = sample
    server.log()
    request = ReleaseRequest(file=SAMPLE, store=url)
    assert release.fn(request, date(2026, 9, 2)).status == "nothing new"
    assert release.fn(request.model_copy(update={"dry_run": True}), date(2026, 9, 2)).status == "nothing new"
    asked = server.log()
    assert asked
    assert not [line for line in asked if not line.startswith("GET")]


def test_plain_readers_get_the_rows_of_the_folder(
    sample: tuple[S3Url, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    url, folder = sample
    system = FsspecStore("s3")
    duck = duckdb.connect()
    duck.register_filesystem(system)
    for table in ("metric", "trade_flow", "release"):
        paths = open_release(url).paths(table)
        shown = CliRunner().invoke(app, ["resolve", table, "--store", url])
        assert shown.stdout.splitlines() == paths
        assert len(paths) == len(open_release(folder).paths(table)) > 0
        own = pl.scan_parquet(folder / "current" / table, hive_partitioning=True).collect()
        key = (
            own.columns[:1]
            if table == "release"
            else ["year", "month", "product", "partner", *(["measure"] if table == "metric" else [])]
        )
        for rows in (
            pl.scan_parquet(paths, hive_partitioning=True).collect(),
            duck.sql(f"select * from read_parquet({paths}, hive_partitioning = true)").pl(),
            pl.DataFrame(pyarrow.dataset.dataset(paths, filesystem=system, partitioning="hive").to_table()),
        ):
            assert (
                rows.select(pl.col(name).cast(kind) for name, kind in own.schema.items())
                .sort(key)
                .equals(own.sort(key))
            )
        assert own.height > (0 if table == "release" else 20)
        assert set(own.columns) >= ({"flow", "year", "month"} if table != "release" else {"title"})


def test_another_machine_reads_traces_and_audits(
    sample: tuple[S3Url, Path], other_machine: Path, tmp_path: Path
) -> None:
    url, folder = sample
    shown = {}
    for store in (str(url), str(folder)):
        done = CliRunner().invoke(
            app,
            [
                "read",
                "metric",
                "--product",
                "85051110",
                "--format",
                "csv",
                "--output",
                str(tmp_path / "rows.csv"),
                "--store",
                store,
            ],
        )
        assert done.exit_code == 0, done.output
        shown[store] = (tmp_path / "rows.csv").read_bytes()
    assert shown[str(url)] == shown[str(folder)]
    assert shown[str(url)].count(b"\n") > 20
    store = working_copy.at_hand(url)
    assert other_machine in store.parents
    assert not list((store / "raw").glob("*/*"))
    snapshot = open_snapshot(store)
    assert snapshot is not None
    assert (
        Tracer(snapshot, "export")
        .trace(Place("export", "85051110", "USA", "quantity_kg", 2025 * 12 + 5), "mom_pct")
        .agrees
    )
    (raw,) = (store / "raw").glob("*/*")
    assert raw.read_bytes() == SAMPLE.read_bytes()
    report = audit_flow.fn(url, 5)
    assert (report.problems, report.traced, report.store) == ([], 5, url)


def test_an_audit_names_what_is_wrong_in_the_bucket(server: Server) -> None:
    url = server.store()
    s3_writer.add(url, 1)
    store = working_copy.at_hand(url)
    assert audit_store(store) == []
    first, second = sorted(key for key in server.keys(url) if key.startswith("files/"))
    server.put(url, first, b"other bytes")
    server.delete(url, second)
    server.put(url, "raw/ab/" + "ab" * 32, b"not these")
    found = {problem.file: problem.found for problem in working_copy.audit(store)}
    assert found[f"{url}/{first}"] == "sha256 " + hashlib.sha256(b"other bytes").hexdigest()
    assert found[f"{url}/{second}"] == "no such object"
    assert set(found) == {f"{url}/{first}", f"{url}/{second}", f"{url}/raw/ab/{'ab' * 32}"}


def test_what_is_damaged_in_the_bucket_reaches_nobody(server: Server, other_machine: Path) -> None:
    url = server.store()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIDEWAITER_CACHE", str(other_machine.with_name("first machine")))
        s3_writer.add(url, 1)
    key = next(key for key in server.keys(url) if key.startswith("files/"))
    whole = server.get(url, key)
    server.put(url, key, whole[:-1])
    with pytest.raises(BrokenStore, match="other bytes than its manifest says"):
        working_copy.at_hand(url)
    server.put(url, key, whole)
    assert current_id(working_copy.at_hand(url)) == server.current(url)[0]
    server.delete(url, "current.json")
    with pytest.raises(BrokenStore, match="emptied or lost"):
        s3_writer.add(url, 2)


def test_two_machines_ingest_at_once_and_both_are_in(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, files = server.store(), {"june.csv": csv_bytes(CLEAN_RECORDS[:6]), "horses.csv": csv_bytes(CLEAN_RECORDS[6:])}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    # The first one is kept waiting before the server looks at its pointer; the second one is done meanwhile.
    server.faults({"match": "PUT .*/current.json", "held": True})
    slow = subprocess.Popen(
        [sys.executable, "-m", "flows", "ingest", str(tmp_path / "june.csv"), "--store", url, "--no-prefect", "--source", "gacc_query",
         "--flow", "export", "--partners", "all", "--released-on", "2025-07-20"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "TIDEWAITER_CACHE": str(tmp_path / "slow")},
    )  # fmt: skip
    server.wait("PUT .*/current.json waits")
    assert ingest(url, tmp_path, "horses.csv", files["horses.csv"], 19).status == "published"
    asked = server.log()
    server.faults()
    told, complaints = slow.communicate(timeout=START_SECONDS_MAX)
    assert slow.returncode == 0, complaints
    assert told.startswith("published june.csv")
    asked = [line[-3:] for line in [*asked, *server.log()] if "current.json" in line and line.startswith("PUT")]
    assert asked == ["200", "412", "200"]
    # As if they had come one after the other, in a folder; only the lineage tells the day of the run.
    ingest(tmp_path / "store", tmp_path, "horses.csv", files["horses.csv"], 19)
    ingest(tmp_path / "store", tmp_path, "june.csv", files["june.csv"], 20)
    last, _ = server.current(url)
    there = json.loads(server.get(url, f"snapshots/{last}/manifest.json"))
    assert there["parent"] is not None
    made = [
        {(entry["path"], entry["sha256"]) for entry in files if entry["table"] != "lineage"}
        for files in (there["files"], json.loads((tmp_path / "store/current/manifest.json").read_bytes())["files"])
    ]
    assert made[0] == made[1]
    assert len(made[0]) > 10


def test_no_word_of_many_writers_is_lost(server: Server, tmp_path: Path) -> None:
    url = server.store()
    writers = {
        tuple(range(10 * number, 10 * number + 4)): str(tmp_path / cache)
        for number, cache in enumerate(("shared machine", "shared machine", "another machine"))
    }
    running = [
        subprocess.Popen(
            [sys.executable, str(HERE / "s3_writer.py"), url, *map(str, numbers)],
            env={**os.environ, "TIDEWAITER_CACHE": cache},
        )
        for numbers, cache in writers.items()
    ]
    assert [process.wait(timeout=START_SECONDS_MAX) for process in running] == [0, 0, 0]
    last, numbers = server.current(url)
    assert numbers == sorted(number for some in writers for number in some)
    assert str(last).startswith("000012-")


FAULTS: dict[str, dict[str, Any]] = {
    "an error": {"status": 500},
    "no time for it": {"status": 503},
    "a lost reply": {"lost": 500},
    "an outage": {"status": 503, "times": 0},
}


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_at_any_request_leaves_the_old_or_the_new(server: Server, fault: str) -> None:
    url = server.store()
    s3_writer.add(url, 1)
    server.log()
    s3_writer.add(url, 2)
    requests_made = len(server.log())
    assert requests_made > 7
    outcomes = set()
    for position in range(requests_made):
        url = server.store()
        s3_writer.add(url, 1)
        old = server.current(url)
        server.faults({"match": ".", "skip": position, **FAULTS[fault]})
        try:
            s3_writer.add(url, 2)
            outcomes.add("published")
        except BucketError:
            outcomes.add("failed")
        server.faults()
        after = server.current(url)
        assert after == old or after[1] == [1, 2]
        s3_writer.add(url, 2)
        assert server.current(url)[1] == [1, 2]
        server.log()
        assert not s3_writer.add(url, 2).changed
        assert not [line for line in server.log() if line.startswith("PUT")]
    assert outcomes == ({"failed"} if fault == "an outage" else {"published"})


def test_a_reply_that_comes_after_the_patience_is_over_changes_nothing(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The server does what it was asked, later: the request was made again meanwhile, and both must come to the same.
    monkeypatch.setenv("TIDEWAITER_S3_TIMEOUT_SECONDS", "2.5")
    for what in ("PUT .*/files/", "PUT .*/current.json"):
        url = server.store()
        s3_writer.add(url, 1)
        server.faults({"match": what, "delay_seconds": 4})
        assert s3_writer.add(url, 2).changed
        assert server.current(url)[1] == [1, 2]
        server.faults()
        assert s3_writer.add(url, 3).changed
        time.sleep(2)
        assert server.current(url)[1] == [1, 2, 3]


KILLS: dict[str, dict[str, Any]] = {
    "at the first file": {"match": "/files/", "held": True, "status": 500},
    "at the second file": {"match": "/files/", "skip": 1, "held": True, "status": 500},
    "at the manifest": {"match": "/snapshots/", "held": True, "status": 500},
    "before the pointer": {"match": "/current.json", "held": True, "status": 500},
    "after the pointer": {"match": "/current.json", "reply_held": True, "lost": 500},
}


def test_a_killed_writer_leaves_the_old_or_the_new_and_the_next_one_ends_in_the_new(server: Server) -> None:
    stores = {name: server.store() for name in KILLS}
    for url in stores.values():
        s3_writer.add(url, 1)
    old = {name: server.current(url) for name, url in stores.items()}
    # One rule for each store, so that all writers can be started and killed together.
    server.faults(
        *({**rule, "match": f"PUT /customs/{stores[name].prefix}{rule['match']}"} for name, rule in KILLS.items())
    )
    writers = {
        name: subprocess.Popen([sys.executable, str(HERE / "s3_writer.py"), url, "2"]) for name, url in stores.items()
    }
    try:
        server.wait(*(f"PUT {url.prefix[6:]}/.* waits" for url in stores.values()))
    finally:
        for process in writers.values():
            process.send_signal(signal.SIGKILL)
            process.wait()
    assert {process.returncode for process in writers.values()} == {-signal.SIGKILL}
    for name, url in stores.items():
        after = server.current(url)
        assert after[1] == ([1, 2] if name == "after the pointer" else [1])
        assert name == "after the pointer" or after == old[name]
    server.faults()
    for name, url in stores.items():
        assert s3_writer.add(url, 2).changed == (name != "after the pointer")
        assert server.current(url)[1] == [1, 2]
        store = working_copy.at_hand(url)
        assert [*audit_store(store), *working_copy.audit(store)] == []
    server.log()


def test_a_pointer_of_ours_is_known_by_its_bytes(server: Server) -> None:
    place = Bucket(server.store())
    place.swap("current.json", b"one", None)
    place.swap("current.json", b"one", None)
    with pytest.raises(Outpaced):
        place.swap("current.json", b"two", None)
    found = place.get("current.json")
    assert found is not None
    with ThreadPoolExecutor(6) as threads:
        won = list(threads.map(lambda number: _swaps(place, f"by {number}".encode(), found[1]), range(6)))
    assert won.count(True) == 1
    last = place.get("current.json")
    assert last is not None
    assert last[0] == f"by {won.index(True)}".encode()
    assert place.first("note", b"mine") == b"mine"
    assert place.first("note", b"yours") == b"mine"


def _swaps(place: Bucket, data: bytes, etag: str) -> bool:
    try:
        place.swap("current.json", data, etag)
    except Outpaced:
        return False
    return True


def test_a_release_held_on_one_machine_is_decided_on_another(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = server.store()
    ingest(url, tmp_path, "june.csv", csv_bytes(CLEAN_RECORDS[:6]), 20)
    with pytest.raises(Held, match="partner_removed") as raised:
        ingest(url, tmp_path, "june.csv", csv_bytes(CLEAN_RECORDS[:1]), 21)
    release_id = raised.value.release_id
    here = working_copy.at_hand(url)
    monkeypatch.setenv("TIDEWAITER_CACHE", str(tmp_path / "other machine"))
    listed = CliRunner().invoke(app, ["held", "--store", url])
    assert release_id in listed.output
    there = working_copy.at_hand(url)
    hold.decide(there, release_id, "reject", "Li Wei", "cut off", datetime(2025, 8, 2, tzinfo=UTC))
    # The first machine has not heard of it: its decision would wipe out another one unread.
    with pytest.raises(Outpaced, match="decide again"):
        hold.decide(here, release_id, "approve", "Ana", "seen", datetime(2025, 8, 3, tzinfo=UTC))
    approved = CliRunner().invoke(
        app, ["approve", release_id, "--by", "Ana", "--reason", "seen", "--no-prefect", "--store", url]
    )
    assert approved.exit_code == 0, approved.output
    assert reading.query(there, "finding").filter(check="approved")["observed"].to_list() == ["approved by Ana: seen"]
    assert current_id(there) == server.current(url)[0]
    kept = json.loads(server.get(url, f"held/{release_id}.json"))
    assert (kept["decision"]["by"], kept["decision"]["verdict"]) == ("Ana", "approve")


def test_a_watch_on_a_bucket_takes_everything_once(server: Server, tmp_path: Path) -> None:
    url, inbox = server.store(), tmp_path / "inbox" / "gacc_query" / "export"
    inbox.mkdir(parents=True)
    (inbox / "defaults.toml").write_text('partners = "all"\nreleased_on = 2025-07-20\n')
    (inbox / "june.csv").write_bytes(csv_bytes(CLEAN_RECORDS[:6]))
    request = WatchRequest(inbox=tmp_path / "inbox", store=url, settle_seconds=0)
    assert watch.fn(request, TODAY).headline == "Published 2025-06"
    server.log()
    again = watch.fn(request, TODAY)
    assert (again.headline, again.looked.published) == ("Nothing new", 1)
    assert not [line for line in server.log() if line.startswith("PUT")]


def test_retention_in_the_bucket_removes_what_is_old_and_nothing_that_is_needed(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = server.store()
    for day in range(20, 24):
        ingest(url, tmp_path, f"{day}.csv", csv_bytes(CLEAN_RECORDS[: day - 16]), day)
    server.put(url, "files/metric/flow=export/year=2025/month=6/0123456789abcdef.parquet", b"of a writer who died")
    before, store = set(server.keys(url)), working_copy.at_hand(url)
    *old, last = (name.split("/")[1] for name in sorted(before) if name.startswith("snapshots/"))
    assert len(old) == 3
    # The copy keeps the last two, and just the objects that they need.
    assert snapshot_ids(store) == [old[-1], last]
    kept = {entry.sha256 for name in (old[-1], last) for entry in _whole(store, name).files}
    assert {path.stem for path in (store / "objects").glob("*/*")} == kept
    now = datetime.now(UTC).date()
    with working_copy.exclusive(store):
        assert working_copy.retain(store, today=now, months=24) == Retired((), 0)
    # Years later the old ones go; of what nobody needs the young stays, because a writer may be about to refer to it.
    with working_copy.exclusive(store):
        gone = working_copy.retain(store, today=now + timedelta(days=1500), months=24)
    assert gone.snapshots == tuple(old)
    needed = {f"files/{entry.path}" for entry in _whole(store, last).files}
    litter = {key for key in before if key.startswith("files/")} - needed
    assert before - set(server.keys(url)) == {*litter, *(f"snapshots/{name}/manifest.json" for name in old)}
    assert gone.objects == len(litter) > 10
    assert server.current(url)[0] == last
    monkeypatch.setenv("TIDEWAITER_CACHE", str(tmp_path / "other machine"))
    assert audit(working_copy.at_hand(url)).problems == []


def _whole(store: Path, name: str) -> Snapshot:
    found = open_snapshot(store, name)
    assert found is not None
    return found


def test_a_file_that_retention_might_take_is_written_again(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    url = server.store()
    place = Bucket(url)
    place.keep("files/a", b"the same bytes")
    server.log()
    place.keep("files/a", b"the same bytes")
    assert [line.split()[0] + line[-4:] for line in server.log()] == ["PUT 412", "HEAD 200"]
    monkeypatch.setattr(requests, "FRESH_SECONDS", -1)
    place.keep("files/a", b"the same bytes")
    assert [line.split()[0] + line[-4:] for line in server.log()] == ["PUT 412", "HEAD 200", "PUT 200"]
    # A name proves nothing: a ruin gets its bytes.
    monkeypatch.undo()
    server.put(url, "files/a", b"half")
    place.keep("files/a", b"the same bytes")
    assert server.get(url, "files/a") == b"the same bytes"


@pytest.mark.usefixtures("hasty")
def test_no_secret_is_in_any_byte(server: Server, sample: tuple[S3Url, Path], caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    url, _ = sample
    told = [CliRunner().invoke(app, ["read", "metric", "--store", f"s3://{KEY_NAME}:{SECRET}@customs/a"]).output]
    assert "a user or a password in it" in " ".join(told[0].split())
    with pytest.raises(UnusableAddress, match="a user or a password in it") as refused:
        ReleaseRequest.model_validate({"file": "a.csv", "store": f"s3://{KEY_NAME}:{SECRET}@customs/a"})
    told.append(str(refused.value))
    # The server repeats in its error what it was sent.
    server.faults({"match": ".", "times": 0, "status": 403})
    for command in (["read", "metric"], ["ingest", str(SAMPLE), "--no-prefect"]):
        done = CliRunner().invoke(app, [*command, "--store", url])
        assert done.exit_code != 0
        assert "<AWS_ACCESS_KEY_ID>" in done.output
        told.append(done.output)
    server.faults()
    request = ReleaseRequest(file=SAMPLE, store=url)
    parameters = release.serialize_parameters({"request": request})
    assert parameters["request"]["store"] == str(url)
    assert release.validate_parameters({"request": parameters["request"]})["request"].store == url
    told.append(json.dumps(parameters))
    told.append(caplog.text)
    kept = [server.get(url, key) for key in server.keys(url)]
    kept += [path.read_bytes() for path in Path(os.environ["TIDEWAITER_CACHE"]).rglob("*") if path.is_file()]
    assert len(kept) > 300
    for name in (SECRET, KEY_NAME):
        assert name not in "".join(told)
        assert not [data for data in kept if name.encode() in data]
    assert request.model_json_schema()["properties"]["store"]["type"] == "string"


def test_what_the_environment_must_say(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BucketError, match="NoSuchBucket"):
        working_copy.at_hand(S3Url("s3://no-such-bucket/a"))
    monkeypatch.delenv("AWS_ALLOW_HTTP")
    with pytest.raises(BucketError, match="AWS_ALLOW_HTTP=true"):
        Bucket(server.store())
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{KEY_NAME}:{SECRET}@127.0.0.1:1")
    with pytest.raises(BucketError, match="AWS_ENDPOINT_URL holds") as raised:
        working_copy.at_hand(S3Url("s3://customs/a"))
    assert SECRET not in str(raised.value)
