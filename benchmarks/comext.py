"""What a bulk file of Comext costs: the sums of the EU by three contenders, and members published into their stores.

    python -m benchmarks.comext [--rows 5000000] [--months 1] [--members DEU MLT] [--keep FOLDER]

Writes a month (or several) in the exact bytes of the source, lets Tidewaiter, Polars and DuckDB add it up, each in a
process of its own, and compares their sums row by row before any time counts. Then the named members, or all with
`--members all`, are split into an inbox and published, month after month, by one `tidewaiter backfill`; seconds, memory
and bytes of the stores are measured. The same months of a single member go to Polars and DuckDB, too, which make
figures without checks, ledger and lineage; a time counts only if they are equal. The result is a section of RESULTS.md
with `--record`.
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

import polars as pl

from benchmarks import comext_generate, comext_year, results
from benchmarks.comext_contenders import CONTENDERS, KEY
from benchmarks.measure import Cost, run
from schemas.reference.code_tables import partner_codes
from tasks.domain.periods import month_name

ROOT = Path(__file__).parent.parent
FIRST_MONTH = 2025 * 12
MIB = 2**20
SECTION = "A bulk file of Comext"


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(description="What a bulk file of Comext costs.")
    parser.add_argument("--rows", type=int, default=comext_generate.ROWS, help="rows of a month")
    parser.add_argument("--months", type=int, default=1, help="months to publish")
    parser.add_argument("--members", nargs="*", default=["DEU"], help="whose parts are published; all: everybody's")
    parser.add_argument("--keep", type=Path, help="folder for the archives and the stores; none: a temporary one")
    parser.add_argument("--record", action="store_true", help="replace the section of RESULTS.md")
    given = parser.parse_args()
    machine = results.machine()
    with tempfile.TemporaryDirectory(prefix="tidewaiter-comext-", dir=None) as temporary:
        folder = given.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        archives = [_archive(folder, month, given.rows) for month in range(given.months)]
        lines = [_contest(folder, *archives[0])]
        if given.members:
            lines.append(_published(folder, [archive for archive, _ in archives], given.members))
    command = (
        f"`python -m benchmarks.comext --rows {given.rows} --months {given.months} --members {' '.join(given.members)}`"
    )
    text = "\n\n".join([machine, command, *lines])
    print(text)
    if given.record:
        results.put(f"{SECTION}, {given.rows:,} rows", text)


def _archive(folder: Path, month: int, rows: int) -> tuple[Path, int]:
    period = month_name(FIRST_MONTH + month).replace("-", "")
    target = folder / f"full_v2_{period}.7z"
    return target, comext_generate.write(target, rows, period, seed=month)


def _contest(folder: Path, archive: Path, rows: int) -> str:
    costs: dict[str, Cost] = {}
    for name in CONTENDERS:
        command = [
            sys.executable,
            "-m",
            "benchmarks.comext_contenders",
            name,
            str(archive),
            str(folder / f"{name}.parquet"),
        ]
        costs[name] = _run(command, folder / f"{name}.log")
    tables = [
        pl.read_parquet(folder / f"{name}.parquet").with_columns(pl.col(KEY).cast(pl.String)).sort(KEY)
        for name in CONTENDERS
    ]
    if not all(tables[0].equals(other) for other in tables[1:]):
        raise SystemExit("the contenders do not agree; no time counts")
    shown = [[name, *_cells(cost)] for name, cost in costs.items()]
    head = (
        f"{rows:,} rows in {archive.stat().st_size / MIB:,.1f} MiB, added up to {tables[0].height:,} sums of the EU,"
        " equal in all three:"
    )
    return f"{head}\n\n{results.table(['', 'wall, s', 'cpu, s', 'peak, MiB'], shown)}"


def _published(folder: Path, archives: list[Path], members: list[str]) -> str:
    inbox, store = folder / "inbox", folder / "store"
    for place in (inbox, store):
        shutil.rmtree(place, ignore_errors=True)
    chosen = [] if members == ["all"] else [word for member in members for word in ("--reporter", member)]
    shown = []
    for archive in archives:
        # After the last of the months: a file is refused that is older than what it counts.
        day = f"{int(archive.stem[-6:-2]) + 1}-03-15"
        cost = _run(
            [
                sys.executable,
                "-m",
                "tidewaiter",
                "split",
                str(archive),
                "--inbox",
                str(inbox),
                "--released-on",
                day,
                *chosen,
            ],
            folder / "split.log",
        )
        shown.append([f"split {archive.name}", *_cells(cost)])
    parts = sum(1 for _ in inbox.rglob("*.csv"))
    command = [sys.executable, "-m", "tidewaiter", "backfill", str(inbox), "--store", str(store), "--no-prefect"]
    shown.append([f"backfill of {parts} files", *_cells(_run(command, folder / "backfill.log"))])
    # A file of several snapshots has several links and is on the disk once.
    own = [path.stat() for path in store.rglob("*") if path.is_file() and not path.is_symlink()]
    written = sum({file.st_ino: file.st_size for file in own}.values())
    dropped = sum(path.stat().st_size for path in inbox.rglob("*.csv"))
    compared = 0
    if len(members) == 1 and members != ["all"]:
        others, compared = _year(folder, store, archives, members[0])
        shown += others
    said = (
        f"{dropped / MIB:,.1f} MiB of text in the inbox, {written / MIB:,.1f} MiB in the stores of"
        f" {len([*store.glob('reporter=*')])} reporters, raw files included"
    )
    if compared:
        said += f". Equal in all three: {compared:,} rows of figures of chapters without hidden trade"
    return f"{results.table(['', 'wall, s', 'cpu, s', 'peak, MiB'], shown)}\n\n{said}."


def _year(folder: Path, store: Path, archives: list[Path], reporter: str) -> tuple[list[list[str]], int]:
    """What the same months of one member cost the others, from the archives to files of figures. Ends the program where
    theirs are not those of the store.
    """
    (member,) = partner_codes("geonom").filter(pl.col("partner") == reporter, valid_to="", kind="country")["code"]
    shown, rows = [], 0
    for name in comext_year.CONTENDERS:
        output = folder / f"year-{name}"
        shutil.rmtree(output, ignore_errors=True)
        command = [sys.executable, "-m", "benchmarks.comext_year", name, member, str(output), *map(str, archives)]
        cost = _run(command, folder / f"year-{name}.log")
        found, rows = comext_year.difference(store, reporter, output)
        if found is not None or not rows:
            raise SystemExit(f"{name}: not the published figures: {found}; no time counts")
        shown.append([f"{name}, the same months", *_cells(cost)])
    return shown, rows


def _run(command: list[str], log: Path) -> Cost:
    cost = run(command, ROOT, log)
    if cost.ended:
        raise SystemExit(
            f"{' '.join(command[1:4])} ended with {cost.ended}; see {log}:\n{log.read_text(errors='replace')[-2000:]}"
        )
    return cost


def _cells(cost: Cost) -> list[str]:
    return [f"{cost.wall_seconds:,.1f}", f"{cost.cpu_seconds:,.1f}", f"{cost.peak_bytes / MIB:,.0f}"]


if __name__ == "__main__":
    main()
