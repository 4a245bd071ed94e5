"""Ten stores of ten years filled through a Prefect work pool, with kills in the middle, and the same one by one in one process.

    python -m benchmarks.ten_stores [--stores 10] [--months 120] [--records 400] [--workers 2] [--kills 6] [--dask] [--record]

Each store has downloads of its own: as many months, about as many records in each, the size of a watch list. First one process
fills the stores one after another (`tidewaiter backfill --no-prefect`). Then a server, as `tidewaiter deploy` starts it, and
workers that fill one store each (`tidewaiter worker --stores --runs 1`) do the same by `tidewaiter fill`, while the runs of
stores are killed one after another, as soon as they have landed a file: each run alone, and once a whole worker with its
run, which the server notices after 150 s and another worker does again. Everything has one thread of Polars, so two workers
are two processors. The program fails where one manifest differs by a byte. With `--dask` a scheduler with two workers reads
files ahead for all runs.
"""

import argparse
import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import psutil

from benchmarks import generate, measure, results
from benchmarks.dask_workers import cluster

PROJECT = Path(__file__).parent.parent
# None of them is among the partners of a small size, so none trades with itself.
REPORTERS = (
    "NOR",
    "CHE",
    "SWE",
    "DNK",
    "FIN",
    "IRL",
    "PRT",
    "GRC",
    "HUN",
    "CZE",
    "ROU",
    "BGR",
    "SVK",
    "SVN",
    "HRV",
    "EST",
)
ENGINE = "prefect.engine"
BETWEEN_KILLS_SECONDS = 8.0
FAILED = 1


def downloads(stores: int, months: int, records: int) -> Path:
    """The folder with the files of each reporter, made where it is absent."""
    folder = generate.FOLDER / f"stores-{stores}x{months}x{records}"
    if not folder.is_dir():
        making = folder.with_name(f"{folder.name}.making")
        shutil.rmtree(making, ignore_errors=True)
        size = generate.Size(date(2016, 1, 1), months, 1, records, 60, 20)
        seed = generate.SEED
        for number, reporter in enumerate(REPORTERS[:stores]):
            generate.SEED = seed + 100 * number
            generate.generate(size, making / reporter)
            with (making / reporter / "defaults.toml").open("a", encoding="utf-8") as declared:
                declared.write(f'reporter = "{reporter}"\n')
        generate.SEED = seed
        making.rename(folder)
    return folder.resolve()


def environment(work: Path) -> dict[str, str]:
    """One thread each, this code, and a server of our own in the folder of this run."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    return {
        **kept, "PYTHONPATH": str(PROJECT), "DO_NOT_TRACK": "1", "POLARS_MAX_THREADS": "1", "PREFECT_WORKER_QUERY_SECONDS": "2",
        "PREFECT_HOME": str(work / ".prefect"),
    }  # fmt: skip


def command(*options: str) -> list[str]:
    """A command of Tidewaiter in a process of its own."""
    return [sys.executable, "-m", "tidewaiter", *options]


class Pool:
    """A Prefect server and workers that fill one store each."""

    def __init__(self, work: Path, workers: int) -> None:
        self.work, self.environment = work, environment(work)
        self.workers: list[psutil.Popen] = []
        self.kills = self.worker_kills = 0
        self._is_over = threading.Event()
        for _ in range(workers):
            self.start_worker()

    def start_worker(self) -> None:
        """Start one more worker."""
        with (self.work / "workers.log").open("ab") as log:
            self.workers.append(
                psutil.Popen(
                    command("worker", "--stores", "--runs", "1"), cwd=self.work, env=self.environment, stdout=log, stderr=log
                )
            )  # fmt: skip

    def runs(self) -> list[tuple[psutil.Popen, psutil.Process]]:
        """The processes that fill a store now, each with its worker."""
        found = []
        for worker in self.workers:
            with contextlib.suppress(psutil.Error):
                found += [
                    (worker, one)
                    for one in worker.children(recursive=True)
                    if any(ENGINE in part for part in one.cmdline())
                ]
        return found

    def kill_now_and_then(self, kills: int, root: Path) -> None:
        """Kill runs of stores while they work, one after another, and in the middle of that a worker with its run."""
        draw = random.Random(generate.SEED)
        # Before a store has landed a file there is nothing to lose.
        while not [*root.glob("*/raw/*/*.json")] and not self._is_over.wait(0.2):
            pass
        while self.kills < kills and not self._is_over.wait(BETWEEN_KILLS_SECONDS * draw.uniform(0.5, 1.5)):
            working = self.runs()
            if not working:
                continue
            worker, run = draw.choice(working)
            with contextlib.suppress(psutil.Error):
                if kills > 1 and self.kills == kills // 2:
                    worker.kill()
                    worker.wait()
                    self.workers.remove(worker)
                    self.worker_kills += 1
                    self.start_worker()
                run.kill()
                self.kills += 1

    def close(self) -> None:
        """End the workers, and what they have started."""
        self._is_over.set()
        for _, run in self.runs():
            with contextlib.suppress(psutil.Error):
                run.kill()
        for worker in self.workers:
            worker.send_signal(signal.SIGKILL)
            worker.wait()

    def end_kills(self) -> None:
        """Kill nothing any more."""
        self._is_over.set()


@contextmanager
def serving(work: Path, workers: int) -> Iterator[Pool]:
    """A server with our deployments and a pool of workers, while they run."""
    with (work / "server.log").open("wb") as log:
        subprocess.run(command("deploy"), cwd=work, env=environment(work), stdout=log, stderr=log, check=True)
    pool = Pool(work, workers)
    try:
        yield pool
    finally:
        pool.close()
        subprocess.run(command("stop"), cwd=work, env=environment(work), check=False, stdout=subprocess.DEVNULL)


def manifests(root: Path) -> dict[str, bytes]:
    """The manifest of each store."""
    found = root.glob("reporter=*/.current/manifest.json")
    return {manifest.parent.parent.name: manifest.read_bytes() for manifest in found}


def one_by_one(folder: Path, work: Path) -> measure.Cost:
    """Fill the stores one after another in one process."""
    options = ["backfill", str(folder), "--store", str(work / "alone"), "--no-prefect"]
    cost = measure.run(command(*options), work, work / "alone.log", environment(work))
    if cost.ended not in (0, 3):
        sys.exit(f"one by one ended with {cost.ended}:\n{(work / 'alone.log').read_text()[-2000:]}")
    return cost


def through_the_pool(folder: Path, work: Path, pool: Pool, kills: int, dask: str | None) -> measure.Cost:
    """Fill the stores through the pool, with kills in the middle."""
    root = work / "pool"
    killer = threading.Thread(target=pool.kill_now_and_then, args=(kills, root), daemon=True)
    killer.start()
    options = ["fill", str(folder), "--store", str(root), "--restarts", "5", *(["--dask", dask] if dask else [])]
    cost = measure.run(command(*options), work, work / "fill.log", environment(work))
    pool.end_kills()
    killer.join()
    print((work / "fill.log").read_text(), flush=True)
    if cost.ended not in (0, 3):
        sys.exit(
            f"tidewaiter fill ended with {cost.ended}:\n{(work / 'workers.log').read_text(errors='replace')[-3000:]}"
        )
    return cost


def main() -> int:
    """Generate what is absent, fill twice, compare, print."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--stores", type=int, default=10, choices=range(1, len(REPORTERS) + 1), metavar="N")
    ask.add_argument("--months", type=int, default=120)
    ask.add_argument("--records", type=int, default=400, help="in a month, about")
    ask.add_argument("--workers", type=int, default=2)
    ask.add_argument("--kills", type=int, default=6)
    ask.add_argument("--dask", action="store_true", help="two Dask workers read files ahead for all runs")
    ask.add_argument("--record", action="store_true", help="write the result into RESULTS.md")
    given = ask.parse_args()
    # So that server and workers end with this program.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended from outside"))
    machine, folder = results.machine(), downloads(given.stores, given.months, given.records)
    with (
        tempfile.TemporaryDirectory(dir=generate.FOLDER, ignore_cleanup_errors=True) as place,
        contextlib.ExitStack() as stack,
    ):
        work = Path(place).resolve()
        alone = one_by_one(folder, work)
        print(f"one by one: {alone.wall_seconds:,.1f} s", flush=True)
        dask = stack.enter_context(cluster(2, work)).relay.address if given.dask else None
        pool = stack.enter_context(serving(work, given.workers))
        filled = through_the_pool(folder, work, pool, given.kills, dask)
        expected, found = manifests(work / "alone"), manifests(work / "pool")
        differ = sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))
        kills = f"{pool.kills} runs killed, {pool.worker_kills} of them with their worker"
    megabytes = sum(file.stat().st_size for file in folder.glob("*/*.csv")) / 10**6
    options = f"--stores {given.stores} --months {given.months} --records {given.records} --workers {given.workers} --kills {given.kills}"
    rows = [
        ["one by one in one process", f"{alone.wall_seconds:,.1f}"],
        [f"a run each, {given.workers} workers, {kills}", f"{filled.wall_seconds:,.1f}"],
    ]
    text = (
        f"{machine}\n\n`python -m benchmarks.ten_stores {options}{' --dask' * given.dask}`: {len(expected)} stores, {given.months} months "
        f"each, {megabytes:,.0f} MB of downloads; {len(expected) - len(differ)} of {len(expected)} manifests the same byte for byte.\n\n"
        f"{results.table(['', 'wall, s'], rows)}"
    )  # fmt: skip
    print(text)
    if differ or len(expected) != given.stores:
        print(f"not the same: {', '.join(differ) or 'some stores are missing'}")
        return FAILED
    if given.record:
        results.put("Stores through a work pool", text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
