"""Reads a release page of China customs: recognises its table by the title and extracts the figures.

Shared by `gacc_preliminary` and `gacc_bulletin`, which differ in the titles of their tables (TOPICS). `pages` reads the bytes,
`gacc_tables` title and header, `gacc_rows` the rows, `gacc_lines` their names; `gacc_doubts` compares numbers.
"""

import re
from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import Any

import polars as pl

from schemas.reference.code_tables import code_table
from tasks.domain.errors import Refused
from tasks.domain.findings import finding
from tasks.domain.printed_units import printed_unit
from tasks.domain.text import clip, counted
from tasks.sources import gacc_rows, pages
from tasks.sources.envelope import magic_of
from tasks.sources.gacc_doubts import doubt_balance, doubt_growth
from tasks.sources.gacc_lines import GROUP, TOTAL, lines_of, partners_of
from tasks.sources.gacc_rows import NUMBER, Row, place
from tasks.sources.gacc_tables import (
    GROWTHS,
    UNITS,
    Column,
    Heading,
    day_of,
    plain,
    read_columns,
    read_heading,
    read_title,
    squeeze,
)
from tasks.sources.protocol import Parsed
from tasks.sources.records import as_reported

ALL_GOODS = "line:all_goods"
# Tables are known by their titles, because their numbers change.
TOPICS = {
    source: {topic: re.compile(words, re.IGNORECASE) for topic, words in topics.items()}
    for source, topics in {
        "gacc_preliminary": {
            "exports": "major exports by quantity", "imports": "major imports by quantity", "countries": "values? by (major )?countr",
        },
        "gacc_bulletin": {
            "exports": "(major|main) export commodities", "imports": "(major|main) import commodities",
            "countries": r"^(?!.*(values? by|\bHS\b|section|division|regime)).*by (major )?countr",
        },
    }.items()
}  # fmt: skip
HEADER = ("commodit", "importsource", "exportdestination", "countr")
# A title, a unit line and the header; a smaller table is part of the frame.
HEAD_ROWS = 3
TITLE_CLASS, DAY_CLASS = "atcl-ttl", "atcl-date"
WORKBOOKS = {"ole": "xls", "zip": "xlsx"}
LINES_MIN, PARTNERS_MIN = 10, 20
# Partners whom nobody knows are beside the continents in the world total; they have less than this.
CONTINENTS_SHARE_MIN = Fraction(99, 100)
ATTACHMENT = "The .xls attachment of the page may have the table."


def parse(raw: bytes, where: str, source: str) -> Parsed:
    """The figures of a page or workbook whose title is one that `source` reads. Raises Refused."""
    kind = magic_of(raw)
    if kind in WORKBOOKS:
        table, shown, day, encoding = pages.read_workbook(raw, where), "", "", WORKBOOKS[kind]
    else:
        page = pages.read_page(raw, where)
        table, shown, day, encoding = _table(page, where), page.texts.get(TITLE_CLASS, ""), page.texts.get(DAY_CLASS, ""), "utf-8"  # fmt: skip
    title, unit, header, start = _head(_filled(table) if kind in WORKBOOKS else table, shown, where)
    if shown.strip() and not _is_same(shown, title, source):
        raise Refused(
            "two titles", where=where, found=f"'{clip(squeeze(shown))}' over a table '{clip(title)}'",
            advice="The page holds the table of another release. Its .xls attachment may be the right one.",
        )  # fmt: skip
    topic = topic_of(title, source)
    if topic is None:
        raise Refused("table not read", where=where, found=f"the table '{clip(title)}'", advice=_advice(title, source))
    if not header:
        raise Refused("no table", where=where, found="no table with a header of goods or countries", advice=ATTACHMENT)
    heading = read_heading(title, unit, day, where)
    columns, doubts = read_columns(header, heading, where)
    rows, notes = gacc_rows.read_rows(table, start, columns)
    make = _countries if topic == "countries" else _goods
    records, more = make(rows, columns, heading, where, topic)
    doubts += [*gacc_rows.doubt_unread(rows, where), *more]
    if not records:
        raise Refused("no number", where=where, found="a table in which no cell has a number", advice=ATTACHMENT)
    said = [f"{counted(len(notes), 'row')} of text: {clip(' / '.join(notes), 300)}"] if notes else []
    reported = as_reported(pl.DataFrame(records, infer_schema_length=None))
    return Parsed(reported, encoding, tuple(said), tuple(doubts), heading.day)


def public_on(raw: bytes, kind: str) -> date | None:
    """The day from which a page was public: the printed one, or the day that customs had announced for the month if that is
    later, because pages are dated before they can be read. None where the page prints no day.
    """
    if magic_of(raw) in WORKBOOKS:
        return None
    try:
        page = pages.read_page(raw, "")
    except Refused:
        return None
    day, title = day_of(page.texts.get(DAY_CLASS, "")), read_title(page.texts.get(TITLE_CLASS, ""))
    if day is None or title is None:
        return day
    of_month = {"year": str(title.year), "month": str(title.last), "kind": kind}
    announced = code_table("release_calendar").filter(**of_month)["expected_on"]
    return max([day, *map(date.fromisoformat, announced)])


def topic_of(title: str, source: str) -> str | None:
    """The topic that the title of a table has in a source: exports, imports, countries; None for another table."""
    return next((topic for topic, words in TOPICS[source].items() if words.search(plain(title))), None)


def _advice(title: str, source: str) -> str:
    """What to do with a table that a source does not read."""
    other = next((name for name in TOPICS if topic_of(title, name)), None)
    if other:
        return f"It is a table of {other}: declare it so."
    if re.search("regime|trade mode", plain(title)):
        return (
            "Tables by customs regime or mode of trade are not read: their title names one month also where they count from January on, "
            "no column says which, and a dash in them may be none or not known, so their parts do not add up to a total."
        )
    return f"This source reads tables of {', '.join(TOPICS[source])}; an index links to pages with such tables."


def _table(page: pages.Page, where: str) -> list[list[str]]:
    """The table of a page; a frame page may have none, and other tables have no header of goods or countries."""
    tables = [table for table in page.tables if len(table) > HEAD_ROWS]
    with_header = [table for table in tables if any(map(_is_header, table))]
    if len(with_header) != 1 and len(tables) != 1:
        raise Refused(
            "several tables" if tables else "no table", where=where,
            found=f"{len(tables)} tables" if tables else "a page without a table", advice=ATTACHMENT,
        )  # fmt: skip
    return (with_header or tables)[0]


def _is_header(row: Sequence[str]) -> bool:
    return bool(row) and "".join(plain(row[0]).split()).startswith(HEADER)


def _is_same(shown: str, title: str, source: str) -> bool:
    """Whether two titles are of one table, months and currency, however they are written."""
    if plain(shown) == plain(title):
        return True
    one, other = read_title(shown), read_title(title)
    if one is None or other is None or topic_of(shown, source) != topic_of(title, source):
        return False
    return (one.last, one.year) == (other.last, other.year) and one.currencies in ((), other.currencies)


def _head(table: Sequence[Sequence[str]], shown: str, where: str) -> tuple[str, str, list[Sequence[str]], int]:
    """Title, unit line and header of a table, and the place of its first row; the header is empty where there is none.

    A table without a title of its own has that of the page.
    """
    start = next((at for at, row in enumerate(table) if _is_header(row)), len(table))
    end = next((at for at in range(start, len(table)) if not _is_header(table[at]) and squeeze(table[at][0])), len(table))  # fmt: skip
    lines = list(dict.fromkeys(squeeze(cell) for row in table[:start] for cell in row if cell.strip()))
    unit = next((line for line in lines if plain(line).startswith(("unit", "(unit"))), "")
    title = next((line for line in lines if line != unit), squeeze(shown))
    if not title:
        raise Refused("title", where=where, found="a table without a title", advice=ATTACHMENT)
    return title, unit, [row for row in table[start:end] if len(row) == len(table[start])], end


def _filled(table: Sequence[Sequence[str]]) -> list[list[str]]:
    """The rows of a workbook with merged header cells repeated, as in a page; blank columns at the end are cut off."""
    width = max((at + 1 for row in table for at, cell in enumerate(row) if cell.strip()), default=0)
    rows = [list(row[:width]) for row in table]
    start = next((at for at, row in enumerate(rows) if _is_header(row)), None)
    if start is not None and start + 1 < len(rows):
        for at in range(1, width):
            rows[start][at] = rows[start][at] or rows[start][at - 1]
        for at in range(width):
            rows[start + 1][at] = rows[start + 1][at] or rows[start][at]
    return rows


Columns = Sequence[Column | None]
Made = tuple[list[dict[str, Any]], list[dict[str, str]]]


def _goods(rows: Sequence[Row], columns: Columns, heading: Heading, where: str, topic: str) -> Made:
    _refuse_few(rows, LINES_MIN, "line", where)
    gacc_rows.refuse_unread(rows, where)
    named, products, units, doubts = lines_of(rows, heading, where)
    doubts += doubt_growth(named, columns, heading, where)
    has_units = any(column and column.months == UNITS for column in columns)
    if not has_units:
        doubts.append(
            finding("no_units", "warning", where, observed="no column of units", expected="a column 'Quantity Unit'",
                    advice="The quantities are left out: nobody knows their units. The values are published.")
        )  # fmt: skip
    records: list[dict[str, Any]] = []
    for row, product, expected in zip(named, products, units, strict=True):
        printed = "" if row.fault else gacc_rows.unit_of(row.cells, columns)
        is_wrong = (
            bool(expected) and printed not in ("", "-") and printed_unit(printed) not in (None, printed_unit(expected))
        )
        if is_wrong:
            doubts.append(
                finding("printed_unit", "warning", f"{where}, row {row.number}, {row.label}", observed=f"unit '{clip(printed)}'", expected=f"'{expected}'",
                        advice="Its quantities are left out: by the printed unit they would be wrong by a factor. The values are published.")
            )  # fmt: skip
        words = ("quantity", "value") if has_units and not is_wrong else ("value",)
        common = {"flow": topic.removesuffix("s"), "product": product, "product_name": row.label}
        records += gacc_rows.records_of(row, columns, heading, words, **common)
    doubts += _doubt_labels(named, rows, where)
    return records, doubts


def _countries(rows: Sequence[Row], columns: Columns, heading: Heading, where: str, _: str) -> Made:
    gacc_rows.refuse_unread(rows, where)
    named, codes, kinds = partners_of(rows)
    continents = [row for row in named if row.label.endswith((":", "："))]
    _refuse_few(rows, 1 if continents else PARTNERS_MIN, "partner", where)
    _refuse_small_total(named, kinds, columns, where)
    doubts = [*doubt_balance(named, columns, where), *_doubt_continents(named, kinds, continents, columns, where)]
    doubts += _doubt_labels(named, rows, where)
    groups = [row.label.rstrip(":：") for row, kind in zip(named, kinds, strict=True) if kind == GROUP]
    if groups:
        doubts.append(
            finding("groups_left_out", "info", where, observed=f"{counted(len(groups), 'group')} of partners: {clip(', '.join(groups), 300)}",
                    expected="single partners and the world", advice="Groups are not published; nothing to do.")
        )  # fmt: skip
    records: list[dict[str, Any]] = []
    for row, code, kind in zip(named, codes, kinds, strict=True):
        if kind == GROUP:
            continue
        for flow in ("export", "import"):
            common = {"flow": flow, "product": ALL_GOODS, "partner": code or row.label, "partner_name": row.label}
            records += gacc_rows.records_of(row, columns, heading, (flow,), **common)
    return records, doubts


def _refuse_few(rows: Sequence[Row], least: int, noun: str, where: str) -> None:
    if len(rows) < least:
        raise Refused(
            f"too few {noun}s", where=where, found=counted(len(rows), noun),
            advice=f"A table has at least {least}, so this one is not whole. {ATTACHMENT}",
        )  # fmt: skip


def _doubt_labels(named: Sequence[Row], read: Sequence[Row], where: str) -> list[dict[str, str]]:
    """A finding for each row that is set aside for its label."""
    faults = [row for row, before in zip(named, read, strict=True) if row.fault and not before.fault]
    return [
        finding("label_not_read", "warning", place(row, where), observed=row.fault, expected="a label that means one thing",
                advice="The row is in the table quarantine; the others are published. Add the name to the code table, and ingest again.")
        for row in faults
    ]  # fmt: skip


def _figures(row: Row, at: int) -> Fraction | None:
    text = "" if row.fault else row.cells[at]
    return Fraction(text.replace(",", "")) if NUMBER.match(text) else None


def _places(columns: Columns) -> list[int]:
    return [at for at, column in enumerate(columns) if column and column.months not in (GROWTHS, UNITS)]


def _refuse_small_total(rows: Sequence[Row], kinds: Sequence[str], columns: Columns, where: str) -> None:
    """Raises Refused where the world trades less than one of its parts: rows slipped, or the table is another one."""
    for at in _places(columns):
        values = {row.label: value for row in rows if (value := _figures(row, at)) is not None}
        total = next((values.get(row.label) for row, kind in zip(rows, kinds, strict=True) if kind == TOTAL), None)
        largest = max(values, key=values.__getitem__, default="")
        if total is None or values[largest] > total:
            raise Refused(
                "total too small", where=f"{where}, column {at + 2}", found=f"total {total}, '{clip(largest)}' {values.get(largest)}",
                advice="The rows have slipped or the total is missing, so no row can be told. Look at the page.",
            )  # fmt: skip


def _doubt_continents(rows: Sequence[Row], kinds: Sequence[str], continents: Sequence[Row], columns: Columns, where: str) -> list[dict[str, str]]:  # fmt: skip
    """An error where the continents of a table that prints them do not add up to the world."""
    world = next(row for row, kind in zip(rows, kinds, strict=True) if kind == TOTAL)
    for at in _places(columns) if continents else ():
        total, parts = _figures(world, at), sum(_figures(row, at) or 0 for row in continents)
        if total and not CONTINENTS_SHARE_MIN * total <= parts <= total + len(continents):
            return [
                finding("continents_differ", "error", f"{where}, column {at + 2}", observed=f"{counted(len(continents), 'continent')} with {float(parts):,} of {float(total):,}",
                        expected="continents that add up to the world", advice="Rows are missing, or have slipped. Approve if what is there is right: it is published as printed.")
            ]  # fmt: skip
    return []
