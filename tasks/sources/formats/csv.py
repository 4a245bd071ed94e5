"""Reads a delimited file as a frame of texts, without interpreting columns.

Gate A (`tasks/sources/formats/envelope.py`) checks the bytes as a whole; this module brings them to UTF-8, strictly and
from one encoding for the whole file, and reads the header; gate B (`tasks/sources/formats/csv_split.py`) splits the
rest. `plain_texts` converts printed texts to ASCII (wide letters, invisible characters, blanks at the ends), also for
files of other forms.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import polars as pl

from tasks.domain.errors import Refused
from tasks.domain.text import clip, counted
from tasks.sources.formats.csv_split import FIELD_BYTES_MAX, TOKEN, read_records, split
from tasks.sources.formats.envelope import open_envelope

COLUMNS_MAX = 64
HEADER_BYTES_MAX = 1 << 20

INVISIBLE = "".join(map(chr, (0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF)))
REPLACEMENT = "\ufffd"
# Only the wide forms of ASCII and the printed minus. NFKC would also turn a footnote mark into a digit: 353² would
# become 3532.
WIDE = {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)} | {"\u3000": " ", "\u2212": "-"}
AGAIN = "Download it again; do not open and save it with another program."


@dataclass(frozen=True)
class Lexed:
    """The fields of a file.

    `fields` has a column for each title, in file order: text columns categorical, number columns as plain strings.
    `distinct` has each text of a text column once, so that a few hundred texts are interpreted and not every record.
    `normalised` lists the changes made on the way, for the lineage. `numeric_titles` are columns whose cells were
    numbers, not text (workbooks only): their leading zeros are gone. `is_unquoted`: not every field was in quotes.
    """

    fields: pl.DataFrame
    distinct: dict[str, pl.Series]
    encoding: str
    normalised: tuple[str, ...]
    numeric_titles: frozenset[str] = frozenset()
    is_unquoted: bool = False


class Header(NamedTuple):
    """The header line: titles, start of the data, whether lines end with a comma, the line end, whether titles were
    tidied."""

    titles: list[str]
    start: int
    trailing: bool
    eol: bytes
    tidied: bool


def read_fields(raw: bytes, where: str, is_number: Callable[[str], bool]) -> Lexed:
    """Fields of a comma-separated file with one header line.

    `is_number` decides by title which columns hold numbers as printed (they are kept as strings; the others become
    categorical). Titles are stripped and converted to NFKC; texts are decoded, nothing else is changed. Raises Refused
    where the bytes are not text, not complete, or not exactly one table.
    """
    body, normalised = open_envelope(raw, where)
    body, encoding = _in_utf_8(body, _header_end(body, where), where)
    header = _header(body, where)
    numbers = [is_number(title) for title in header.titles]
    if header.tidied:
        normalised.append("titles with blanks, invisible or full-width characters")
    columns, is_quoted = split(body, header.start, numbers, header.trailing, header.eol, where)
    series = [pl.Series(title, pl.from_arrow(column)) for title, column in zip(header.titles, columns, strict=True)]
    fields = pl.DataFrame(
        column.cast(pl.String) if number else column for column, number in zip(series, numbers, strict=True)
    )
    distinct = {
        title: fields[title].unique().cast(pl.String)
        for title, number in zip(header.titles, numbers, strict=True)
        if not number
    }
    for column in fields:
        _refuse_long(column, distinct.get(column.name, column), where)
    is_mixed = any(texts.str.contains("\r", literal=True).any() for texts in distinct.values())
    if is_quoted and not is_mixed and header.eol == b"\r\n":
        normalised.append("CRLF line ends")
    return Lexed(fields, distinct, encoding, tuple(normalised), is_unquoted=not is_quoted or is_mixed)


def excerpt(raw: bytes, records: Sequence[int], count: int) -> bytes | None:
    """The titles and these records (numbers from 1) of a file of `count` records; None where they do not end as the
    titles do.

    >>> excerpt(b'"a","b"\\n"1","x\\ny"\\n"2","z"\\n', [2], 2)
    b'"a","b"\\n"2","z"\\n'
    """
    end = re.match(rb'[^\n]*?("?,?\r?\n)("?)', raw)
    if end is None:
        return None
    # A text may have a line end inside its quotes.
    between = end[1] + end[2]
    rows = raw.split(between)
    if len(rows) != 1 + count:
        return None
    rows[-1] = rows[-1].removesuffix(end[1])
    return between.join([rows[0], *(rows[record] for record in records)]) + end[1]


def _header_end(body: bytes, where: str) -> int:
    """Where the header line ends. Raises Refused for one that no customs download has."""
    end = body.index(b"\n") + 1
    if end > HEADER_BYTES_MAX:
        # First of all: to inspect the characters of a hundred megabytes takes a minute and gigabytes.
        raise Refused(
            "header too long",
            where=f"{where}, header",
            found=f"a first line of {end:,} bytes",
            advice="This is no customs download; look at what it is, and download again.",
        )
    line = body[: end - 1].removesuffix(b"\r")
    if b"\r" in line:
        raise Refused(
            "line ends", where=where, found="lines end in CR alone", advice="Save it with LF or CRLF line ends."
        )
    columns = line.count(b",") + (not line.endswith(b","))
    if columns > COLUMNS_MAX:
        raise Refused(
            "too many columns",
            where=where,
            found=f"{columns:,} columns",
            advice="This is no customs download.",
        )
    return end


def _in_utf_8(body: bytes, header_end: int, where: str) -> tuple[bytes, str]:
    """The bytes in UTF-8, and their encoding: that of the header and of the data. Raises Refused where there is none,
    or two."""
    (header, head), (data, rest) = (_decoded(body, *span, where) for span in ((0, header_end), (header_end, len(body))))
    if header and data and header != data:
        raise Refused(
            "mixed encodings",
            where=where,
            found=f"the header is {header.upper()} and the data are {data.upper()}",
            advice="Download it again; do not join files by hand.",
        )
    encoding = header or data or "utf-8"
    whole = body if encoding == "utf-8" else (head + rest).encode()
    if (at := whole.find(REPLACEMENT.encode())) >= 0:
        text = whole[max(at - 30, 0) : at + 30].decode("utf-8", "ignore").replace("\n", " ")
        raise Refused(
            "damaged text",
            where=_place_of(whole, at, where),
            found=f"U+FFFD in '{clip(text)}': an earlier program lost characters",
            advice=AGAIN,
        )
    return whole, encoding


def _decoded(body: bytes, start: int, end: int, where: str) -> tuple[str, str]:
    """The encoding of a part and its text: UTF-8 if it is valid UTF-8, else GB18030, else Refused; the encoding of
    ASCII, which is both, is empty.

    UTF-8 comes first, because much of it is also valid GB18030 and would decode to other characters without an error.
    """
    data = body[start:end]
    errors = []
    for encoding in ("utf-8", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError as error:
            errors.append(error)
        else:
            return ("" if text.isascii() else encoding), text
    # Of the encoding in which more of it can be read.
    at = max(error.start for error in errors)
    raise Refused(
        "undecodable",
        where=_place_of(body, start + at, where),
        found=f"neither UTF-8 nor GB18030: '{clip(data[at : at + 20].decode('utf-8', 'backslashreplace'))}'",
        advice=AGAIN,
    )


def _place_of(body: bytes, at: int, where: str) -> str:
    """The record and the column of a byte, in words."""
    records = read_records(body, 0, where)
    titles = [clean_title(field.decode("utf-8", "replace")) for field in next(records)[0]]
    number, begins = 0, 0
    for _, start in records:
        if start > at:
            break
        number, begins = number + 1, start
    column = 0
    while (token := TOKEN.match(body, begins)) and token.end() <= at:
        column, begins = column + 1, token.end()
    return f"{where}, record {number}, column {titles[column]}" if number else f"{where}, header (line 1)"


def _header(body: bytes, where: str) -> Header:
    line, _, _ = body.partition(b"\n")
    fields, _ = next(read_records(line.removesuffix(b"\r") + b"\n", 0, f"{where}, header"))
    printed = [field.decode() for field in fields]
    titles = [clean_title(title) for title in printed]
    trailing = titles[-1] == ""
    kept = titles[:-1] if trailing else titles
    check_titles(kept, where)
    return Header(kept, len(line) + 1, trailing, b"\r\n" if line.endswith(b"\r") else b"\n", titles != printed)


def plain_texts(printed: pl.Series) -> pl.Series:
    """Texts with wide letters, digits and minus signs in ASCII, stripped, without invisible characters."""
    return (
        printed.str.replace_many(list(WIDE), list(WIDE.values()))
        .str.replace_all(f"[{INVISIBLE}]", "")
        .str.strip_chars()
    )


def with_plain_texts(columns: pl.DataFrame) -> tuple[pl.DataFrame, list[str]]:
    """These columns of texts with plain texts, and what was changed, in words."""
    plain, notes = dict[str, pl.Series](), list[str]()
    for column in columns:
        texts = column.unique().drop_nulls()
        pairs = [(text, clean) for text, clean in zip(texts, plain_texts(texts), strict=True) if text != clean]
        if pairs:
            plain[column.name] = column.replace(*map(list, zip(*pairs, strict=True)))
            notes.append(
                f"column {column.name}: blanks, invisible or full-width characters in {counted(len(pairs), 'text')}"
            )
    return columns.with_columns(**plain), notes


def clean_title(title: str) -> str:
    """A column title stripped, in NFKC and without invisible characters: full-width letters and tabs do no harm."""
    return unicodedata.normalize("NFKC", title.translate({ord(letter): None for letter in INVISIBLE})).strip()


def check_titles(titles: Sequence[str], where: str) -> None:
    """Raises Refused where a column has no title, or two columns have the same."""
    advice = "Download it again with the columns of the site; do not rename, add or remove columns."
    if "" in titles:
        mistake = f"column {titles.index('') + 1} of {len(titles)} has no title"
        raise Refused("empty title", where=f"{where}, header", found=mistake, advice=advice)
    twice = sorted({title for title in titles if titles.count(title) > 1})
    if twice:
        mistake = f"the same title twice: {', '.join(map(clip, twice))}"
        raise Refused("column twice", where=f"{where}, header", found=mistake, advice=advice)


def _refuse_long(column: pl.Series, texts: pl.Series, where: str) -> None:
    """Raises Refused where one of the texts of a column is longer than a field can be."""
    long = texts.filter(texts.str.len_bytes() > FIELD_BYTES_MAX)
    if long.len():
        record = int((column.cast(pl.String) == long[0]).arg_true()[0]) + 1
        raise Refused(
            "field too long",
            where=f"{where}, record {record}, column {column.name}",
            found=f"a field of {len(long[0].encode()):,} bytes, more than {FIELD_BYTES_MAX:,}",
            advice="A quote is missing somewhere before it; download it again.",
        )
