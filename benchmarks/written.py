"""What a backfill keeps busy and writes: cores, memory, and bytes for each byte that is in the store at the end.

    python -m benchmarks.written [--size M] [--months 5]

Prints seconds, processor seconds, how many cores were kept busy, the peak of memory, the bytes that were written, those
that lie in the store (raw files included), and their quotient.
"""

import argparse
import json
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from benchmarks import generate, measure, results

TITLES = ["wall, s", "cpu, s", "cores busy", "peak, MiB", "written, MB", "in the store, MB", "written, x"]


def main() -> int:
    """Generate what is absent, run, print."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--size", choices=list(generate.SIZES), default="M")
    ask.add_argument("--months", type=int, default=5)
    ask.add_argument("--fill", nargs=2, type=Path, help=argparse.SUPPRESS)
    given = ask.parse_args()
    if given.fill:
        print(json.dumps(fill(*given.fill)))
        return 0
    folder = generate.FOLDER / f"{given.size}-{given.months}"
    if not folder.is_dir():
        generate.generate(replace(generate.SIZES[given.size], months=given.months), folder)
    with tempfile.TemporaryDirectory(dir=generate.FOLDER) as work:
        store, log = Path(work, "reporter=CHN").resolve(), Path(work, "log")
        cost = measure.run(
            [sys.executable, "-m", "benchmarks.written", "--fill", str(folder), str(store)], Path.cwd(), log
        )
        if cost.ended:
            print(log.read_text()[-2000:])
            return 1
        written, published = json.loads(log.read_text().splitlines()[-1])
    line = [
        f"{cost.wall_seconds:,.1f}",
        f"{cost.cpu_seconds:,.1f}",
        f"{cost.cpu_seconds / cost.wall_seconds:.2f}",
        f"{cost.peak_bytes / 2**20:,.0f}",
        f"{written / 10**6:,.0f}",
        f"{published / 10**6:,.0f}",
        f"{written / published:.2f}",
    ]
    print(f"{results.machine()}\n\n{folder}\n\n{results.table(TITLES, [line])}")
    return 0


def fill(folder: Path, store: Path) -> tuple[int, int]:
    """Backfill in this process; return the bytes that it has written, and those in the store."""
    from flows.backfill import backfill
    from schemas.forms.watch import BackfillRequest

    backfill.fn(BackfillRequest(folder=folder, store=store))
    counted = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    published = [*(store / ".objects").rglob("*.parquet"), *(store / "raw").rglob("*")]
    return int(counted["wchar"]), sum(file.stat().st_size for file in published if file.is_file())


if __name__ == "__main__":
    sys.exit(main())
