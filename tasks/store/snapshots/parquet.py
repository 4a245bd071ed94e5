"""Encodes frames as published files and reads them back: how a table is partitioned, sorted, written and read.

A frame becomes one file for each flow, year and month (or one file, for tables that are not filed by month), sorted by
the table's order, with the Arrow schema of its model and the derivation in the file's key-value metadata. The bytes
depend only on the rows, the derivation and the versions of the libraries.
"""

import base64
import io
import itertools
import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, cast

import polars as pl

from schemas.layouts import LAYOUTS, PARTITION_KEYS
from schemas.table import arrow_schema, polars_schema, readers_schema, schema_sha256, stored_columns
from tasks.domain.errors import StoreError
from tasks.domain.periods import Month
from tasks.store.files.manifest import FileEntry, other_version
from tasks.store.files.snapshot import Snapshot
from tasks.store.snapshots.publish import NewFile

# Level 3 makes files of metric 2 % smaller and takes a third more time.
COMPACT = {"compression": "zstd", "compression_level": 1}
QUICK = {"compression": "lz4"}
# Data page size: what a reader of one product decompresses of a row group. The writers' default, one page for a row
# group, takes twice the time to read; half of this size makes files of metric 3 % larger and nothing faster.
BYTES_PER_PAGE = 2**17
ARROW_KEY, DERIVATION_KEY = "ARROW:schema", "tidewaiter.derivation"
Partition = tuple[str, int, int]


def encode_months(
    table: str,
    frame: pl.DataFrame,
    derivation: Callable[[Partition], Mapping[str, Any]],
    *,
    in_order: bool = False,
) -> Iterator[NewFile]:
    """One file for each flow, year and month of `frame`, with its `derivation`; `in_order`: the rows are in the table's
    order."""
    layout = LAYOUTS[table]
    assert layout.month_of is not None
    month = pl.col(layout.month_of).dt
    keys = frame.select("flow", year=month.year().cast(pl.Int32), month=month.month().cast(pl.Int32))
    starts = _starts(keys)
    if keys[starts].is_duplicated().any():
        order = keys.select(pl.arg_sort_by(*PARTITION_KEYS, maintain_order=True)).to_series()
        frame, keys = frame[order], keys[order]
        starts = _starts(keys)
    # Each month is a view: a partition is copied only when it is encoded.
    spans = {keys.row(start): (start, end) for start, end in itertools.pairwise([*starts, frame.height])}
    for key, (start, end) in sorted(spans.items()):
        partition = cast("Partition", key)
        yield encode_file(table, frame[start:end], partition_path(partition), derivation(partition), in_order=in_order)


def _starts(keys: pl.DataFrame) -> pl.Series:
    """The first row of each run of equal rows."""
    return keys.select(pl.any_horizontal(pl.all().ne_missing(pl.all().shift())).arg_true()).to_series()


def encode_file(
    table: str, frame: pl.DataFrame, partition: str, derivation: Mapping[str, Any], *, in_order: bool = False
) -> NewFile:
    """One file of a table, as bytes."""
    layout = LAYOUTS[table]
    kinds, rows = polars_schema(table), frame.select(stored_columns(table))
    others = {column: kinds[column] for column, kind in rows.schema.items() if kind != kinds[column]}
    rows = rows.cast(others) if others else rows  # type: ignore[arg-type]
    rows = rows if in_order else rows.sort(layout.sort_by)
    if any(isinstance(kind, pl.List) for kind in rows.dtypes):
        # Lists become different bytes, 1.5 times as many, where the writer itself cuts a piece.
        starts = range(0, max(rows.height, 1), layout.rows_per_group)
        views = [rows[start : start + layout.rows_per_group] for start in starts]
        # Each as one chunk of its own: for a single chunk Polars would keep the view, and with it the whole frame.
        rows = pl.concat([pl.concat([view[:1], view[1:]], rechunk=True) for view in views], rechunk=False)
    sink = io.BytesIO()
    rows.write_parquet(sink, **_options(table, rows, derivation))
    return NewFile(table, partition, sink.getvalue(), rows.height, schema_sha256(table), layout.by_release)


def _options(table: str, rows: pl.DataFrame, derivation: Mapping[str, Any]) -> dict[str, Any]:
    """Writer options for rows like these. The key-value metadata are the readers' schema, and what the file was made
    from."""
    # Polars reads without pyarrow, which takes as long to import as Polars.
    import pyarrow

    readers, written, layout = arrow_schema(table), rows.clear().to_arrow().schema, LAYOUTS[table]
    # Categories go into the file as dictionaries; the readers' schema has them as text. A null in a column that must
    # not have one is refused here, where its place is known.
    exact = [written.field(field.name).with_nullable(field.nullable).remove_metadata() for field in readers]
    return {
        **(COMPACT if layout.is_compact else QUICK),
        "statistics": True,
        "row_group_size": layout.rows_per_group,
        "data_page_size": BYTES_PER_PAGE,
        "arrow_schema": pyarrow.schema(exact),
        "metadata": {
            ARROW_KEY: base64.b64encode(readers.serialize().to_pybytes()).decode(),
            DERIVATION_KEY: json.dumps(derivation, sort_keys=True, ensure_ascii=False),
        },
    }


def partition_path(partition: Partition) -> str:
    """The hive path of a partition; month and year are unpadded, because some readers turn padded ones into text."""
    flow, year, month = partition
    return f"flow={flow}/year={year}/month={month}"


def path_partition(path: str) -> Partition:
    """The partition that a hive path names."""
    flow, year, month = (part.split("=", 1)[1] for part in path.split("/"))
    return flow, int(year), int(month)


def partition_month(partition: Partition) -> int:
    """The month of a partition as a consecutive whole number, as `domain.periods.month_number` gives it for a day."""
    _, year, month = partition
    return Month.of(year, month)


def read_table(
    snapshot: Snapshot | None,
    table: str,
    keep: Callable[[Partition], bool] = lambda partition: True,
    where: pl.Expr | None = None,
    columns: Collection[str] = (),
) -> pl.DataFrame:
    """Rows of a table of a snapshot, in the table's order; empty where `snapshot` is None (nothing was published yet).

    `keep` chooses partitions, `where` rows, `columns` columns (all where none are named). `where` may only use columns
    inside the files, not those in their paths; row groups in which it cannot hold are not read. Raises StoreError where
    another version did not write a column.
    """
    kinds = {column: kind for column, kind in readers_schema(table).items() if not columns or column in columns}
    if snapshot is None:
        return pl.DataFrame(schema=kinds)
    files = _files_by_flow(snapshot, table, keep)
    frames: list[pl.DataFrame] = []
    for flow, chosen in files.items():
        rows = pl.scan_parquet(snapshot.opened(chosen), hive_partitioning=False, glob=False)
        if where is not None:
            rows = rows.filter(where)
        if flow is not None:
            rows = rows.with_columns(flow=pl.lit(flow))
        frames.append(collected(rows, kinds, table, chosen))
    if not frames:
        return pl.DataFrame(schema=kinds)
    month_of = LAYOUTS[table].month_of
    several = [entry.partition for chosen in files.values() for entry in chosen]
    if month_of and len({*several}) == len(several):
        # Each file is one sorted month, so sorted months make a sorted table.
        return pl.concat(frames)
    order = [*(["flow", month_of] if month_of else []), *LAYOUTS[table].sort_by]
    return pl.concat(frames).sort([column for column in order if column in kinds])


def _files_by_flow(
    snapshot: Snapshot, table: str, keep: Callable[[Partition], bool]
) -> dict[str | None, list[FileEntry]]:
    """Files of one flow are read together, because a call for each costs more than the rows of most months."""
    files: dict[str | None, list[FileEntry]] = {}
    entries = [
        (path_partition(entry.partition) if entry.partition else None, entry) for entry in snapshot.entries(table)
    ]
    for partition, entry in sorted(entries, key=lambda pair: pair[0] or ("", 0, 0)):
        if partition is None or keep(partition):
            files.setdefault(partition and partition[0], []).append(entry)
    return files


def collected(rows: pl.LazyFrame, kinds: Mapping[str, Any], table: str, entries: Collection[FileEntry]) -> pl.DataFrame:
    """Rows of files of a table in these types. Raises StoreError where another version did not write a column."""
    try:
        return rows.select(pl.col(column).cast(kind) for column, kind in kinds.items()).collect()
    except (pl.exceptions.ColumnNotFoundError, pl.exceptions.SchemaError) as error:
        others = of_another_version(table, entries)
        if not others:
            raise
        raise other_columns(table, others) from error


def of_another_version(table: str, entries: Collection[FileEntry]) -> list[FileEntry]:
    """Return the files of a table that were written with another schema, which may have the same columns."""
    return [entry for entry in entries if entry.schema_sha256 != schema_sha256(table)]


def other_columns(table: str, others: Sequence[FileEntry]) -> StoreError:
    """Return the error that files of another version lack a column, with what to do."""
    again = (
        "Ingest one release of each direction, which may be one that is published already: its figures are made again."
    )
    if table != "metric":
        problem = f"{len(others)} files of the table {table} have other columns, as this one"
        return StoreError(other_version(others[0].path, problem))
    return StoreError(
        f"{len(others)} files of the table {table} were written by another version of Tidewaiter and have other "
        f"columns, the first is {others[0].path}. {again}"
    )
