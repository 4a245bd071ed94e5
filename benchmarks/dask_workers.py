"""A backfill in pieces: the same folder in one process, with two processes of this machine, and with one and two
workers of Dask, one thread each.

    python -m benchmarks.dask_workers [--files 8] [--records 300000] [--rounds 1] [--bucket]

Wall seconds of `tidewaiter backfill --no-prefect` from the start of the process to its end, and processor seconds of
that process and of the workers: on a machine that does other work, these say more. Scheduler and workers are started
before, and every way does XS untimed. A time counts only if the snapshot of each way is the same, byte for byte of its
manifest. The ways take turns at going first.

Everything that is said to the scheduler or by it passes through a relay that counts bytes. With `--bucket` the store is
in a bucket of a local S3 server, and workers read its working copy.

Threads are those of Polars: the workers have one, and so has the process that drives them. The workers have the setting
of the allocator that the command makes for itself, as deployments/README.md says. Without Dask the figures are given
for one process, with one thread and with as many as there are cores, and for two processes of this machine that help,
whose seconds stand with those of the process that drives them.
"""

import argparse
import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NamedTuple

import psutil
from distributed import Client

from benchmarks import generate, measure, results
from benchmarks.servers import Bucket, Relay, free_port, serving
from flows.cli.app import ALLOCATOR
from schemas import settings
from schemas.store_address import S3Url
from tasks.store.bucket.s3_store import Remote
from tasks.store.files.snapshot import Snapshot, open_snapshot

PROJECT = Path(__file__).parent.parent
PLAIN = {"PYTHONPATH": str(PROJECT), "DO_NOT_TRACK": "1"}
ONE_THREAD = {**PLAIN, "POLARS_MAX_THREADS": "1"}
ALONE = {settings.PROCESSES: "1"}
START_SECONDS_MAX = 240
# Way -> workers, environment of the driving process. The first is what the others are compared with.
WAYS = {
    "no Dask, one thread": (0, ONE_THREAD | ALONE),
    "no Dask, all cores": (0, PLAIN | ALONE),
    "no Dask, 2 processes": (0, PLAIN | {settings.PROCESSES: "2"}),
    "1 worker": (1, ONE_THREAD),
    "2 workers": (2, ONE_THREAD),
}


@dataclass
class Cluster:
    """A scheduler behind a relay, and workers of one thread, each a process."""

    relay: Relay
    workers: list[psutil.Process]

    @property
    def cpu_seconds(self) -> float:
        """Of the workers since their start."""
        times = [worker.cpu_times() for worker in self.workers]
        return sum(one.user + one.system for one in times)


@contextmanager
def cluster(workers: int, work: Path) -> Iterator[Cluster]:
    """A scheduler with some workers of one thread, each a process."""
    scheduler, begun = free_port(), list[subprocess.Popen[bytes]]()
    relay = Relay(scheduler)
    worker = ("worker", relay.address, "--nthreads", "1", "--no-nanny", "--memory-limit", "0")
    try:
        for number, (what, *options) in enumerate([("scheduler", "--port", str(scheduler)), *[worker] * workers]):
            place = work / f"dask-{workers}-{number}"
            place.mkdir()
            command = [sys.executable, "-m", f"distributed.cli.dask_{what}", "--host", "127.0.0.1", "--no-dashboard"]
            with (place / "log").open("wb") as log:
                environment = {**os.environ, **ONE_THREAD, **ALLOCATOR}
                begun.append(subprocess.Popen([*command, *options], cwd=place, env=environment, stdout=log, stderr=log))
        with Client(relay.address, timeout=START_SECONDS_MAX, set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=START_SECONDS_MAX)
        yield Cluster(relay, [psutil.Process(process.pid) for process in begun[1:]])
    finally:
        for process in reversed(begun):
            process.terminate()
            process.wait()
        relay.close()


class Spent(NamedTuple):
    """What one way cost: wall seconds, processor seconds here and of the workers, bytes to and from the scheduler."""

    wall_seconds: float
    here_seconds: float
    workers_seconds: float
    relayed_bytes: int


def do(way: str, folder: Path, store: str, work: Path, clusters: dict[int, Cluster]) -> Spent:
    """One backfill to its end. Its store must not be there yet."""
    workers, environment = WAYS[way]
    helped = clusters.get(workers)
    before = (helped.cpu_seconds, helped.relay.bytes) if helped else (0.0, 0)
    given = ["--dask", helped.relay.address] if helped else []
    command = [
        sys.executable,
        "-m",
        "tidewaiter",
        "backfill",
        str(folder.resolve()),
        "--store",
        store,
        "--no-prefect",
        *given,
    ]
    cost = measure.run(command, work, work / "backfill.log", environment)
    if cost.ended:
        sys.exit(f"{way} ended with {cost.ended}:\n{(work / 'backfill.log').read_text()[-2000:]}")
    after = (helped.cpu_seconds, helped.relay.bytes) if helped else (0.0, 0)
    return Spent(cost.wall_seconds, cost.cpu_seconds, after[0] - before[0], after[1] - before[1])


def race(folder: Path, rounds: int, work: Path, bucket: Bucket | None) -> tuple[dict[str, list[Spent]], int]:
    """What each way cost in each round, and the bytes of the published files. Ends the program where two stores are
    not the same.
    """
    spent: dict[str, list[Spent]] = {way: [] for way in WAYS}
    trial = generate.ensure("XS", generate.FOLDER / "XS")
    size = 0
    with cluster(1, work) as one, cluster(2, work) as two:
        for round_ in range(-1, rounds):
            made: dict[str, str] = {}
            turn = max(round_, 0) % len(WAYS)
            for way in [*list(WAYS)[turn:], *list(WAYS)[:turn]]:
                place = bucket.new_store() if bucket else str(work / "reporter=CHN")
                cost = do(way, trial if round_ < 0 else folder, place, work, {1: one, 2: two})
                # An id ends with the hash of its manifest.
                published = _published(place)
                made[way], size = published.id, sum(entry.bytes for entry in published.files)
                shutil.rmtree(
                    Path(os.environ.get("TIDEWAITER_CACHE", "nowhere")) if bucket else place, ignore_errors=True
                )
                if round_ >= 0:
                    spent[way].append(cost)
                    print(
                        f"round {round_ + 1}, {way}: {cost.wall_seconds:,.1f} s; cpu {cost.here_seconds:,.1f} +"
                        f" {cost.workers_seconds:,.1f} s; {cost.relayed_bytes / 10**6:,.2f} MB relayed",
                        flush=True,
                    )
            if len(set(made.values())) != 1:
                sys.exit("not the same snapshot; no time counts")
    return spent, size


def _published(place: str) -> Snapshot:
    """What is published in a store."""
    if not place.startswith("s3://"):
        found = open_snapshot(Path(place))
        assert found is not None
        return found
    remote = Remote(S3Url(place))
    pointer = remote.pointer()
    assert pointer is not None
    return remote.snapshot(pointer.id)


def report(spent: dict[str, list[Spent]], size: int, folder: Path, command: str) -> str:
    """The table of one run: the best round of each way, and how many times as quick as the first."""
    best = {way: min(found) for way, found in spent.items()}
    first = next(iter(best.values())).wall_seconds
    files = sorted(folder.glob("*.csv"))
    megabytes = sum(file.stat().st_size for file in files) / 10**6
    rows = [
        [
            way,
            f"{one.wall_seconds:,.1f}",
            f"{first / one.wall_seconds:.2f}",
            f"{one.here_seconds:,.1f}",
            f"{one.workers_seconds:,.1f}",
            f"{100 * one.relayed_bytes / size:.2f}",
        ]
        for way, one in best.items()
    ]
    columns = [
        "",
        "wall, s",
        "times as quick",
        "cpu here, s",
        "cpu of workers, s",
        "through the scheduler, % of the data",
    ]
    return (
        f"`{command}`: {len(files)} files, {megabytes:,.0f} MB, published {size / 10**6:,.0f} MB; the same snapshot"
        f" byte for byte; least of {len(next(iter(spent.values())))} round(s). 2 workers take"
        f" {best['2 workers'].wall_seconds / best['1 worker'].wall_seconds:.2f} times the time of"
        f" 1.\n\n{results.table(columns, rows)}"
    )


def main() -> int:
    """Generate what is absent, run, compare, print, write."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--files", type=int, default=8, help="one a month")
    ask.add_argument("--records", type=int, default=300_000, help="in a file, about")
    ask.add_argument("--rounds", type=int, default=1)
    ask.add_argument("--bucket", action="store_true", help="the store is in a bucket of a local S3 server")
    given = ask.parse_args()
    machine = results.machine()
    folder = generate.FOLDER / f"dask-{given.files}x{given.records}"
    if not folder.is_dir():
        begun = time.perf_counter()
        generate.generate(generate.Size(date(2023, 1, 1), given.files, 1, given.records, 8_000, 250), folder)
        print(f"{folder}: generated in {time.perf_counter() - begun:.0f} s", flush=True)
    with tempfile.TemporaryDirectory(dir=generate.FOLDER) as place, contextlib.ExitStack() as stack:
        work = Path(place).resolve()
        bucket = stack.enter_context(serving(work)) if given.bucket else None
        spent, size = race(folder, given.rounds, work, bucket)
    options = f"--files {given.files} --records {given.records} --rounds {given.rounds}{' --bucket' * given.bucket}"
    text = f"{machine}\n\n{report(spent, size, folder, f'python -m benchmarks.dask_workers {options}')}"
    print(text)
    results.put(f"Backfill with Dask{', store in a bucket' * given.bucket}", text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
