"""Samples rows of a published table without reading the whole table: a full cube has hundreds of millions of rows."""

import itertools
import random
from bisect import bisect_right
from collections.abc import Iterator
from typing import Any

import polars as pl

from schemas.table import readers_schema
from tasks.store.parquet import collected, path_partition
from tasks.store.snapshot import Snapshot


def drawn(snapshot: Snapshot, table: str, chance: random.Random) -> Iterator[dict[str, Any]]:
    """Every row of a table that is filed by month, once, in random order; each is read on request."""
    entries = snapshot.entries(table)
    ends = list(itertools.accumulate(entry.rows for entry in entries))
    for place in _in_any_order(ends[-1] if ends else 0, chance):
        number = bisect_right(ends, place)
        entry = entries[number]
        rows = pl.scan_parquet(snapshot.path / entry.path, hive_partitioning=False, glob=False)
        row = rows.slice(place - (ends[number] - entry.rows), 1).with_columns(
            flow=pl.lit(path_partition(entry.partition)[0])
        )
        yield collected(row, readers_schema(table), table, [entry]).row(0, named=True)


def _in_any_order(total: int, chance: random.Random) -> Iterator[int]:
    seen: set[int] = set()
    while len(seen) < total:
        place = chance.randrange(total)
        if place not in seen:
            seen.add(place)
            yield place
