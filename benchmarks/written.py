"""What a backfill keeps busy and writes: cores, memory, and bytes for each byte that is in the store at the end.

    python -m benchmarks.written [--size M] [--months 5] [--processes 1 2] [--rounds 1] [--write]

Prints for each number of processes that help (`TIDEWAITER_PROCESSES`) seconds, processor seconds and those of the
process that drives, how many cores were kept busy, the peak of memory of all processes, the bytes that were written,
those that lie in the store (raw files included), and their quotient. The ways take turns; the quickest round of each
counts, and only where all have published the same snapshot. `--write` puts that into RESULTS.md.
"""

import argparse
import json
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from benchmarks import generate, measure, results
from flows.cli.app import ALLOCATOR
from schemas import settings

TITLES = [
    "processes",
    "wall, s",
    "cpu, s",
    "of it here, s",
    "cores busy",
    "peak, MiB",
    "written, MB",
    "in the store, MB",
    "written, x",
]


class Filled(NamedTuple):
    """What a backfill says of itself: the snapshot, processor seconds of the process that drives, bytes written by all
    and bytes in the store."""

    snapshot: str
    cpu_seconds: float
    written: int
    published: int


def main() -> int:
    """Generate what is absent, run, print."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--size", choices=list(generate.SIZES), default="M")
    ask.add_argument("--months", type=int, default=5)
    ask.add_argument("--processes", type=int, nargs="+", default=[1, 2])
    ask.add_argument("--rounds", type=int, default=1)
    ask.add_argument("--write", action="store_true")
    ask.add_argument("--fill", nargs=2, type=Path, help=argparse.SUPPRESS)
    given = ask.parse_args()
    if given.fill:
        print(json.dumps(fill(*given.fill)))
        return 0
    machine, folder = results.machine(), generate.FOLDER / f"{given.size}-{given.months}"
    if not folder.is_dir():
        generate.generate(replace(generate.SIZES[given.size], months=given.months), folder)
    runs: dict[int, list[tuple[measure.Cost, Filled]]] = {processes: [] for processes in given.processes}
    for round_ in range(given.rounds):
        turn = round_ % len(given.processes)
        for processes in [*given.processes[turn:], *given.processes[:turn]]:
            runs[processes].append(run(folder, processes))
    snapshots = {filled.snapshot for some in runs.values() for _, filled in some}
    if len(snapshots) != 1:
        print(f"not the same snapshot: {', '.join(sorted(snapshots))}")
        return 1
    lines = [line(processes, *min(some)) for processes, some in runs.items()]
    command = f"python -m benchmarks.written --size {given.size} --months {given.months} --rounds {given.rounds}"
    text = f"{machine}\n\n`{command}`: the same snapshot, {snapshots.pop()}\n\n{results.table(TITLES, lines)}"
    print(text)
    if given.write:
        results.put(f"What a backfill keeps busy and writes, {given.months} months of size {given.size}", text)
    return 0


def run(folder: Path, processes: int) -> tuple[measure.Cost, Filled]:
    """Backfill in a process of its own. Ends the program where that fails."""
    with tempfile.TemporaryDirectory(dir=generate.FOLDER) as work:
        store, log = Path(work, "reporter=CHN").resolve(), Path(work, "log")
        command = [sys.executable, "-m", "benchmarks.written", "--fill", str(folder), str(store)]
        cost = measure.run(command, Path.cwd(), log, {**ALLOCATOR, settings.PROCESSES: str(processes)})
        if cost.ended:
            sys.exit(log.read_text()[-2000:])
        return cost, Filled(*json.loads(log.read_text().splitlines()[-1]))


def line(processes: int, cost: measure.Cost, filled: Filled) -> list[str]:
    """A line of the table."""
    return [
        str(processes),
        f"{cost.wall_seconds:,.1f}",
        f"{cost.cpu_seconds:,.1f}",
        f"{filled.cpu_seconds:,.1f}",
        f"{cost.cpu_seconds / cost.wall_seconds:.2f}",
        f"{cost.peak_bytes / 2**20:,.0f}",
        f"{filled.written / 10**6:,.0f}",
        f"{filled.published / 10**6:,.0f}",
        f"{filled.written / filled.published:.2f}",
    ]


def fill(folder: Path, store: Path) -> Filled:
    """Backfill, driven by this process."""
    from flows.backfill import backfill
    from schemas.forms.watch import BackfillRequest
    from tasks.store.files.snapshot import current_id

    backfill.fn(BackfillRequest(folder=folder, store=store))
    # The kernel adds what processes that have ended have written to that of their parent.
    counted = dict(entry.split(": ") for entry in Path("/proc/self/io").read_text().splitlines())
    published = [*(store / ".objects").rglob("*.parquet"), *(store / "raw").rglob("*")]
    size = sum(file.stat().st_size for file in published if file.is_file())
    return Filled(str(current_id(store)), time.process_time(), int(counted["wchar"]), size)


if __name__ == "__main__":
    sys.exit(main())
