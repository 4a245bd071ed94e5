"""The files of numbers of months that were made before, read portion by portion.

Names stand in the files as numbers into lists of their row groups; each list is looked at once and no name is ever a text
here. What lies in no row group of a portion is not read, nor is a column in which a row group says one thing only. How a
number came to be is read of months that figures are made for: no later month asks.
"""

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

import numba
import numpy
import pyarrow
import pyarrow.parquet

from schemas.base import HOW, SPANS
from schemas.metric import SETS_OF_KINDS
from tasks.cube import NOTHING, PRINTED
from tasks.keys import Array
from tasks.scope import BASKET
from tasks.series import Portion, kin_of, kindred_chapters
from tasks.settled import Settled

YEAR = 12
KEYED = ("product", "partner", "measure")
KINDS_OF_COLUMNS = (
    numpy.int32, numpy.int32, numpy.int32, numpy.int32, numpy.uint8, numpy.uint8, numpy.uint8, numpy.uint8, numpy.int32,
    numpy.int64,
)  # fmt: skip


class BaseFile(NamedTuple):
    """The numbers of one flow and month (a month index), or of the twelve `months` that begin with it; a file, or its bytes."""

    flow: str
    month: int
    file: Path | bytes
    months: int = 1

    def opened(self) -> str | pyarrow.BufferReader:
        """What Parquet is read from."""
        return pyarrow.BufferReader(self.file) if isinstance(self.file, bytes) else str(self.file)


class _Group(NamedTuple):
    """A row group: the two characters with which its first and last products begin, and what is the same in all its rows."""

    place: int
    low: str
    high: str
    span: str | None
    kinds: str | None
    how: str | None


class Past:
    """The numbers of months that need not be made again, of which some are `told`: figures are made for them. Footers are
    read once, rows when a portion asks for its own."""

    def __init__(self, files: Sequence[BaseFile], told: Collection[tuple[str, int]] = ()) -> None:
        self._files = [
            (file, metadata, _groups(metadata, tells_how=file.months == 1 and (file.flow, file.month) in told))
            for file in files
            for metadata in [pyarrow.parquet.read_metadata(file.opened())]
        ]

    def read(self, portion: Portion) -> Settled:
        """The settled numbers of a portion, file by file, those of one file in the order of its rows."""
        names: dict[str, dict[str, int]] = {name: {} for name in ("flow", *KEYED)}
        parts: list[tuple[Array, ...]] = []
        for file, metadata, groups in self._files:
            mine = [group for group in groups if _may_hold(portion, group.low, group.high)]
            if not mine:
                continue
            flow = _number(names["flow"], file.flow)
            texts = [*KEYED, "span", "kinds", *(["how"] if file.months == 1 else [])]
            with pyarrow.parquet.ParquetFile(
                file.opened(), read_dictionary=texts, memory_map=True, metadata=metadata
            ) as opened:
                parts += [_coded(opened, group, names, portion, flow, file) for group in mine]
        columns = [
            numpy.concatenate([part[place] for part in parts]) if parts else numpy.zeros(0, kind)
            for place, kind in enumerate(KINDS_OF_COLUMNS)
        ]
        flows, products, partners, measures = (list(found) for found in names.values())
        return Settled(flows, products, partners, measures, *columns)

    def rows_of_kin(self) -> dict[str, int]:
        """The most rows that one file has of each kin of products, as the footers tell; baskets are counted with none."""
        most: dict[str, int] = {}
        for _, metadata, groups in self._files:
            rows: dict[str, int] = {}
            for group in groups:
                if group.low != BASKET[:2]:
                    kin = kindred_chapters().get(group.low, group.low)
                    rows[kin] = rows.get(kin, 0) + metadata.row_group(group.place).num_rows
            most |= {kin: max(count, most.get(kin, 0)) for kin, count in rows.items()}
        return most


def has_totals(file: BaseFile) -> bool:
    """Whether a file has a figure that is cumulated from January; its statistics tell."""
    metadata = pyarrow.parquet.read_metadata(file.opened())
    place = metadata.schema.to_arrow_schema().names.index("span")
    columns = [metadata.row_group(group).column(place) for group in range(metadata.num_row_groups)]
    return any(column.num_values and column.statistics.max >= "ytd" for column in columns)


def _groups(metadata: pyarrow.parquet.FileMetaData, *, tells_how: bool) -> list[_Group]:
    names = metadata.schema.to_arrow_schema().names
    found = []
    for place in range(metadata.num_row_groups):
        group = metadata.row_group(place)
        if group.num_rows:
            asked = ("product", "span", "kinds", *(["how"] if tells_how else []))
            product, *texts = (group.column(names.index(name)).statistics for name in asked)
            one = [text.min if text.min == text.max else None for text in texts] + ([] if tells_how else [HOW[0]])
            found.append(_Group(place, product.min[:2], product.max[:2], *one))
    return found


def _may_hold(portion: Portion, low: str, high: str) -> bool:
    """Whether a row group with products from `low` to `high` (two characters of each) can have one of the portion."""
    moved = kindred_chapters()
    if low == high and low != BASKET[:2]:
        return portion.holds(moved.get(low, low))
    # Chapters stand for themselves unless a basket connects them.
    between = (portion.after is None or low < portion.after) and high >= portion.first
    return (
        between
        or low <= BASKET[:2] <= high
        or any(low <= chapter <= high and portion.holds(kin) for chapter, kin in moved.items())
    )


def _coded(
    opened: pyarrow.parquet.ParquetFile, group: _Group, names: dict[str, dict[str, int]], portion: Portion, flow: int,
    file: BaseFile,
) -> tuple[Array, ...]:  # fmt: skip
    """The columns of `Settled` from one row group, rows of other portions left out."""
    asked = [*KEYED, *(name for name in ("span", "kinds", "how") if getattr(group, name) is None)]
    values = ["value"] if file.months == 1 else [f"value_{place + 1}" for place in range(YEAR)]
    columns = [*asked, *values, *(["months"] if file.months > 1 else [])]
    read = opened.read_row_group(group.place, columns=columns, use_threads=False)
    table = {name: read.column(name).combine_chunks() for name in read.column_names}

    def coded(name: str, numbers: Iterable[int]) -> Array:
        indices = table[name].indices.to_numpy(zero_copy_only=False)
        return numpy.asarray(numpy.fromiter(numbers, numpy.int32)[indices])

    texts = {name: table[name].dictionary.to_pylist() for name in asked}
    products, partners, measures = (names[name] for name in KEYED)
    keys = [
        coded("product", (_number(products, text) if portion.holds(kin_of(text)) else -1 for text in texts["product"])),
        # The texts of partners are many: a call for each would take as long as reading them.
        coded("partner", (partners.setdefault(text, len(partners)) for text in texts["partner"])),
        coded("measure", (measures.setdefault(text, len(measures)) for text in texts["measure"])),
        *(
            coded(name, map(place, texts[name])).astype(numpy.uint8)
            if one is None
            else numpy.full(read.num_rows, place(one), numpy.uint8)
            for name, one, place in (
                ("span", group.span, SPANS.index),
                ("kinds", group.kinds, _number_of_kinds),
                ("how", group.how, _number_of_how),
            )
        ),
    ]
    is_mine = keys[0] >= 0
    if file.months == 1:
        count = is_mine.astype(numpy.uint8)
        month = numpy.full(int(count.sum()), file.month, numpy.int32)
        value = table["value"].fill_null(NOTHING).to_numpy(zero_copy_only=False)
        value = value if len(month) == len(value) else value[is_mine]
    else:
        count, month, value = _row_by_row(table, values, is_mine, file.month)
    keys = keys if is_mine.all() else [key[is_mine] for key in keys]
    count = count[is_mine]
    return numpy.full(len(count), flow, numpy.int32), *keys, count, month, value


def _row_by_row(
    table: dict[str, pyarrow.Array], values: Sequence[str], is_mine: Array, first: int
) -> tuple[Array, Array, Array]:
    """How many months each row has, none where it is not ours; and the months with their values, row after row."""
    months = numpy.where(is_mine, table["months"].to_numpy(), 0)
    count, start = _count(months)
    size = int(start[-1])
    month, value = numpy.empty(size, numpy.int32), numpy.empty(size, numpy.int64)
    for place, name in enumerate(values):
        column = table[name]
        validity, data = (numpy.frombuffer(part or b"", kind) for part, kind in zip(
            column.buffers(), (numpy.uint8, numpy.int64), strict=True))  # fmt: skip
        _put_month(months, start, validity, data, column.offset, place, first, month, value)
    return count, month, value


@numba.njit(nogil=True, cache=True)
def _count(months: Array) -> tuple[Array, Array]:
    """How many months each row has, and where those of each begin, of all rows together."""
    count, start = numpy.zeros(len(months), numpy.uint8), numpy.zeros(len(months) + 1, numpy.int64)
    for row in range(len(months)):
        left = months[row]
        while left:
            left &= left - 1
            count[row] += 1
        start[row + 1] = start[row] + count[row]
    return count, start


@numba.njit(nogil=True, cache=True)
def _put_month(
    months: Array, next_: Array, validity: Array, data: Array, offset: int, place: int, first: int, month: Array, value: Array
) -> None:  # fmt: skip
    """Put the values of one month where they belong; `next_` says where the next one of each row goes."""
    for row in range(len(months)):
        if (months[row] >> place) & 1:
            at, entry = row + offset, next_[row]
            is_there = not len(validity) or (validity[at >> 3] >> (at & 7)) & 1
            month[entry], value[entry] = first + place, data[at] if is_there else NOTHING
            next_[row] += 1


def _number_of_how(how: str) -> int:
    return HOW.index(how) + PRINTED


def _number_of_kinds(kinds: str) -> int:
    return SETS_OF_KINDS.index(kinds) + 1


def _number(names: dict[str, int], name: str) -> int:
    return names.setdefault(name, len(names))
