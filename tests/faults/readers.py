"""What others do with a published folder: Polars, DuckDB and pyarrow, each in its own plain way.

The pointer is resolved once (`realpath`), as documented for readers that do not use this library.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass, fields
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


@dataclass
class Tally:
    """What the reads of one reader were; all but `reads` must stay 0."""

    reads: int = 0
    mixed: int = 0
    short: int = 0
    wrong: int = 0
    backwards: int = 0
    errors: int = 0

    @property
    def bad(self) -> int:
        return sum(getattr(self, field.name) for field in fields(self) if field.name != "reads")

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(self)))


class Watcher:
    """Reads again and again with one engine and judges each read against the expectation."""

    def __init__(self, store: Path, engine: str) -> None:
        self.store, self.read = store, READERS[engine]
        self.tally, self.newest, self.samples = Tally(), 0, list[str]()

    def look(self) -> None:
        folder = resolve(self.store)
        if folder is None:
            return
        self.tally.reads += 1
        try:
            rows, sequence = self.read(folder), sequence_of(folder)
        except Exception as error:
            self.tally.errors += 1
            self.samples.append(f"{folder}: {type(error).__name__}: {error}")
            return
        if sequence < self.newest:
            self.tally.backwards += 1
        self.newest = max(self.newest, sequence)
        verdict = judge(rows, sequence)
        if verdict != "right":
            setattr(self.tally, verdict, getattr(self.tally, verdict) + 1)
            self.samples.append(f"{folder}: {verdict}: {rows}")


def judge(rows: list[Row], number: int) -> str:
    """right, or how a read differs from release `number`: mixed (rows of another release), short or wrong."""
    expected = expected_rows(number)
    if rows == expected:
        return "right"
    if {row[-1] for row in rows} - {row[-1] for row in expected}:
        return "mixed"
    return "short" if len(rows) < len(expected) else "wrong"
