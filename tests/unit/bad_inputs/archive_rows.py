"""Archives, workbooks and configuration (rows 76-79, 84-85)."""

import io
import warnings
import zipfile
from collections.abc import Callable

from bad_inputs.case import Case, Hold, Normalise, Publish, Quarantine, Refuse, Row
from bad_inputs.download import CLEAN, CLEAN_RECORDS, VALUE, numeric, with_field, workbook_bytes

XLSX = "download.xlsx"
NUMERIC = [numeric(record) for record in CLEAN_RECORDS]
BOOK = workbook_bytes(NUMERIC)
# What is worth so little may weigh less than half a kilogram.
PARCEL = workbook_bytes([(*NUMERIC[0][:VALUE], 684), *NUMERIC[1:]])
SHEET = "xl/worksheets/sheet1.xml"


def zipped(*members: tuple[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    sink = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(sink, "w", compression) as archive:
        warnings.simplefilter("ignore")
        for name, data in members:
            archive.writestr(name, data)
    return sink.getvalue()


def members_of(book: bytes = BOOK) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(book)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def edited(name: str, old: bytes, new: bytes, book: bytes = BOOK) -> bytes:
    members = members_of(book)
    assert old in members[name]
    return zipped(*{**members, name: members[name].replace(old, new, 1)}.items())


def _with(*extra: tuple[str, bytes]) -> bytes:
    return zipped(*members_of().items(), *extra)


def _book(name: str, data: bytes | Callable[[], bytes], expect: Refuse | Quarantine | Normalise | Publish) -> Case:
    return Case(name, data, expect, file=XLSX)


def _hide(kind: str) -> bytes:
    def change(book: object, sheet: object) -> None:
        getattr(sheet, f"set_{kind}")(*((3, None, None) if kind == "row" else (5, 5, None, None)), {"hidden": True})

    return workbook_bytes(NUMERIC, change=change)


CONTENT = Refuse("workbook content")
ARCHIVE_ROWS = (
    Row(76, "paths inside an archive",
        (Case("up", zipped(("../../etc/cron.d/x", CLEAN)), Refuse("archive"), file="download.zip"),
            Case("absolute", zipped(("/etc/cron.d/x", CLEAN)), Refuse("archive"), file="download.zip"),
            _book("in a workbook", _with(("../../../tmp/x", b"x")), Refuse("archive")),
            Case("a download in an archive", zipped(("download.csv", CLEAN)), Publish(), file="download.zip"),
            Case("two downloads in an archive", zipped(("a.csv", CLEAN), ("b.csv", CLEAN)), Refuse("archive"),
                file="download.zip"))),
    Row(77, "archive bombs",
        (_book("ratio", lambda: _with(("xl/media/bomb.bin", b"\0" * 150_000_000)), Refuse("archive")),
            _book("total", lambda: _with(*((f"xl/media/{place}.bin", b"\0" * 60_000_000) for place in range(4))),
                Refuse("archive")),
            _book("members", _with(*((f"xl/media/{place}.bin", b"x") for place in range(200))), Refuse("archive")),
            _book("an archive in it", lambda: _with(("xl/media/inner.zip", zipped(("x", b"\0" * 50_000_000)))),
                Refuse("archive")),
            _book("a damaged member", BOOK.replace(b"PK\x01\x02", b"PK\x01\x03", 1), Refuse("damaged archive")),
            _book("cut off", BOOK[: len(BOOK) // 2], Refuse("damaged archive")),
            _book("a byte dropped", BOOK[:700] + BOOK[701:], Refuse("damaged archive")))),
    Row(78, "a member twice",
        (_book("the sheet", _with((SHEET, b"<worksheet/>")), Refuse("archive")),
            _book("the sheet in other letters", _with((SHEET.upper(), b"<worksheet/>")), Refuse("archive")))),
    Row(79, "names in GBK, junk before the archive",
        (
            Case("names in GBK", zipped(("贸易.csv".encode("gbk").decode("cp437"), CLEAN)), Publish(),
                file="download.zip"),
            _book("junk before it", b"junk" + BOOK, Refuse("NUL byte")),
            _book("a workbook behind another archive", zipped(("x", b"x")) + BOOK, Refuse("archive")))),
    Row(
        84,
        "what a workbook hides",
        (
            _book("number cells", BOOK, Normalise("Excel workbook")),
            _book("text cells", workbook_bytes(), Normalise("Excel workbook")),
            _book(
                "texts among the numbers",
                workbook_bytes([*NUMERIC[:3], *CLEAN_RECORDS[3:]]),
                Normalise("Excel workbook"),
            ),
            Case(
                "an HTML page as .xls",
                b"<html><table><tr><td>1</td></tr></table></html>\n",
                Refuse("not a table"),
                file="download.xls",
            ),
            Case(
                "an old workbook",
                b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504,
                Refuse("not text"),
                file="download.xls",
            ),
            _book(
                "a formula",
                workbook_bytes(
                    NUMERIC, change=lambda book, sheet: sheet.write_formula(1, VALUE, "=1+1", None, 20_121_000)
                ),
                CONTENT,
            ),
            _book(
                "a formula with a prefix", edited(SHEET, b"<v>20121000</v>", b"<x:f>1+1</x:f><v>20121000</v>"), CONTENT
            ),
            _book("an empty formula", edited(SHEET, b"<v>20121000</v>", b"<f/><v>20121000</v>"), CONTENT),
            _book("a hidden row", _hide("row"), CONTENT),
            _book("a hidden column", _hide("column"), CONTENT),
            _book(
                "a hidden row in other words", edited(SHEET, b'<row r="3"', b"<row hidden = 'true' r=\"3\""), CONTENT
            ),
            _book(
                "an error value",
                edited(SHEET, b"<v>20121000</v>", b"<v>#REF!</v>"),
                Quarantine({1: "value '#REF!' is not a number"}),
            ),
            _book(
                "an error cell",
                workbook_bytes(
                    NUMERIC, change=lambda book, sheet: sheet.write_formula(1, VALUE, "=1/0", None, "#DIV/0!")
                ),
                CONTENT,
            ),
            _book(
                "an error cell without formula",
                edited(SHEET, b'r="J2"><v>20121000</v>', b'r="J2" t="e"><v>#N/A</v>'),
                CONTENT,
            ),
            _book("a second sheet", workbook_bytes(NUMERIC, sheets=("Sheet1", "Sheet2")), Refuse("sheets")),
            _book(
                "a hidden sheet",
                workbook_bytes(NUMERIC, sheets=("Sheet1", "x"), change=lambda book, sheet: book.worksheets()[1].hide()),
                Refuse("sheets"),
            ),
            _book("entities", edited(SHEET, b"<worksheet", b'<!DOCTYPE x [<!ENTITY a "1">]><worksheet'), CONTENT),
            _book(
                "a scaled format",
                workbook_bytes(
                    NUMERIC,
                    change=lambda book, sheet: sheet.write_number(
                        1, VALUE, 20_121_000, book.add_format({"num_format": "0.0,,"})
                    ),
                ),
                Normalise("Excel workbook"),
            ),
            _book("exponents", edited(SHEET, b"<v>48000</v>", b"<v>4.8E4</v>"), Normalise("Excel workbook")),
            _book(
                "exponents as text",
                workbook_bytes(with_field(5, "1e5")),
                Quarantine({1: "quantity '1e5' is not a number"}),
            ),
            _book(
                "more digits than a float has",
                edited(SHEET, b"<v>20121000</v>", b"<v>9007199254740993</v>"),
                Quarantine({1: "value"}),
            ),
            _book("a fraction", edited(SHEET, b"<v>353000</v>", b"<v>353000.5</v>"), Quarantine({1: "more decimals"})),
            _book(
                "a truth value",
                workbook_bytes(NUMERIC, change=lambda book, sheet: sheet.write_boolean(1, VALUE, True)),
                Quarantine({1: "value"}),
            ),
            _book(
                "merged cells",
                workbook_bytes(NUMERIC, change=lambda book, sheet: sheet.merge_range(1, VALUE, 2, VALUE, 20_121_000)),
                CONTENT,
            ),
            # A cell has no printed sign: minus zero is how some programs store zero, and Excel shows it as 0.
            Case(
                "minus zero",
                edited(SHEET, b"<v>353000</v>", b"<v>-0.0</v>", PARCEL),
                Normalise("Excel workbook"),
                file=XLSX,
                changes=True,
            ),
            Case(
                "minus zero next to millions",
                edited(SHEET, b"<v>353000</v>", b"<v>-0.0</v>"),
                Hold("zero_number"),
                file=XLSX,
                changes=True,
            ),
            _book(
                "minus zero among texts",
                edited(SHEET, b"<v>353000</v>", b"<v>-0.0</v>", workbook_bytes([NUMERIC[0], *CLEAN_RECORDS[1:]])),
                Quarantine({1: "is negative"}),
            ),
        ),
    ),
    Row(85, "configuration that a reader understands otherwise", (
        Case("a code as a number", CLEAN, Refuse("declaration"), sidecar="products = [85051110]"),
        Case("a code as text", CLEAN, Publish(), sidecar='products = ["01012100", "85051110"]'),
        Case("truth", CLEAN, Refuse("declaration"), sidecar="partners = true"),
        Case("a time", CLEAN, Refuse("declaration"), sidecar="title = 12:30:45"),
        Case("an unknown key", CLEAN, Refuse("declaration"), sidecar='flwo = "export"'),
        Case("YAML", CLEAN, Refuse("declaration"), sidecar="flow: export"))),
)  # fmt: skip
