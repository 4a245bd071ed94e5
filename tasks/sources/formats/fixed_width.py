"""Reads tables of fixed width block by block, out of a text or out of a member of a ZIP archive.

A bulk file of a month unpacks to more than a gigabyte, so no more than a block of it is in memory. Every line must be
as long as the fields that are read of it, and where numbers are read as long as the first one: a line with a letter
more or less has moved fields. What follows them in every line is a field of a later layout, and is not read. Belongs
here: archives of several members, blocks, fields, numbers. What a field means is in the adapters.
"""

import io
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import BinaryIO, NamedTuple, cast

import polars as pl

from tasks.domain.errors import Refused, refuse_first
from tasks.domain.text import clip, clip_bytes
from tasks.sources.formats.envelope import magic_of
from tasks.sources.formats.excel import DAMAGES

# Fields by name: the place of the first byte, from 0, and how many there are.
Layout = Mapping[str, tuple[int, int]]

BLOCK_BYTES = 1 << 25
LINE_BYTES_MAX = 10_000
MEMBERS_MAX = 100
UNPACKED_BYTES_MAX = 6_000_000_000
RATIO_MAX, SMALL_BYTES = 100, 10_000_000
ENCRYPTED = 0x1
# No record of customs is as large. Millions of smaller ones fit into a sum of 64 bits.
NUMBER_MAX = 10**12
FIELD = re.compile(r"^\s*([0-9]{1,4})\s*-\s*([0-9]{1,4})\s+([A-Za-z][A-Za-z0-9_]*)", re.MULTILINE)
AGAIN = "Download it again."
ODD = re.compile(rb"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f]")
# A letter of another alphabet in a name is one byte there, and must not move the fields behind it.
ONE_BYTE = bytes(range(128)) + b"?" * 128


class Member(NamedTuple):
    """A text to read: its name for messages, and how to open it from its beginning."""

    name: str
    opened: Callable[[], BinaryIO]


def layout_of(fields: Sequence[tuple[str, int]]) -> dict[str, tuple[int, int]]:
    """The places of fields that follow one another, each with its width.

    >>> layout_of([("code", 10), ("country", 4)])
    {'code': (0, 10), 'country': (10, 4)}
    """
    places, start = dict[str, tuple[int, int]](), 0
    for name, width in fields:
        places[name] = start, width
        start += width
    return places


def stated_layout(text: str) -> dict[str, tuple[int, int]]:
    """The places that a description of a layout states, by names in small letters.

    >>> stated_layout("FILENAME: X\\n 01-10  Commodity\\tHTS code\\n\\n 11-14\\tcty_code  Country")
    {'commodity': (0, 10), 'cty_code': (10, 4)}
    """
    places = [(int(first), int(last), name.lower()) for first, last, name in FIELD.findall(text)]
    return {name: (first - 1, last - first + 1) for first, last, name in places if 1 <= first <= last}


def members_of(raw: bytes, where: str) -> dict[str, Member]:
    """The members of a ZIP archive by their names in small letters without folders; of a text itself, by its own name.

    Raises Refused for another format, for an archive that is damaged, has a password, two members of one name, too
    many of them, or unpacks to too much.
    """
    kind = magic_of(raw)
    if kind is None:
        name = _base(where)
        return {name.casefold(): Member(name, lambda: io.BytesIO(raw))}
    if kind != "zip":
        raise Refused("not text", where, f"it is {kind}, whatever its name says", "Give the ZIP archive of the source.")
    try:
        archive = zipfile.ZipFile(io.BytesIO(raw))
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    except DAMAGES as error:
        raise _damaged(where, error) from error
    entries = [entry for entry in entries if not entry.filename.casefold().startswith("__macosx/")]
    names = [_base(entry.filename).casefold() for entry in entries]
    twice = sorted({name for name in names if names.count(name) > 1})
    size, limit = sum(entry.file_size for entry in entries), max(RATIO_MAX * len(raw), SMALL_BYTES)
    shown = ", ".join(map(clip, names[:5]))
    refuse_first(
        where,
        (not entries, "archive", "an archive without a file", AGAIN),
        (len(entries) > MEMBERS_MAX, "archive", f"an archive of {len(entries):,} files: {shown}, …", AGAIN),
        (twice, "archive", f"two files of one name: {', '.join(map(clip, twice[:5]))}", AGAIN),
        (
            any(entry.flag_bits & ENCRYPTED for entry in entries),
            "archive",
            "an archive with a password",
            "Unpack it, and pack its files without one.",
        ),
        (
            size > min(limit, UNPACKED_BYTES_MAX),
            "archive",
            f"{len(raw):,} bytes that unpack to {size:,}",
            "No month of a source is that large. See where it comes from.",
        ),
    )
    return {
        name: Member(_base(entry.filename), partial(_opened, archive, entry))
        for name, entry in zip(names, entries, strict=True)
    }


def _opened(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> BinaryIO:
    return cast("BinaryIO", archive.open(entry))


def text_of(member: Member, where: str) -> str:
    """The text of a small member, such as a description of a layout."""
    try:
        with member.opened() as stream:
            return stream.read(SMALL_BYTES).decode("latin-1")
    except DAMAGES as error:
        raise _damaged(f"{where}, {member.name}", error) from error


def read_blocks(
    member: Member, layout: Layout, texts: Sequence[str], numbers: Sequence[str], where: str
) -> Iterator[pl.DataFrame]:
    """Yield the fields of a member, a block of its lines at a time: `record` (from 1), `texts` as they stand without
    blanks around them, and `numbers` as whole numbers, which may have a sign, and blanks before them.

    Raises Refused for a line that is cut off, too short or, where there are numbers, of another length than the first
    one, and for a number that is none.
    """
    place, record, length = f"{where}, {member.name}", 0, 0
    end = max(start + width for start, width in (layout[name] for name in (*texts, *numbers)))
    for block in _blocks(member, place):
        lines = pl.read_csv(
            block, has_header=False, separator="\x01", quote_char=None, schema={"line": pl.String}, infer_schema=False
        )
        length = length or len(lines["line"][0] or "") if numbers else 0
        _refuse_lengths(lines["line"], record, end, length, place)
        fields = lines.select(
            pl.int_range(record + 1, record + lines.height + 1, dtype=pl.UInt32).alias("record"),
            *(_field(layout[name]).str.strip_chars(" ").alias(name) for name in texts),
            # A blank behind a number stands where it has lost a digit.
            *(
                _field(layout[name]).str.strip_chars_start(" ").cast(pl.Int64, strict=False).alias(name)
                for name in numbers
            ),
        )
        _refuse_numbers(lines, fields, layout, numbers, place)
        record += lines.height
        yield fields
    if not record:
        raise Refused("no records", place, "no line at all", AGAIN)


def _blocks(member: Member, place: str) -> Iterator[bytes]:
    """Yield whole lines of a member, some megabytes at a time. Raises Refused where they are no text of lines."""
    rest, at = b"", 0
    try:
        with member.opened() as stream:
            while piece := stream.read(BLOCK_BYTES):
                end = piece.rfind(b"\n") + 1
                block, rest = (rest + piece[:end], piece[end:]) if end else (b"", rest + piece)
                _refuse_odd(block, at, place)
                at += len(block)
                if len(rest) > LINE_BYTES_MAX:
                    raise Refused("not a table", place, f"a line of more than {LINE_BYTES_MAX:,} bytes", AGAIN)
                if block:
                    yield block.translate(ONE_BYTE)
    except DAMAGES as error:
        raise _damaged(place, error) from error
    # Some programs of the source mark the end of a text with a byte of its own.
    if rest.strip(b"\x1a"):
        _refuse_odd(rest.rstrip(b"\x1a"), at, place)
        raise Refused("no final newline", place, f"it ends in '{clip_bytes(rest[-30:])}' without a line end", AGAIN)


def _refuse_odd(block: bytes, at: int, place: str) -> None:
    odd = ODD.search(block)
    if odd or block.count(b"\r") != block.count(b"\r\n"):
        byte = odd.start() if odd else re.search(rb"\r(?!\n)", block).start()  # type: ignore[union-attr]
        raise Refused(
            "not a table",
            place,
            f"byte {at + byte:,} is {block[byte]:#04x}, no letter, digit or blank, in '{clip_bytes(block[:60])}'",
            f"{AGAIN} Do not open and save it with another program.",
        )


def _field(place: tuple[int, int]) -> pl.Expr:
    # As bytes, where a place is found without counting letters.
    return pl.col("line").cast(pl.Binary).bin.slice(*place).cast(pl.String)


def _refuse_lengths(lines: pl.Series, before: int, end: int, length: int, place: str) -> None:
    """Raises Refused for the first line that ends before its last field, or is not as long as the others where these
    have a length."""
    bytes_of = lines.str.len_bytes().fill_null(0)
    wrong = ((bytes_of < end) | (bytes_of != (length or bytes_of))).arg_true()
    if wrong.len():
        line = lines[int(wrong[0])] or ""
        needed = f"the fields need {end}" if len(line) < end else f"the first record has {length}"
        raise Refused(
            "row width",
            f"{place}, record {before + int(wrong[0]) + 1}",
            f"{len(line)} bytes where {needed}: '{clip(line[:60])}'",
            f"{AGAIN} Where the source has changed its layout, its description must be in the archive.",
        )


def _refuse_numbers(
    lines: pl.DataFrame, fields: pl.DataFrame, layout: Layout, numbers: Sequence[str], place: str
) -> None:
    """Raises Refused for the first text that is no number, or one that no record of trade can have."""
    for name in numbers:
        column = fields[name]
        bad = column.is_null() | (column.abs() > NUMBER_MAX)
        if bad.any():
            row = int(bad.arg_true()[0])
            start, width = layout[name]
            raise Refused(
                "no number",
                f"{place}, record {fields['record'][row]}, field {name}",
                f"'{clip(lines['line'][row][start : start + width])}'",
                f"{AGAIN} Where the source has changed its layout, its description must be in the archive.",
            )


def _base(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2]


def _damaged(place: str, error: BaseException) -> Refused:
    damage = f"it cannot be read ({type(error).__name__}: {clip(str(error), 80)})"
    return Refused("damaged archive", place, damage, AGAIN)
