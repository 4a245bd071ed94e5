"""Measures the mirror of all goods of six digits between China and Germany, of one month and of all months that were
drawn.

    python -m benchmarks.mirror --keep FOLDER [--months 17] [--records 300000] [--rows 5000000]

China's queries are those of `benchmarks.generate`, Germany's rows those of `benchmarks.comext_generate`. Both are
backfilled into stores of their own below FOLDER/store, once; the verdicts of a month rest on up to 17 months of either.
Each measurement is a process of its own, from its start to its end.
"""

import argparse
import sys
from datetime import date
from pathlib import Path

from benchmarks import comext_generate, generate, measure
from benchmarks.whole import ENVIRONMENT

FIRST = date(2024, 1, 1)
ONE_MONTH = """
import sys
from pathlib import Path
from tasks.analysis.mirror.statements import compare, pair, read_pair
root, month = Path(sys.argv[1]), int(sys.argv[2])
months = range(month, month + 1)
rows = compare(*read_pair(pair(root, "CHN", "DEU"), ("CHN", "DEU"), months), months)
print(rows["reason"].value_counts(sort=True).rows())
"""


def main() -> int:
    """Draw and backfill what is absent, measure, print; the exit code."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--keep", type=Path, required=True, help="folder of the drawn files and stores")
    ask.add_argument("--months", type=int, default=17)
    ask.add_argument("--records", type=int, default=300_000, help="records of China in a month")
    ask.add_argument(
        "--rows", type=int, default=comext_generate.ROWS, help="rows of all members in a month; Germany has a ninth"
    )
    given = ask.parse_args()
    work = given.keep.resolve()
    work.mkdir(parents=True, exist_ok=True)
    if not (work / "CHN").is_dir():
        generate.generate(generate.Size(FIRST, given.months, 1, given.records, 8_000, 250), work / "CHN")
    store = work / "store"
    if not (work / "DEU").is_dir():
        _draw_germany(work, given.months, given.rows)
    for reporter in ("CHN", "DEU"):
        if not (store / f"reporter={reporter}").is_dir():
            arguments = (
                "backfill",
                str(work / reporter),
                "--store",
                str(store / f"reporter={reporter}"),
                "--no-prefect",
            )
            _run(f"backfill of {reporter}", work, "-m", "tidewaiter", *arguments)
    middle = FIRST.year * 12 + FIRST.month - 1 + given.months // 2
    one = _run("one month of all goods of six digits", work, "-c", ONE_MONTH, str(store), str(middle))
    every = ("mirror", "--exporter", "CHN", "--importer", "DEU", "--publish", "--store", str(store))
    return one or _run(f"publication of {given.months} months", work, "-m", "tidewaiter", *every)


def _draw_germany(work: Path, months: int, rows: int) -> None:
    """Write bulk files that have Germany alone, and split each into the files of both directions."""
    for number in range(months):
        month = generate.month_after(FIRST, number)
        file = work / f"full_v2_{month:%Y%m}.7z"
        comext_generate.write(file, rows, f"{month:%Y%m}", seed=number, reporters=("DE",))
        public = generate.month_after(month, 2).replace(day=16)
        _run(
            f"split of {file.name}",
            work,
            "-m",
            "tidewaiter",
            "split",
            str(file),
            "--inbox",
            "DEU",
            "--released-on",
            f"{public}",
        )
        file.unlink()


def _run(title: str, work: Path, *command: str) -> int:
    log = work / "log"
    cost = measure.run([sys.executable, *command], work, log, ENVIRONMENT)
    print(
        f"{title}: {cost.wall_seconds:,.1f} s, cpu {cost.cpu_seconds:,.1f} s, peak {cost.peak_bytes / 2**20:,.0f} MiB"
    )
    print(log.read_text(encoding="utf-8")[-400:], flush=True)
    return cost.ended


if __name__ == "__main__":
    sys.exit(main())
