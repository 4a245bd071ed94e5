"""What one month more costs after one, two and a half, five and ten years, in one store that grows month by month.

    python -m benchmarks.history --size M|L [--store FOLDER] [--months N]

One process ingests the files of a size one by one, oldest first, without Prefect and without reading ahead. Told are, for
the months 13, 30, 60 and 120 as far as there are so many: wall and processor seconds (of the three months around it the
middle one, because a single one is chance), bytes of the files that the month made and is the only one to have made, and the
most memory that the process had until then. In a January the numbers of the year before are laid side by side and what is far
is told anew, so that some of these are told too, each by itself. The store is kept where `--store` says.
"""

import argparse
import json
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import generate, results

STOPS = (13, 30, 60, 120)
# The files begin with a January.
JANUARIES = (13, 61, 109)


def grow(files: list[Path], store: Path) -> None:
    """Ingest the files in order; a line of JSON for each."""
    from flows.release import release
    from schemas.request import ReleaseRequest
    from tasks.snapshot import open_snapshot

    had: set[str] = set()
    for number, file in enumerate(files, start=1):
        wall, cpu = time.perf_counter(), time.process_time()
        release.fn(ReleaseRequest(file=file, store=store))
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        snapshot = open_snapshot(store)
        assert snapshot is not None
        written = {entry.sha256: entry.bytes for entry in snapshot.files if entry.sha256 not in had}
        had |= set(written)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        told = {"month": number, "wall": wall, "cpu": cpu, "bytes": sum(written.values()), "peak": peak}
        print(json.dumps(told | {"files": len(snapshot.files)}), flush=True)


def around(told: list[dict[str, float]], month: int) -> dict[str, float]:
    """A month: its seconds as the middle ones of three, its own bytes and peak."""
    near = [told[place] for place in range(month - 2, min(month + 1, len(told)))]
    return told[month - 1] | {name: statistics.median(one[name] for one in near) for name in ("wall", "cpu")}


def report(size: str, told: list[dict[str, float]]) -> str:
    """The table of one run."""
    stops = [month for month in STOPS if month <= len(told)] or [len(told)]
    first = around(told, stops[0])
    told_of = [(f"{month} onto {month - 1}", around(told, month)) for month in stops]
    told_of += [(f"{month}, a January, by itself", told[month - 1]) for month in JANUARIES if month <= len(told)]
    rows = [
        [
            name, f"{one['wall']:.1f}", f"{one['cpu']:.1f}", f"{one['wall'] / first['wall']:.2f}",
            f"{one['cpu'] / first['cpu']:.2f}", f"{one['bytes'] / 10**6:,.1f}", f"{one['peak'] / 2**20:,.0f}",
            f"{one['files']:,.0f}",
        ]
        for name, one in told_of
    ]  # fmt: skip
    titles = [
        "month",
        "wall, s",
        "cpu, s",
        "wall, x",
        "cpu, x",
        "bytes written, MB",
        "peak so far, MiB",
        "files in the store",
    ]
    whole = sum(one["wall"] for one in told)
    return (
        f"`python -m benchmarks.history --size {size}`: {len(told)} months one by one, {whole:,.0f} s in all; "
        f"x: multiple of the first line.\n\n{results.table(titles, rows)}"
    )


def main() -> int:
    """Generate what is absent, grow a store in a process of its own, print, write."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--size", choices=list(generate.SIZES), default="M")
    ask.add_argument("--store", type=Path, help="keep the store here; it must not be there yet")
    ask.add_argument("--months", type=int, help="so many and no more")
    ask.add_argument("--grow", action="store_true", help=argparse.SUPPRESS)
    given = ask.parse_args()
    files = sorted(generate.ensure(given.size, generate.FOLDER / given.size).glob("*.csv"))[: given.months]
    if given.grow:
        grow(files, given.store)
        return 0
    machine = results.machine()
    folder = Path(tempfile.mkdtemp(dir=generate.FOLDER))
    store = given.store or folder / "store"
    command = [sys.executable, "-m", "benchmarks.history", "--size", given.size, "--store", str(store), "--grow"]
    if given.months:
        command += ["--months", str(given.months)]
    told = []
    try:
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            for line in child.stdout or ():
                if line.startswith("{"):
                    told.append(json.loads(line))
                    print(line, end="", flush=True)
    finally:
        shutil.rmtree(folder)
    if child.returncode:
        print(f"ended with {child.returncode} after {len(told)} months")
        return 1
    text = f"{machine}\n\n{report(given.size, told)}"
    print(text)
    if not given.months:
        results.put(f"One month more, size {given.size}", text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
