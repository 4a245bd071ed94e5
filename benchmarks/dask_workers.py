"""A backfill with Dask: the same folder without it, with one worker and with two, one thread each.

    python -m benchmarks.dask_workers [--files 8] [--records 300000] [--rounds 1]

Wall seconds of `tidewaiter backfill --no-prefect` from the start of the process to its end. Scheduler and workers are started
before, and every way does XS untimed, so that nobody pays for compiling. A time counts only if the snapshot of each way is
the same, byte for byte of its manifest. The ways take turns at going first.

Threads are those of Polars: the workers have one, and so has the process that drives them. Without Dask the figures are
given for one thread and for as many as there are cores, because that is what a single process takes of its own accord.
"""

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from distributed import Client

from benchmarks import generate, measure, results

PROJECT = Path(__file__).parent.parent
PLAIN = {"PYTHONPATH": str(PROJECT), "DO_NOT_TRACK": "1"}
ONE_THREAD = {**PLAIN, "POLARS_MAX_THREADS": "1"}
START_SECONDS_MAX = 240
# Way -> workers, environment of the driving process. The first is what the others are compared with.
WAYS = {
    "no Dask, one thread": (0, ONE_THREAD),
    "no Dask, all cores": (0, PLAIN),
    "1 worker": (1, ONE_THREAD),
    "2 workers": (2, ONE_THREAD),
}


@contextmanager
def cluster(workers: int, work: Path) -> Iterator[str]:
    """A scheduler with so many workers of one thread, each a process; its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{probe.getsockname()[1]}"
    worker = ("worker", address, "--nthreads", "1", "--no-nanny", "--memory-limit", "0")
    commands = [("scheduler", "--port", address.rpartition(":")[2]), *[worker] * workers]
    begun = []
    try:
        for number, (what, *options) in enumerate(commands):
            place = work / f"dask-{workers}-{number}"
            place.mkdir()
            with (place / "log").open("wb") as log:
                command = [
                    sys.executable,
                    "-m",
                    f"distributed.cli.dask_{what}",
                    "--host",
                    "127.0.0.1",
                    "--no-dashboard",
                ]
                begun.append(
                    subprocess.Popen(
                        [*command, *options], cwd=place, env={**os.environ, **ONE_THREAD}, stdout=log, stderr=log
                    )
                )
        with Client(address, timeout=START_SECONDS_MAX, set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=START_SECONDS_MAX)
        yield address
    finally:
        for process in reversed(begun):
            process.terminate()
            process.wait()


def do(way: str, folder: Path, store: Path, work: Path, addresses: dict[int, str]) -> measure.Cost:
    """One backfill to its end. Its store must not be there yet."""
    workers, environment = WAYS[way]
    given = ["--dask", addresses[workers]] if workers else []
    command = [
        sys.executable, "-m", "flows", "backfill", str(folder.resolve()), "--store", str(store), "--no-prefect", *given,
    ]  # fmt: skip
    cost = measure.run(command, work, work / "backfill.log", environment)
    if cost.ended:
        sys.exit(f"{way} ended with {cost.ended}:\n{(work / 'backfill.log').read_text()[-2000:]}")
    return cost


def race(folder: Path, rounds: int, work: Path) -> dict[str, list[float]]:
    """Wall seconds of each way in each round. Ends the program where two stores are not the same."""
    seconds: dict[str, list[float]] = {way: [] for way in WAYS}
    trial = generate.ensure("XS", generate.FOLDER / "XS")
    with cluster(1, work) as one, cluster(2, work) as two:
        addresses = {1: one, 2: two}
        for round_ in range(-1, rounds):
            made = {}
            turn = max(round_, 0) % len(WAYS)
            for way in [*list(WAYS)[turn:], *list(WAYS)[:turn]]:
                store = work / "reporter=CHN"
                cost = do(way, trial if round_ < 0 else folder, store, work, addresses)
                made[way] = (store / "current" / "manifest.json").resolve().read_bytes()
                shutil.rmtree(store)
                if round_ >= 0:
                    seconds[way].append(cost.wall_seconds)
                    print(f"round {round_ + 1}, {way}: {cost.wall_seconds:,.1f} s", flush=True)
            if len(set(made.values())) != 1:
                sys.exit("not the same snapshot; no time counts")
    return seconds


def report(seconds: dict[str, list[float]], folder: Path, command: str) -> str:
    """The table of one run: the best round of each way, and how many times as quick as the first."""
    best = {way: min(found) for way, found in seconds.items()}
    first = next(iter(best.values()))
    files = sorted(folder.glob("*.csv"))
    megabytes = sum(file.stat().st_size for file in files) / 10**6
    rows = [[way, f"{found:,.1f}", f"{first / found:.2f}"] for way, found in best.items()]
    return (
        f"`{command}`: {len(files)} files, {megabytes:,.0f} MB; the same snapshot byte for byte; least of "
        f"{len(seconds[next(iter(seconds))])} round(s).\n\n{results.table(['', 'wall, s', 'times as quick'], rows)}"
    )


def main() -> int:
    """Generate what is absent, run, compare, print, write."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--files", type=int, default=8, help="one a month")
    ask.add_argument("--records", type=int, default=300_000, help="in a file, about")
    ask.add_argument("--rounds", type=int, default=1)
    given = ask.parse_args()
    machine = results.machine()
    folder = generate.FOLDER / f"dask-{given.files}x{given.records}"
    if not folder.is_dir():
        begun = time.perf_counter()
        generate.generate(generate.Size(date(2023, 1, 1), given.files, 1, given.records, 8_000, 250), folder)
        print(f"{folder}: generated in {time.perf_counter() - begun:.0f} s", flush=True)
    with tempfile.TemporaryDirectory(dir=generate.FOLDER) as place:
        seconds = race(folder, given.rounds, Path(place).resolve())
    command = (
        f"python -m benchmarks.dask_workers --files {given.files} --records {given.records} --rounds {given.rounds}"
    )
    text = f"{machine}\n\n{report(seconds, folder, command)}"
    print(text)
    results.put("Backfill with Dask", text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
