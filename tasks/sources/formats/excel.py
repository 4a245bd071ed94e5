"""Reads an Excel workbook as fields: for downloads that somebody opened and saved again.

Excel turns codes into numbers, so each column records whether its cells were numbers (`numeric_titles`); the adapter
decides what that means for a code. A workbook is a ZIP archive of unknown origin: its size is checked before it is
opened, and it is read in memory. Formulas, error cells, merged cells, hidden rows and second sheets are refused,
because there a person saw something other than the cells contain.
"""

import functools
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import polars as pl

from tasks.domain.errors import Refused, refuse_first
from tasks.domain.text import clip
from tasks.sources.formats.csv import COLUMNS_MAX, REPLACEMENT, Lexed, check_titles, clean_title
from tasks.sources.formats.csv_split import FIELD_BYTES_MAX

if TYPE_CHECKING:
    import fastexcel

MEMBERS_MAX = 100
UNPACKED_BYTES_MAX = 200_000_000
RATIO_MAX = 100
SMALL_MEMBER_BYTES = 1_000_000
INTEGER_MAX = 2**53
# The reader expands a sheet to a full rectangle: one cell in the last corner would take 500 GB.
EMPTY_CELLS_MAX = 100_000
REFERENCE = re.compile(rb"<(?:\w+:)?(?:c|row)(?:\s[^>]*?)?\sr\s*=\s*[\"']\s*([A-Za-z]*)([0-9]+)")
CELL = re.compile(rb"<(?:\w+:)?c[\s/>]")
DAMAGES = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError)
IN_SHEETS = (
    (rb"<(?:\w+:)?f[\s>/]", "a formula"),
    (rb"\st\s*=\s*[\"']e[\"']", "an error cell such as #N/A"),
    (rb"\s(?:hidden|zeroHeight)\s*=\s*[\"'](?:1|true)[\"']", "a hidden row or column"),
)
MERGED = (rb"<(?:\w+:)?mergeCell\s", "merged cells")
IN_ANY_XML = ((rb"<!DOCTYPE", "a document type, which may stand for anything"), (rb"\0", "XML in UTF-16"))


def read_fields(raw: bytes, where: str, is_number: Callable[[str], bool]) -> Lexed:
    """Fields of the only sheet of an .xlsx workbook, header in its first row, as text (see `Lexed`).

    Whole numbers become digits without point or exponent, empty cells the empty text. Raises Refused for an archive
    that is damaged, too large or not a workbook, and for hidden content of a sheet.
    """
    # An answer that names its source needs no reader of workbooks.
    import fastexcel

    _measure(raw, where)
    try:
        book = fastexcel.read_excel(raw)
        _refuse_sheets(book, where)
        columns = _load(book, where)
    except fastexcel.FastExcelError as error:
        raise _unreadable(error, where) from error
    printed = [column.name for column in columns]
    titles = [clean_title(title) for title in printed]
    check_titles(titles, where)
    numeric = frozenset(title for title, column in zip(titles, columns, strict=True) if column.dtype.is_numeric())
    texts = [_as_text(column.rename(title), where) for title, column in zip(titles, columns, strict=True)]
    notes = ["Excel workbook"]
    # Only after the last record: elsewhere records would no longer have the numbers of their rows.
    says = pl.DataFrame(texts).select(pl.any_horizontal(pl.all().str.strip_chars() != "")).to_series()
    records = int(says.arg_true().max() + 1) if says.any() else 0  # type: ignore[operator]
    if records < says.len():
        notes.append(f"{says.len() - records} blank rows at the end")
        texts = [text[:records] for text in texts]
    fields = pl.DataFrame([text if is_number(text.name) else text.cast(pl.Categorical) for text in texts])
    if titles != printed:
        notes.append("titles with blanks, invisible or full-width characters")
    distinct = {text.name: text.unique() for text in texts if not is_number(text.name)}
    return Lexed(fields, distinct, "xlsx", tuple(notes), numeric)


def read_rows(raw: bytes, where: str) -> list[list[str]]:
    """The cells of the only sheet of an .xlsx workbook as it was published, row by row, as text; empty cells are empty.

    The titles of such a workbook may be merged cells; the cells of an area that are not its first are empty. Raises
    Refused for what `read_fields` refuses besides.
    """
    import fastexcel

    _measure(raw, where, may_merge=True)
    try:
        book = fastexcel.read_excel(raw)
        _refuse_sheets(book, where)
        sheet = book.load_sheet(0, header_row=None, dtypes="string").to_polars()
    except fastexcel.FastExcelError as error:
        raise _unreadable(error, where) from error
    texts = [_as_text(column, where) for column in sheet]
    return [[cell.strip() for cell in row] for row in zip(*texts, strict=True)]


def _refuse_sheets(book: "fastexcel.ExcelReader", where: str) -> None:
    names = book.sheet_names
    if len(names) != 1:
        sheets = f"{len(names)} sheets: {', '.join(map(clip, names))}"
        raise Refused("sheets", where, sheets, "Keep one table a file.")


def _unreadable(error: Exception, where: str) -> Refused:
    return Refused("unreadable workbook", where, clip(str(error), 200), "Save it again as .xlsx or as CSV.")


def _load(book: "fastexcel.ExcelReader", where: str) -> list[pl.Series]:
    """The columns of the sheet, each with its own type; one that mixes numbers and texts as texts.

    Nothing is coerced: the reader would turn a truth value among numbers into 1.
    """
    columns = _typed(book)
    known = columns or book.load_sheet(0, dtypes="string").to_polars().get_columns()
    if len(known) > COLUMNS_MAX:
        raise Refused("too many columns", where, f"{len(known)} columns", "This is no customs download.")
    return columns or [(_typed(book, [place]) or [texts])[0] for place, texts in enumerate(known)]


def _typed(book: "fastexcel.ExcelReader", places: list[int] | None = None) -> list[pl.Series]:
    """The columns at some places, or all; none where one of them mixes types."""
    import fastexcel

    try:
        sheet = book.load_sheet(0, schema_sample_rows=None, dtype_coercion="strict", use_columns=places)
    except fastexcel.FastExcelError:
        return []
    return sheet.to_polars().get_columns()


def _as_text(column: pl.Series, where: str) -> pl.Series:
    if isinstance(column.dtype, pl.Duration):
        raise Refused(
            "cells of time",
            f"{where}, column {column.name}",
            "cells that are formatted as a length of time",
            "Drop the download as the site gave it, or format the column as text or number.",
        )
    if column.dtype.is_float():
        whole = (column == column.floor()) & (column.abs() < INTEGER_MAX)
        digits = column.set(~whole.fill_null(False), None).cast(pl.Int64).cast(pl.String)
        column = digits.zip_with(whole.fill_null(True), column.cast(pl.String))
    texts = column.cast(pl.String).fill_null("")
    for bad, rule, mistake in (
        (texts.str.len_bytes() > FIELD_BYTES_MAX, "field too long", f"a field of more than {FIELD_BYTES_MAX:,} bytes"),
        (texts.str.contains(REPLACEMENT, literal=True), "damaged text", "U+FFFD: an earlier program lost characters"),
    ):
        if bad.any():
            place = f"{where}, record {int(bad.arg_true()[0]) + 1}, column {column.name}"
            raise Refused(rule, place, mistake, "Drop the download as the site gave it.")
    return texts


def _measure(raw: bytes, where: str, *, may_merge: bool = False) -> None:
    """Refuse an archive that is invalid, declares a wrong size, or unpacks to too much."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            members = archive.infolist()
            if complaint := _complaint(members, len(raw)):
                raise Refused("archive", where, complaint, "Save it again as .xlsx or as CSV.")
            for member in members:
                _inspect(archive, member, where, IN_SHEETS if may_merge else (*IN_SHEETS, MERGED))
    except DAMAGES as error:
        raise Refused(
            "damaged archive", where, clip(str(error), 200) or "an archive cut off", "Download it again."
        ) from error


def _complaint(members: Sequence[zipfile.ZipInfo], packed_bytes: int) -> str | None:
    names = [member.filename for member in members]
    # The reader below ignores case in names, and treats backslashes as slashes.
    plain = [name.replace("\\", "/").casefold() for name in names]
    unpacked_bytes = sum(member.file_size for member in members)
    twice = next((name for name in plain if plain.count(name) > 1), "") if len(names) <= MEMBERS_MAX else ""
    leads_out = any(".." in name.split("/") or name.startswith("/") or ":" in name for name in plain)
    allowed_bytes = min(UNPACKED_BYTES_MAX, max(RATIO_MAX * packed_bytes, SMALL_MEMBER_BYTES))
    complaints = (
        (len(names) > MEMBERS_MAX, f"{len(names)} members, more than {MEMBERS_MAX}"),
        (bool(twice), f"a member name occurs twice: {clip(twice)}"),
        (leads_out, "a member whose name leads out of the archive"),
        ("xl/workbook.xml" not in names, f"a ZIP archive that is no Excel workbook, with {len(names)} members"),
        (min((member.header_offset for member in members), default=0) > 0, "other bytes before the workbook"),
        (unpacked_bytes > allowed_bytes, f"{packed_bytes:,} bytes that unpack to {unpacked_bytes:,}"),
    )
    return next((text for is_so, text in complaints if is_so), None)


def _inspect(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, where: str, in_sheets: Sequence[tuple[bytes, str]]
) -> None:
    """Inspect a member's XML: the reader below would show formulas as values and hidden rows as rows."""
    with archive.open(member) as stream:
        content = stream.read(member.file_size + 1)
    name = clip(member.filename)
    is_too_long, is_archive = len(content) > member.file_size, content.startswith(b"PK\x03\x04")
    refuse_first(
        where,
        (is_too_long, "archive", f"{name} unpacks to more than it declares", "Do not use this file."),
        (is_archive, "archive", f"{name} is an archive itself", "Keep one table a file."),
    )
    is_sheet = b"sheetData" in content
    if is_sheet:
        _check_places(content, where)
    is_xml = content.lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n").startswith(b"<")
    signs = (IN_ANY_XML if is_xml else ()) + (tuple(in_sheets) if is_sheet else ())
    for sign, meaning in signs:
        if re.search(sign, content):
            raise _hidden(f"{where}, {name}", meaning)


def _hidden(where: str, content: str) -> Refused:
    advice = "Copy the values into a plain sheet, or drop the download as the site gave it."
    return Refused("workbook content", where, content, advice)


def _check_places(sheet: bytes, where: str) -> None:
    """Raises Refused where two cells have one place, or where few cells span a large rectangle."""
    places = REFERENCE.findall(sheet)
    distinct = set(places)
    last_column = last_row = 0
    for letters, digits in distinct:
        last_column = max(last_column, functools.reduce(lambda number, letter: number * 26 + letter % 32, letters, 0))
        last_row = max(last_row, int(digits[:12]))
    cells = len(CELL.findall(sheet))
    if len(distinct) != len(places):
        raise _hidden(where, "a cell or a row that stands there twice")
    if last_row * last_column > 2 * cells + EMPTY_CELLS_MAX:
        raise _hidden(where, f"{cells:,} cells spread over {last_row:,} rows and {last_column:,} columns")
