"""Reads a delimited file as a frame of texts, without interpreting columns.

Gate A (`tasks/sources/envelope.py`) checks the bytes as a whole, gate B (`tasks/sources/csv_split.py`) splits them; this module
reads the header and decodes the rest, strictly and in one encoding for the whole file. Only the distinct texts of a column are
decoded: a name that occurs a million times is decoded once.
"""

import os
import unicodedata
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import polars as pl
import pyarrow
import pyarrow.compute

from tasks.domain.errors import Refused
from tasks.domain.text import clip
from tasks.sources.csv_split import FIELD_BYTES_MAX, read_records, split
from tasks.sources.envelope import open_envelope

COLUMNS_MAX = 64
HEADER_BYTES_MAX = 1 << 20

INVISIBLE = "".join(map(chr, (0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF)))
REPLACEMENT = "\ufffd"
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


@dataclass(frozen=True)
class Header:
    """The header line: titles, start of the data, whether lines end with a comma, the line end, the encoding."""

    titles: list[str]
    start: int
    trailing: bool
    eol: bytes
    encoding: str
    tidied: bool


def read_fields(raw: bytes, where: str, is_number: Callable[[str], bool]) -> Lexed:
    """Fields of a comma-separated file with one header line.

    `is_number` decides by title which columns hold numbers as printed (they are kept as strings; the others become
    categorical). Titles are stripped and converted to NFKC; texts are decoded, nothing else is changed. Raises Refused
    where the bytes are not text, not complete, or not exactly one table.
    """
    body, normalised = open_envelope(raw, where)
    header = _header(body, where)
    numbers = [is_number(title) for title in header.titles]
    if header.tidied:
        normalised.append("titles with blanks, invisible or full-width characters")
    columns, is_quoted = split(body, header.start, numbers, header.trailing, header.eol, where)
    fields, distinct, encoding = _decode(columns, header, numbers, where)
    is_mixed = any(texts.str.contains("\r", literal=True).any() for texts in distinct.values())
    if is_quoted and not is_mixed and header.eol == b"\r\n":
        normalised.append("CRLF line ends")
    return Lexed(fields, distinct, encoding, tuple(normalised), is_unquoted=not is_quoted or is_mixed)


def _header(body: bytes, where: str) -> Header:
    end = body.index(b"\n") + 1
    if end > HEADER_BYTES_MAX:
        # First of all: to inspect the characters of a hundred megabytes takes a minute and gigabytes.
        raise Refused(
            "header too long", where=f"{where}, header", found=f"a first line of {end:,} bytes",
            advice="This is no customs download; look at what it is, and download again.",
        )  # fmt: skip
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
    encoding, _ = decode_strictly(line, f"{where}, header")
    fields, _ = next(read_records(line + b"\n", 0, f"{where}, header"))
    printed = [field.decode(encoding) for field in fields]
    titles = [clean_title(title) for title in printed]
    trailing = titles[-1] == ""
    kept = titles[:-1] if trailing else titles
    check_titles(kept, where)
    eol = b"\r\n" if body[:end].endswith(b"\r\n") else b"\n"
    return Header(kept, end, trailing, eol, "ascii" if line.isascii() else encoding, titles != printed)


def clean_title(title: str) -> str:
    """A column title stripped, in NFKC and without invisible characters: full-width letters and tabs do no harm."""
    return unicodedata.normalize("NFKC", title.translate({ord(letter): None for letter in INVISIBLE})).strip()


def check_titles(titles: Sequence[str], where: str) -> None:
    """Raises Refused where a column has no title, or two columns have the same."""
    advice = "Download it again with the columns of the site; do not rename, add or remove columns."
    if "" in titles:
        found = f"column {titles.index('') + 1} of {len(titles)} has no title"
        raise Refused("empty title", where=f"{where}, header", found=found, advice=advice)
    twice = sorted({title for title in titles if titles.count(title) > 1})
    if twice:
        found = f"the same title twice: {', '.join(map(clip, twice))}"
        raise Refused("column twice", where=f"{where}, header", found=found, advice=advice)


def decode_strictly(data: bytes, where: str) -> tuple[str, str]:
    """Encoding and text: UTF-8 if it is valid UTF-8, else GB18030, else Refused.

    UTF-8 comes first, because much of it is also valid GB18030 and would decode to other characters without an error.
    """
    for encoding in ("utf-8", "gb18030"):
        try:
            return encoding, data.decode(encoding)
        except UnicodeDecodeError as error:
            last = error
    raise Refused(
        "undecodable",
        where=where,
        found=f"neither UTF-8 nor GB18030: '{clip(data[last.start : last.start + 20].decode('utf-8', 'backslashreplace'))}'",
        advice=AGAIN,
    ) from last


@dataclass(frozen=True)
class _Repeated:
    """A column as numbers of its distinct texts, not yet decoded."""

    title: str
    values: pyarrow.ChunkedArray
    texts: list[bytes]

    def first_place(self, number: int, where: str) -> str:
        """The first place of the text with this number, in words."""
        before = 0
        for chunk in self.values.chunks:
            if (at := pyarrow.compute.index(chunk.indices, pyarrow.scalar(number, pyarrow.int32())).as_py()) >= 0:
                return f"{where}, record {before + at + 1}, column {self.title}"
            before += len(chunk)
        return f"{where}, column {self.title}"


def _decode(
    columns: Sequence[pyarrow.ChunkedArray], header: Header, numbers: Sequence[bool], where: str
) -> tuple[pl.DataFrame, dict[str, pl.Series], str]:
    """Text columns as categoricals of strictly decoded texts, number columns as strings; the distinct texts."""
    plain: dict[int, pl.Series] = {}
    repeated: dict[int, _Repeated] = {}
    for place, (title, column) in enumerate(zip(header.titles, columns, strict=True)):
        if pyarrow.types.is_dictionary(column.type):
            texts = [text.as_py() for text in column.chunk(0).dictionary]
            repeated[place] = _Repeated(title, column, texts)
        else:
            plain[place] = pl.Series(title, pl.from_arrow(column))
    encoding = _encoding_of(list(repeated.values()), header, where)
    distinct = {place: _decoded_texts(column, encoding, where) for place, column in repeated.items()}
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as threads:
        categorical = threads.map(lambda place: _gather(distinct[place], repeated[place]), repeated)
        found = plain | dict(zip(repeated, categorical, strict=True))
    series = [found[place].cast(pl.String) if number else found[place] for place, number in enumerate(numbers)]
    by_title = {column.name: column for place, column in distinct.items() if not numbers[place]}
    return pl.DataFrame(series), by_title, encoding


def _encoding_of(columns: Sequence[_Repeated], header: Header, where: str) -> str:
    """One encoding for the whole file, header included. Raises Refused where there is none or where there are two."""
    texts = b"\n".join(text for column in columns for text in column.texts)
    found = "ascii" if texts.isascii() else _encoding_of_texts(texts, columns, where)
    both = {header.encoding, found} - {"ascii"}
    if len(both) > 1:
        raise Refused(
            "mixed encodings",
            where=where,
            found=f"the header is {header.encoding.upper()} and the data are {found.upper()}",
            advice="Download it again; do not join files by hand.",
        )
    return both.pop() if both else "utf-8"


def _encoding_of_texts(texts: bytes, columns: Sequence[_Repeated], where: str) -> str:
    try:
        return decode_strictly(texts, where)[0]
    except Refused:
        for column in columns:
            for number, text in enumerate(column.texts):
                if not _is_decodable(text):
                    decode_strictly(text, column.first_place(number, where))
        raise


def _is_decodable(text: bytes) -> bool:
    try:
        decode_strictly(text, "")
    except Refused:
        return False
    return True


def _decoded_texts(column: _Repeated, encoding: str, where: str) -> pl.Series:
    """The distinct texts of a column, by their numbers."""
    decoded = []
    for number, text in enumerate(column.texts):
        if len(text) > FIELD_BYTES_MAX:
            _refuse_long(len(text), column.first_place(number, where))
        decoded.append(text.decode(encoding))
        if REPLACEMENT in decoded[-1]:
            raise Refused(
                "damaged text",
                where=column.first_place(number, where),
                found=f"U+FFFD in '{clip(decoded[-1])}': an earlier program lost characters",
                advice=AGAIN,
            )
    return pl.Series(column.title, decoded, pl.String)


def _gather(texts: pl.Series, column: _Repeated) -> pl.Series:
    chunks = [chunk.indices for chunk in column.values.chunks]
    return texts.cast(pl.Categorical).gather(pl.Series(pl.from_arrow(pyarrow.chunked_array(chunks, pyarrow.int32()))))


def _refuse_long(length: int, where: str) -> None:
    raise Refused(
        "field too long",
        where=where,
        found=f"a field of {length:,} bytes, more than {FIELD_BYTES_MAX:,}",
        advice="A quote is missing somewhere before it; download it again.",
    )
