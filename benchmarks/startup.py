"""What a command costs before it does its work: processor seconds of a whole process, compared with what it cannot do
without.

    python -m benchmarks.startup [--rounds 11] [--only TEXT]

`--version`, pages of help and refusals are compared with `import typer`, a read of one row with plain Polars that reads
the same row from the same file, and an ingest of 40 rows, or of a file that is cut off, with `import polars`. Each
round runs every command once, so that a busy machine slows all of them alike; the medians count. Byte code is kept, as
where Tidewaiter is installed. Exits with 1 where a command takes more than its limit.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

from benchmarks import generate

SAMPLE = Path(__file__).parents[1] / "flows" / "examples" / "published_figures.csv"
TYPER_MAX, POLARS_MAX = 3.0, 2.5
# Of an ingest: into a new store, with all tables that follow, and refused.
INGEST_MAX, REFUSED_MAX = 18.0, 5.0
PARTNERS = {"502": "美国", "410": "巴西", "402": "阿根廷", "501": "加拿大"}
ROW = ("magnets", "--partner", "us", "--month", "2025-06", "--measure", "quantity_kg")
QUICK = ("--version", "--help", "read --help", "raed", "read --nosuch", "read --flow both", "read --as-of 2025-13-01")


class Measured(NamedTuple):
    """A command, what it is compared with, and how many times as long it may take."""

    name: str
    command: Sequence[str]
    base: str
    limit: float


def seconds(command: Sequence[str], folder: Path) -> float:
    """User and system seconds of one run."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in (0, 2):
        raise RuntimeError(f"{' '.join(command)} ended with {process.returncode}")
    return used.ru_utime + used.ru_stime


def published_sample(folder: Path) -> Path:
    """A store that has the sample of published figures alone."""
    from flows.release import release
    from schemas.forms.request import ReleaseRequest

    file = folder / SAMPLE.name
    file.write_bytes(SAMPLE.read_bytes())
    release.fn(ReleaseRequest(file=file, store=folder / "reporter=CHN", source="published"), date(2026, 6, 30))
    return folder / "reporter=CHN"


def small_files(folder: Path) -> tuple[Path, Path]:
    """A download of ten months of soybeans from four partners, 40 rows of invented numbers, and the same cut off."""
    rows = [
        (
            f"2025{month:02d}",
            "12019020",
            "黄大豆",
            code,
            name,
            str(1_000_000 * month + place),
            "千克",
            "0",
            "?",
            "500,000",
        )
        for month in range(1, 11)
        for place, (code, name) in enumerate(PARTNERS.items())
    ]
    lines = ("".join(f'"{field}",' for field in row) + "\n" for row in (generate.TITLES, *rows))
    data = "".join(lines).encode("gb18030")
    whole, cut = folder / "soybeans.csv", folder / "cut.csv"
    whole.write_bytes(data)
    cut.write_bytes(data[: len(data) // 2])
    return whole, cut


def plain_read(store: Path) -> str:
    """A program that reads the same row with Polars alone."""
    files = [str(file) for file in (store / "current/metric/flow=export/year=2025/month=6").glob("*.parquet")]
    return (
        "import polars as pl; rows = pl.scan_parquet("
        f"{files!r}).filter(product='basket:rare_earth_magnets', partner='USA', measure='quantity_kg').collect(); "
        "assert rows.height == 1; print(rows)"
    )


def main() -> int:
    """Measure, print a table, and return 1 where a limit is passed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--only", default="", help="commands whose name has this text, and what they are compared with")
    given = parser.parse_args()
    rounds = given.rounds
    command = (sys.executable, "-m", "tidewaiter")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = published_sample(folder)
        new = str(folder / "new")
        ingest = (
            "ingest",
            "--source",
            "gacc_query",
            "--flow",
            "import",
            "--partners",
            "all",
            "--store",
            new,
            "--no-prefect",
        )
        row = ("read", *ROW, "--store", str(store.parent))
        measured = [
            Measured("import typer", (sys.executable, "-c", "import typer"), "import typer", 1),
            *(Measured(f"tidewaiter {one}", (*command, *one.split()), "import typer", TYPER_MAX) for one in QUICK),
            Measured("plain Polars, one row", (sys.executable, "-c", plain_read(store)), "plain Polars, one row", 1),
            Measured("tidewaiter read, one row", (*command, *row), "plain Polars, one row", POLARS_MAX),
            Measured("the same as CSV", (*command, *row, "--format", "csv"), "plain Polars, one row", POLARS_MAX),
            Measured("import polars", (sys.executable, "-c", "import polars"), "import polars", 1),
            *(
                Measured(f"tidewaiter ingest, {what}", (*command, *ingest, str(file)), "import polars", limit)
                for what, file, limit in zip(
                    ("40 rows", "cut off"), small_files(folder), (INGEST_MAX, REFUSED_MAX), strict=True
                )
            ),
        ]
        bases = {one.base for one in measured if given.only in one.name}
        measured = [one for one in measured if given.only in one.name or one.name in bases]
        taken: dict[str, list[float]] = {one.name: [] for one in measured}
        for number in range(rounds + 1):
            for one in measured:
                used = seconds(one.command, folder)
                shutil.rmtree(new, ignore_errors=True)
                # The first round writes the byte code.
                if number:
                    taken[one.name].append(used)
    medians = {name: statistics.median(found) for name, found in taken.items()}
    is_over = False
    for one in measured:
        times = medians[one.name] / medians[one.base]
        is_over |= times > one.limit
        sys.stdout.write(f"{one.name:36} {medians[one.name]:6.3f} s {times:5.2f} (at most {one.limit:g})\n")
    return int(is_over)


if __name__ == "__main__":
    sys.exit(main())
