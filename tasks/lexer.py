"""Bytes to fields: the first two gates that a delimited file passes, and the only place where its bytes are split.

Gate A looks at the bytes as a whole (is it text at all, in which encoding, is it complete), gate B splits them into
records and fields and accounts for every byte. Nothing here knows what a column means.

GB18030 never has a comma, quote, CR or LF inside a character, so bytes are split before they are decoded, and only the
distinct texts of a column are decoded, strictly: a name that occurs a million times is decoded once.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import polars as pl
import pyarrow
import pyarrow.compute
import pyarrow.csv

from tasks.refusal import Refused, clip

FILE_BYTES_MAX = 200_000_000
FIELD_BYTES_MAX = 4_096
COLUMNS_MAX = 64
BLOCK_BYTES = 1 << 24

MAGICS = {
    b"PK\x03\x04": ("zip", "an archive or an Excel workbook"),
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": ("ole", "an old Excel or Word file (OLE)"),
    b"\x1f\x8b": ("gzip", "gzip-compressed data"),
    b"BZh": ("bzip2", "bzip2-compressed data"),
    b"\xfd7zXZ\x00": ("xz", "xz-compressed data"),
    b"(\xb5/\xfd": ("zstd", "zstd-compressed data"),
    b"%PDF": ("pdf", "a PDF"),
    b"PAR1": ("parquet", "a Parquet file"),
}
INVISIBLE = "".join(map(chr, (0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF)))


@dataclass(frozen=True)
class Lexed:
    """The fields of a file. `fields` has a column for each title, in file order: text columns categorical, the
    columns named as numbers plain strings; `normalised` lists what was changed on the way, for the lineage.
    `numeric_titles` are columns whose cells were numbers, not text (workbooks only): their leading zeros are gone."""

    fields: pl.DataFrame
    encoding: str
    normalised: tuple[str, ...]
    numeric_titles: frozenset[str] = frozenset()


def magic_of(raw: bytes) -> str | None:
    """The kind of a binary format by its first bytes (zip, ole, gzip, …), None for what may be text."""
    return next((kind for magic, (kind, _) in MAGICS.items() if raw.startswith(magic)), None)


def read_fields(raw: bytes, where: str, is_number: Callable[[str], bool]) -> Lexed:
    """Fields of a comma-separated file with one header line.

    `is_number` tells by title which columns hold numbers as printed (they are kept as strings of ASCII; the others
    become categorical). Titles are stripped and brought to NFKC; texts are decoded, nothing else is changed.
    Raises Refused where the bytes are not text, not complete, or not exactly one table.
    """
    body, normalised = _gate_bytes(raw, where)
    titles, start, trailing, eol, header_encoding = _header(body, where)
    numbers = [is_number(title) for title in titles]
    table = _split_fast(body, start, len(titles), trailing, eol, numbers)
    if table is None:
        table = _split_strictly(body, start, len(titles), trailing, where)
        normalised = (*normalised, "fields without quotes, doubled quotes or mixed line ends")
    elif eol == b"\r\n":
        normalised = (*normalised, "CRLF line ends")
    frame, encoding = _decode(table, titles, numbers, header_encoding, where)
    return Lexed(frame, encoding, normalised)


def _gate_bytes(raw: bytes, where: str) -> tuple[bytes, tuple[str, ...]]:
    """Gate A: the bytes without a byte order mark, and what was normalised."""
    if not raw:
        raise Refused("empty file", where=where, found="the file has no bytes", advice="Download it again.")
    if len(raw) > FILE_BYTES_MAX:
        raise Refused(
            "file too large",
            where=where,
            found=f"{len(raw):,} bytes, more than the {FILE_BYTES_MAX:,} that one download can have",
            advice="Split it by month.",
        )
    if kind := magic_of(raw):
        label = next(text for name, text in MAGICS.values() if name == kind)
        raise Refused(
            "not text", where=where, found=f"it is {label}, whatever its name says", advice="Unpack it or save it as CSV."
        )
    normalised: tuple[str, ...] = ()
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            raw = raw.decode("utf-16").encode("utf-8")
        except UnicodeDecodeError as error:
            raise Refused(
                "undecodable", where=where, found=f"UTF-16 mark, but {error.reason} at byte {error.start}",
                advice="Download it again.",
            ) from error
        normalised = ("UTF-16 with byte order mark",)
    elif raw.startswith(b"\xef\xbb\xbf"):
        raw, normalised = raw[3:], ("UTF-8 byte order mark",)
    if (place := raw.find(b"\0")) >= 0:
        raise Refused(
            "NUL byte", where=where, found=f"a NUL at byte {place} (UTF-16 without mark, or a damaged download)",
            advice="Download it again.",
        )
    if (first := raw.lstrip()[:1]) in (b"<", b"{", b"["):
        raise Refused(
            "not a table", where=where,
            found=f"it begins with {first.decode()!r}: a web page or an error message, not a download",
            advice="Open it to see what the site said, then download again.",
        )
    if not raw.endswith(b"\n"):
        tail = raw[-30:].decode("utf-8", "backslashreplace")
        raise Refused(
            "no final newline", where=where, found=f"it ends in {clip(tail)!r} without a line end: cut off",
            advice="Download it again; the last number may be short of digits.",
        )
    return raw, normalised


def _header(body: bytes, where: str) -> tuple[list[str], int, bool, bytes, str]:
    """Titles, where the data begin, whether each line ends with a comma, the line end, and the header's encoding."""
    end = body.index(b"\n") + 1
    line = body[:end].rstrip(b"\r\n")
    if b"\r" in line:
        raise Refused(
            "line ends", where=where, found="lines end in CR alone", advice="Save it with LF or CRLF line ends."
        )
    encoding, text = decode_strictly(line, f"{where}, header")
    if text.count(",") + 1 > COLUMNS_MAX + 1:
        raise Refused(
            "too many columns", where=where, found=f"{text.count(',') + 1:,} columns", advice="This is no customs download."
        )
    titles = [clean_title(title) for title in _split_line(text, where)]
    trailing = titles[-1] == ""
    eol = b"\r\n" if body[:end].endswith(b"\r\n") else b"\n"
    return titles[:-1] if trailing else titles, end, trailing, eol, encoding


def clean_title(title: str) -> str:
    """A column title without invisible characters, in NFKC, stripped: full-width letters and tabs do no harm there."""
    return unicodedata.normalize("NFKC", title.translate({ord(letter): None for letter in INVISIBLE})).strip()


def decode_strictly(data: bytes, where: str) -> tuple[str, str]:
    """Encoding and text: UTF-8 if it is valid UTF-8, else GB18030, else Refused. UTF-8 first, because much of it is
    valid GB18030 too and would come out as other characters without an error."""
    for encoding in ("utf-8", "gb18030"):
        try:
            return encoding, data.decode(encoding)
        except UnicodeDecodeError as error:
            last = error
    raise Refused(
        "undecodable", where=where, found=f"neither UTF-8 nor GB18030: {last.reason} at byte {last.start}",
        advice="Download it again; do not open and save it with another program.",
    ) from last


def _split_line(text: str, where: str) -> list[str]:
    fields, _ = next(_records(f"{text}\n".encode(), 0, f"{where}, header"))
    return [field.decode() for field in fields]


def _split_fast(
    body: bytes, start: int, width: int, trailing: bool, eol: bytes, numbers: Sequence[bool]
) -> pyarrow.Table | None:
    """The fields by Arrow's reader, if every field is quoted plainly and every byte is accounted for; else None.

    Arrow's reader forgives junk after a closing quote, unquoted fields and stray quotes. Four counts rule these out:
    the file's length is that of the fields plus two quotes a field plus commas and line ends; there are just two
    quotes a field; a quote is followed by a comma just where a field ends; and no field begins with a comma, which
    could have hidden a miscount of the third.
    """
    names = [str(place) for place in range(width + trailing)]
    repeated = pyarrow.dictionary(pyarrow.int32(), pyarrow.binary())
    types = {name: pyarrow.binary() if number else repeated for name, number in zip(names, numbers, strict=False)}
    try:
        table = pyarrow.csv.read_csv(
            pyarrow.BufferReader(pyarrow.py_buffer(body)),
            read_options=pyarrow.csv.ReadOptions(column_names=names, skip_rows=1, block_size=BLOCK_BYTES),
            parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True, ignore_empty_lines=False),
            convert_options=pyarrow.csv.ConvertOptions(
                check_utf8=False, column_types={**types, **({names[-1]: pyarrow.binary()} if trailing else {})},
                strings_can_be_null=False, quoted_strings_can_be_null=False,
            ),
        )
    except (pyarrow.ArrowInvalid, pyarrow.ArrowNotImplementedError):
        return None
    records = table.num_rows
    fields = records * width
    text_bytes = sum(_text_bytes(column) for column in table.columns)
    commas = fields - records * (not trailing)
    if len(body) - start != text_bytes + 2 * fields + commas + records * len(eol):
        return None
    quotes, closings = _count_quotes(body, start)
    if quotes != 2 * fields or closings != commas:
        return None
    table = table.select(names[:width]).unify_dictionaries()
    return None if any(_begins_with_comma(column) for column in table.columns) else table


def _text_bytes(column: pyarrow.ChunkedArray) -> int:
    total = 0
    for chunk in column.chunks:
        if isinstance(chunk, pyarrow.DictionaryArray):
            lengths = pl.from_arrow(pyarrow.compute.binary_length(chunk.dictionary))
            counts = pl.from_arrow(chunk.indices).value_counts().rename({"": "index"})  # type: ignore[union-attr]
            total += int((lengths.gather(counts["index"]).cast(pl.Int64) * counts["count"]).sum())  # type: ignore[union-attr,operator]
        else:
            total += pyarrow.compute.sum(pyarrow.compute.binary_length(chunk)).as_py() or 0
    return total


def _count_quotes(body: bytes, start: int) -> tuple[int, int]:
    """How many quotes, and how many quotes followed by a comma, stand after the header."""
    buffer = pyarrow.py_buffer(body)
    data = pl.from_arrow(pyarrow.Array.from_buffers(pyarrow.uint8(), len(body) - start, [None, buffer.slice(start)]))
    assert isinstance(data, pl.Series)
    is_quote = data == ord('"')
    return int(is_quote.sum()), int((is_quote[:-1] & (data[1:] == ord(","))).sum())


def _begins_with_comma(column: pyarrow.ChunkedArray) -> bool:
    for chunk in column.chunks:
        texts = chunk.dictionary if isinstance(chunk, pyarrow.DictionaryArray) else chunk
        if pyarrow.compute.any(pyarrow.compute.starts_with(texts, b",")).as_py():
            return True
    return False


TOKEN = re.compile(rb'(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|\n)')


def _split_strictly(body: bytes, start: int, width: int, trailing: bool, where: str) -> pyarrow.Table:
    """The fields by RFC 4180 to the letter: slower, for files that another program has saved again. Raises Refused."""
    columns: list[list[bytes]] = [[] for _ in range(width)]
    for record, (fields, at) in enumerate(_records(body, start, where), start=1):
        if len(fields) != width + trailing or any(fields[width:]):
            raise Refused(
                "row width",
                where=f"{where}, record {record} (line {_line(body, at)})",
                found=f"{len(fields)} fields where the header has {width + trailing}",
                advice="The file is cut off or was edited; download it again.",
            )
        for column, field in zip(columns, fields, strict=False):
            column.append(field)
    return pyarrow.table({str(place): pyarrow.array(column, pyarrow.binary()) for place, column in enumerate(columns)})


def _records(body: bytes, start: int, where: str) -> Iterator[tuple[list[bytes], int]]:
    """Each record's fields and the byte at which it begins."""
    fields: list[bytes] = []
    at = begins = start
    while at < len(body):
        match = TOKEN.match(body, at)
        if match is None:
            raise Refused(
                "quoting",
                where=f"{where}, line {_line(body, at)}, field {len(fields) + 1}",
                found=f"quotes or line ends are not as CSV has them: {clip(body[at : at + 60].decode('utf-8', 'backslashreplace'))!r}",
                advice="The file is damaged or was edited; download it again.",
            )
        quoted, plain, end = match.groups()
        fields.append(plain if quoted is None else quoted.replace(b'""', b'"'))
        at = match.end()
        if end != b",":
            yield fields, begins
            fields, begins = [], at


def _line(body: bytes, at: int) -> int:
    return body.count(b"\n", 0, at) + 1


def _decode(
    table: pyarrow.Table, titles: list[str], numbers: Sequence[bool], header_encoding: str, where: str
) -> tuple[pl.DataFrame, str]:
    """Text columns as categoricals of strictly decoded texts, number columns as strings."""
    columns = [
        table.column(place) if number else _dictionary(table.column(place)) for place, number in enumerate(numbers)
    ]
    distinct = [
        [text.as_py() for text in column.chunk(0).dictionary] if not number and column.num_chunks else []
        for column, number in zip(columns, numbers, strict=True)
    ]
    encoding = _encoding_of([text for texts in distinct for text in texts], header_encoding, where)
    series = []
    for title, number, column, texts in zip(titles, numbers, columns, distinct, strict=True):
        if number:
            series.append(_ascii_strings(column, title, where))
            continue
        decoded = pyarrow.array([_decode_one(text, encoding, title, where) for text in texts], pyarrow.large_string())
        chunks = [pyarrow.DictionaryArray.from_arrays(chunk.indices, decoded) for chunk in column.chunks]
        values = pl.from_arrow(pyarrow.chunked_array(chunks)) if chunks else []
        series.append(pl.Series(title, values, pl.Categorical))
    return pl.DataFrame(series), encoding


def _dictionary(column: pyarrow.ChunkedArray) -> pyarrow.ChunkedArray:
    encoded = column if pyarrow.types.is_dictionary(column.type) else column.dictionary_encode()
    return encoded.unify_dictionaries()


def _encoding_of(texts: list[bytes], header_encoding: str, where: str) -> str:
    """UTF-8 if every distinct text is, else GB18030: one encoding for the whole file, header included."""
    encoding, _ = decode_strictly(b"\n".join(texts), where)
    if header_encoding == "gb18030" and encoding == "utf-8" and any(not text.isascii() for text in texts):
        raise Refused(
            "mixed encodings", where=where, found="the header is GB18030 and the data are UTF-8",
            advice="Download it again; do not join files by hand.",
        )
    return "gb18030" if "gb18030" in (encoding, header_encoding) else "utf-8"


def _decode_one(text: bytes, encoding: str, title: str, where: str) -> str:
    if len(text) > FIELD_BYTES_MAX:
        raise Refused(
            "field too long", where=f"{where}, column {title}", found=f"a field of {len(text):,} bytes",
            advice="A quote is missing somewhere before it; download it again.",
        )
    decoded = text.decode(encoding)
    if "\ufffd" in decoded:
        raise Refused(
            "damaged text", where=f"{where}, column {title}", found=f"U+FFFD in {clip(decoded)!r}: an earlier program lost characters",
            advice="Download it again; do not open and save it with another program.",
        )
    return decoded


def _ascii_strings(column: pyarrow.ChunkedArray, title: str, where: str) -> pl.Series:
    """Numbers as strings; where they are not plain ASCII (full-width digits …) they are decoded one by one."""
    series = pl.Series(title, pl.from_arrow(column)) if column.num_chunks else pl.Series(title, [], pl.Binary)
    try:
        return series.cast(pl.String)
    except pl.exceptions.PolarsError:
        return pl.Series(title, [decode_strictly(value, f"{where}, column {title}")[1] for value in series], pl.String)
