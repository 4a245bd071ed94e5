"""What Iceberg metadata add to a publication, in a store that has grown: processor, time, bytes.

    python -m benchmarks.iceberg [--months 120] [--rows 10000] [--kept 24] [--corrections 2] [--folder FOLDER]

Each publication is a synthetic month of one direction in the five tables that are filed by month, and a file of each
table that a release writes once; the last ones correct the last thirteen months as well. Numbers are random, so that
the files have the size of real ones. All months but the last `--kept` are one publication, and metadata are kept up
from it on, so that the store has as many states as one after a retention.
"""

import argparse
import io
import json
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks import results
from schemas.table import arrow_schema
from tasks.catalogs.iceberg import keep_store
from tasks.store.files.snapshot import Snapshot
from tasks.store.places.beside import Beside
from tasks.store.snapshots.publish import NewFile, exclusive, publish

BY_MONTH = ("metric", "observation", "record_level", "revision", "trade_flow")
BY_RELEASE = ("finding", "lineage", "quarantine", "release")
FIRST_YEAR = 2015
CORRECTED = 13
# Rows of files that are not measured.
SMALL = 20
PARTS = ("snapshots", "refs", "snapshot-log", "metadata-log", "schemas", "properties")


def file_of(table: str, partition: str, rows: int, number: int) -> NewFile:
    """A file of random rows in the form of a table."""
    draw = Random(f"{table} {partition} {number}")
    schema = arrow_schema(table)
    data = pa.table([pa.array(_values(draw, field.type, rows), field.type) for field in schema], schema=schema)
    sink = io.BytesIO()
    pq.write_table(data, sink, compression="zstd")
    return NewFile(table, partition, sink.getvalue(), rows, "5" * 64)


def _values(draw: Random, kind: pa.DataType, rows: int) -> list[Any]:
    numbers = pl.int_range(rows, eager=True).shuffle(draw.randrange(2**32))
    if pa.types.is_string(kind):
        return [f"{number % 500:08d}" for number in numbers]
    if pa.types.is_date(kind):
        return [date(FIRST_YEAR, 1, 1) + timedelta(number % 3000) for number in numbers]
    if pa.types.is_boolean(kind):
        return [number % 10 == 0 for number in numbers]
    if pa.types.is_list(kind):
        return [[f"{number % 9}"] for number in numbers]
    if pa.types.is_floating(kind):
        return [number * 1.7 for number in numbers]
    return [number % 100 for number in numbers]


def month(number: int) -> str:
    """The partition of a month, counted from the first one."""
    return f"flow=export/year={FIRST_YEAR + number // 12}/month={number % 12 + 1}"


def published(store: Path, parent: Snapshot | None, months: Iterable[int], number: int, rows: int) -> Snapshot:
    """Publish these months as the state after `parent`."""
    new = [file_of(table, month(one), rows, number) for table in BY_MONTH for one in months]
    new += [file_of(table, "", 20, number) for table in BY_RELEASE]
    named = {(file.table, file.partition) for file in new if file.partition}
    kept = [entry for entry in (parent.files if parent else ()) if (entry.table, entry.partition) not in named]
    added = [NewFile(**{**vars(file), "is_added": not file.partition}) for file in new]
    about = {"released_on": str(date(FIRST_YEAR, 1, 1) + timedelta(30 * number))}
    with exclusive(store):
        return publish(store, added, carried=kept, parent=parent, about=about).snapshot


def size(folder: Path) -> dict[str, int]:
    """The bytes of each file below a folder."""
    return {str(path): path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink()}


def parts(store: Path) -> dict[str, int]:
    """The bytes of the newest metadata of all tables, by what they say; `rest` are names, commas and small keys."""
    counts = Counter[str]()
    for folder in sorted((store / "iceberg").glob("*/metadata")):
        version = (folder / "version-hint.text").read_text()
        text = (folder / f"v{version}.metadata.json").read_text()
        sizes = {name: len(dumps(json.loads(text)[name])) for name in PARTS}
        counts.update(sizes, rest=len(text) - sum(sizes.values()))
        newest = max(json.loads(text)["snapshots"], key=lambda one: one["sequence-number"])
        counts["list of lists (Avro)"] += Path(newest["manifest-list"].removeprefix("file://")).stat().st_size
        lists = folder.glob(f"{newest['snapshot-id']}-*.avro")
        counts["list of files (Avro)"] += sum(path.stat().st_size for path in lists)
    return counts


def dumps(value: Any) -> str:
    """JSON as it is written, without blanks."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def added(before: dict[str, int], after: dict[str, int]) -> int:
    """The bytes of files that are new."""
    return sum(count for path, count in after.items() if path not in before)


def measured(
    store: Path, parent: Snapshot | None, months: Iterable[int], number: int, rows: int
) -> tuple[Snapshot, list[str]]:
    """Publish, bring the metadata up to date, and return what both cost."""
    objects, metadata = size(store / ".objects"), size(store / "iceberg")
    start = time.perf_counter(), time.process_time()
    snapshot = published(store, parent, months, number, rows)
    middle = time.perf_counter(), time.process_time()
    keep_store(store)
    end = time.perf_counter(), time.process_time()
    data, after = added(objects, size(store / ".objects")), size(store / "iceberg")
    more, left = added(metadata, after), sum(after.values()) - sum(metadata.values())
    times = [f"{one - other:.2f}" for one, other in (*zip(middle, start, strict=True), *zip(end, middle, strict=True))]
    return snapshot, [*times, f"{data / 1e6:.2f}", f"{more / 1e6:.3f}", f"{left / 1e6:.3f}", f"{100 * more / data:.1f}"]


def main() -> None:
    """Fill a store and print what the last publications cost."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--months", type=int, default=120)
    ask.add_argument("--rows", type=int, default=10_000, help="of each file")
    ask.add_argument("--kept", type=int, default=24, help="months that are published one by one")
    ask.add_argument("--corrections", type=int, default=2, help=f"of {CORRECTED} months each, at the end")
    ask.add_argument("--folder", type=Path)
    given = ask.parse_args()
    folder = given.folder or Path(tempfile.mkdtemp(prefix="iceberg-"))
    machine, store, rows = results.machine(), folder / "reporter=CHN", list[list[str]]()
    first = given.months - given.kept
    parent, _ = measured(store, None, range(first), first - 1, SMALL)
    for number in range(first, given.months):
        is_shown = number >= given.months - 2
        parent, cells = measured(store, parent, [number], number, given.rows if is_shown else SMALL)
        if is_shown:
            rows.append([f"month {number + 1}", *cells])
    last = range(given.months - CORRECTED, given.months)
    for number in range(given.months, given.months + given.corrections):
        parent, cells = measured(store, parent, last, number, given.rows)
        rows.append([f"correction of {CORRECTED} months", *cells])
    titles = ["publication", "s", "processor s", "metadata s", "processor s", "MB", "metadata MB", "that stay", "%"]
    print(f"{machine}\n\n{results.table(titles, rows)}")
    lists = [name for name in Beside(store).names("iceberg/") if name.endswith(".metadata.json")]
    print(f"{len(lists)} versions of metadata, {sum(size(store / 'iceberg').values()) / 1e6:.1f} MB in all")
    counts = parts(store)
    shares = [
        [name, f"{count / 1e3:.1f}", f"{100 * count / sum(counts.values()):.0f}"] for name, count in counts.items()
    ]
    print(f"\n{results.table(['part of the newest metadata', 'KB', '%'], shares)}")
    if given.folder is None:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
