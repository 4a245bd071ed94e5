"""Measures what a correction of the first month costs, next to the backfill of all months.

    python -m benchmarks.correction --data FOLDER [--months 25]

FOLDER has query files of `benchmarks.generate`, one a month. The first months are backfilled into a new store; then the
first file comes again with a value of half a per cent more in every hundredth record, public on the day after the last
file, and is ingested. The figures of that month and of up to 24 months after it are made again, whatever came later.
"""

import argparse
import re
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path

from benchmarks import generate, measure
from benchmarks.measure import Cost
from benchmarks.whole import ENVIRONMENT

CORRECTED_EVERY = 100
VALUE = re.compile(rb'"([0-9,]+)",\n')
RELEASED = re.compile(r"released_on = (\S+)")


def corrected(body: bytes) -> bytes:
    """The bytes of a query file in which every hundredth record has a value of half a per cent more: no check holds
    that."""
    number = 0

    def other(match: re.Match[bytes]) -> bytes:
        nonlocal number
        number += 1
        value = int(match[1].replace(b",", b""))
        value += value // 200 if number % CORRECTED_EVERY == 0 else 0
        return b'"%s",\n' % f"{value:,}".encode()

    return VALUE.sub(other, body)


def main() -> int:
    """Backfill, correct, print; the exit code."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--data", type=Path, required=True, help="folder of query files, one a month")
    ask.add_argument("--months", type=int, default=25)
    given = ask.parse_args()
    files = sorted(given.data.glob("*.csv"))[: given.months]
    generate.FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=generate.FOLDER) as place:
        work = Path(place).resolve()
        (work / "all").mkdir()
        for file in (given.data / "defaults.toml", *(one for csv in files for one in (csv, _sidecar(csv)))):
            (work / "all" / file.name).symlink_to(file.resolve())
        again = work / "again" / files[0].name
        again.parent.mkdir()
        (again.parent / "defaults.toml").write_bytes((given.data / "defaults.toml").read_bytes())
        again.write_bytes(corrected(files[0].read_bytes()))
        last = RELEASED.search(_sidecar(files[-1]).read_text(encoding="utf-8"))
        assert last is not None
        day = date.fromisoformat(last[1]) + timedelta(days=1)
        _sidecar(again).write_text(f'released_on = {day}\ntitle = "corrected {again.stem}"\n', encoding="utf-8")
        whole = _run("backfill", work / "all", work)
        one = _run("backfill", work / "again", work)
    for title, cost in ((f"backfill of {len(files)} months", whole), (f"correction of {files[0].stem}", one)):
        print(
            f"{title}: {cost.wall_seconds:,.1f} s, cpu {cost.cpu_seconds:,.1f} s, peak"
            f" {cost.peak_bytes / 2**20:,.0f} MiB"
        )
    print(f"correction: {one.cpu_seconds / whole.cpu_seconds:.2f} of the processor seconds of the backfill")
    return whole.ended or one.ended


def _sidecar(file: Path) -> Path:
    return file.with_name(f"{file.name}.toml")


def _run(command: str, folder: Path, work: Path) -> Cost:
    log = work / "log"
    arguments = [
        sys.executable,
        "-m",
        "tidewaiter",
        command,
        str(folder),
        "--store",
        str(work / "reporter=CHN"),
        "--no-prefect",
    ]
    cost = measure.run(arguments, work, log, ENVIRONMENT)
    print(log.read_text(encoding="utf-8")[-400:])
    return cost


if __name__ == "__main__":
    sys.exit(main())
