"""Measures how long it takes to write the files of a store and nothing else: the least that any program with the same
tables takes.

Every file of the current snapshot is read, and then, which alone counts, its rows are encoded as they were, hashed,
written and brought to the disk. No figure is computed, nothing is validated.
"""

import hashlib
import json
import os
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import polars as pl

from schemas.table import polars_schema, stored_columns
from tasks.store.files.snapshot import open_snapshot
from tasks.store.snapshots.parquet import DERIVATION_KEY, encode_file


class Written(NamedTuple):
    """What the writing took, and how many bytes it was."""

    wall_seconds: float
    cpu_seconds: float
    bytes: int


def write_again(store: Path, folder: Path) -> Written:
    """Write the files of a store again, byte for byte, each over the one before, into a `folder` on the same disk."""
    snapshot = open_snapshot(store)
    assert snapshot is not None, f"nothing is published in {store}"
    wall, cpu, size = 0.0, 0.0, 0
    with tempfile.TemporaryFile(dir=folder) as target:
        for entry in snapshot.files:
            kinds = polars_schema(entry.table)
            rows = pl.read_parquet(snapshot.path / entry.path, hive_partitioning=False)
            rows = rows.select(pl.col(name).cast(kinds[name]) for name in stored_columns(entry.table)).rechunk()
            derivation = json.loads(pl.read_parquet_metadata(snapshot.path / entry.path)[DERIVATION_KEY])
            begun, used = time.perf_counter(), time.process_time()
            data = encode_file(entry.table, rows, entry.partition, derivation, in_order=True).data
            assert hashlib.sha256(data).hexdigest() == entry.sha256, f"{entry.path}: written again it is another file"
            target.seek(0)
            target.write(data)
            target.flush()
            os.fsync(target.fileno())
            wall += time.perf_counter() - begun
            cpu += time.process_time() - used
            size += len(data)
    return Written(wall, cpu, size)
