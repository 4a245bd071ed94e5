"""The files of numbers of months that were made before, read portion by portion.

Names stand in the files as numbers into lists of their row groups; each list is looked at once and no name is ever a text
here. What lies in no row group of a portion is not read, nor is a column in which a row group says one thing only. How a
number came to be is read of months that figures are made for: no later month asks. What is far (`far`) is read likewise.
"""

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numba
import numpy
import pyarrow
import pyarrow.parquet

from schemas.base import HOW, SPANS
from schemas.metric import SETS_OF_KINDS
from tasks.cube import NOTHING, PRINTED
from tasks.keys import Array
from tasks.scope import BASKET
from tasks.series import UNIT_VALUE_OF, Portion, kin_of, kindred_chapters
from tasks.settled import NO_MONTH, Far, Marks, Settled

YEAR = 12
KEYED = ("product", "partner", "measure")
MONTHS_OF_FAR = ("last_month", "run_start")
MARKS_OF_FAR = ("highest", "lowest", "kinds")
VALUES = {ratio: value for value, ratio in UNIT_VALUE_OF.items()}
EPOCH_YEAR = 1970
KINDS_OF_COLUMNS = (
    numpy.int32, numpy.int32, numpy.int32, numpy.int32, numpy.uint8, numpy.uint8, numpy.uint8, numpy.uint8, numpy.int32,
    numpy.int64,
)  # fmt: skip

KINDS_OF_FAR = (
    *[numpy.int32] * 4, numpy.uint8, *[numpy.int32] * 2, *[numpy.int64] * 3, numpy.float64, numpy.float64, numpy.uint8,
)  # fmt: skip


class BaseFile(NamedTuple):
    """The numbers of one flow and month (a month index), or of the `months` that begin with it, side by side; a file, or its bytes.
    With no `months` it says what is far: what is known of those before it."""

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
    span: str | None = None
    kinds: str | None = None
    how: str | None = HOW[0]


class _Names(dict[str, int]):
    """Names and their numbers; one that is new gets the next. Row groups have thousands of names, so that a call for each would
    take as long as reading them."""

    def __missing__(self, name: str) -> int:
        number = self[name] = len(self)
        return number


class _Products(dict[str, int]):
    """Products and their numbers among `names`, -1 for those of other portions."""

    def __init__(self, portion: Portion, names: _Names) -> None:
        super().__init__()
        self._portion, self._names = portion, names

    def __missing__(self, product: str) -> int:
        number = self[product] = self._names[product] if self._portion.holds(kin_of(product)) else -1
        return number


class Past:
    """The numbers of months that need not be made again, of which some are `told`: figures are made for them. Where files say
    what is far, nothing is read of a month before `since`, unless a cumulative figure of its year counts it. Footers are read
    once, rows when a portion asks for its own."""

    def __init__(self, files: Sequence[BaseFile], told: Collection[tuple[str, int]] = (), since: int = 0) -> None:
        opened = [(file, pyarrow.parquet.read_metadata(file.opened())) for file in files]
        befores = {file.month for file in files if not file.months}
        # One window looks back from all flows to the same month.
        assert len(befores) <= 1
        self.before = min(befores, default=None)
        self._since = 0 if self.before is None else min(since, self.before)
        of_year = [metadata for file, metadata in opened if file.months and file.month // YEAR == self._since // YEAR]
        if any(map(_has_totals, of_year)):
            self._since = self._since // YEAR * YEAR
        self._files = [
            (file, metadata, _groups(metadata, _says(tells_how=file.months == 1 and (file.flow, file.month) in told)))
            for file, metadata in opened
            if file.months and file.month + file.months > self._since
        ]
        self._far = [(file, metadata, _groups(metadata, ("product",))) for file, metadata in opened if not file.months]

    def read(self, portion: Portion) -> Settled:
        """The settled numbers of a portion, file by file, those of one file in the order of its rows."""
        names = {name: _Names() for name in ("flow", *KEYED)}
        products = _Products(portion, names["product"])
        parts: list[tuple[Array, ...]] = []
        for file, metadata, groups in self._files:
            mine = [group for group in groups if _may_hold(portion, group.low, group.high)]
            if not mine:
                continue
            flow = names["flow"][file.flow]
            texts = [*KEYED, "span", "kinds", *(["how"] if file.months == 1 else [])]
            with pyarrow.parquet.ParquetFile(
                file.opened(), read_dictionary=texts, memory_map=True, metadata=metadata
            ) as opened:
                parts += [_coded(opened, group, names, products, flow, file, self._since) for group in mine]
        columns = _joined(parts, KINDS_OF_COLUMNS)
        far = self._read_far(portion, names, products)
        settled = Settled(*(list(found) for found in names.values()), *columns)  # type: ignore[arg-type]
        return settled._replace(far=far)

    def _read_far(self, portion: Portion, names: dict[str, _Names], products: _Products) -> Far | None:
        """What is far of a portion; None where the files say nothing of that."""
        if self.before is None:
            return None
        parts = []
        for file, metadata, groups in self._far:
            mine = [group for group in groups if _may_hold(portion, group.low, group.high)]
            with pyarrow.parquet.ParquetFile(
                file.opened(), read_dictionary=[*KEYED], memory_map=True, metadata=metadata
            ) as opened:
                flow = names["flow"][file.flow]
                parts += [_far_rows(opened, group, names, products, flow) for group in mine]
        columns = _joined(parts, KINDS_OF_FAR)
        rows, months, values = columns[:-6], columns[-6:-3], columns[-3:]
        return Far._make([self.before, self._since, *rows, *map(Marks, months, map(_starts, months), values)])

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
    return _has_totals(pyarrow.parquet.read_metadata(file.opened()))


def _has_totals(metadata: pyarrow.parquet.FileMetaData) -> bool:
    place = metadata.schema.to_arrow_schema().names.index("span")
    columns = [metadata.row_group(group).column(place) for group in range(metadata.num_row_groups)]
    return any(column.num_values and column.statistics.max >= "ytd" for column in columns)


def _says(*, tells_how: bool) -> tuple[str, ...]:
    return ("product", "span", "kinds", *(["how"] if tells_how else []))


def _groups(metadata: pyarrow.parquet.FileMetaData, asked: Sequence[str]) -> list[_Group]:
    names = metadata.schema.to_arrow_schema().names
    found = []
    for place in range(metadata.num_row_groups):
        group = metadata.row_group(place)
        if group.num_rows:
            product, *texts = (group.column(names.index(name)).statistics for name in asked)
            one = [text.min if text.min == text.max else None for text in texts]
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
    opened: pyarrow.parquet.ParquetFile, group: _Group, names: dict[str, _Names], products: _Products, flow: int,
    file: BaseFile, since: int,
) -> tuple[Array, ...]:  # fmt: skip
    """The columns of `Settled` from one row group, rows of other portions and months before `since` left out."""
    asked = [*KEYED, *(name for name in ("span", "kinds", "how") if getattr(group, name) is None)]
    skipped = max(since - file.month, 0)
    values = ["value"] if file.months == 1 else [f"value_{place + 1}" for place in range(skipped, file.months)]
    columns = [*asked, *values, *(["months"] if file.months > 1 else [])]
    read = opened.read_row_group(group.place, columns=columns, use_threads=False)
    table = {name: _whole(read.column(name)) for name in read.column_names}

    def coded(name: str, numbers: Iterable[int], kind: type = numpy.int32) -> Array:
        return _picked(numpy.fromiter(numbers, kind), table[name])

    texts = {name: table[name].dictionary.to_pylist() for name in asked}
    keys = [
        coded("product", map(products.__getitem__, texts["product"])),
        coded("partner", map(names["partner"].__getitem__, texts["partner"])),
        coded("measure", map(names["measure"].__getitem__, texts["measure"])),
        *(
            coded(name, map(place, texts[name]), numpy.uint8)
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
        value = _fill(*_buffers(table["value"], numpy.int64), table["value"].offset, len(is_mine), NOTHING)
        value = value if len(month) == len(value) else value[is_mine]
    else:
        is_mine, count, month, value = _row_by_row(table, values, is_mine, file.month, skipped)
    keys = keys if is_mine.all() else [key[is_mine] for key in keys]
    count = count[is_mine]
    return numpy.full(len(count), flow, numpy.int32), *keys, count, month, value


def _far_rows(
    opened: pyarrow.parquet.ParquetFile, group: _Group, names: dict[str, _Names], products: _Products, flow: int
) -> tuple[Array, ...]:
    """The columns of `Far` from one row group, rows of other portions left out; the months of all marks before their values."""
    # Most products are told of by one kind of release throughout, and lists are long to read.
    marked = [name for name in MARKS_OF_FAR if _has_marks(opened, group.place, name)]
    columns = [*KEYED, *MONTHS_OF_FAR, *(f"{name}_months" for name in marked), *marked]
    read = opened.read_row_group(group.place, columns=columns, use_threads=False)
    table = {name: _whole(read.column(name)) for name in columns}
    texts = {name: table[name].dictionary.to_pylist() for name in KEYED}

    def coded(name: str, numbers: Iterable[int], kind: type = numpy.int32) -> Array:
        return _picked(numpy.fromiter(numbers, kind), table[name])

    found = (
        coded("product", map(products.__getitem__, texts["product"])),
        coded("partner", map(names["partner"].__getitem__, texts["partner"])),
        coded("measure", (names["measure"][VALUES.get(text, text)] for text in texts["measure"])),
        coded("measure", (text in VALUES for text in texts["measure"]), numpy.uint8),
        *(_month_indices(table[name]) for name in MONTHS_OF_FAR),
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


def _starts(months: Array) -> Array:
    """Where the entries of each row begin, of which there is one for each bit."""
    counts = numpy.bitwise_count(months)
    return numpy.cumsum(counts, dtype=numpy.int64) - counts


def _joined(parts: list[tuple[Array, ...]], kinds: Sequence[type]) -> list[Array]:
    """The columns of all parts in one piece each. What is joined is let go before the next column is; the list is emptied."""
    columns: list[list[Array]] = [list(pieces) for pieces in zip(*parts, strict=True)] or [[] for _ in kinds]
    parts.clear()
    joined = []
    for pieces, kind in zip(columns, kinds, strict=True):
        joined.append(numpy.concatenate(pieces) if pieces else numpy.zeros(0, kind))
        pieces.clear()
    return joined


def _whole(column: pyarrow.ChunkedArray) -> pyarrow.Array:
    """A column in one piece."""
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def _buffers(column: pyarrow.Array, kind: type) -> tuple[Array, Array]:
    """A bit for each row that is there, none where all are; and what stands in the rows. Both begin before the column's offset."""
    validity, data = column.buffers()
    return numpy.frombuffer(validity or b"", numpy.uint8), numpy.frombuffer(data or b"", kind)


def _picked(listed: Array, column: pyarrow.DictionaryArray) -> Array:
    """For each row what is listed for its text; the last of the list where it has none."""
    places = column.indices
    return _pick(listed, *_buffers(places, numpy.int32), places.offset, len(column))


def _month_indices(days: pyarrow.Array) -> Array:
    """First days of months as month indices, NO_MONTH where there is none."""
    validity, data = _buffers(days, numpy.int32)
    first, last = _first_and_last(validity, data, days.offset, len(days))
    # There are few days and millions of rows: each month is reckoned once, and stands behind them for rows without a day.
    months = numpy.arange(first, last + 1).astype("datetime64[D]").astype("datetime64[M]").astype(numpy.int64)
    listed = numpy.append(months + EPOCH_YEAR * YEAR, NO_MONTH).astype(numpy.int32)
    return _pick(listed, validity, data - first, days.offset, len(days))


@numba.njit(nogil=True, cache=True, inline="always")
def _is_there(validity: Array, at: int) -> bool:
    return not len(validity) or bool((validity[at >> 3] >> (at & 7)) & 1)


@numba.njit(nogil=True, cache=True)
def _pick(listed: Array, validity: Array, places: Array, offset: int, rows: int) -> Array:
    picked = numpy.empty(rows, listed.dtype)
    for row in range(rows):
        picked[row] = listed[places[row + offset]] if _is_there(validity, row + offset) else listed[len(listed) - 1]
    return picked


@numba.njit(nogil=True, cache=True)
def _fill(validity: Array, data: Array, offset: int, rows: int, nothing: Any) -> Array:
    """The rows of a column, `nothing` where there is none."""
    filled = numpy.empty(rows, data.dtype)
    for row in range(rows):
        filled[row] = data[row + offset] if _is_there(validity, row + offset) else nothing
    return filled


@numba.njit(nogil=True, cache=True)
def _first_and_last(validity: Array, data: Array, offset: int, rows: int) -> tuple[int, int]:
    """The least and the greatest number, 0 where there is none."""
    first, last, is_one = 0, 0, False
    for row in range(offset, offset + rows):
        if _is_there(validity, row):
            first, last = (min(first, data[row]), max(last, data[row])) if is_one else (data[row], data[row])
            is_one = True
    return first, last


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
        _put_month(months, start, *_buffers(table[name], numpy.int64), table[name].offset, place, first, month, value)
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
            month[entry], value[entry] = first + place, data[at] if _is_there(validity, at) else NOTHING
            next_[row] += 1


def _number_of_how(how: str) -> int:
    return HOW.index(how) + PRINTED


def _number_of_kinds(kinds: str) -> int:
    return SETS_OF_KINDS.index(kinds) + 1
