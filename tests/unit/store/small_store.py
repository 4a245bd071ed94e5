"""A store of small published files, a line each: `{"flow=export/year=2025/month=6": [1, 2]}`."""

import io
from pathlib import Path

import polars as pl

from tasks.store.publish import NewFile, exclusive, publish
from tasks.store.snapshot import Snapshot, open_snapshot

JUNE, JULY = "flow=export/year=2025/month=6", "flow=export/year=2025/month=7"


def parquet(rows: pl.DataFrame) -> bytes:
    sink = io.BytesIO()
    rows.write_parquet(sink)
    return sink.getvalue()


def stored(
    store: Path, values: dict[str, list[int]], table: str = "metric", column: str = "level", schema: str = "0" * 64,
    others: dict[str, dict[str, list[int]]] | None = None,
) -> Snapshot:  # fmt: skip
    """The snapshot that has these files alone, published after what the store has; `others` are tables of another column."""
    files = [
        NewFile(table, partition, parquet(pl.DataFrame({column: numbers})), len(numbers), schema)
        for partition, numbers in values.items()
    ]
    files += [
        NewFile(other, partition, parquet(pl.DataFrame({other: numbers})), len(numbers), schema)
        for other, parts in (others or {}).items()
        for partition, numbers in parts.items()
    ]
    with exclusive(store):
        publish(store, files, carried=(), parent=open_snapshot(store), about={"releases": []})
    snapshot = open_snapshot(store)
    assert snapshot is not None
    return snapshot
