"""Gate B, fast path: PyArrow reads plainly quoted fields, and every byte is accounted for.

It accepts one form, that of the site: each field in quotes without a quote inside, a comma between fields, the same
line end after each record. PyArrow would read much else, and guess. So its result is compared with the bytes
(`_is_all`), and on any difference this reader gives up: the grammar in `tasks/sources/csv_strict.py` decides.

A file is cut into blocks for the threads wherever a record can end. A wrong cut does no harm: the form is unambiguous,
so if every block has it the file has it, and if one has not the reader gives up.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Literal

import polars as pl
import pyarrow
import pyarrow.compute
import pyarrow.csv

from tasks.sources.csv_strict import FIELD_BYTES_MAX

BLOCK_BYTES = 1 << 22
THREADS_MAX = 8
QUOTE = b'"'
# Bytes that follow the last quote of a field, and begin no field that has quotes only around it.
AFTER_FIELD = b",\r\n"
TEXTS, NUMBERS = pyarrow.dictionary(pyarrow.int32(), pyarrow.binary()), pyarrow.binary()


@dataclass(frozen=True)
class _Form:
    """The form of every record: which columns hold numbers, and the bytes after its last quote."""

    numbers: tuple[bool, ...]
    trailing: bool
    eol: bytes

    @property
    def tail(self) -> bytes:
        return (b"," if self.trailing else b"") + self.eol

    @property
    def record_end(self) -> bytes:
        return QUOTE + self.tail + QUOTE


def split_quoted(
    body: bytes, start: int, trailing: bool, eol: bytes, numbers: Sequence[bool]
) -> list[pyarrow.ChunkedArray] | None:
    """Read the columns of `body` from byte `start` on; None where it is not plainly quoted throughout.

    Args:
        body: the bytes of a file that ends with a line end and has no NUL
        start: where the records begin
        trailing: whether a comma stands before each line end
        eol: the line end
        numbers: for each column whether it holds numbers

    Returns:
        Columns of numbers as strings. All others, and numbers that are not ASCII, as dictionaries of their distinct bytes.
    """
    form = _Form(tuple(numbers), trailing, eol)
    if not numbers or not body.startswith(QUOTE, start) or not body.endswith(QUOTE + form.tail, start):
        return None

    def of_block(block: pyarrow.Buffer) -> list[pyarrow.Array] | None:
        columns = split_block(block, numbers, trailing, QUOTE.decode())
        return columns[: len(numbers)] if columns and _is_all(columns, block, form) else None

    return split_blocks(body, _cuts(body, start, form), of_block)


def _cuts(body: bytes, start: int, form: _Form) -> list[int]:
    cuts = [start]
    while (end := body.find(form.record_end, cuts[-1] + BLOCK_BYTES)) >= 0:
        cuts.append(end + len(form.record_end) - len(QUOTE))
    return [*cuts, len(body)]


def split_blocks(
    body: bytes, cuts: Sequence[int], of_block: Callable[[pyarrow.Buffer], list[pyarrow.Array] | None]
) -> list[pyarrow.ChunkedArray] | None:
    """The columns of the blocks between the cuts, read by several threads; None where one block has none."""
    buffer = pyarrow.py_buffer(body)
    with ThreadPoolExecutor(min(len(os.sched_getaffinity(0)), THREADS_MAX, len(cuts))) as threads:
        blocks = list(threads.map(lambda first, end: of_block(buffer.slice(first, end - first)), cuts[:-1], cuts[1:]))
    read = [columns for columns in blocks if columns is not None]
    return [joined(chunks) for chunks in zip(*read, strict=True)] if len(read) == len(blocks) else None


def split_block(
    block: pyarrow.Buffer, numbers: Sequence[bool], trailing: bool, quote: str | Literal[False]
) -> list[pyarrow.Array] | None:
    """The columns of one block as PyArrow reads them, with the empty one behind a trailing comma; None for uneven rows."""
    titles = [str(place) for place in range(len(numbers) + trailing)]
    kinds = {title: NUMBERS if is_number else TEXTS for title, is_number in zip(titles, numbers, strict=False)}
    try:
        table = pyarrow.csv.read_csv(
            pyarrow.BufferReader(block),
            # One block of PyArrow's, so that it never searches for a place to cut.
            read_options=pyarrow.csv.ReadOptions(column_names=titles, block_size=block.size + 1, use_threads=False),
            parse_options=pyarrow.csv.ParseOptions(quote_char=quote, double_quote=False, ignore_empty_lines=False),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(titles, NUMBERS) | kinds, null_values=[], strings_can_be_null=False
            ),
        )
    except pyarrow.ArrowInvalid:
        return None
    return [column.combine_chunks() for column in table.columns]


def _is_all(columns: Sequence[pyarrow.Array], block: pyarrow.Buffer, form: _Form) -> bool:
    """Whether these columns are the whole content of a block, and the block is plainly quoted.

    All of these conditions together suffice (for PyArrow a quote opens a field only as its first byte, and after the
    second quote of a field all bytes up to the comma belong to the field):

    - No field holds a quote. So each has two around its beginning or none.
    - The fields, two quotes for each, the commas and the line ends are as many bytes as the block has. So a field
      without quotes needs a line end that is too long.
    - The quotes without a comma or line end after them are as many as the fields that begin with something else. So a
      second quote with more of the field after it needs a field without quotes.
    - The ends of records with a quote on both sides are one less than the records, and more by the fields that look so.
      So no line end is too long, nor is one a lone CR, and no quotes surround what follows the last comma.
    """
    records, width = len(columns[0]), len(form.numbers)
    if any(longest(column) > FIELD_BYTES_MAX or _holds_quote(column) for column in columns):
        return False
    fields, tail = records * width, pyarrow.scalar(form.tail, NUMBERS)
    alike = sum(_total(column, lambda texts: pyarrow.compute.equal(texts, tail)) for column in columns)
    lengths = sum(map(total_bytes, columns))
    begun = sum(_total(column, _begin_like_ends) for column in columns)
    data = pl.Series(pl.from_arrow(pyarrow.Array.from_buffers(pyarrow.uint8(), block.size, [None, block])))
    is_quote = data == ord(QUOTE)
    is_end = is_quote.slice(0, block.size - len(form.tail) - 1) & is_quote.slice(len(form.tail) + 1)
    for place, byte in enumerate(form.tail, start=1):
        is_end &= data.slice(place, len(is_end)) == byte
    after = data.slice(1)
    is_after = after == AFTER_FIELD[0]
    for byte in AFTER_FIELD[1:]:
        is_after |= after == byte
    return (
        lengths + 2 * fields + records * (width - 1 + len(form.tail)) == block.size
        and (is_quote.slice(0, block.size - 1) & ~is_after).sum() == fields - begun
        and is_end.sum() == records - 1 + alike
    )


def _total(column: pyarrow.Array, of: Callable[[pyarrow.Array], pyarrow.Array]) -> int:
    """The sum of a number over all fields, computed once for each distinct text."""
    found = of(_distinct(column))
    if pyarrow.types.is_dictionary(column.type) and pyarrow.compute.any(found.cast(pyarrow.bool_())).as_py():
        found = found.take(column.indices)
    return int(pyarrow.compute.sum(found).as_py() or 0)


def total_bytes(column: pyarrow.Array) -> int:
    """The bytes of all fields of a column."""
    return _total(column, pyarrow.compute.binary_length)


def _begin_like_ends(texts: pyarrow.Array) -> pyarrow.Array:
    first = pyarrow.compute.binary_slice(texts, 0, 1)
    return pyarrow.compute.is_in(first, pyarrow.array([bytes([byte]) for byte in AFTER_FIELD], NUMBERS))


def _distinct(column: pyarrow.Array) -> pyarrow.Array:
    return column.dictionary if pyarrow.types.is_dictionary(column.type) else column


def longest(column: pyarrow.Array) -> int:
    """The bytes of the longest field of a column."""
    return pyarrow.compute.max(pyarrow.compute.binary_length(_distinct(column))).as_py() or 0


def _holds_quote(column: pyarrow.Array) -> bool:
    return QUOTE in joined_bytes(_distinct(column))


def joined_bytes(texts: pyarrow.Array) -> bytes:
    """The bytes of an array of texts, one after another."""
    _, _, data = texts.buffers()
    return data.to_pybytes() if data is not None else b""


def joined(chunks: Sequence[pyarrow.Array]) -> pyarrow.ChunkedArray:
    """One column of the chunks of all blocks: as texts where it was read so or is not ASCII, else as strings."""
    if pyarrow.types.is_dictionary(chunks[0].type):
        return pyarrow.chunked_array(chunks).unify_dictionaries()
    if all(joined_bytes(chunk).isascii() for chunk in chunks):
        return pyarrow.chunked_array(chunks).cast(pyarrow.string())
    return pyarrow.chunked_array([chunk.dictionary_encode() for chunk in chunks]).unify_dictionaries()
