"""Gate B: delimited bytes to fields of bytes, every byte accounted for.

GB18030 never has a comma, quote, CR or LF inside a character, and neither has UTF-8, so bytes are split before they are
decoded. There are two ways that give the same fields: PyArrow for files as the site makes them (`tasks/sources/csv_fast.py`), and
here a grammar to the letter, for all others. What neither understands is refused.
"""

import re
from collections.abc import Iterator

import pyarrow

from tasks.domain.errors import Refused
from tasks.domain.text import clip_bytes, counted

FIELDS_MAX = 1_000
# A field longer than this has lost a quote somewhere before it.
FIELD_BYTES_MAX = 4_096
# Possessive, because a quote that is never closed must not be looked for again from every byte of a file.
TOKEN = re.compile(rb'(?:"((?:[^"]++|"")*+)"|([^",\r\n]*+))(,|\r\n|\n)')
DAMAGED = "The file is cut off, damaged or was edited; download it again."
BLANK = "A download has none: download it again. If the file was typed, take the line out."


def split_strictly(body: bytes, start: int, width: int, trailing: bool, where: str) -> list[pyarrow.ChunkedArray]:
    """The columns, as dictionaries of their distinct bytes, by RFC 4180 to the letter: slower, for files that another
    program has saved again. Raises Refused."""
    columns: list[list[bytes]] = [[] for _ in range(width)]
    for record, (fields, at) in enumerate(read_records(body, start, where), start=1):
        if len(fields) != width + trailing or any(fields[width:]):
            is_blank = fields == [b""]
            raise Refused(
                "row width",
                where=f"{where}, record {record} (line {_line(body, at)})",
                found="a blank line"
                if is_blank
                else f"{counted(len(fields), 'field')} where the header has {width + trailing}"
                if len(fields) != width + trailing
                else f"'{clip_bytes(fields[-1])}' after the last comma, where nothing stands",
                advice=BLANK if is_blank else DAMAGED,
            )
        for column, field in zip(columns, fields, strict=False):
            column.append(field)
    repeated = pyarrow.dictionary(pyarrow.int32(), pyarrow.binary())
    arrays = [pyarrow.array(column, pyarrow.binary()).dictionary_encode().cast(repeated) for column in columns]
    return [pyarrow.chunked_array([array]) for array in arrays]


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
                found=f"quotes, commas and line ends are not as CSV has them: '{clip_bytes(body[at : at + 60])}'",
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
