"""What a reader of one product pays: the share of the bytes that statistics let through, and the time with warm files.

    python -m benchmarks.readers --store FOLDER [--size S|M|L] [--rounds 7] [--months 120]

Reads the whole history of an HS8 code from `current/metric` and `current/trade_flow` with plain Polars and plain
DuckDB, once for a usual code (the middle one by rows in the last month) and once for the one with the most rows. Bytes
are counted from the footers and not by time: those of the columns asked for, in the row groups whose least and largest
value admit what is asked for, of all bytes of the table; and once more with the footers, which every reader must read.
Both readers must give the same rows before their time counts. With `--months` the files of the last month are linked as
that many months: a long history of a full cube takes hours to make, and what a reader opens, lists and skips is the
same.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl
import pyarrow.parquet

from benchmarks import results
from tasks.store.places.reporters import only_store


@dataclass(frozen=True)
class Question:
    """What is asked for: a table, conditions on its columns, and the columns wanted; `product` is filled in."""

    text: str
    table: str
    where: dict[str, str]
    wanted: tuple[str, ...]


QUESTIONS = (
    Question(
        "the world, kg: level, m/m, y/y",
        "metric",
        {"partner": "WLD", "measure": "quantity_kg"},
        ("period", "level", "mom_pct", "mom_status", "yoy_pct", "yoy_status"),
    ),
    Question("all partners, kg: level", "metric", {"measure": "quantity_kg"}, ("partner", "period", "level")),
    Question("all partners: kg, USD", "trade_flow", {}, ("partner", "period", "quantity_kg", "value_usd")),
)


def choose(store: Path) -> dict[str, str]:
    """A usual HS8 code and the largest one, by rows in the last month."""
    last = max((store / "current" / "trade_flow").rglob("*.parquet"), key=_year_and_month)
    rows = pl.read_parquet(last, hive_partitioning=False).filter(pl.col("classification") == "HS8")
    counted = rows.group_by("product").len().sort("len", "product")
    return {"usual": counted["product"][counted.height // 2], "largest": counted["product"][-1]}


def _year_and_month(file: Path) -> tuple[int, int]:
    keys = dict(part.split("=", 1) for part in file.parts if "=" in part)
    return int(keys["year"]), int(keys["month"])


def admitted(file: Path, where: dict[str, str], columns: set[str]) -> Iterator[tuple[int, bool]]:
    """For each row group: the bytes of `columns`, and whether its statistics admit `where`."""
    footer = pyarrow.parquet.read_metadata(file)
    place = {footer.schema.column(number).name: number for number in range(footer.num_columns)}
    for number in range(footer.num_row_groups):
        group = footer.row_group(number)
        ranges = {name: group.column(place[name]).statistics for name in where}
        admits = all(
            found is None or not found.has_min_max or found.min <= where[name] <= found.max
            for name, found in ranges.items()
        )
        yield sum(group.column(place[name]).total_compressed_size for name in columns), admits


def footer_bytes(file: Path) -> int:
    """Bytes at the end of a file that say what is in it: the footer, its length, the mark of the format."""
    return int(pyarrow.parquet.read_metadata(file).serialized_size) + 8


def by_polars(store: Path, question: Question, where: dict[str, str]) -> pl.DataFrame:
    """As the README shows it."""
    rows = pl.scan_parquet(store / "current" / question.table, hive_partitioning=True).filter(**where)
    return rows.select(question.wanted).collect()


def by_duckdb(store: Path, question: Question, where: dict[str, str]) -> pl.DataFrame:
    """As the README shows it."""
    conditions = " and ".join(f"{name} = '{value}'" for name, value in where.items())
    files = f"{store / 'current' / question.table}/**/*.parquet"
    return duckdb.sql(
        f"select {', '.join(question.wanted)} from read_parquet('{files}', hive_partitioning = true) where {conditions}"
    ).pl()


def by_duckdb_keeping_footers(store: Path, question: Question, where: dict[str, str]) -> pl.DataFrame:
    """The same in a session that keeps what it once read of a file's footer."""
    duckdb.sql("set parquet_metadata_cache = true")
    try:
        return by_duckdb(store, question, where)
    finally:
        duckdb.sql("reset parquet_metadata_cache")


READERS = {"polars": by_polars, "duckdb": by_duckdb, "duckdb, footers kept": by_duckdb_keeping_footers}


def measure(store: Path, question: Question, product: str, rounds: int) -> list[str]:
    """Rows, row groups and bytes touched, milliseconds of each reader: the cells of one line."""
    where = {"product": product, **question.where}
    columns = {*where, *question.wanted}
    files = sorted((store / "current" / question.table).rglob("*.parquet"))
    groups = [group for file in files for group in admitted(file, where, columns)]
    touched = [asked for asked, admits in groups if admits]
    whole = sum(file.stat().st_size for file in files)
    share, with_footers = sum(touched) / whole, (sum(touched) + sum(map(footer_bytes, files))) / whole
    rows = [read(store, question, where).sort(question.wanted) for read in READERS.values()]
    if not rows[0].height or not all(rows[0].equals(others) for others in rows[1:]):
        raise SystemExit(f"{question.text} of {product}: the readers do not give the same rows")
    best = []
    for read in READERS.values():
        seconds, of_processor = [], []
        for _ in range(rounds):
            begun, used = time.perf_counter(), time.process_time()
            read(store, question, where)
            seconds.append(time.perf_counter() - begun)
            of_processor.append(time.process_time() - used)
        best.append((min(seconds), min(of_processor)))
    return [
        f"{rows[0].height:,}",
        f"{len(touched):,} of {len(groups):,}",
        f"{sum(touched) / 1024:,.0f}",
        f"{share:.2%}",
        f"{with_footers:.2%}",
        *(f"{seconds * 1000:,.0f} ({used * 1000:,.0f})" for seconds, used in best),
    ]


def as_history(store: Path, months: int, folder: Path) -> Path:
    """A store in `folder` with that many months, each of which has the files of the last month of `store`."""
    for table in {question.table for question in QUESTIONS}:
        files = sorted((store / "current" / table).resolve().rglob("*.parquet"), key=_year_and_month)
        last = [file for file in files if _year_and_month(file) == _year_and_month(files[-1])]
        for number in range(months):
            place = (
                folder / "current" / table / "flow=export" / f"year={2016 + number // 12}" / f"month={number % 12 + 1}"
            )
            place.mkdir(parents=True)
            for file in last:
                os.link(file, place / file.name)
    return folder


def main() -> int:
    """Read the arguments and report; the exit code."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--store", type=Path, required=True)
    ask.add_argument("--size", help="size of the data in the store; with it the results are written down")
    ask.add_argument("--rounds", type=int, default=7)
    ask.add_argument("--months", type=int, help="link the files of the last month as that many months")
    given = ask.parse_args()
    given.store = only_store(given.store)
    if given.months is None:
        return report(given)
    with tempfile.TemporaryDirectory(dir=given.store.parent) as folder:
        given.store = as_history(given.store, given.months, Path(folder))
        return report(given)


def report(given: argparse.Namespace) -> int:
    """Ask, print, write; the exit code."""
    machine = results.machine()
    lines = [
        [f"{question.table}: {question.text}; {kind} code", *measure(given.store, question, product, given.rounds)]
        for question in QUESTIONS
        for kind, product in choose(given.store).items()
    ]
    titles = [
        "",
        "rows",
        "row groups",
        "KiB",
        "of all bytes",
        "with footers",
        *(f"{name}, ms (of processor)" for name in READERS),
    ]
    files = list((given.store / "current" / "metric").rglob("*.parquet"))
    gigabytes = sum(file.stat().st_size for file in files) / 10**9
    months = len({file.parent for file in files})
    of_one = " (copies of the last month of the store)" if given.months else ""
    text = (
        f"{machine}\n\n`python -m benchmarks.readers`: history over {months} months{of_one} in {len(files)} files,"
        f" metric {gigabytes:,.2f} GB; warm, least of {given.rounds} rounds.\n\n{results.table(titles, lines)}"
    )
    print(text)
    if given.size:
        several = f", {given.months} times" if given.months else ""
        results.put(f"Readers of one product, size {given.size}{several}", text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
