"""The files of numbers of months that were made before, read portion by portion.

Names stand in the files as numbers into lists of their row groups; each list is looked at once and no name is ever a text
here. What lies in no row group of a portion is not read.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy
import pyarrow
import pyarrow.parquet

from schemas.base import HOW, SPANS
from schemas.metric import SETS_OF_KINDS
from tasks.cube import NOTHING, PRINTED, Array, Settled
from tasks.scope import BASKET
from tasks.series import Portion, kin_of, kindred_chapters

KINDS_OF_COLUMNS = (
    numpy.int32, numpy.int32, numpy.int32, numpy.int32, numpy.int32, numpy.uint8, numpy.uint8, numpy.int64, numpy.uint8,
)  # fmt: skip
NAMED = ("product", "partner", "measure", "span", "how", "kinds")


class BaseFile(NamedTuple):
    """The numbers of one flow and month (a month index)."""

    flow: str
    month: int
    path: Path


class _Footer(NamedTuple):
    """What a file says of its row groups: the two characters with which their first and last products begin."""

    file: BaseFile
    metadata: pyarrow.parquet.FileMetaData
    bounds: list[tuple[str, str]]


class Past:
    """The numbers of months that need not be made again. Footers are read once, rows when a portion asks for its own."""

    def __init__(self, files: Sequence[BaseFile]) -> None:
        self._footers = [_footer(file) for file in files]

    def read(self, portion: Portion) -> Settled:
        """The settled numbers of a portion, file by file, those of one file in the order of its rows."""
        names: dict[str, dict[str, int]] = {name: {} for name in ("flow", "product", "partner", "measure")}
        parts: list[tuple[Array, ...]] = []
        for footer in self._footers:
            flow = _number(names["flow"], footer.file.flow)
            for batch in _batches(footer, portion):
                parts.append(_coded(batch, names, portion, flow, footer.file.month))
        columns = [
            numpy.concatenate([part[place] for part in parts]) if parts else numpy.zeros(0, kind)
            for place, kind in enumerate(KINDS_OF_COLUMNS)
        ]
        return Settled(*(list(found) for found in names.values()), *columns)


def has_totals(file: BaseFile) -> bool:
    """Whether a file has a figure that is cumulated from January; its statistics tell."""
    metadata = pyarrow.parquet.read_metadata(file.path)
    place = metadata.schema.to_arrow_schema().names.index("span")
    columns = [metadata.row_group(group).column(place) for group in range(metadata.num_row_groups)]
    return any(column.num_values and column.statistics.max >= "ytd" for column in columns)


def _footer(file: BaseFile) -> _Footer:
    metadata = pyarrow.parquet.read_metadata(file.path)
    place = metadata.schema.to_arrow_schema().names.index("product")
    columns = [metadata.row_group(group).column(place) for group in range(metadata.num_row_groups)]
    return _Footer(file, metadata, [
        (column.statistics.min[:2], column.statistics.max[:2]) if column.num_values else ("~", "") for column in columns
    ])  # fmt: skip


def _batches(footer: _Footer, portion: Portion) -> Iterator[pyarrow.RecordBatch]:
    groups = [group for group, bounds in enumerate(footer.bounds) if _may_hold(portion, *bounds)]
    if groups:
        path, metadata = footer.file.path, footer.metadata
        with pyarrow.parquet.ParquetFile(path, read_dictionary=list(NAMED), memory_map=True, metadata=metadata) as file:
            table = file.read_row_groups(groups, columns=[*NAMED, "value"], use_threads=False)
            yield from table.to_batches()


def _may_hold(portion: Portion, low: str, high: str) -> bool:
    """Whether a row group with products from `low` to `high` can have one of the portion."""
    # Chapters stand for themselves unless a basket connects them.
    if (portion.after is None or low < portion.after) and high >= portion.first:
        return low <= high
    return any(low <= chapter <= high for chapter in (*kindred_chapters(), BASKET[:2]))


def _coded(
    batch: pyarrow.RecordBatch, names: dict[str, dict[str, int]], portion: Portion, flow: int, month: int
) -> tuple[Array, ...]:
    """The columns of `Settled` from one batch, rows of other portions left out."""
    columns = {name: batch.column(name) for name in NAMED}
    product = _translated(columns["product"], [
        _number(names["product"], name) if _is_of(portion, name) else -1 for name in columns["product"].dictionary.to_pylist()
    ])  # fmt: skip
    mine = numpy.flatnonzero(product >= 0)
    partner, measure = (
        _translated(columns[name], [_number(names[name], text) for text in columns[name].dictionary.to_pylist()])[mine]
        for name in ("partner", "measure")
    )
    span = _translated(columns["span"], [SPANS.index(text) for text in columns["span"].dictionary.to_pylist()])[mine]
    row = _translated(columns["how"], [HOW.index(text) + PRINTED for text in columns["how"].dictionary.to_pylist()])[mine]
    kinds = _translated(columns["kinds"], [SETS_OF_KINDS.index(text) + 1 for text in columns["kinds"].dictionary.to_pylist()])[mine]
    value = batch.column("value").fill_null(NOTHING).to_numpy(zero_copy_only=False)[mine]
    return (
        numpy.full(len(mine), flow, numpy.int32), product[mine], partner, measure, numpy.full(len(mine), month, numpy.int32),
        span.astype(numpy.uint8), row.astype(numpy.uint8), value, kinds.astype(numpy.uint8),
    )  # fmt: skip


def _translated(column: pyarrow.DictionaryArray, numbers: Sequence[int]) -> Array:
    """The numbers of the names of a column."""
    return numpy.array(numbers, numpy.int32)[column.indices.to_numpy(zero_copy_only=False)]


def _number(names: dict[str, int], name: str) -> int:
    return names.setdefault(name, len(names))


def _is_of(portion: Portion, product: str) -> bool:
    kin = kin_of(product)
    return portion.first <= kin and (portion.after is None or kin < portion.after)
