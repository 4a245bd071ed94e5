"""Gates A and B: what the bytes are, whether all of them came, how they are split (rows 1-20, 63-69, 80-83)."""

import gzip

from bad_inputs.case import Case, Normalise, Publish, Quarantine, Refuse, Row
from bad_inputs.download import (
    CLEAN,
    CLEAN_RECORDS,
    PARTNER,
    PARTNER_NAME,
    PRODUCT_NAME,
    QUANTITY,
    TITLES,
    VALUE,
    csv_bytes,
    csv_text,
    each,
    with_field,
    workbook_bytes,
)

UTF8 = csv_bytes(encoding="utf-8")
LINES = CLEAN.splitlines(keepends=True)
FIRST_LINES = b"".join(LINES[:3])
ENGLISH = ("Date of data", "Commodity code", "Commodity", "Trading partner code", "Trading partner", "Quantity", "Unit",
           "Supplementary Quantity", "Supplementary Unit", "US dollar")  # fmt: skip
HTML = "<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head>\n<body>海关</body></html>\n".encode()
JSON = b'{"code": 500, "message": "busy"}\n'


# Names of two and four letters: their UTF-8 is GB18030 too, byte for byte, and would pass for other letters.
EVEN = [(month, code, "磁铁", *rest) for month, code, _, *rest in CLEAN_RECORDS[:4]]


def _mojibake(name: str) -> str:
    """A Chinese name whose UTF-8 bytes were read as GB18030 and saved again, as an editor does it."""
    return name.encode().decode("gb18030", "replace").replace("\ufffd", "?")


def _unquoted(text: str) -> str:
    return text.replace('"', "")


BYTES_ROWS = (
    Row(1, "clean file with a leading zero", (
        Case("as the site makes it", CLEAN, Publish()),
        Case("every record of one product", csv_bytes(CLEAN_RECORDS[-1:]), Publish()))),
    Row(2, "UTF-8 byte order mark", (
        Case("UTF-8 with mark", b"\xef\xbb\xbf" + UTF8, Normalise("UTF-8 byte order mark")),
        Case("two marks", b"\xef\xbb\xbf\xef\xbb\xbf" + UTF8, Refuse("quoting")),
        Case("a mark inside", csv_bytes(with_field(PRODUCT_NAME, "\ufeff磁铁"), encoding="utf-8"), Publish()))),
    Row(3, "GBK and UTF-8", (
        Case("UTF-8", UTF8, Publish()),
        Case("GB18030 under an English header", csv_bytes(CLEAN_RECORDS, ENGLISH), Publish()),
        Case("header GB18030, data UTF-8", LINES[0] + b"".join(UTF8.splitlines(True)[1:]), Refuse("mixed encodings")),
        Case("header UTF-8, data GB18030", UTF8.splitlines(True)[0] + b"".join(LINES[1:]), Refuse("mixed encodings")),
        Case("one name UTF-8 in GB18030", CLEAN.replace("韩国".encode("gb18030"), "韩国".encode()), Refuse("mojibake")),
        Case("one damaged name in UTF-8", UTF8.replace("韩国".encode(), "韩国".encode()[:-1]), Refuse("undecodable")),
        Case("Big5", csv_bytes(CLEAN_RECORDS, ENGLISH).replace("德国".encode("gb18030"), "德國".encode("big5")),
            Publish()))),
    Row(4, "GB18030 character of four bytes", (
        Case("in a name", csv_bytes(with_field(PRODUCT_NAME, "磁铁㐂𠮷")), Publish()),
        Case("in a title", csv_bytes(titles=("𠮷", *TITLES[1:])), Refuse("unknown column")),
        Case("cut after two of its bytes", CLEAN.replace("稀土".encode("gb18030"), "𠮷".encode("gb18030")[:2]),
            Refuse("undecodable")))),
    Row(5, "UTF-16", (
        Case("little-endian with mark", b"\xff\xfe" + csv_text().encode("utf-16-le"),
            Normalise("UTF-16 with byte order mark")),
        Case("big-endian with mark", b"\xfe\xff" + csv_text().encode("utf-16-be"),
            Normalise("UTF-16 with byte order mark")),
        Case("without mark", csv_text().encode("utf-16-le"), Refuse("NUL byte")),
        Case("half a character", (b"\xff\xfe" + csv_text().encode("utf-16-le"))[:-1], Refuse("undecodable")),
        Case("UTF-32", b"\xff\xfe\x00\x00" + csv_text().encode("utf-32-le"), Refuse("NUL byte")))),
    Row(6, "mojibake that is valid text", (
        Case("UTF-8 read as GB18030", csv_bytes(each(PARTNER_NAME, _mojibake), encoding="utf-8"), Refuse("mojibake")),
        Case("one name alone", csv_bytes(with_field(PARTNER_NAME, _mojibake("俄罗斯"), 5)), Refuse("mojibake")),
        Case("GB18030 read as Latin-1",
            csv_bytes(each(PARTNER_NAME, lambda name: name.encode("gb18030").decode("latin-1")), encoding="utf-8"),
            Refuse("mojibake")),
        Case("UTF-8 read as Windows-1252",
            csv_bytes(with_field(PARTNER_NAME, "德国".encode().decode("cp1252"), 1), encoding="utf-8"),
            Refuse("mojibake")),
        Case("question marks", csv_bytes(each(PARTNER_NAME, lambda name: "?" * len(name))), Refuse("mojibake")),
        Case("another spelling", csv_bytes(with_field(PARTNER_NAME, "大韩民国", 2)), Publish()))),
    Row(7, "UTF-8 read as GB18030 by us", (
        Case("UTF-8 under an English header", csv_bytes(CLEAN_RECORDS, ENGLISH, encoding="utf-8"), Publish()),
        Case("UTF-8 with one bad byte under an English header",
            csv_bytes([*EVEN, (*EVEN[0][:3], "410", "某国", *EVEN[0][5:])], ENGLISH, encoding="utf-8").replace(
                "某国".encode(), b"\xb0\xcd\xce\xf7"),
            Refuse("mojibake")))),
    Row(8, "invisible and replaced characters", (
        Case("U+FFFD", csv_bytes(with_field(PARTNER_NAME, "美\ufffd"), encoding="utf-8"), Refuse("damaged text")),
        Case("U+FFFD in a number", csv_bytes(with_field(QUANTITY, "353\ufffd00"), encoding="utf-8"),
            Refuse("damaged text")),
        Case("zero-width space in a code", csv_bytes(with_field(PARTNER, "502\u200b"), encoding="utf-8"),
            Normalise("column partner")),
        Case("no-break space at a number", csv_bytes(with_field(VALUE, "20,121,000\u00a0"), encoding="utf-8"),
            Normalise("column value")),
        Case("line separator at a number", csv_bytes(with_field(VALUE, "\u202820,121,000"), encoding="utf-8"),
            Normalise("column value")),
        Case("no-break space inside a number", csv_bytes(with_field(QUANTITY, "353\u00a0000"), encoding="utf-8"),
            Quarantine({1: "quantity '353\u00a0000' is not a number"})))),
    Row(9, "cut off within a record", (
        Case("within a field", CLEAN[:-30], Refuse("no final newline")),
        Case("after the line feed inside a name", CLEAN[: CLEAN.index("玻利维亚\n".encode("gb18030")) + 9],
            Refuse("quoting")),
        Case("a record joined to the end of another", CLEAN[:-40] + b'"\n', Refuse("quoting")))),
    Row(10, "cut off inside the last number",
        (Case("digits are missing", _unquoted(csv_text()).encode()[:-5], Refuse("no final newline")),)),
    Row(12, "cut off in a character", (
        Case("in the middle", CLEAN.replace("德国".encode("gb18030"), b"\xb5"), Refuse("undecodable")),
        Case("the quote after half a character", CLEAN.replace('德国"'.encode("gb18030"), b"\xb5\xc2\xb9"),
            Refuse("quoting")))),
    Row(
        13,
        "short HTTP body",
        not_applicable=(
            "nothing is fetched: a person downloads behind a captcha; what a browser leaves of a broken download is"
            " rows 9 to 12, and two downloads of one query are two releases that are compared"
        ),
    ),
    Row(14, "no bytes", (Case("0 bytes", b"", Refuse("empty file")),)),
    Row(15, "header only", (
        Case("with a line end", LINES[0], Refuse("no records")),
        Case("a workbook", workbook_bytes([]), Refuse("no records"), file="download.xlsx"),
        Case("a line end alone", b"\n", Refuse("value column")))),
    Row(16, "HTML error page", (
        Case("a page", HTML, Refuse("not a table")),
        Case("after a mark and blank lines", b"\xef\xbb\xbf\r\n \t" + HTML, Refuse("not a table")),
        Case("in UTF-16", b"\xff\xfe" + HTML.decode().encode("utf-16-le"), Refuse("not a table")),
        Case("one line", b"Service Temporarily Unavailable\n", Refuse("unknown column")))),
    Row(17, "script, login page, JSON error", (
        Case("JSON", JSON, Refuse("not a table")),
        Case("script", b"var _0x=['a','b'];\nlocation.reload();\n", Refuse("row width")),
        Case("login page", b"\n<form action='/login'>\n</form>\n", Refuse("not a table")))),
    Row(18, "old Excel file",
        (Case("OLE bytes", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504 + b"\n", Refuse("not text")),)),
    Row(19, "ZIP as .csv", (
        Case("a workbook", workbook_bytes(), Normalise("Excel workbook")),
        Case("the start of an archive", b"PK\x03\x04" + b"\x14\0" * 200, Refuse("damaged archive")))),
    Row(20, "gzip as .csv", (
        Case("gzip", gzip.compress(CLEAN), Publish()),
        Case("gzip bomb", lambda: gzip.compress(b"0" * 50_000_000), Refuse("archive")))),
    Row(63, "NUL bytes", (
        Case("in a field", CLEAN.replace("千克".encode("gb18030"), b"\0", 1), Refuse("NUL byte")),
        Case("a tail of them", CLEAN + b"\0" * 512, Refuse("NUL byte")))),
    Row(64, "CRLF", (
        Case("throughout", csv_bytes(eol="\r\n"), Normalise("CRLF line ends")),
        Case("mixed", FIRST_LINES.replace(b"\n", b"\r\n") + b"".join(LINES[3:]), Normalise("mixed line ends")),
        Case("mixed the other way", FIRST_LINES + b"".join(LINES[3:4]).replace(b"\n", b"\r\n") + b"".join(LINES[4:]),
            Normalise("mixed line ends")))),
    Row(65, "CR only", (
        Case("throughout", CLEAN.replace(b"\n", b"\r"), Refuse("line ends")),
        Case("up to the last", CLEAN.replace(b",\n", b",\r")[:-1] + b"\n", Refuse("line ends")),
        Case("a CR too many", csv_bytes(eol="\r\r\n"), Refuse("line ends")),
        Case("between two records", LINES[0] + LINES[1][:-1] + b"\r" + b"".join(LINES[2:]), Refuse("quoting")))),
    Row(66, "a quote that is not closed", (
        Case("in the middle", CLEAN.replace(b'"304"', b'"304', 1), Refuse("quoting")),
        Case("at the end", CLEAN[:-3] + b",\n", Refuse("quoting")))),
    Row(67, "quotes inside a field", (
        Case("bare", CLEAN.replace("德国".encode("gb18030"), '德"国'.encode("gb18030"), 1), Refuse("quoting")),
        Case("with a backslash", CLEAN.replace("德国".encode("gb18030"), '德\\"国'.encode("gb18030"), 1),
            Refuse("quoting")),
        Case("doubled", csv_bytes(with_field(PRODUCT_NAME, '"磁""铁"')), Normalise("doubled quotes")),
        Case("doubled before a comma", csv_bytes(with_field(PRODUCT_NAME, '磁",铁"')), Normalise("doubled quotes")),
        Case("text after a quote", CLEAN.replace(b'"304"', b'"304" ', 1), Refuse("quoting")),
        Case("fields without quotes",
            _unquoted(csv_text(each(VALUE, lambda text: text.replace(",", ""), each(PARTNER_NAME, str.strip)))).encode(
                "gb18030"),
            Normalise("without quotes")))),
    Row(68, "line ends inside quotes", (
        Case("CRLF in a name", csv_bytes(with_field(PARTNER_NAME, "玻利维亚\r\n", 4)), Normalise("mixed line ends")),
        Case("LF at a code", csv_bytes(with_field(PARTNER, "502\n")), Normalise("column partner")))),
    Row(69, "another separator", (
        Case("tabs", CLEAN.replace(b",", b"\t"), Refuse("quoting")),
        Case("semicolons", CLEAN.replace(b'",', b'";'), Refuse("quoting")),
        Case("semicolons without quotes", _unquoted(csv_text(titles=TITLES)).replace(",", ";").encode("gb18030"),
            Refuse("unknown column")))),
    Row(80, "monstrous sizes", (
        Case("a name of 66 MB", lambda: csv_bytes(with_field(PRODUCT_NAME, "A" * 66_000_000)),
            Refuse("field too long")),
        Case("a number of 5,000 digits", csv_bytes(with_field(VALUE, "9" * 5_000)), Refuse("field too long")),
        Case("one line of 2 MB", b"1" * 2_000_000 + b"\n", Refuse("header too long")),
        Case("100,000 columns in a record", lambda: csv_bytes([*CLEAN_RECORDS, ("1",) * 100_000]), Refuse("row width")),
        Case("65 columns", csv_bytes([["1"] * 65], [f"列{place}" for place in range(65)]),
            Refuse("too many columns")))),
    Row(81, "JSON with a key twice (no source reads JSON)",
        (Case("as .json", b'{"qty": 1, "qty": 2}\n', Refuse("not a table"), file="download.json"),)),
    Row(82, "JSON with NaN, 1e309, deep nesting, a mark (no source reads JSON)", (
        Case("with a mark", b'\xef\xbb\xbf{"qty": NaN, "usd": 1e309}\n', Refuse("not a table"), file="download.json"),
        Case("deep", b"[" * 100_000 + b"]" * 100_000 + b"\n", Refuse("not a table"), file="download.json"))),
    Row(83, "NDJSON with a late key (no source reads JSON)",
        (
            Case("as .json", b'{"qty": 1}\n' * 200 + b'{"qty": 1, "usd": 2}\n', Refuse("not a table"),
                file="download.json"),)),
)  # fmt: skip
