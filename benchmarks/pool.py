"""Reporters over a work pool: the same folder with one worker, with two, and by one process without a pool.

    python -m benchmarks.pool [--reporters 10] [--rows 400000] [--months 1] [--rounds 1]

A drawn bulk file of Comext is split into a file for each member state and direction. A Prefect server and the workers,
each of which does one run at a time, are started before and warmed up by a run. Wall seconds are those of the command
from its start to its end; what `backfill --pool` prints tells the time of each run. The ways take turns at going first.
A time counts only if all ways have the same snapshots. Every process has one thread of Polars, so two workers are two
cores.
"""

import argparse
import itertools
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks import comext_generate, generate, measure, results
from tasks.store.files.snapshot import open_snapshot

PROJECT = Path(__file__).parent.parent
PERIODS = ("202501", "202502", "202503", "202504", "202505", "202506")
RELEASED_ON = "2026-03-15"
WAYS = {"no pool": 0, "1 worker": 1, "2 workers": 2}
TIDEWAITER = (sys.executable, "-P", "-m", "tidewaiter")


def inbox_of(folder: Path, members: list[str], rows: int, months: int) -> Path:
    """A folder with the files of some members, drawn and split as `fetch eurostat_bulk` splits them."""
    inbox = folder / f"pool-{len(members)}x{rows}x{months}"
    if not inbox.is_dir():
        for seed, period in enumerate(PERIODS[:months]):
            archive = folder / f"full_v2_{period}.7z"
            comext_generate.write(archive, rows, period, seed=seed, reporters=members)
            command = [*TIDEWAITER, "split", str(archive), "--inbox", str(inbox), "--released-on", RELEASED_ON]
            subprocess.run(command, check=True, env=environment(), stdout=subprocess.DEVNULL)
            archive.unlink()
    return inbox


def environment(**more: str) -> dict[str, str]:
    """The environment of every process: this code, one thread of Polars, `measure.trusted_sources`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    plain = {"PYTHONPATH": str(PROJECT), "DO_NOT_TRACK": "1", "POLARS_MAX_THREADS": "1", "NO_COLOR": "1"}
    return {**measure.trusted_sources(), **kept, **plain, "PREFECT_WORKER_QUERY_SECONDS": "1", **more}


@contextmanager
def served(folder: Path) -> Iterator[dict[str, str]]:
    """A Prefect server in a folder while it runs; the environment of those who use it."""

    def do(what: str) -> str:
        code = f"from flows.cli.server import local_server; print(local_server.{what})"
        command = [sys.executable, "-P", "-c", code]
        done = subprocess.run(command, cwd=folder, env=environment(), check=True, capture_output=True, text=True)
        return done.stdout.split()[-1]

    api = do("ensure_server()")
    password = (folder / ".prefect" / "password").read_text().strip()
    try:
        yield environment(PREFECT_API_URL=api, PREFECT_API_AUTH_STRING=password)
    finally:
        do("stop_server()")


@contextmanager
def working(folder: Path, pool: str, count: int, settings: dict[str, str]) -> Iterator[None]:
    """Workers of a pool, each a machine of its own, while they run."""
    begun = []
    try:
        for number in range(count):
            place = folder / f"{pool}-{number}"
            place.mkdir()
            with (place / "log").open("wb") as log:
                command = [*TIDEWAITER, "worker", "--pool", pool, "--runs", "1"]
                begun.append(
                    subprocess.Popen(command, cwd=place, env=settings, stdout=log, stderr=log, start_new_session=True)
                )
        yield
    finally:
        for process in begun:
            os.killpg(process.pid, signal.SIGINT)
            process.wait()


def fill(inbox: Path, store: Path, pool: str, folder: Path, settings: dict[str, str]) -> tuple[float, dict[str, str]]:
    """Wall seconds of a backfill, over a pool where one is named, and the snapshots that it made."""
    over = ["--pool", pool] if pool else ["--no-prefect"]
    cost = measure.run(
        [*TIDEWAITER, "backfill", str(inbox), "--store", str(store), *over], folder, folder / "backfill.log", settings
    )
    if cost.ended:
        sys.exit(f"{pool or 'no pool'} ended with {cost.ended}:\n{(folder / 'backfill.log').read_text()[-3000:]}")
    published = {place.name: open_snapshot(place) for place in sorted(store.glob("reporter=*"))}
    return cost.wall_seconds, {name: snapshot.id for name, snapshot in published.items() if snapshot}


def race(inbox: Path, trial: Path, rounds: int, folder: Path) -> dict[str, list[float]]:
    """Wall seconds of each way in each round. Ends the program where two ways have other snapshots."""
    seconds: dict[str, list[float]] = {way: [] for way in WAYS}
    expected: dict[str, dict[str, str]] = {}
    with ExitStack() as stack:
        settings = stack.enter_context(served(folder))
        for way, count in WAYS.items():
            if count:
                stack.enter_context(working(folder, way.replace(" ", "-"), count, settings))
        for number, turn in itertools.product(range(-1, rounds), range(len(WAYS))):
            way = [*WAYS][(turn + max(number, 0)) % len(WAYS)]
            store = folder / f"store-{number}-{turn}"
            pool = way.replace(" ", "-") if WAYS[way] else ""
            wall, snapshots = fill(trial if number < 0 else inbox, store, pool, folder, settings)
            if number < 0:
                continue
            if snapshots != expected.setdefault("first", snapshots):
                sys.exit(f"not the same snapshots, and no time counts: {snapshots} and {expected['first']}")
            seconds[way].append(wall)
            print(f"round {number + 1}, {way}: {wall:,.1f} s, {len(snapshots)} reporters", flush=True)
    return seconds


def main() -> int:
    """Draw what is absent, run, compare, print, write."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--reporters", type=int, default=10)
    ask.add_argument("--rows", type=int, default=400_000, help="of a file of all members, in a month")
    ask.add_argument("--months", type=int, default=1, choices=range(1, len(PERIODS) + 1))
    ask.add_argument("--rounds", type=int, default=1)
    ask.add_argument("--write", action="store_true", help="replace the section of RESULTS.md")
    given = ask.parse_args()
    machine = results.machine()
    generate.FOLDER.mkdir(parents=True, exist_ok=True)
    members = sorted(comext_generate.SHARES, key=lambda member: -comext_generate.SHARES[member])[: given.reporters]
    inbox = inbox_of(generate.FOLDER, members, given.rows, given.months).resolve()
    trial = inbox_of(generate.FOLDER, members[-1:], 1_000, 1).resolve()
    with tempfile.TemporaryDirectory(dir=generate.FOLDER) as place:
        seconds = race(inbox, trial, given.rounds, Path(place).resolve())
    best = {way: min(times) for way, times in seconds.items()}
    rows = [[way, f"{wall:,.1f}", f"{wall / best['1 worker']:.2f}"] for way, wall in best.items()]
    options = f"--reporters {given.reporters} --rows {given.rows} --months {given.months} --rounds {given.rounds}"
    text = (
        f"{machine}\n\n`python -m benchmarks.pool {options}`: a drawn bulk file of Comext, {given.reporters} reporters,"
        f" the same snapshots; least of {given.rounds} round(s). Two workers take"
        f" {best['2 workers'] / best['1 worker']:.2f} times the time of one.\n\n"
        + results.table(["", "wall, s", "times that of 1 worker"], rows)
    )
    print(text)
    if given.write:
        results.put("Reporters over a work pool", text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
