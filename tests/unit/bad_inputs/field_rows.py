"""Gate C: columns, numbers, codes and periods of each record (rows 21-29, 32-41, 46-48, 51, 70-75)."""

import datetime

from bad_inputs.case import Case, Hold, Normalise, Publish, Quarantine, Refuse, Row, Warn
from bad_inputs.download import (
    CLEAN,
    CLEAN_RECORDS,
    MONTH,
    PARTNER,
    PARTNER_NAME,
    PRODUCT,
    PRODUCT_NAME,
    QUANTITY,
    SECOND,
    SECOND_UNIT,
    TITLES,
    UNIT,
    VALUE,
    csv_bytes,
    csv_text,
    distinct_records,
    each,
    magnets,
    numeric,
    with_field,
    workbook_bytes,
)

LINES = CLEAN.splitlines(keepends=True)


def _titles(place: int, title: str) -> tuple[str, ...]:
    return (*TITLES[:place], title, *TITLES[place + 1 :])


def _without(place: int) -> bytes:
    return csv_bytes(
        [(*record[:place], *record[place + 1 :]) for record in CLEAN_RECORDS], (*TITLES[:place], *TITLES[place + 1 :])
    )


Fault = tuple[int, str, str]  # a place in a record, what stands there, and why the record is set aside


def _number(text: str, reason: str, place: int = QUANTITY) -> Fault:
    column = {QUANTITY: "quantity", VALUE: "value", SECOND: "supplementary_quantity"}[place]
    return place, text, f"{column} '{text}' {reason}"


def _code(text: str, reason: str = "is no HS code", place: int = PRODUCT) -> Fault:
    return place, text, reason


def _period(text: str) -> Fault:
    return MONTH, text, f"period '{text}' is not a month"


def _aside(name: str, *faults: Fault) -> Case:
    """The clean file, and after it a record for each fault, of which none costs another one."""
    rows = [with_field(place, text)[0] for place, text, _ in faults]
    reasons = {len(CLEAN_RECORDS) + number: reason for number, (*_, reason) in enumerate(faults, 1)}
    return Case(name, csv_bytes([*CLEAN_RECORDS, *rows]), Quarantine(reasons))


REVERSED = csv_bytes([record[::-1] for record in CLEAN_RECORDS], TITLES[::-1])
ENGLISH = (
    "Date of data",
    "Commodity code",
    "Commodity",
    "Trading partner code",
    "Trading partner",
    "Quantity",
    "Unit",
    "US dollar",
)
ENGLISH_RECORD = ("202506", "85051110", "Magnets", "502", "United States", "３５３０００", "Kilogram", "20,121,000")
NO_NUMBER = "is not a number as the source prints them"

FIELD_ROWS = (
    Row(21, "renamed column", (
        Case("value", csv_bytes(titles=_titles(VALUE, "美金")), Refuse("unknown column")),
        Case("empty title", csv_bytes(titles=_titles(QUANTITY, "")), Refuse("empty title")))),
    Row(22, "titles with blanks and wide letters", (
        Case("a tab", csv_bytes(titles=_titles(VALUE, "\t美元 ")), Normalise("titles")),
        Case("full-width English", csv_bytes(titles=_titles(VALUE, "ＵＳ　ｄｏｌｌａｒ")), Normalise("titles")),
        Case("zero-width", csv_bytes(titles=_titles(VALUE, "美\u200b元"), encoding="utf-8"), Normalise("titles")))),
    Row(23, "columns in another order", (
        Case("backwards", REVERSED, Publish()),
        Case("the title of two columns swapped, not their values",
            csv_bytes(titles=[TITLES[place] for place in (0, 1, 2, 3, 4, 7, 6, 5, 8, 9)]),
            Quarantine(dict.fromkeys(range(1, 7), "has the unknown unit '?'"))))),
    Row(25, "a column more",
        (
            Case("another currency", csv_bytes([(*record, "1,000") for record in CLEAN_RECORDS], (*TITLES, "人民币")),
                Refuse("value column")),)),
    Row(26, "a column less", (
        Case("value", _without(VALUE), Refuse("value column")),
        Case("product", _without(PRODUCT), Refuse("no product column")),
        Case("unit", _without(UNIT), Refuse("quantity without unit")),
        Case("partner code", _without(PARTNER), Refuse("name without code")),
        Case("month, undeclared", _without(MONTH), Refuse("months not declared")),
        Case("month, declared", _without(MONTH), Publish(), {"months": "2025-06"}))),
    Row(27, "a title twice", (
        Case("the same after cleaning", csv_bytes(titles=_titles(SECOND, " 第一数量")), Refuse("column twice")),
        Case("in two languages", csv_bytes(titles=_titles(SECOND, "Quantity")), Refuse("column twice")),
        Case("in a workbook", workbook_bytes(titles=_titles(SECOND, "第一数量 ")), Refuse("column twice"),
            file="download.xlsx"))),
    Row(28, "record too short", (
        Case("one field", CLEAN.replace(b'"48000",', b"", 1), Refuse("row width")),
        Case("trailing comma gone", CLEAN.replace(b'"2,736,000",\n', b'"2,736,000"\n', 1), Refuse("row width")))),
    Row(29, "record too long", (
        Case("one field", CLEAN.replace(b'"48000",', b'"48000","1",', 1), Refuse("row width")),
        Case("a field after the last comma", CLEAN.replace(b'"2,736,000",\n', b'"2,736,000","1"\n', 1),
            Refuse("row width")))),
    Row(32, "groups of thousands, quoted",
        (Case("in the quantity", csv_bytes(with_field(QUANTITY, "353,000")), Publish()),
            _aside("wrong, empty and Indian groups", _number("3530,00", NO_NUMBER), _number("353,,000", NO_NUMBER),
                _number("2,01,21,000", NO_NUMBER, VALUE)))),
    Row(33, "groups of thousands, not quoted", (
        Case("value, last", CLEAN.replace(b'"2,736,000",\n', b"2,736,000\n", 1), Refuse("row width")),
        Case("value, just filling the trailing column", CLEAN.replace(b'"684",\n', b"6,840\n", 1),
            Refuse("row width")))),
    Row(34, "other marks in numbers",
        (
            _aside("spaces, a comma, points, apostrophes",
                *(_number(text, NO_NUMBER) for text in ("353 000", "1200,5", "353'000", "1.200,5")),
                _number("20.121.000", NO_NUMBER, VALUE)),)),
    Row(35, "full-width digits",
        (Case("quantity", csv_bytes(with_field(QUANTITY, "３５３０００")), Normalise("column quantity")),
            Case("value with groups", csv_bytes(with_field(VALUE, "２０，１２１，０００")), Normalise("column value")),
            Case("the only letters that are not ASCII", csv_bytes([ENGLISH_RECORD], ENGLISH),
                Normalise("column quantity")),
            _aside("footnote marks and digits of others",
                *(_number(text, NO_NUMBER) for text in ("353000²", "353000①", "٣٥٣٠٠٠")), _code("٨٥٠٥١١١٠"),
                _period("٢٠٢٥٠٦")),
            Case("full-width code", csv_bytes(with_field(PRODUCT, "８５０５１１１０")), Normalise("column product")))),
    Row(36, "marks for nothing",
        (
            *(Case(f"'{mark}'", csv_bytes(with_field(QUANTITY, mark)), Normalise(mark, "missing_number"))
                for mark in ("-", "--", "…", "*", "")),
            Case("nothing at all", csv_bytes(with_field(VALUE, "-", records=with_field(QUANTITY, "-"))),
                Quarantine({1: "has no number at all"})),
            Case("zero is a number: less than half a kilogram", csv_bytes(with_field(QUANTITY, "0", 4)), Publish(),
                changes=True),
            Case("zero is a number: next to millions", csv_bytes(with_field(QUANTITY, "0")), Hold("zero_number"),
                changes=True))),
    Row(37, "NA",
        (
            _aside("in a number, a code or a key of ours", _number("NA", NO_NUMBER), _number("N/A", NO_NUMBER, VALUE),
                _number("null", NO_NUMBER),
                *(_code(text, f"partner '{text}' is no partner code", PARTNER) for text in ("NA", "USA", ""))),
            Case("in a name", csv_bytes(with_field(PARTNER_NAME, "NA")), Publish()))),
    Row(38, "negative numbers",
        (
            _aside("and other signs", _number("-353000", "is negative"), _number("-0", "is negative"),
                *(_number(text, NO_NUMBER) for text in ("(353000)", "353000-", "+353000", "12.5%")),
                *(_number(text, NO_NUMBER, VALUE) for text in ("-20,121,000", "$20,121,000", "¥20"))),)),
    Row(39, "NaN, infinity, exponents",
        (
            _aside("as a program writes them",
                *(_number(text, NO_NUMBER) for text in ("NaN", "inf", "1e309", "1E5", "0x10", "1_000"))),)),
    Row(40, "more than 64 bits",
        (
            _aside("quantity, grouped value, sixty digits",
                *(_number(text, "has more than 15 digits") for text in ("9223372036854775808", "9" * 60)),
                _number("9,223,372,036,854,775,808", "has more than 15 digits", VALUE)),)),
    Row(41, "digits that a float loses",
        (
            _aside("2^53 + 1 and decimals", _number("9007199254740993", "has more than 15 digits"),
                _number("1200.55555", "has more decimals than its unit can have")),
            Case("decimals that are none", csv_bytes(with_field(QUANTITY, "353000.000")), Publish()),
            Case("decimals of a tonne", csv_bytes(with_field(UNIT, "吨", records=with_field(QUANTITY, "353.000"))),
                Publish()))),
    Row(46, "HS code without its zero", (
        Case("as text", csv_bytes(with_field(PRODUCT, "1012100", 6)),
            Quarantine({7: "product '1012100' is no HS code"})),
        Case("as a number cell", workbook_bytes([numeric(record) for record in CLEAN_RECORDS]),
            Normalise("a leading zero given back to 1 product codes"), file="download.xlsx"),
        Case("as text in a workbook", workbook_bytes(with_field(PRODUCT, "1012100", 6)),
            Quarantine({7: "product '1012100' is no HS code"}), file="download.xlsx"))),
    Row(47, "HS code in other forms",
        (
            _aside("as programs and people write it",
                *(_code(text)
                    for text in ("8.505111E+07", "85051110.0", '="85051110"', "'85051110", "8505.11.10", "8505 1110",
                        "HS85051110", "85O51110", ""))),
            Case("dates as codes",
                workbook_bytes(
                    change=lambda book, sheet: sheet.write_datetime(1, PRODUCT, datetime.datetime(2025, 6, 1),
                        book.add_format({"num_format": "yyyy-mm-dd"}))),
                Quarantine({1: "is no HS code"}), file="download.xlsx"))),
    Row(48, "codes of several levels",
        (Case("HS8 and HS6", csv_bytes(with_field(PRODUCT, "850511", 1)), Refuse("mixed levels")),
            _aside("ten digits", _code("8505111000")),
            Case("HS4 alone", csv_bytes(each(PRODUCT, lambda code: code[:4])), Publish(), changes=True))),
    Row(51, "no month",
        (
            _aside("in eight forms",
                *(_period(text)
                    for text in ("202513", "202500", "2506", "Jun-25", "2025/06", "2025年6月", "20256", "2025",
                        ""))),)),
    Row(70, "several files joined", (
        Case("header in the middle", CLEAN + CLEAN, Refuse("header in the data")),
        Case("header in another language",
            CLEAN + csv_text(titles=["Date of data", "Commodity code", *TITLES[2:]]).encode("gb18030"),
            Refuse("header in the data")))),
    Row(71, "summary row",
        (
            *(Case(f"{text} as a product",
                csv_bytes([*CLEAN_RECORDS, ("202506", text, "", "", "", "1", "千克", "0", "?", "1")]),
                Refuse("summary row")) for text in ("合计", "总计", "Total", "TOTAL:", "00000000", "合 计")),
            Case("as a partner code", csv_bytes([*CLEAN_RECORDS, magnets("000")]), Refuse("summary row")),
            Case("as a partner name",
                csv_bytes([*CLEAN_RECORDS, ("202506", *CLEAN_RECORDS[0][1:3], "", "合计", *CLEAN_RECORDS[0][5:])]),
                Refuse("summary row")),
            Case("as a product name", csv_bytes(with_field(PRODUCT_NAME, "总值", 3)), Refuse("summary row")),
            Case("as a month", csv_bytes(with_field(MONTH, "合计", 3)), Refuse("summary row")),
            Case("world as a key of ours", csv_bytes(with_field(PARTNER, "WLD", 3)),
                Quarantine({4: "partner 'WLD' is no partner code"})))),
    Row(72, "title lines, footnotes, blank lines", (
        Case("title line", "中国海关总署\n".encode("gb18030") + CLEAN, Refuse("row width")),
        Case("title line with commas", '"海关统计数据在线查询平台",,,,,,,,,,\n'.encode("gb18030") + CLEAN,
            Refuse("empty title")),
        Case("footnote", CLEAN + "注：数据来源\n".encode("gb18030"), Refuse("row width")),
        Case("footnote with commas", CLEAN + '"注：数据来源","","","","","","","","","",\n'.encode("gb18030"),
            Quarantine({8: "period '注:数据来源' is not a month"})),
        Case("blank line at the end", CLEAN + b"\n", Refuse("row width")),
        Case("blank line before", b"\n" + CLEAN, Refuse("row width")),
        Case("commas alone", CLEAN + b",,,,,,,,,,\n", Quarantine({8: "product '' is no HS code"})),
        Case("merged title row in a workbook",
            workbook_bytes([TITLES, *CLEAN_RECORDS], ["海关统计"] + [""] * 9,
                change=lambda book, sheet: sheet.merge_range(0, 0, 0, 9, "海关统计数据")),
            Refuse("workbook content"), file="download.xlsx"),
        Case("title row in a workbook", workbook_bytes([TITLES, *CLEAN_RECORDS], ["海关统计"] + [""] * 9),
            Refuse("unknown column"), file="download.xlsx"))),
    Row(73, "text after many numbers",
        (
            Case("in record 301", csv_bytes([*distinct_records(300), magnets("502", "无")]),
                Quarantine({301: "quantity '无' is not a number"}), clean=b"", changes=True),)),
    Row(74, "names that a spreadsheet would run",
        (
            *(Case(f"{text!r}", csv_bytes(with_field(PRODUCT_NAME, text)), Warn("name_is_formula"))
                for text in ("=cmd|'/C calc'!A0", "+1+1", "-2+3", "@SUM(1)", "\t=1", " =1", "＝1")),
            Case("CR", csv_bytes(with_field(PARTNER_NAME, "\r美国")), Warn("name_is_formula")),
            Case("a control character", csv_bytes(with_field(PARTNER_NAME, "美\x1b国")), Warn("control_character")),
            Case("a direction mark", csv_bytes(with_field(PARTNER_NAME, "美\u202e国"), encoding="utf-8"),
                Warn("control_character")),
            Case("TAB inside, as in 2019 to 2022", csv_bytes(with_field(PARTNER_NAME, "美\t国")),
                Warn("control_character")),
            Case("a hyphen inside", csv_bytes(with_field(PARTNER_NAME, "刚果-金")), Publish()))),
    Row(75, "path traversal", (
        Case("in the product", csv_bytes(with_field(PRODUCT, "../../etc/passwd")), Quarantine({1: "is no HS code"})),
        Case("in a name", csv_bytes(with_field(PARTNER_NAME, "/etc/passwd")), Publish()),
        Case("in the file's name", CLEAN, Publish(), file="..csv"))),
    # The pair "0" and "?" is how the site says that there is no second unit; each half by itself is a fault.
    Row(45, "first and second quantity swapped", (
        Case("the pairs as wholes", csv_bytes([(*r[:5], r[7], r[8], r[5], r[6], r[9]) for r in CLEAN_RECORDS]),
            Publish()),
        Case("the units alone", csv_bytes([(*r[:6], r[8], r[7], r[6], r[9]) for r in CLEAN_RECORDS]),
            Quarantine(dict.fromkeys(range(1, 7), "quantity"))),
        Case("the numbers alone, a history next to it",
            csv_bytes([(*CLEAN_RECORDS[6][:5], "2000", "千克", "1200000", "头", "61,500,000")]), Hold("unit_value"),
            before=(
                (
                    csv_bytes(
                        [(f"2024{month:02d}", *CLEAN_RECORDS[6][1:5], "1200000", "千克", "2000", "头", "61,500,000")
                            for month in range(1, 13)]),
                    {}),),
            changes=True),
        Case("a unit '?' with a number", csv_bytes(with_field(SECOND, "5")),
            Quarantine({1: "supplementary_quantity '5' has the unknown unit '?'"})),
        Case("a first unit '?' with a number", csv_bytes(with_field(UNIT, "?")),
            Quarantine({1: "quantity '353000' has the unknown unit '?'"})),
        Case("a zero with another unit", csv_bytes(with_field(SECOND_UNIT, "头", 4)), Publish()),
        Case("a zero with another unit, next to millions", csv_bytes(with_field(SECOND_UNIT, "头")),
            Hold("zero_number")),
        Case("a zero without unit", csv_bytes(with_field(SECOND_UNIT, "")),
            Quarantine({1: "supplementary_quantity '0' has the unknown unit ''"})))),
)  # fmt: skip
