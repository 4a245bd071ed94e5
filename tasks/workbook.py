"""An Excel workbook to fields: for downloads that somebody opened and saved again.

Excel turns codes into numbers, so each column tells whether its cells were numbers (`numeric_titles`); what that means
for a code is the adapter's business. A workbook is a ZIP archive from a stranger: it is measured before it is opened,
and read in memory. Formulas, hidden rows and second sheets are refused, because what a person saw is then not what is
in the cells.
"""

import io
import zipfile
from collections.abc import Callable

import fastexcel
import polars as pl

from tasks.lexer import COLUMNS_MAX, Lexed, clean_title
from tasks.refusal import Refused, clip

MEMBERS_MAX = 100
UNPACKED_BYTES_MAX = 200_000_000
RATIO_MAX = 100
SMALL_MEMBER_BYTES = 1_000_000
INTEGER_MAX = 2**53


def read_fields(raw: bytes, where: str, is_number: Callable[[str], bool]) -> Lexed:
    """Fields of the only sheet of an .xlsx workbook, header in its first row, as text (see `Lexed`).

    Whole numbers become digits without point or exponent, empty cells the empty text. Raises Refused for an archive
    that is damaged, too large or no workbook, and for formulas, hidden rows or more than one sheet.
    """
    _measure(raw, where)
    try:
        book = fastexcel.read_excel(raw)
        if len(book.sheet_names) != 1:
            raise Refused(
                "sheets", where=where, found=f"{len(book.sheet_names)} sheets: {', '.join(map(clip, book.sheet_names))}",
                advice="Keep one table a file.",
            )
        frame = _load(book)
    except fastexcel.FastExcelError as error:
        raise Refused(
            "unreadable workbook", where=where, found=clip(str(error), 200), advice="Save it again as .xlsx or as CSV."
        ) from error
    if frame.width > COLUMNS_MAX:
        raise Refused(
            "too many columns", where=where, found=f"{frame.width} columns", advice="This is no customs download."
        )
    titles = [clean_title(title) for title in frame.columns]
    numeric = frozenset(title for title, kind in zip(titles, frame.dtypes, strict=True) if kind.is_numeric())
    texts = [_as_text(frame.to_series(place).rename(title)) for place, title in enumerate(titles)]
    fields = pl.DataFrame([text if is_number(text.name) else text.cast(pl.Categorical) for text in texts])
    return Lexed(fields, "xlsx", ("Excel workbook",), numeric)


def _load(book: fastexcel.ExcelReader) -> pl.DataFrame:
    """The sheet with a type for each column; where a column mixes numbers and text, everything as text."""
    try:
        return book.load_sheet(0, schema_sample_rows=None, dtype_coercion="strict").to_polars()
    except fastexcel.FastExcelError:
        return book.load_sheet(0, dtypes="string").to_polars()


def _as_text(column: pl.Series) -> pl.Series:
    if column.dtype.is_float():
        whole = (column == column.floor()) & (column.abs() < INTEGER_MAX)
        digits = column.set(~whole.fill_null(False), None).cast(pl.Int64).cast(pl.String)
        column = digits.zip_with(whole.fill_null(True), column.cast(pl.String))
    return column.cast(pl.String).fill_null("")


def _measure(raw: bytes, where: str) -> None:
    """Refuse an archive that is not one, lies about its size, or unpacks to too much."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            members = archive.infolist()
            names = [member.filename for member in members]
            complaint = _complaint(names, sum(member.file_size for member in members), len(raw))
            if complaint:
                raise Refused("archive", where=where, found=complaint, advice="Save it again as .xlsx or as CSV.")
            _inspect(archive, members, where)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise Refused(
            "damaged archive", where=where, found=clip(str(error), 200), advice="Download it again."
        ) from error


def _complaint(names: list[str], unpacked_bytes: int, packed_bytes: int) -> str | None:
    if "xl/workbook.xml" not in names:
        return f"a ZIP archive that is no Excel workbook, with {len(names)} members"
    if len(names) > MEMBERS_MAX:
        return f"{len(names)} members, more than {MEMBERS_MAX}"
    if len(set(names)) != len(names):
        return f"a member name occurs twice: {clip(next(name for name in names if names.count(name) > 1))}"
    if unpacked_bytes > UNPACKED_BYTES_MAX or unpacked_bytes > max(RATIO_MAX * packed_bytes, SMALL_MEMBER_BYTES):
        return f"{packed_bytes:,} bytes that unpack to {unpacked_bytes:,}"
    return None


def _inspect(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], where: str) -> None:
    """Look into the sheets themselves: the reader below would show formulas as values and hidden rows as rows."""
    for member in members:
        with archive.open(member) as stream:
            content = stream.read(member.file_size + 1)
        if len(content) > member.file_size:
            raise Refused(
                "archive", where=where, found=f"{clip(member.filename)} unpacks to more than it declares",
                advice="Do not use this file.",
            )
        if not member.filename.startswith("xl/worksheets/"):
            continue
        for sign, meaning in ((b"<f>", "a formula"), (b"<f ", "a formula"), (b' hidden="1"', "a hidden row or column")):
            if sign in content:
                raise Refused(
                    "workbook content", where=f"{where}, {clip(member.filename)}", found=meaning,
                    advice="Copy the values into a plain sheet, or drop the download as the site gave it.",
                )
