"""One file of `base`, `base_year` or `base_far`: what its statistics say of each row group, and the rows of one as columns.

Names stand in the file as numbers into lists of the row group; each list is looked at once and no name is ever a text here.
A column in which a row group says one thing only is not read. Which row groups are read is in `base_reader`.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numba
import numpy
import pyarrow
import pyarrow.parquet

from schemas.base import HOW, SPANS
from schemas.metric import SETS_OF_KINDS
from tasks.arrow_columns import buffers, is_there, month_indices, numbered, whole, whole_numbers
from tasks.cube import NOTHING, PRINTED
from tasks.keys import Array
from tasks.series import VALUE_OF

KEYED = ("product", "partner", "measure")
MONTHS_OF_FAR = ("last_month", "run_start")
MARKS_OF_FAR = ("highest", "lowest", "kinds")


class BaseFile(NamedTuple):
    """The numbers of one flow and month (a month index), or of the `months` that begin with it, side by side; a file, or its bytes.
    With no `months` it says what is far: what is known of those before it."""

    flow: str
    month: int
    file: Path | bytes
    months: int = 1

    def footer(self) -> pyarrow.parquet.FileMetaData:
        """What the file says of itself."""
        return pyarrow.parquet.read_metadata(self._where_it_lies())

    def opened(self, footer: pyarrow.parquet.FileMetaData) -> pyarrow.parquet.ParquetFile:
        """The file, whose footer is read already; names come as numbers."""
        named = KEYED if not self.months else (*KEYED, "span", "kinds", *(["how"] if self.months == 1 else []))
        return pyarrow.parquet.ParquetFile(
            self._where_it_lies(), read_dictionary=named, memory_map=True, metadata=footer
        )

    def _where_it_lies(self) -> str | pyarrow.BufferReader:
        return pyarrow.BufferReader(self.file) if isinstance(self.file, bytes) else str(self.file)


class RowGroup(NamedTuple):
    """A row group: the two characters with which its first and last products begin, and what is the same in all its rows."""

    place: int
    low: str
    high: str
    span: str | None = None
    kinds: str | None = None
    how: str | None = HOW[0]


def row_groups(footer: pyarrow.parquet.FileMetaData, asked: Sequence[str]) -> list[RowGroup]:
    """The row groups that have rows, with what their statistics say of the columns `asked`, of which `product` is the first."""
    names = footer.schema.to_arrow_schema().names
    found = []
    for place in range(footer.num_row_groups):
        group = footer.row_group(place)
        if group.num_rows:
            product, *texts = (group.column(names.index(name)).statistics for name in asked)
            one = [text.min if text.min == text.max else None for text in texts]
            found.append(RowGroup(place, product.min[:2], product.max[:2], *one))
    return found


def has_totals(footer: pyarrow.parquet.FileMetaData) -> bool:
    """Whether a file has a figure that is cumulated from January; its statistics tell."""
    place = footer.schema.to_arrow_schema().names.index("span")
    columns = [footer.row_group(group).column(place) for group in range(footer.num_row_groups)]
    return any(column.num_values and column.statistics.max >= "ytd" for column in columns)


def settled_rows(
    opened: pyarrow.parquet.ParquetFile, group: RowGroup, file: BaseFile, since: int, flow: int, products: Mapping[str, int],
    names: Mapping[str, Mapping[str, int]],
) -> tuple[Array, ...]:  # fmt: skip
    """The columns of `Settled` from one row group, without months before `since` and rows of products whose number is -1."""
    asked = [*KEYED, *(name for name in ("span", "kinds", "how") if getattr(group, name) is None)]
    skipped = max(since - file.month, 0)
    values = ["value"] if file.months == 1 else [f"value_{place + 1}" for place in range(skipped, file.months)]
    columns = [*asked, *values, *(["months"] if file.months > 1 else [])]
    read = opened.read_row_group(group.place, columns=columns, use_threads=False)
    table = {name: whole(read.column(name)) for name in read.column_names}
    keys = [
        numbered(table["product"], products.__getitem__),
        numbered(table["partner"], names["partner"].__getitem__),
        numbered(table["measure"], names["measure"].__getitem__),
        *(
            numbered(table[name], number, numpy.uint8)
            if one is None
            else numpy.full(read.num_rows, number(one), numpy.uint8)
            for name, one, number in (
                ("span", group.span, SPANS.index),
                ("kinds", group.kinds, _number_of_kinds),
                ("how", group.how, lambda how: HOW.index(how) + PRINTED),
            )
        ),
    ]
    is_mine = keys[0] >= 0
    if file.months == 1:
        count = is_mine.astype(numpy.uint8)
        month = numpy.full(int(count.sum()), file.month, numpy.int32)
        value = whole_numbers(table["value"])
        value = value if len(month) == len(value) else value[is_mine]
    else:
        is_mine, count, month, value = _row_by_row(table, values, is_mine, file.month, skipped)
    keys = keys if is_mine.all() else [key[is_mine] for key in keys]
    count = count[is_mine]
    return numpy.full(len(count), flow, numpy.int32), *keys, count, month, value


def far_rows(
    opened: pyarrow.parquet.ParquetFile, group: RowGroup, flow: int, products: Mapping[str, int],
    names: Mapping[str, Mapping[str, int]],
) -> tuple[Array, ...]:  # fmt: skip
    """The columns of `Far` from one row group, rows of other products left out; the months of all marks before their values."""
    # Most products are told of by one kind of release throughout, and lists are long to read.
    marked = [name for name in MARKS_OF_FAR if _has_marks(opened, group.place, name)]
    columns = [*KEYED, *MONTHS_OF_FAR, *(f"{name}_months" for name in marked), *marked]
    read = opened.read_row_group(group.place, columns=columns, use_threads=False)
    table = {name: whole(read.column(name)) for name in columns}
    found = (
        numbered(table["product"], products.__getitem__),
        numbered(table["partner"], names["partner"].__getitem__),
        numbered(table["measure"], lambda text: names["measure"][VALUE_OF.get(text, text)]),
        numbered(table["measure"], VALUE_OF.__contains__, numpy.uint8),
        *(month_indices(table[name]) for name in MONTHS_OF_FAR),
    )
    none = numpy.zeros(read.num_rows, numpy.int64)
    months = [table[f"{name}_months"].to_numpy().view(numpy.int64) if name in marked else none for name in MARKS_OF_FAR]
    values = [_values(name, table[name].flatten()) if name in marked else _values(name) for name in MARKS_OF_FAR]
    is_mine = found[0] >= 0
    if not is_mine.all():
        values = [
            value[numpy.repeat(is_mine, numpy.bitwise_count(bits))] for bits, value in zip(months, values, strict=True)
        ]
        found, months = tuple(column[is_mine] for column in found), [bits[is_mine] for bits in months]
    return numpy.full(len(found[0]), flow, numpy.int32), *found, *months, *values


def _has_marks(opened: pyarrow.parquet.ParquetFile, group: int, name: str) -> bool:
    """Whether a row of a row group has a mark; its statistics tell."""
    column = opened.metadata.row_group(group).column(opened.schema_arrow.names.index(f"{name}_months"))
    return bool(column.statistics.max)


def _values(name: str, values: pyarrow.Array | Sequence[Any] = ()) -> Array:
    """What stands at marks: numbers, or the kinds of texts."""
    if name == "kinds":
        return numpy.array([_number_of_kinds(text.as_py()) for text in values], numpy.uint8)
    return numpy.asarray(values, numpy.float64)


def _number_of_kinds(kinds: str) -> int:
    return SETS_OF_KINDS.index(kinds) + 1


def _row_by_row(
    table: dict[str, pyarrow.Array], values: Sequence[str], is_mine: Array, first: int, skipped: int
) -> tuple[Array, Array, Array, Array]:
    """Which rows are ours and have a month after those that are `skipped`; how many each row has, none where it is not ours; and
    the months with their values, row after row."""
    months = numpy.where(is_mine, table["months"].to_numpy(), 0) >> skipped << skipped
    count, start = _count(months)
    size = int(start[-1])
    month, value = numpy.empty(size, numpy.int32), numpy.empty(size, numpy.int64)
    for place, name in enumerate(values, start=skipped):
        _put_month(months, start, *buffers(table[name], numpy.int64), table[name].offset, place, first, month, value)
    return months != 0, count, month, value


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
            month[entry], value[entry] = first + place, data[at] if is_there(validity, at) else NOTHING
            next_[row] += 1
