"""What others do with a published folder: Polars, DuckDB and pyarrow, each in its own plain way.

The pointer is resolved once (`realpath`), as documented for readers that do not use this library.
"""

import os
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path

import duckdb
import polars as pl
import pyarrow.dataset as ds

from tests.faults.world import Row, expected_rows

COLUMNS = ["flow", "year", "month", "product", "value_usd", "word"]


def read_polars(folder: str) -> list[Row]:
    return sorted(pl.scan_parquet(folder + "/_metric", hive_partitioning=True).select(COLUMNS).collect().rows())


def read_duckdb(folder: str) -> list[Row]:
    query = f"select {','.join(COLUMNS)} from read_parquet('{folder}/_metric/**/*.parquet', hive_partitioning=true)"
    return sorted(_duckdb().execute(query).fetchall())


@cache
def _duckdb() -> duckdb.DuckDBPyConnection:
    # Without its cache of file contents, so that every read is one of the disk.
    return duckdb.connect(config={"threads": 1, "enable_external_file_cache": False})


def read_pyarrow(folder: str) -> list[Row]:
    table = ds.dataset(folder + "/_metric", partitioning="hive").to_table(columns=COLUMNS)
    return sorted(zip(*(table[name].to_pylist() for name in COLUMNS), strict=True))


READERS: dict[str, Callable[[str], list[Row]]] = {
    "polars": read_polars,
    "duckdb": read_duckdb,
    "pyarrow": read_pyarrow,
}


def resolve(store: Path) -> str | None:
    """The real folder of the current snapshot, as a stranger finds it."""
    pointer = store / ".current"
    return os.path.realpath(pointer) if pointer.is_symlink() else None


def sequence_of(folder: str) -> int:
    return int(Path(folder).name.split("-")[0])


# How many reads there were, and how many of them were bad in which way.
COUNTED = ("reads", "mixed", "short", "wrong", "backwards", "errors")
Tally = Counter[str]


def bad(tally: Tally) -> int:
    """How often a reader saw what it must not see."""
    return sum(tally[way] for way in COUNTED[1:])


class Watcher:
    """Reads again and again with one engine and judges each read against the expectation."""

    def __init__(self, store: Path, engine: str) -> None:
        self.store, self.read = store, READERS[engine]
        self.tally, self.newest, self.samples = Tally(), 0, list[str]()

    def look(self) -> None:
        folder = resolve(self.store)
        if folder is None:
            return
        self.tally["reads"] += 1
        try:
            rows, sequence = self.read(folder), sequence_of(folder)
        except Exception as error:
            self.tally["errors"] += 1
            self.samples.append(f"{folder}: {type(error).__name__}: {error}")
            return
        if sequence < self.newest:
            self.tally["backwards"] += 1
        self.newest = max(self.newest, sequence)
        verdict = judge(rows, sequence)
        if verdict != "right":
            self.tally[verdict] += 1
            self.samples.append(f"{folder}: {verdict}: {rows}")


def judge(rows: list[Row], number: int) -> str:
    """right, or how a read differs from release `number`: mixed (rows of another release), short or wrong."""
    expected = expected_rows(number)
    if rows == expected:
        return "right"
    if {row[-1] for row in rows} - {row[-1] for row in expected}:
        return "mixed"
    return "short" if len(rows) < len(expected) else "wrong"
