"""Measures how long it takes to write the files of a store and nothing else: the least that any program with the same tables takes.

Every file of the current snapshot is read, and then, which alone counts, its rows are encoded as they were, hashed, written and
brought to the disk. No figure is computed, nothing is validated.
"""

import hashlib
import io
import os
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from schemas.table import Table, polars_schema, stored_columns, table_name
from schemas.tables.catalog import LAYOUTS
from schemas.tables.observation import Observation
from tasks.steps.portions import DERIVED
from tasks.steps.segments import cut, segments_of
from tasks.store.parquet import encode_file, encode_part, notes_of, read_derivation
from tasks.store.snapshot import open_snapshot
from tasks.store.splice import splice


class Written(NamedTuple):
    """What the writing took, and how many bytes it was."""

    wall_seconds: float
    cpu_seconds: float
    bytes: int


def write_again(store: Path, folder: Path) -> Written:
    """Write the files of a store again, byte for byte, each over the one before, into a `folder` on the same disk."""
    snapshot = open_snapshot(store)
    assert snapshot is not None, f"nothing is published in {store}"
    statements = {entry.partition: entry.rows for entry in snapshot.entries(table_name(Observation))}
    wall, cpu, size = 0.0, 0.0, 0
    with tempfile.TemporaryFile(dir=folder) as target:
        for entry in snapshot.files:
            model = LAYOUTS[entry.table].model
            kinds = polars_schema(model)
            rows = pl.read_parquet(snapshot.path / entry.path, hive_partitioning=False)
            rows = rows.select(pl.col(name).cast(kinds[name]) for name in stored_columns(model)).rechunk()
            derivation = read_derivation(str(snapshot.path / entry.path))
            begun, used = time.perf_counter(), time.process_time()
            if model in DERIVED:
                data = _in_segments(model, rows, derivation, statements.get(entry.partition, 0))
            else:
                data = encode_file(model, rows, entry.partition, derivation, in_order=True).data
            assert hashlib.sha256(data).hexdigest() == entry.sha256, f"{entry.path}: written again it is another file"
            target.seek(0)
            target.write(data)
            target.flush()
            os.fsync(target.fileno())
            wall += time.perf_counter() - begun
            cpu += time.process_time() - used
            size += len(data)
    return Written(wall, cpu, size)


def _in_segments(model: type[Table], rows: pl.DataFrame, derivation: Mapping[str, Any], statements: int) -> bytes:
    """The file of a derived month, whose segments depend on the number of its statements."""
    sink = io.BytesIO()
    parts = [encode_part(model, part) for _, part in cut(rows, segments_of(statements))]
    splice(parts or [encode_part(model, rows)], notes_of(model, derivation), sink)
    return sink.getvalue()
