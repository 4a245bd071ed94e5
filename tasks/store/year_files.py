"""Writes the months of a year into files that are sorted by series, so that a reader of one series finds it in one place.

Belongs here: which rows make a file and a row group, and the order. Both follow from the rows alone, so the same months make
the same bytes on every machine. Does not belong here: which years are written (`steps.history`).
"""

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl

from schemas.table import PUBLISHED, Table, polars_schema, stored_columns, table_name
from tasks.store.parquet import encode_part, notes_of
from tasks.store.splice import splice

# Ten row groups: the bytes of a file and the rows of a group are in memory at once.
ROWS_OF_A_FILE = 7_864_320
Span = tuple[str, str]


def year_files(
    model: type[Table], months: Sequence[Path], derivation: Mapping[str, Any]
) -> Iterator[tuple[bytes, int]]:
    """Yield the files of a year and their rows; `months` are the files of its months, of the same columns, each sorted by
    product. No product is in two files.
    """
    whole = pl.scan_parquet([*months], hive_partitioning=False, glob=False)
    sizes = whole.group_by("product").len().collect(engine="streaming").sort("product")
    for spans in _files_of([*sizes.iter_rows()], PUBLISHED[table_name(model)].rows_per_group, ROWS_OF_A_FILE):
        yield _joined((_encoded(model, whole, span) for span in spans), notes_of(model, derivation))


def _joined(groups: Iterable[bytes], notes: Mapping[str, str]) -> tuple[bytes, int]:
    sink = io.BytesIO()
    rows = splice(groups, notes, sink)
    return sink.getvalue(), rows


def _files_of(sizes: Sequence[tuple[str, int]], of_group: int, of_file: int) -> Iterator[list[Span]]:
    """Yield the first and last product of each row group, file by file; a product that is larger than a group has its own."""
    spans: list[Span] = []
    in_group = in_file = 0
    for product, rows in sizes:
        if spans and in_file + rows > of_file:
            yield spans
            spans, in_group, in_file = [], 0, 0
        if spans and in_group + rows <= of_group:
            spans[-1] = spans[-1][0], product
        else:
            spans.append((product, product))
            in_group = 0
        in_group += rows
        in_file += rows
    if spans:
        yield spans


def _encoded(model: type[Table], whole: pl.LazyFrame, span: Span) -> bytes:
    first, last = span
    kinds, order = polars_schema(model), PUBLISHED[table_name(model)].sort_by
    # Coded as they are read: as text the columns of few words would take most of the memory.
    coded = {name: kinds[name] for name in stored_columns(model) if name not in order}
    rows = whole.filter(pl.col("product").is_between(pl.lit(first), pl.lit(last))).cast(coded).collect()  # type: ignore[arg-type]
    return encode_part(model, rows.sort(order))
