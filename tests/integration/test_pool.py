"""Reporters over a work pool: a server, two workers that share nothing but a bucket, a driver and a run that are
killed."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from bad_inputs.download import CLEAN_RECORDS, csv_bytes, distinct_records, in_month
from dropped_reporters import FILES
from s3_bucket import Customs

from flows.backfill import backfill
from flows.cli.frame.options import DISAGREES, REFUSED
from schemas.forms.watch import BackfillRequest
from schemas.store_address import S3Url
from tasks.store.files.snapshot import open_snapshot
from tasks.store.places.reporters import stores_of

# The first release of the United Kingdom would wait for a person.
pytestmark = [pytest.mark.prefect, pytest.mark.usefixtures("experimental_sources_are_trusted")]

POOL, WAIT_SECONDS = "reporters", 240
# By the size of their files.
REPORTERS = ["CHN", "GBR", "USA"]
INBOX, STORE = S3Url("s3://customs/pool/inbox"), S3Url("s3://customs/pool/store")
OF_CHINA = 'source = "gacc_query"\nflow = "export"\npartners = "all"\n'
CUT_OFF = csv_bytes(distinct_records(10_000))
# China has two months and a file that is cut off and so held; the United Kingdom one file; of the United States a page
# that is no file of theirs.
DROPPED: dict[str, bytes] = {
    "CHN/defaults.toml": OF_CHINA.encode(),
    **{
        f"CHN/{month}.csv": csv_bytes(in_month(month.replace("-", ""), CLEAN_RECORDS[:6]))
        for month in ("2025-05", "2025-06")
    },
    "CHN/2025-05.csv.toml": b"released_on = 2025-06-20\n",
    "CHN/2025-06.csv.toml": b"released_on = 2025-07-20\n",
    "CHN/cut.csv": CUT_OFF,
    "CHN/cut.csv.toml": b"released_on = 2025-07-25\n",
    "GBR/ots.json": FILES["ots.json"][0],
    "GBR/ots.json.toml": FILES["ots.json"][1].encode(),
    "USA/census.json": b"<html>captcha</html>",
    "USA/census.json.toml": FILES["census.json"][1].encode(),
}


class Pool:
    """A server and two workers of a pool, each in a folder of its own, with a cache of its own."""

    def __init__(self, folder: Path, customs: Customs) -> None:
        self.folder, self.begun = folder, list[subprocess.Popen[bytes]]()
        left_out = ("PREFECT_API_URL", "PREFECT_API_AUTH_STRING", "TIDEWAITER_STORE", "TIDEWAITER_CACHE")
        self.environment = {name: value for name, value in os.environ.items() if name not in left_out} | {
            "DO_NOT_TRACK": "1",
            "NO_COLOR": "1",
            "POLARS_MAX_THREADS": "1",
            "PREFECT_WORKER_QUERY_SECONDS": "1",
            "AWS_ENDPOINT_URL": customs.address,
            "AWS_ALLOW_HTTP": "true",
        }
        # The usual port may be free for a moment, while a test of the shared server has stopped that one.
        script = "from flows.cli.server import local_server; local_server.PORT = 4300; local_server.ensure_server()"
        self._python("server", "-c", script)
        self.note = json.loads((folder / "server" / ".prefect" / "server.json").read_text())
        password = (folder / "server" / ".prefect" / "password").read_text().strip()
        self.environment |= {"PREFECT_API_URL": self.note["api"], "PREFECT_API_AUTH_STRING": password}
        user, _, secret = password.partition(":")
        self.http = httpx.Client(base_url=self.note["api"], auth=(user, secret), timeout=60)

    def _place(self, name: str) -> tuple[Path, dict[str, str]]:
        place = self.folder / name
        place.mkdir(exist_ok=True)
        return place, {
            **self.environment,
            "PREFECT_HOME": str(place / ".prefect"),
            "TIDEWAITER_CACHE": str(place / "cache"),
        }

    def _python(self, name: str, *command: str) -> None:
        place, environment = self._place(name)
        subprocess.run([sys.executable, "-P", *command], cwd=place, env=environment, check=True, capture_output=True)

    def begin(self, name: str, *command: str) -> "subprocess.Popen[bytes]":
        """Start a command on a machine of that name; what it prints is in a file of its folder."""
        place, environment = self._place(name)
        with (place / "printed").open("ab") as printed:
            started = subprocess.Popen(
                [sys.executable, "-P", "-m", "tidewaiter", *command],
                cwd=place, env=environment, stdout=printed, stderr=printed, start_new_session=True,
            )  # fmt: skip
        self.begun.append(started)
        return started

    def drive(self, name: str, *more: str) -> "subprocess.Popen[bytes]":
        """Start the command over the pool."""
        return self.begin(name, "backfill", str(INBOX), "--pool", POOL, "--store", str(STORE), *more)

    def runs(self, flow: str = "backfill") -> list[dict[str, Any]]:
        """The runs of a deployment on the pool."""
        answer = self.http.post("/flow_runs/filter", json={"work_pools": {"name": {"any_": [POOL]}}})
        return [run for run in answer.json() if run["name"].startswith(flow)]

    def waiting(self) -> int:
        """How many drivers have shown how far their runs are: each has started, or found, all of them."""
        return len(self.http.post("/artifacts/filter", json={"artifacts": {"type": {"any_": ["progress"]}}}).json())

    def wait(self, ready: Any, words: str) -> None:
        deadline = time.monotonic() + WAIT_SECONDS
        while not ready():
            assert time.monotonic() < deadline, f"waited for {words}: {self.printed()}"
            time.sleep(0.2)

    def printed(self, name: str = "*") -> str:
        """What the commands of a machine have printed."""
        return "\n".join(file.read_text(errors="replace")[-3000:] for file in self.folder.glob(f"{name}/printed"))

    def close(self) -> None:
        for process in self.begun:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        os.killpg(self.note["pid"], signal.SIGTERM)
        self.http.close()


@pytest.fixture(scope="module")
def pool(bucket_server: Customs, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    for key, data in DROPPED.items():
        bucket_server.put(INBOX, key, data)
    started = Pool(tmp_path_factory.mktemp("pool"), bucket_server)
    try:
        yield started
    finally:
        started.close()


def kill(run_id: str) -> None:
    """Kill the process in which a flow run runs, with its helpers."""
    killed = []
    for place in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if f"PREFECT__FLOW_RUN_ID={run_id}".encode() in place.read_bytes():
                os.kill(int(place.parent.name), signal.SIGKILL)
                killed.append(place.parent.name)
    assert killed, f"no process runs {run_id}"


def snapshots(root: Path | S3Url) -> dict[str, str]:
    """The current snapshot of each reporter of a root."""
    from tasks.store.bucket.working_copy import at_hand

    found = {reporter: open_snapshot(at_hand(store)) for reporter, store in stores_of(root).items()}
    return {reporter: snapshot.id for reporter, snapshot in found.items() if snapshot is not None}


def in_one_process(folder: Path) -> dict[str, str]:
    """The snapshots that one process makes of the same files in a folder."""
    for key, data in DROPPED.items():
        (folder / "inbox" / key).parent.mkdir(parents=True, exist_ok=True)
        (folder / "inbox" / key).write_bytes(data)
    backfill.fn(BackfillRequest(folder=folder / "inbox", store=folder / "store"))
    return snapshots(folder / "store")


def rows(printed: str) -> dict[str, list[str]]:
    """Of each reporter what the page says: files, published, held, refused, failed, last month, how its run ended."""
    cells = [line.split() for line in printed.splitlines() if re.match("(CHN|GBR|USA) ", line)]
    return {name: [*numbers[:6], ending] for name, _, *numbers, ending, _, _ in cells}


def test_reporters_over_a_pool_with_a_driver_and_a_run_that_are_killed(
    pool: Pool, bucket_server: Customs, tmp_path: Path
) -> None:
    killed = pool.drive("first driver")
    pool.wait(lambda: pool.waiting() == 1, "the first driver to wait for its runs")
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait()
    # No worker takes a run before the second driver waits for it: of one that has ended it would start another.
    driver = pool.drive("second driver")
    pool.wait(lambda: pool.waiting() > 1, "the second driver to wait")
    # The United Kingdom is about to publish when its process is killed.
    bucket_server.faults({"match": "PUT .*/reporter=GBR/.files/", "held": True, "times": 0})
    for name in ("one machine", "another machine"):
        pool.begin(name, "worker", "--pool", POOL, "--runs", "1")
    bucket_server.wait("PUT .*/reporter=GBR/.files/.* waits")
    kill(next(run["id"] for run in pool.runs() if "GBR" in run["name"]))
    bucket_server.faults()
    assert driver.wait(WAIT_SECONDS) == DISAGREES, pool.printed("second driver")
    printed = pool.printed("second driver")
    # What the dead driver began is waited for, and not begun again; the largest was begun first.
    runs = sorted(pool.runs(), key=lambda run: str(run["expected_start_time"]))
    assert [run["parameters"]["request"]["reporter"] for run in runs] == REPORTERS
    assert "Failed on 1 reporter, Held for approval 1, Refused 1, Published 2 files of 1 reporter" in printed, printed
    assert rows(printed) == {
        "CHN": ["3", "2", "1", "0", "0", "2025-06", "done"],
        "GBR": ["1", "–", "–", "–", "–", "–", "crashed"],
        "USA": ["1", "0", "0", "1", "0", "–", "done"],
    }
    assert all(f"/runs/flow-run/{run['id']}" in printed for run in runs)
    assert "CHN: cut.csv: " in printed
    assert "USA: census.json: " in printed

    # The next command makes up for it, and what is done is not done again.
    china = snapshots(STORE)
    assert {*china} == {"CHN"}
    assert pool.drive("third driver").wait(WAIT_SECONDS) == REFUSED, pool.printed("third driver")
    assert rows(pool.printed("third driver")) == {
        "CHN": ["3", "2", "1", "0", "0", "2025-06", "done"],
        "GBR": ["1", "1", "0", "0", "0", "2026-06", "done"],
        "USA": ["1", "0", "0", "1", "0", "–", "done"],
    }
    assert snapshots(STORE)["CHN"] == china["CHN"]
    assert snapshots(STORE) == in_one_process(tmp_path)
    pages = pool.http.post("/artifacts/latest/filter", json={"artifacts": {"key": {"any_": ["reporters"]}}}).json()
    assert [row["reporter"] for row in json.loads(pages[0]["data"])] == REPORTERS
