"""The files of numbers of months that were made before, read portion by portion.

Names stand in the files as numbers into lists of their row groups; each list is looked at once and no name is ever a text
here. What lies in no row group of a portion is not read.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy
import pyarrow
import pyarrow.parquet

from schemas.base import HOW, SPANS
from schemas.metric import SETS_OF_KINDS
from tasks import elsewhere
from tasks.cube import NOTHING, PRINTED, Array, Settled
from tasks.scope import BASKET, basket_members
from tasks.series import Portion, kin_of, kindred_chapters

NAMED = ("product", "partner", "measure", "span", "how", "kinds")


class BaseFile(NamedTuple):
    """The numbers of one flow and month (a month index)."""

    flow: str
    month: int
    path: Path


class BaseFiles(NamedTuple):
    """The numbers of all months that need not be made again."""

    files: tuple[BaseFile, ...] = ()

    def carried_by(self, portions: list[Portion]) -> list[Portion]:
        """The portions, with their settled numbers where others than this process take them: they may not have our files."""
        if not elsewhere.is_lent() or len(portions) < 2:
            return portions
        return [portion._replace(settled=self.read(portion)) for portion in portions]

    def read(self, portion: Portion) -> Settled:
        """The settled numbers of a portion, those of one file in the order of its rows."""
        if portion.settled is not None:
            return portion.settled
        names: dict[str, dict[str, int]] = {name: {} for name in ("flow", "product", "partner", "measure")}
        parts: list[tuple[Array, ...]] = []
        for file in self.files:
            flow = _number(names["flow"], file.flow)
            for batch in _batches(file.path, portion):
                parts.append(_coded(batch, names, portion, flow, file.month))
        kinds = (numpy.int32, numpy.int32, numpy.int32, numpy.int32, numpy.int32, numpy.uint8, numpy.uint8, numpy.int64, numpy.uint8)
        columns = [
            numpy.concatenate([part[place] for part in parts]) if parts else numpy.zeros(0, kind)
            for place, kind in enumerate(kinds)
        ]
        return Settled(*(list(found) for found in names.values()), *columns)


def has_totals(file: BaseFile) -> bool:
    """Whether a file has a figure that is cumulated from January; its statistics tell."""
    metadata = pyarrow.parquet.read_metadata(file.path)
    place = metadata.schema.to_arrow_schema().names.index("span")
    columns = [metadata.row_group(group).column(place).statistics for group in range(metadata.num_row_groups)]
    return any(found is None or not found.has_min_max or found.max >= "ytd" for found in columns if found is None or found.num_values)


def _batches(path: Path, portion: Portion) -> Iterator[pyarrow.RecordBatch]:
    with pyarrow.parquet.ParquetFile(path, read_dictionary=list(NAMED), memory_map=True) as file:
        place = file.schema_arrow.names.index("product")
        groups = [
            group for group in range(file.metadata.num_row_groups)
            if _may_hold(portion, file.metadata.row_group(group).column(place).statistics)
        ]  # fmt: skip
        if groups:
            table = file.read_row_groups(groups, columns=[*NAMED, "value"], use_threads=False)
            yield from table.to_batches()


def _may_hold(portion: Portion, statistics: Any) -> bool:
    """Whether a row group can have a product of the portion."""
    if statistics is None or not statistics.has_min_max:
        return True
    low, high = statistics.min[:2], statistics.max[:2]
    # Chapters stand for themselves unless a basket connects them.
    if (portion.after is None or low < portion.after) and high >= portion.first:
        return True
    moved = {*kindred_chapters(), BASKET[:2]} if basket_members().height else set()
    return any(low <= chapter <= high for chapter in moved)


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
