"""What one more month costs on stores of different length: the ratio in one run, and that it equals a full computation.

    python -m benchmarks.monthly [--short 13] [--long 30] [--rounds 5] [--data FOLDER]

Splits the query files in FOLDER (by default the real ones next to the project) into one file a month, ingests them in
order, and times the ingestion of the last month of the short and of the long history on copies of the same store. The
result is printed and goes into no report, because it depends on the files in FOLDER.
"""

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl

from flows.release import release
from schemas.forms.outcome import Hold, Outcome
from schemas.forms.request import ReleaseRequest
from tasks.domain.periods import read_period
from tasks.inbox import held as held_releases
from tasks.ledger import merge as ledger
from tasks.metrics.derive import derive
from tasks.store.files.snapshot import open_snapshot
from tasks.store.snapshots.parquet import read_table

DATA = Path(__file__).parent.parent / ".." / "shared" / "data" / "bench"


def split_by_month(folder: Path, target: Path) -> list[Path]:
    """One query file for each month in the files of `folder`, byte for byte the records of that month."""
    months: dict[bytes, list[bytes]] = {}
    header = b""
    for file in sorted(folder.glob("*.csv")):
        header, _, body = file.read_bytes().partition(b"\n")
        for record in body.split(b",\n"):
            if record:
                months.setdefault(record[1:7], []).append(record)
    files = []
    for month, records in sorted(months.items()):
        files.append(target / f"{month.decode()}.csv")
        files[-1].write_bytes(header + b"\n" + b"".join(record + b",\n" for record in records))
    return files


def ingest(file: Path, store: Path) -> float:
    """Ingest one month's file, as public on the 20th of the next month; seconds."""
    period = read_period(file.stem)
    assert period is not None
    request = ReleaseRequest(
        file=file,
        store=store,
        source="gacc_query",
        flow="export",
        partners="all",
        released_on=period[1] + timedelta(days=20),
    )
    begun = time.perf_counter()
    publish(request)
    return time.perf_counter() - begun


def publish(request: ReleaseRequest, today: date | None = None) -> Outcome:
    """Ingest a release, and approve it where it is held: some months of the real files are truncated."""
    ended = release.fn(request, today)
    if isinstance(ended, Hold):
        held_releases.decide(
            ended.store, ended.release_id, "approve", "benchmark", "measured as it is", datetime.now(UTC)
        )
        ended = release.fn(request, today)
    assert isinstance(ended, Outcome)
    return ended


def equals_full(store: Path) -> bool:
    """Whether the published metrics are those of one computation over the whole ledger."""
    snapshot = open_snapshot(store)
    published = read_table(snapshot, "metric")
    whole = derive(
        ledger.current_statements(read_table(snapshot, "observation")),
        read_table(snapshot, "release"),
        all_records=False,
    )  # type: ignore[arg-type]
    return published.equals(whole.select(published.columns))


def main() -> int:
    """Ingest, time, compare, print."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--short", type=int, default=13)
    ask.add_argument("--long", type=int, default=30)
    ask.add_argument("--rounds", type=int, default=5)
    ask.add_argument("--data", type=Path, default=DATA)
    given = ask.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = split_by_month(given.data, folder)
        store = folder / "reporter=CHN"
        kept: dict[int, Path] = {}
        for number, file in enumerate(files, start=1):
            if number in (given.short, given.long):
                kept[number] = folder / f"store{number}"
                shutil.copytree(store, kept[number], symlinks=True)
            ingest(file, store)
        same = equals_full(store)
        rows = pl.scan_parquet(str(store / "current" / "metric")).select(pl.len()).collect().item()
        print(
            f"{len(files)} months ingested one by one: {rows:,} rows of metric, equal to one computation over all:"
            f" {same}"
        )
        seconds: dict[int, list[float]] = {number: [] for number in kept}
        for round_ in range(given.rounds):
            for number, before in kept.items():
                copy = folder / f"copy{number}-{round_}"
                shutil.copytree(before, copy, symlinks=True)
                # Or the first fsync of the publication would write the copy, which is longer for the long store.
                os.sync()
                seconds[number].append(ingest(files[number - 1], copy))
                shutil.rmtree(copy)
        for number, taken in seconds.items():
            print(
                f"month {number:3} onto {number - 1:3}: median {statistics.median(taken):.2f} s, least"
                f" {min(taken):.2f} s"
            )
        ratio = min(seconds[given.long]) / min(seconds[given.short])
        print(f"ratio of the least: {ratio:.2f}")
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
