"""Gate D: the release as a whole, by itself and next to what was published before (rows 11, 24, 30-31, 42-44, 49-50,
52-62)."""

import datetime

from bad_inputs.case import Case, Hold, Publish, Quarantine, Refuse, Row, Warn
from bad_inputs.download import (
    CLEAN,
    CLEAN_RECORDS,
    PARTNER,
    PARTNER_NAME,
    QUANTITY,
    TITLES,
    UNIT,
    VALUE,
    csv_bytes,
    distinct_records,
    each,
    figures,
    magnets,
    with_field,
    year_of_magnets,
)

LINES = CLEAN.splitlines(keepends=True)
HISTORY = ((csv_bytes(year_of_magnets()), {"partners": "all"}),)
ALL = {"partners": "all"}
JUNE = CLEAN_RECORDS[:6]
PUBLISHED = {"source": "published", "flow": None, "released_on": None}
CROSSED = [(*record[:5], record[9].replace(",", ""), *record[6:9], f"{int(record[5]):,}") for record in JUNE]


def _broad(partners: tuple[str, ...], month: str) -> bytes:
    """Sixty products, each traded with each partner; the first partner has most of it."""
    rows = distinct_records(60)
    return csv_bytes(
        [
            (
                month,
                *row[1:3],
                partner,
                "某国",
                str(int(row[5]) * (9 if place == 0 else 1)),
                *row[6:9],
                f"{int(row[5]) * (108 if place == 0 else 12):,}",
            )
            for row in rows
            for place, partner in enumerate(partners)
        ]
    )


RELEASE_ROWS = (
    Row(11, "cut off at the end of a record", (
        Case("no sign of it in a first file", b"".join(LINES[:-1]), Publish()),
        Case("a month that was published whole", csv_bytes(JUNE[:1]), Hold("partner_removed"), ALL,
            before=((csv_bytes(JUNE), ALL),)),
        Case("a partner with most of the trade is gone", _broad(("133",), "202506"), Hold("partners_missing"), ALL,
            clean=b"", before=tuple((_broad(("502", "133"), f"2025{month:02d}"), ALL) for month in range(1, 6))),
        Case("a declared month has no record", csv_bytes(JUNE), Warn("month_without_records"),
            {"months": "2025-05..2025-06"}))),
    Row(24, "values shifted under an unchanged header", (
        Case("quantity and value", csv_bytes(CROSSED), Hold("unit_value"), before=HISTORY),
        Case("by one column", csv_bytes([(*record[:5], record[9], *record[5:9]) for record in JUNE]),
            Refuse("nothing usable")))),
    Row(30, "exact copy of a record", (
        Case("one", csv_bytes([*CLEAN_RECORDS, CLEAN_RECORDS[3]]), Warn("copies")),
        Case("many", csv_bytes([*CLEAN_RECORDS, *CLEAN_RECORDS[:2]]), Refuse("copies")),
        Case("the same number of another partner", csv_bytes([*CLEAN_RECORDS, magnets("112", "48000", "2,736,000")]),
            Publish()))),
    Row(31, "one key with two values", (
        Case("quantity", csv_bytes([*CLEAN_RECORDS, magnets("502", "353001")]), Refuse("contradiction")),
        Case("a number that the other record has not", csv_bytes([*with_field(QUANTITY, "-"), magnets("502")]),
            Refuse("contradiction")),
        Case("one kilogram less, copied before", csv_bytes([magnets("502"), *CLEAN_RECORDS, magnets("502", "352999")]),
            Refuse("contradiction")))),
    Row(42, "sum beyond 64 bits", (
        Case("of quantities",
            lambda: csv_bytes([(*row[:5], "999999999999999", *row[6:]) for row in distinct_records(9_999)]),
            Refuse("sum too large"), clean=b""),
        Case("of tonnes",
            lambda: csv_bytes([(*row[:5], "999999999999", "吨", *row[7:]) for row in distinct_records(9_999)]),
            Refuse("sum too large"), clean=b""))),
    Row(43, "wrong unit", (
        Case("tonnes over kilograms", csv_bytes(each(UNIT, lambda unit: "吨", JUNE)), Hold("unit_value"),
            before=HISTORY),
        Case("pieces", csv_bytes(each(UNIT, lambda unit: "个", JUNE)), Hold("unit_changed"), before=HISTORY),
        Case("a thousand times, without a value to hold it against",
            csv_bytes(
                [(*tuple(field for place, field in enumerate(record) if place != VALUE), "-")
                    for record in each(UNIT, lambda unit: "吨", JUNE)]),
            Hold("magnitude"), before=HISTORY),
        Case("unknown", csv_bytes(with_field(UNIT, "斤")),
            Quarantine({1: "quantity '353000' has the unknown unit '斤'"})))),
    Row(44, "two units in one release",
        (Case("grams and kilograms", csv_bytes(with_field(UNIT, "克", 1)), Hold("mixed_units")),)),
    Row(49, "code of another edition of the HS", (
        Case("a watched code before its first month",
            csv_bytes([("202106", "81129290", "未锻轧的镓", *CLEAN_RECORDS[0][3:])]), Warn("product_validity"),
            clean=b""),
        Case("a chapter that there is not", csv_bytes(with_field(1, "77051110")),
            Quarantine({1: "product '77051110' is no HS code"})))),
    Row(50, "unknown or renamed partner", (
        Case("unknown, little value", csv_bytes([*CLEAN_RECORDS, magnets("188", "1", "57")]), Warn("unknown_partner")),
        Case("unknown, much value", csv_bytes(with_field(PARTNER, "188")), Hold("unknown_partners")),
        Case("renamed", csv_bytes(with_field(PARTNER_NAME, "大不列颠")), Publish()),
        Case("a code that no longer holds", csv_bytes([*CLEAN_RECORDS, magnets("337", "1", "57")]),
            Warn("unknown_partner")))),
    Row(52, "future and old months", (
        Case("not over on the day of release", csv_bytes(each(0, lambda month: "202507")), Refuse("future month")),
        Case("old", csv_bytes(each(0, lambda month: "202006", JUNE)), Publish(), clean=b"", before=HISTORY),
        Case("a figure printed in the future", figures("export,85051110,WLD,2026-05,quantity,1238,t,2026-06-20"),
            Refuse("nothing usable"), PUBLISHED))),
    Row(53, "file for another month", (
        Case("later", CLEAN, Refuse("other month"), {"months": "2025-05"}),
        Case("of another product", CLEAN, Refuse("other product"), {"products": ["8505"]}),
        Case("of a coarser level", csv_bytes(each(1, lambda code: code[:4], JUNE)), Refuse("other product"),
            {"products": ["85051110"]}),
        Case("earlier", CLEAN, Refuse("other month"),
            {"months": "2025-07..2025-08", "released_on": datetime.date(2025, 9, 20)}))),
    Row(54, "several months in one file", (Case("a year by month", HISTORY[0][0], Publish(), clean=b""),)),
    Row(55, "the same month again", (
        Case("other bytes, same numbers", csv_bytes(encoding="utf-8"), Publish(), before=((CLEAN, {}),)),
        Case("the same bytes on another day", CLEAN, Publish(),
            before=((CLEAN, {"released_on": datetime.date(2025, 7, 20)}),)))),
    Row(56, "revision of an old month", (
        Case("small", csv_bytes(with_field(QUANTITY, "353001")), Publish(),
            before=((CLEAN, {"released_on": datetime.date(2025, 7, 18)}),), changes=True),
        Case("large", csv_bytes(with_field(VALUE, "22,121,000", records=with_field(QUANTITY, "453000"))),
            Warn("revised"), before=((CLEAN, {"released_on": datetime.date(2025, 7, 18)}),), changes=True))),
    Row(57, "partners missing, or not of that total", (
        Case("partners above the printed world total",
            figures("export,85051110,WLD,2025-06,quantity,3188,t,2025-07-20",
                "export,85051110,USA,2025-06,quantity,353,t,2025-07-20",
                "export,85051110,DEU,2025-06,quantity,2900,t,2025-07-20"),
            Hold("parts_exceed_total"), PUBLISHED, clean=b""),
        Case("all partners, but not the world of the other download", csv_bytes(JUNE[:3]), Hold("world_total"), ALL,
            before=(
                (
                    csv_bytes([(JUNE[0][0], JUNE[0][1], JUNE[0][2], "1676077", "千克", "95,539,074")],
                        [TITLES[place] for place in (0, 1, 2, 5, 6, 9)]),
                    {"released_on": datetime.date(2025, 7, 20)}),)),
        Case("all partners, but not the printed world total", csv_bytes(JUNE), Warn("world_total"), ALL,
            before=((figures("export,85051110,WLD,2025-06,quantity,3188,t,2025-07-20"), PUBLISHED),)))),
    Row(58, "cap of 10,000 records", (
        Case("10,000", lambda: csv_bytes(distinct_records(10_000)), Hold("row_cap"), clean=b""),
        Case("20,000", lambda: csv_bytes(distinct_records(20_000)), Hold("row_cap"), clean=b""),
        Case("9,999", lambda: csv_bytes(distinct_records(9_999)), Publish(), clean=b""))),
    Row(59, "one page twice",
        (Case("in one file", csv_bytes([*distinct_records(400)] * 2), Refuse("copies"), clean=b""),)),
    Row(60, "cumulative figure given as a month, and the other way round", (
        Case("printed",
            figures("export,85051110,WLD,2025-01..2025-05,quantity,19132,t,2025-06-20",
                "export,85051110,WLD,2025-01..2025-06,quantity,22319,t,2025-07-20",
                "export,85051110,WLD,2025-06,quantity,22319,t,2025-07-20"),
            Hold("ytd_mismatch"), PUBLISHED, clean=b""),
        Case("a growth in other than per cent", figures("export,85051110,WLD,2025-06,quantity_yoy,660,t,2025-07-20"),
            Refuse("unit of growth"), PUBLISHED, clean=b""),
        Case("a quantity in per cent", figures("export,85051110,WLD,2025-06,quantity,660,%,2025-07-20"),
            Refuse("nothing usable"), PUBLISHED, clean=b""))),
    Row(61, "a month missing between two",
        (
            Case("in a file of months", csv_bytes([magnets(month="202504"), magnets(month="202506")]),
                Warn("month_without_records"), clean=b""),)),
    Row(62, "division by nothing", (
        Case("no quantity, a small value", csv_bytes(with_field(QUANTITY, "0", 4, JUNE)), Publish(), changes=True,
            before=HISTORY),
        Case("no quantity, a value", csv_bytes(each(QUANTITY, lambda text: "0", JUNE)), Hold("zero_number"),
            changes=True, before=HISTORY),
        Case("nothing of either", csv_bytes(each(VALUE, lambda text: "0", each(QUANTITY, lambda text: "0", JUNE))),
            Publish(), changes=True))),
)  # fmt: skip
