"""Query downloads as the site makes them: GB18030, every field quoted, a trailing comma on each line, LF."""

import io
import itertools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import xlsxwriter

TITLES = (
    "数据年月",
    "商品编码",
    "商品名称",
    "贸易伙伴编码",
    "贸易伙伴名称",
    "第一数量",
    "第一计量单位",
    "第二数量",
    "第二计量单位",
    "美元",
)
MONTH, PRODUCT, PRODUCT_NAME, PARTNER, PARTNER_NAME, QUANTITY, UNIT, SECOND, SECOND_UNIT, VALUE = range(len(TITLES))
MAGNETS = ("85051110", "稀土的永磁铁及磁化后准备制永磁铁的物品")
HORSES = ("01012100", "改良种用马")
PARTNERS = {"502": "美国", "304": "德国", "133": "韩国", "116": "日本", "408": "玻利维亚\n", "344": "俄罗斯"}

Record = tuple[str, ...]


def magnets(partner: str = "502", quantity: str = "353000", value: str = "20,121,000", month: str = "202506") -> Record:
    """A record of June 2025 as printed: exports of magnets to a partner."""
    return (month, *MAGNETS, partner, PARTNERS.get(partner, "某国"), quantity, "千克", "0", "?", value)


# A second unit, a name with a line feed inside, a product with a leading zero: all of it is usual.
CLEAN_RECORDS: tuple[Record, ...] = (
    magnets("502", "353000", "20,121,000"),
    magnets("304", "764000", "43,548,120"),
    magnets("133", "412345", "23,503,665"),
    magnets("116", "48000", "2,736,000"),
    magnets("408", "12", "684"),
    magnets("344", "98765", "5,629,605"),
    ("202506", *HORSES, "304", "德国", "1200", "千克", "2", "头", "61,500"),
)


def csv_text(
    records: Sequence[Sequence[str]] = CLEAN_RECORDS, titles: Sequence[str] = TITLES, *, eol: str = "\n"
) -> str:
    """The text of a download."""
    lines = ("".join(f'"{field.replace(chr(34), chr(34) * 2)}",' for field in record) for record in (titles, *records))
    return "".join(f"{line}{eol}" for line in lines)


def csv_bytes(records: Sequence[Sequence[str]] = CLEAN_RECORDS, titles: Sequence[str] = TITLES, *, eol: str = "\n",
              encoding: str = "gb18030") -> bytes:  # fmt: skip
    """The bytes of a download."""
    return csv_text(records, titles, eol=eol).encode(encoding)


CLEAN = csv_bytes()


def with_field(place: int, text: str, record: int = 0, records: Sequence[Record] = CLEAN_RECORDS) -> tuple[Record, ...]:
    """The records with one field changed."""
    return tuple(
        (*fields[:place], text, *fields[place + 1 :]) if number == record else fields
        for number, fields in enumerate(records)
    )


def each(place: int, change: Callable[[str], str], records: Sequence[Record] = CLEAN_RECORDS) -> tuple[Record, ...]:
    """The records with one field of each changed."""
    return tuple((*fields[:place], change(fields[place]), *fields[place + 1 :]) for fields in records)


def in_month(month: str, records: Sequence[Record] = CLEAN_RECORDS) -> tuple[Record, ...]:
    """The records as of another month: at the same prices, with other numbers in each of thirty months."""
    later = 12 * (int(month[:4]) - 2025) + int(month[4:]) - 6

    def scaled(text: str) -> int:
        return round(int(text.replace(",", "")) * (1 + later % 31 / 100))

    return tuple(
        (month, *row[1:QUANTITY], str(scaled(row[QUANTITY])), *row[UNIT:VALUE], f"{scaled(row[VALUE]):,}")
        for row in records
    )


def distinct_records(count: int) -> tuple[Record, ...]:
    """So many records with different keys: a plausible number, product by product."""
    codes = (
        f"{chapter:02d}{rest:02d}{last:04d}"
        for chapter, rest, last in itertools.product(range(25, 29), range(1, 99), range(1000, 1100))
    )
    return tuple(
        ("202506", code, "某商品", "502", "美国", str(1000 + number), "千克", "0", "?", f"{12_000 + 12 * number:,}")
        for number, code in enumerate(itertools.islice(codes, count))
    )


def downloads(folder: Path, files: dict[str, tuple[bytes, str]]) -> Path:
    """A new folder of exports to all partners: of each file its bytes, and the day on which it was public."""
    folder.mkdir()
    (folder / "defaults.toml").write_text('source = "gacc_query"\nflow = "export"\npartners = "all"\n')
    for name, (data, day) in files.items():
        (folder / name).write_bytes(data)
        (folder / f"{name}.toml").write_text(f"released_on = {day}\n")
    return folder


def year_of_magnets(year: int = 2024, factor: int = 1) -> tuple[Record, ...]:
    """Twelve months of magnets to every partner, a hundredth more in each, at a steady price: what was published
    before."""
    usual = (("502", 353_000), ("304", 764_000), ("133", 412_000), ("116", 48_000), ("344", 98_000))
    months = [(f"{year}{month:02d}", who, kg // 100 * (93 + month)) for month in range(1, 13) for who, kg in usual]
    return tuple(magnets(partner, str(kg * factor), f"{kg * 57:,}", month) for month, partner, kg in months)


def workbook_bytes(
    records: Sequence[Sequence[Any]] = CLEAN_RECORDS,
    titles: Sequence[str] = TITLES,
    *,
    change: Callable[[Any, Any], None] | None = None,
    sheets: Sequence[str] = ("Sheet1",),
) -> bytes:
    """A workbook: numbers are number cells, texts are text cells; `change(book, sheet)` does the rest of the harm."""
    sink = io.BytesIO()
    book = xlsxwriter.Workbook(sink, {"in_memory": True, "strings_to_numbers": False, "strings_to_formulas": False})
    pages = [book.add_worksheet(name) for name in sheets]
    for row, cells in enumerate((titles, *records)):
        for place, cell in enumerate(cells):
            pages[0].write(row, place, cell)
    if change:
        change(book, pages[0])
    book.close()
    return sink.getvalue()


def numeric(record: Record) -> tuple[Any, ...]:
    """A record as Excel makes it of a download: what looks like a number has become one."""
    places = (MONTH, PRODUCT, PARTNER, QUANTITY, SECOND, VALUE)
    return tuple(int(text.replace(",", "")) if place in places else text for place, text in enumerate(record))


def figures(*lines: str) -> bytes:
    """A file of printed figures: flow, product, partner, period, measure, value, unit and day of print of each."""
    titles = "flow,product,partner,period,measure,value,unit,published_on,publisher,address,note"
    return "".join(f"{line}\n" for line in (titles, *(f"{line},A paper,https://a.example," for line in lines))).encode()
