"""Gate B: delimited bytes to fields of bytes, every byte accounted for.

GB18030 never has a comma, quote, CR or LF inside a character, and neither has UTF-8, so bytes are split before they are
decoded. There are two ways that give the same fields: Arrow's reader, proved right by counting, for files as the site
makes them; and a grammar to the letter, for all others. What neither understands is refused.
"""

import re
from collections.abc import Iterator, Sequence

import polars as pl
import pyarrow
import pyarrow.compute
import pyarrow.csv

from tasks.refusal import Refused, clip

BLOCK_BYTES = 1 << 24
FIELDS_MAX = 1_000
# Possessive, because a quote that is never closed must not be looked for again from every byte of a file.
TOKEN = re.compile(rb'(?:"((?:[^"]++|"")*+)"|([^",\r\n]*+))(,|\r\n|\n)')
DAMAGED = "The file is cut off, damaged or was edited; download it again."


def split_fast(
    body: bytes, start: int, width: int, trailing: bool, eol: bytes, numbers: Sequence[bool]
) -> pyarrow.Table | None:
    """The fields by Arrow's reader, if every field is quoted plainly and every byte is accounted for; else None.

    Arrow's reader forgives junk after a closing quote, unquoted fields and stray quotes. Five counts rule these out:
    the file's length is that of the fields plus two quotes a field plus commas and line ends; there are just two
    quotes a field; a quote is followed by a comma just where a field ends; no field begins with a comma, which
    could have hidden a miscount of the third; and a CR stands just before the LF of a CRLF line end.
    """
    quotes, closings, returns = _count_marks(body, start)
    records, rest = divmod(quotes, 2 * width) if width else (0, 1)
    fields = records * width
    commas = fields - records * (not trailing)
    # Counted before Arrow reads anything, because it spends seconds on what it is going to refuse.
    if rest or closings != commas or returns != records * (len(eol) - 1):
        return None
    if not body.endswith((b'",' if trailing else b'"') + eol):
        return None
    table = _read_by_arrow(body, width, trailing, numbers)
    if table is None or table.num_rows != records:
        return None
    text_bytes = sum(_text_bytes(column) for column in table.columns)
    if len(body) - start != text_bytes + 2 * fields + commas + records * len(eol):
        return None
    table = table.select(table.column_names[:width]).unify_dictionaries()
    return None if any(_begins_with_comma(column) for column in table.columns) else table


def _read_by_arrow(body: bytes, width: int, trailing: bool, numbers: Sequence[bool]) -> pyarrow.Table | None:
    names = [str(place) for place in range(width + trailing)]
    repeated = pyarrow.dictionary(pyarrow.int32(), pyarrow.binary())
    kinds = [pyarrow.binary() if number else repeated for number in numbers] + [pyarrow.binary()] * trailing
    try:
        return pyarrow.csv.read_csv(
            pyarrow.BufferReader(pyarrow.py_buffer(body)),
            read_options=pyarrow.csv.ReadOptions(column_names=names, skip_rows=1, block_size=BLOCK_BYTES),
            parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
            convert_options=pyarrow.csv.ConvertOptions(
                check_utf8=False,
                column_types=dict(zip(names, kinds, strict=True)),
                strings_can_be_null=False,
                quoted_strings_can_be_null=False,
            ),
        )
    except (pyarrow.ArrowInvalid, pyarrow.ArrowNotImplementedError):
        return None


def _text_bytes(column: pyarrow.ChunkedArray) -> int:
    total = 0
    for chunk in column.chunks:
        if isinstance(chunk, pyarrow.DictionaryArray):
            lengths = pl.Series(pl.from_arrow(pyarrow.compute.binary_length(chunk.dictionary)), dtype=pl.Int64)
            counts = pl.Series("number", pl.from_arrow(chunk.indices)).value_counts()
            total += int((lengths.gather(counts["number"]) * counts["count"]).sum())
        else:
            total += pyarrow.compute.sum(pyarrow.compute.binary_length(chunk)).as_py() or 0
    return total


def _count_marks(body: bytes, start: int) -> tuple[int, int, int]:
    """How many quotes, quotes followed by a comma, and CRs stand after the header."""
    buffer = pyarrow.py_buffer(body)
    data = pl.from_arrow(pyarrow.Array.from_buffers(pyarrow.uint8(), len(body) - start, [None, buffer.slice(start)]))
    assert isinstance(data, pl.Series)
    is_quote = data == ord('"')
    closings = is_quote[:-1] & (data[1:] == ord(","))
    return int(is_quote.sum()), int(closings.sum()), int((data == ord("\r")).sum())


def _begins_with_comma(column: pyarrow.ChunkedArray) -> bool:
    for chunk in column.chunks:
        texts = chunk.dictionary if isinstance(chunk, pyarrow.DictionaryArray) else chunk
        if pyarrow.compute.any(pyarrow.compute.starts_with(texts, b",")).as_py():
            return True
    return False


def split_strictly(body: bytes, start: int, width: int, trailing: bool, where: str) -> pyarrow.Table:
    """The fields by RFC 4180 to the letter: slower, for files that another program has saved again. Raises Refused."""
    columns: list[list[bytes]] = [[] for _ in range(width)]
    for record, (fields, at) in enumerate(read_records(body, start, where), start=1):
        if len(fields) != width + trailing or any(fields[width:]):
            raise Refused(
                "row width",
                where=f"{where}, record {record} (line {_line(body, at)})",
                found=f"{len(fields)} fields where the header has {width + trailing}"
                if len(fields) != width + trailing
                else f"'{clip(fields[-1].decode('utf-8', 'backslashreplace'))}' after the last comma, where nothing stands",
                advice=DAMAGED,
            )
        for column, field in zip(columns, fields, strict=False):
            column.append(field)
    return pyarrow.table({str(place): pyarrow.array(column, pyarrow.binary()) for place, column in enumerate(columns)})


def read_records(body: bytes, start: int, where: str) -> Iterator[tuple[list[bytes], int]]:
    """Each record's fields and the byte at which it begins. Raises Refused where quotes or line ends are not CSV."""
    fields: list[bytes] = []
    at = begins = start
    while at < len(body):
        match = TOKEN.match(body, at)
        if match is None:
            raise Refused(
                "quoting",
                where=f"{where}, line {_line(body, at)}, field {len(fields) + 1}",
                found="quotes, commas and line ends are not as CSV has them: "
                f"'{clip(body[at : at + 60].decode('utf-8', 'backslashreplace'))}'",
                advice=DAMAGED,
            )
        quoted, plain, end = match.groups()
        fields.append(plain if quoted is None else quoted.replace(b'""', b'"'))
        at = match.end()
        if len(fields) > FIELDS_MAX:
            raise Refused(
                "row width",
                where=f"{where}, line {_line(body, begins)}",
                found=f"more than {FIELDS_MAX:,} fields in one record",
                advice=DAMAGED,
            )
        if end != b",":
            yield fields, begins
            fields, begins = [], at


def _line(body: bytes, at: int) -> int:
    return body.count(b"\n", 0, at) + 1
