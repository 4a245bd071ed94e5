"""Gate B: splits delimited bytes into fields of bytes, and accounts for every byte.

The bytes are UTF-8, which has no comma, quote, CR or LF inside a character. The grammar of RFC 4180 decides what a
field is. Nearly all files have a simpler form: every field in quotes without a quote inside, or no quote anywhere, and
the same line end after each record. One regular expression over all records proves the form; PyArrow, which reads much
else too and would guess, then has one way to read it. All other files are read by the grammar, record by record.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from tasks.domain.errors import Refused, refuse_first
from tasks.domain.text import clip_bytes, counted

# Only where a file is split: an answer asks an adapter for its licence alone.
if TYPE_CHECKING:
    import pyarrow

FIELDS_MAX = 1_000
# A field longer than this lost a quote somewhere before it.
FIELD_BYTES_MAX = 4_096
BLOCK_BYTES = 1 << 22
QUOTED, UNQUOTED = rb'"[^"]{0,%d}+"' % FIELD_BYTES_MAX, rb'[^",\r\n]{0,%d}+' % FIELD_BYTES_MAX
# Possessive, because a quote that is never closed must not be searched for again from every byte of a file.
TOKEN = re.compile(rb'(?:"((?:[^"]++|"")*+)"|([^",\r\n]*+))(,|\r\n|\n)')
DAMAGED = "The file is cut off, damaged or was edited; download it again."
BLANK = "A download has none: download it again. If the file was typed, take the line out."


def split(
    body: bytes, start: int, numbers: Sequence[bool], trailing: bool, eol: bytes, where: str
) -> tuple[list[pyarrow.ChunkedArray], bool]:
    """Read the columns of `body` from byte `start` on. Raises Refused.

    Args:
        body: the bytes of a file that ends with a line end and has no NUL
        start: where the records begin
        numbers: for each column whether it holds numbers
        trailing: whether a comma stands before each line end
        eol: the line end of the header
        where: the file, for messages

    Returns:
        Columns of numbers as strings and all others as dictionaries of their distinct texts; and whether every field is
        in quotes.
    """
    for field in (QUOTED, UNQUOTED):
        if (columns := split_plainly(body, start, numbers, trailing, eol, field)) is not None:
            return columns, field == QUOTED
    return split_strictly(body, start, len(numbers), trailing, where), False


def split_plainly(
    body: bytes, start: int, numbers: Sequence[bool], trailing: bool, eol: bytes, field: bytes
) -> list[pyarrow.ChunkedArray] | None:
    """Read the columns where every field has this form; None where one has not. The arguments are those of `split`."""
    tail = (b"," if trailing else b"") + eol
    records = rb"(?:%b(?:,%b){%d}%b)++" % (field, field, len(numbers) - 1, tail)
    if not numbers or re.compile(records).fullmatch(body, start) is None:
        return None
    titles = [str(place) for place in range(len(numbers) + trailing)]
    import pyarrow.csv

    of_texts, of_numbers = pyarrow.dictionary(pyarrow.int32(), pyarrow.string()), pyarrow.string()
    kinds = {title: of_numbers if is_number else of_texts for title, is_number in zip(titles, numbers, strict=False)}
    table = pyarrow.csv.read_csv(
        pyarrow.BufferReader(pyarrow.py_buffer(body).slice(start)),
        read_options=pyarrow.csv.ReadOptions(column_names=titles, block_size=BLOCK_BYTES),
        parse_options=pyarrow.csv.ParseOptions(
            quote_char='"' if field == QUOTED else False,
            double_quote=False,
            newlines_in_values=field == QUOTED,
            ignore_empty_lines=False,
        ),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=dict.fromkeys(titles, of_numbers) | kinds, null_values=[], strings_can_be_null=False
        ),
    )
    return [column.unify_dictionaries() for column in table.columns[: len(numbers)]]


def split_strictly(body: bytes, start: int, width: int, trailing: bool, where: str) -> list[pyarrow.ChunkedArray]:
    """The columns, as dictionaries of their distinct texts, strictly by RFC 4180.

    Slower; for files that another program saved again. Raises Refused.
    """
    columns: list[list[bytes]] = [[] for _ in range(width)]
    for record, (fields, at) in enumerate(read_records(body, start, where), start=1):
        if len(fields) != width + trailing or any(fields[width:]):
            count = f"{counted(len(fields), 'field')} where the header has {width + trailing}"
            refuse_first(
                f"{where}, record {record} (line {_line(body, at)})",
                (fields == [b""], "row width", "a blank line", BLANK),
                (len(fields) != width + trailing, "row width", count, DAMAGED),
                (True, "row width", f"'{clip_bytes(fields[-1])}' after the last comma, where nothing stands", DAMAGED),
            )
        for column, field in zip(columns, fields, strict=False):
            column.append(field)
    import polars as pl
    import pyarrow

    # pyarrow would import pandas to look at a list.
    arrays = (pl.Series(column, dtype=pl.Binary).to_arrow() for column in columns)
    return [pyarrow.chunked_array([array.cast(pyarrow.string()).dictionary_encode()]) for array in arrays]


def read_records(body: bytes, start: int, where: str) -> Iterator[tuple[list[bytes], int]]:
    """Each record's fields and the byte where it begins. Raises Refused where quotes or line ends are not CSV."""
    fields: list[bytes] = []
    at = begins = start
    while at < len(body):
        match = TOKEN.match(body, at)
        if match is None:
            place, shown = f"{where}, line {_line(body, at)}, field {len(fields) + 1}", clip_bytes(body[at : at + 60])
            raise Refused("quoting", place, f"quotes, commas and line ends are not as CSV has them: '{shown}'", DAMAGED)
        quoted, plain, end = match.groups()
        fields.append(plain if quoted is None else quoted.replace(b'""', b'"'))
        at = match.end()
        if len(fields) > FIELDS_MAX:
            place = f"{where}, line {_line(body, begins)}"
            raise Refused("row width", place, f"more than {FIELDS_MAX:,} fields in one record", DAMAGED)
        if end != b",":
            yield fields, begins
            fields, begins = [], at


def _line(body: bytes, at: int) -> int:
    return body.count(b"\n", 0, at) + 1
