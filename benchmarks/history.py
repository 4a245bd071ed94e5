"""Measures what one more month costs after one, two, five and ten years, in one store that grows.

    python -m benchmarks.history --size M|L [--store FOLDER] [--months N] [--rounds 3] [--grown FILE]

One process ingests the files of a size one by one, oldest first, without Prefect. It reports the bytes of the files
that each month wrote and its rows of figures (a series without trade has rows for twelve months more, so early months
have fewer). Growing the store takes half an hour, in which a shared machine changes its speed, so seconds are measured
afterwards: the store is turned back to what it was before a month, as hard links, and the month is ingested again. All
months take turns in one process, whose peak so far is in the report, and the middle of the rounds counts. The report
has the months onto 13, 25, 59 and 119, as far as there are so many, and Januaries by themselves. The store is kept
where `--store` says; with `--grown` it exists already, the file holds the report of growing it, and only the turns are
taken.
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import generate, results
from flows.cli.app import ALLOCATOR

STOPS = (14, 26, 60, 120)
# The files begin with a January.
JANUARIES = (13, 61, 109)


def grow(files: list[Path], store: Path) -> None:
    """Ingest the files in order; a line of JSON for each."""
    from flows.release import release
    from schemas.forms.request import ReleaseRequest
    from tasks.store.files.snapshot import open_snapshot

    had: set[str] = set()
    for number, file in enumerate(files, start=1):
        wall, cpu = time.perf_counter(), time.process_time()
        release.fn(ReleaseRequest(file=file, store=store))
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        snapshot = open_snapshot(store)
        assert snapshot is not None
        written = {entry.sha256: entry.bytes for entry in snapshot.files if entry.sha256 not in had}
        had |= set(written)
        figures = sum(entry.rows for entry in snapshot.entries("metric") if entry.sha256 in written)
        grown = {"month": number, "wall": wall, "cpu": cpu, "bytes": sum(written.values())}
        print(json.dumps(grown | {"files": len(snapshot.files), "figures": figures}), flush=True)


def turn_back(store: Path, months: int, to: Path) -> None:
    """A copy of a store as it was after so many releases: their last snapshot and what it holds, as hard links."""
    from tasks.store.files.snapshot import object_path, open_snapshot, sequence_of, snapshot_ids

    name = next(name for name in snapshot_ids(store) if sequence_of(name) == months)
    snapshot = open_snapshot(store, name)
    assert snapshot is not None
    shutil.copytree(snapshot.path, to / ".snapshots" / name, copy_function=os.link)
    shutil.copytree(store / "raw", to / "raw", copy_function=os.link)
    for source in {object_path(store, entry.sha256) for entry in snapshot.files}:
        place = to / source.relative_to(store)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.hardlink_to(source)
    (to / ".current").symlink_to(Path(".snapshots") / name)


def take_turns(files: list[Path], store: Path, rounds: int) -> None:
    """Ingest the measured months again, in turn; a line of JSON for each time. The first of all is for warming up."""
    from flows.release import release
    from schemas.forms.request import ReleaseRequest

    months = [month for month in (*STOPS, *JANUARIES) if month <= len(files)] or [len(files)]
    for round_ in range(-1, rounds):
        for month in months if round_ >= 0 else months[:1]:
            with tempfile.TemporaryDirectory(dir=store.parent) as folder:
                again = Path(folder) / "store"
                turn_back(store, month - 1, again)
                # What the copy left to be written is not the month's.
                os.sync()
                wall, cpu = time.perf_counter(), time.process_time()
                outcome = release.fn(ReleaseRequest(file=files[month - 1], store=again))
                wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
                assert outcome.status == "published"
            if round_ >= 0:
                peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
                print(json.dumps({"again": month, "wall": wall, "cpu": cpu, "peak": peak}), flush=True)


def middle(turns: list[dict[str, float]], month: int) -> dict[str, float]:
    """The seconds of a month, of its rounds the middle ones, and the peak of the process so far."""
    mine = [one for one in turns if one["again"] == month]
    return {name: statistics.median(one[name] for one in mine) for name in ("wall", "cpu", "peak")}


def report(size: str, grown: list[dict[str, float]], turns: list[dict[str, float]]) -> str:
    """The table of one run."""
    stops = [month for month in STOPS if month <= len(grown)] or [len(grown)]
    first = middle(turns, stops[0])
    names = {month: f"{month} onto {month - 1}" for month in stops}
    names |= {month: f"{month}, a January" for month in JANUARIES if month <= len(grown)}
    of_months = [(name, grown[month - 1] | middle(turns, month)) for month, name in names.items()]
    rows = [
        [
            name,
            f"{one['wall']:.1f}",
            f"{one['cpu']:.1f}",
            f"{one['wall'] / first['wall']:.2f}",
            f"{one['cpu'] / first['cpu']:.2f}",
            f"{one['figures']:,.0f}",
            f"{one['cpu'] / one['figures'] * 10**6:.2f}",
            f"{one['bytes'] / 10**6:,.1f}",
            f"{one['peak'] / 2**20:,.0f}",
            f"{one['files']:,.0f}",
        ]
        for name, one in of_months
    ]
    titles = [
        "month",
        "wall, s",
        "cpu, s",
        "wall, x",
        "cpu, x",
        "rows of figures",
        "cpu, µs a row",
        "bytes written, MB",
        "peak so far, MiB",
        "files in the store",
    ]
    whole = sum(one["wall"] for one in grown)
    rounds = len(turns) // len(names)
    return (
        f"`python -m benchmarks.history --size {size}`: {len(grown)} months one by one, {whole:,.0f} s in all; seconds"
        f" of a month: the middle of {rounds} rounds in turn, onto the store as it was; x: multiple of the first"
        f" line.\n\n{results.table(titles, rows)}"
    )


def main() -> int:
    """Generate what is absent, grow a store in a process of its own, print, write."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--size", choices=list(generate.SIZES), default="M")
    ask.add_argument("--store", type=Path, help="keep the store here; without --grown it must not be there yet")
    ask.add_argument("--months", type=int, help="so many and no more")
    ask.add_argument("--rounds", type=int, default=3, help="how often the measured months are ingested again")
    ask.add_argument("--grown", type=Path, help="what growing --store said, which is there already")
    ask.add_argument("--do", choices=("grow", "turns"), help=argparse.SUPPRESS)
    given = ask.parse_args()
    if given.grown and not given.store:
        ask.error("--grown tells what growing a store said: say with --store where it lies")
    if given.store:
        from tasks.store.places.reporters import store_of

        given.store = store_of(given.store, "CHN")
    files = sorted(generate.ensure(given.size, generate.FOLDER / given.size).glob("*.csv"))[: given.months]
    if given.do == "grow":
        grow(files, given.store)
        return 0
    if given.do == "turns":
        take_turns(files, given.store, given.rounds)
        return 0
    machine = results.machine()
    folder = Path(tempfile.mkdtemp(dir=generate.FOLDER))
    store = given.store or folder / "reporter=CHN"
    try:
        grown = _lines(given.grown.read_text().splitlines()) if given.grown else _run(given, store, "grow")
        turns = _run(given, store, "turns") if grown else []
    finally:
        shutil.rmtree(folder)
    if not turns:
        return 1
    text = f"{machine}\n\n{report(given.size, grown, turns)}"
    print(text)
    if not given.months:
        results.put(f"One month more, size {given.size}", text)
    return 0


def _run(given: argparse.Namespace, store: Path, what: str) -> list[dict[str, float]]:
    """What a process of its own says; nothing where it fails."""
    command = [sys.executable, "-m", "benchmarks.history", "--size", given.size, "--store", str(store), "--do", what]
    command += ["--rounds", str(given.rounds), *(["--months", str(given.months)] if given.months else [])]
    said = []
    # As the command `tidewaiter` sets it.
    environment = {**ALLOCATOR, **os.environ}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as child:
        for line in child.stdout or ():
            if line.startswith("{"):
                said.append(line)
                print(line, end="", flush=True)
    if child.returncode:
        print(f"ended with {child.returncode} after {len(said)} months")
        return []
    return _lines(said)


def _lines(said: list[str]) -> list[dict[str, float]]:
    return [json.loads(line) for line in said if line.startswith("{")]


if __name__ == "__main__":
    sys.exit(main())
