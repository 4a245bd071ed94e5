"""Gate B: splits delimited bytes into fields of bytes, and accounts for every byte.

GB18030 and UTF-8 never have a comma, quote, CR or LF inside a character, so bytes are split before they are decoded.
Two readers give the same fields: PyArrow for files in the form of the site (`tasks/sources/csv_fast.py`), and the
strict grammar here for all others. Files that neither can read are refused.
"""

import re
from collections.abc import Iterator

import pyarrow

from tasks.domain.errors import Refused
from tasks.domain.text import clip_bytes, counted

FIELDS_MAX = 1_000
# A field longer than this lost a quote somewhere before it.
FIELD_BYTES_MAX = 4_096
# Possessive, because a quote that is never closed must not be searched for again from every byte of a file.
TOKEN = re.compile(rb'(?:"((?:[^"]++|"")*+)"|([^",\r\n]*+))(,|\r\n|\n)')
DAMAGED = "The file is cut off, damaged or was edited; download it again."
BLANK = "A download has none: download it again. If the file was typed, take the line out."


def split_strictly(body: bytes, start: int, width: int, trailing: bool, where: str) -> list[pyarrow.ChunkedArray]:
    """The columns, as dictionaries of their distinct bytes, strictly by RFC 4180.

    Slower; for files that another program saved again. Raises Refused.
    """
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
    """Each record's fields and the byte where it begins. Raises Refused where quotes or line ends are not CSV."""
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
