"""Stores of small published files, and what harms one."""

import hashlib
import io
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from tasks.store.files.snapshot import Snapshot, open_snapshot
from tasks.store.snapshots.publish import NewFile, Publication, exclusive, publish

JUNE, JULY = "flow=export/year=2025/month=6", "flow=export/year=2025/month=7"


def parquet(*values: int) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table({"value_usd": pa.array(values, pa.int64())}), sink)
    return sink.getvalue()


def new(partition: str, *values: int, table: str = "metric") -> NewFile:
    return NewFile(table, partition, parquet(*values), len(values), "schema-1")


def release(store: Path, files: list[NewFile], day: str = "2025-07-20", carried_tables: bool = False) -> Publication:
    """Read, modify, publish: what a run does."""
    with exclusive(store):
        parent = open_snapshot(store)
        named = {(file.table, file.partition) for file in files}
        kept = [entry for entry in parent.files if (entry.table, entry.partition) not in named] if parent else []
        return publish(store, files, carried=kept if carried_tables else (), parent=parent, about={"released_on": day})


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def overwrite(path: Path, data: bytes) -> None:
    """Write into a file that nobody may write."""
    path.chmod(0o644)
    path.write_bytes(data)


def point(store: Path, target: str) -> None:
    """Lead the pointer somewhere else."""
    (store / ".current").unlink()
    (store / ".current").symlink_to(target)


def levels(values: list[int], column: str = "level") -> bytes:
    sink = io.BytesIO()
    pl.DataFrame({column: values}).write_parquet(sink)
    return sink.getvalue()


def stored(
    store: Path, values: dict[str, list[int]], table: str = "metric", column: str = "level", schema: str = "0" * 64,
    others: dict[str, dict[str, list[int]]] | None = None,
) -> Snapshot:  # fmt: skip
    """The snapshot that has these files alone, `{"flow=export/year=2025/month=6": [1, 2]}`, published after what the
    store has; `others` are tables of another column.
    """
    every = [
        (table, column, values, schema),
        *((other, other, parts, schema) for other, parts in (others or {}).items()),
    ]
    files = [
        NewFile(name, partition, levels(numbers, of), len(numbers), hashed)
        for name, of, parts, hashed in every for partition, numbers in parts.items()
    ]  # fmt: skip
    with exclusive(store):
        return publish(store, files, carried=(), parent=open_snapshot(store), about={"releases": []}).snapshot
