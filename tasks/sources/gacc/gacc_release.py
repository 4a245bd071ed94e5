"""Reads a release page of China customs: recognises its table by the title and extracts the figures.

Shared by `gacc_preliminary` and `gacc_bulletin`, which are two rows of PAGE_KINDS. `pages` reads the
bytes, `gacc_tables` title and header, `gacc_rows` the rows; `gacc_records` names them and makes records of them.
"""

import re
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import polars as pl

from schemas.reference.code_tables import code_table
from tasks.domain.errors import Refused
from tasks.domain.text import clip, counted
from tasks.sources.adapter.protocol import Parsed
from tasks.sources.adapter.records import as_reported
from tasks.sources.formats import pages
from tasks.sources.formats.envelope import magic_of
from tasks.sources.gacc import gacc_records, gacc_rows
from tasks.sources.gacc.gacc_tables import (
    UNIT_LINE,
    day_of,
    plain,
    read_columns,
    read_heading,
    read_title,
    squeeze,
)


class PageKind(NamedTuple):
    """A kind of pages: where their index is, and the titles of the tables that are read, because their numbers
    change."""

    index_page: str
    exports: str
    imports: str
    countries: str


PAGE_KINDS = {
    "gacc_preliminary": PageKind(
        index_page="/statics/report/preliminary{year}.html",
        exports="major exports by quantity",
        imports="major imports by quantity",
        countries="values? by (major )?countr",
    ),
    "gacc_bulletin": PageKind(
        index_page="/statics/report/monthly{year}.html",
        exports="(major|main) export commodities",
        imports="(major|main) import commodities",
        countries=r"^(?!.*(values? by|\bHS\b|section|division|regime)).*by (major )?countr",
    ),
}
TOPICS = ("exports", "imports", "countries")
HEADER = re.compile(
    r"^(?:nameof)?(?:the)?(?:main|major)?"
    r"(?:commodit|goods$|items?$|importsource|exportdestination|countr|region|tradingpartner|partner)"
)
# A title, a unit line and the header; a smaller table is part of the frame.
HEAD_ROWS = 3
TITLE_CLASS, DAY_CLASS = "atcl-ttl", "atcl-date"
WORKBOOKS = {"ole": "xls", "zip": "xlsx"}
ATTACHMENT = "The .xls attachment of the page may have the table."


def parse(raw: bytes, where: str, source: str) -> Parsed:
    """The figures of a page or workbook whose title is one that `source` reads. Raises Refused."""
    kind = magic_of(raw)
    if kind in WORKBOOKS:
        table, shown, day, encoding = pages.read_workbook(raw, where), "", "", WORKBOOKS[kind]
    else:
        page = pages.read_page(raw, where)
        table, shown, day, encoding = (
            _table(page, where),
            page.texts.get(TITLE_CLASS, ""),
            page.texts.get(DAY_CLASS, ""),
            "utf-8",
        )
    table = _labels_first(table)
    title, unit, header, start = _head(_filled(table) if kind in WORKBOOKS else table, shown, where)
    if shown.strip() and not _is_same(shown, title, source):
        raise Refused(
            "two titles",
            where,
            f"'{clip(squeeze(shown))}' over a table '{clip(title)}'",
            "The page holds the table of another release. Its .xls attachment may be the right one.",
        )
    topic = topic_of(title, source)
    if topic is None:
        raise Refused("table not read", where, f"the table '{clip(title)}'", _advice(title, source))
    if not header:
        raise Refused("no table", where, "no table with a header of goods or countries", ATTACHMENT)
    heading = read_heading(title, unit, day, where, kind=source.removeprefix("gacc_"))
    columns, doubts = read_columns(header, heading, where)
    rows, notes = gacc_rows.read_rows(table, start, columns)
    columns, twins = gacc_rows.without_other_twins(columns, rows, where)
    doubts += twins
    make = gacc_records.countries if topic == "countries" else gacc_records.goods
    records, more = make(rows, columns, heading, where, topic)
    doubts += [*gacc_rows.doubt_unread(rows, where), *more]
    if not records:
        raise Refused("no number", where, "a table in which no cell has a number", ATTACHMENT)
    texts = [f"{counted(len(notes), 'row')} of text: {clip(' / '.join(notes), 300)}"] if notes else []
    reported = as_reported(pl.DataFrame(records, infer_schema_length=None))
    return Parsed(reported, encoding, tuple(texts), tuple(doubts), heading.day)


def public_on(raw: bytes, kind: str) -> date | None:
    """The day from which a page was public: the printed one, or the day that customs had announced for the month if
    that is later, because pages are dated before they can be read. None where the page prints no day.
    """
    if magic_of(raw) in WORKBOOKS:
        return None
    try:
        page = pages.read_page(raw, "")
    except Refused:
        return None
    title = read_title(page.texts.get(TITLE_CLASS, ""))
    day = day_of(page.texts.get(DAY_CLASS, ""), title, kind)
    if day is None or title is None:
        return day
    of_month = {"year": str(title.year), "month": str(title.last), "kind": kind}
    announced = code_table("release_calendar").filter(**of_month)["expected_on"]
    return max([day, *map(date.fromisoformat, announced)])


def topic_of(title: str, source: str) -> str | None:
    """The topic that the title of a table has in a source: exports, imports, countries; None for another table."""
    words = PAGE_KINDS[source]
    return next((topic for topic in TOPICS if re.search(getattr(words, topic), plain(title), re.IGNORECASE)), None)


def _advice(title: str, source: str) -> str:
    """What to do with a table that a source does not read."""
    other = next((name for name in PAGE_KINDS if topic_of(title, name)), None)
    if other:
        return f"It is a table of {other}: declare it so."
    if re.search("regime|trade mode", plain(title)):
        return (
            "Tables by customs regime or mode of trade are not read: the title names one month, the figures of table"
            " (17) are of January to that month, nothing on the page says so, and no column has the total. The tables"
            " of major commodities (13, 14) have the totals."
        )
    return f"This source reads tables of {', '.join(TOPICS)}; an index links to pages with such tables."


def _table(page: pages.Page, where: str) -> list[list[str]]:
    """The table of a page; a frame page may have none, and other tables have no header of goods or countries."""
    tables = [table for table in page.tables if len(table) > HEAD_ROWS]
    with_header = [table for table in tables if any(map(_is_header, table))]
    if len(with_header) != 1 and len(tables) != 1:
        raise Refused(
            "several tables" if tables else "no table",
            where,
            f"{len(tables)} tables" if tables else "a page without a table",
            ATTACHMENT,
        )
    return (with_header or tables)[0]


def _label_place(row: Sequence[str]) -> int | None:
    """The place of the cell of a header that stands above the goods or countries; None for another row."""
    texts = ["".join(plain(cell).split()) for cell in row]
    # A title or a note is one text over all columns.
    has_columns = len({text for text in texts if text}) > 1
    return next((at for at, text in enumerate(texts) if has_columns and HEADER.match(text)), None)


def _is_header(row: Sequence[str]) -> bool:
    return _label_place(row) is not None


def _is_above_label(row: Sequence[str]) -> bool:
    """Whether a row below the first of a header belongs to it: its first cell repeats the header or is empty."""
    label = "".join(plain("".join(row[:1])).split())
    return not label or HEADER.match(label) is not None


def _labels_first(table: Sequence[Sequence[str]]) -> list[list[str]]:
    """The rows with the column of goods or countries in the first place: some pages have an empty column before it."""
    place = next((at for row in table if (at := _label_place(row)) is not None), 0)
    return [[*row[place : place + 1], *row[:place], *row[place + 1 :]] for row in table]


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
    end = next((at for at in range(start, len(table)) if not _is_above_label(table[at])), len(table))
    lines = list(dict.fromkeys(squeeze(cell) for row in table[:start] for cell in row if squeeze(cell)))
    unit = next((line for line in lines if UNIT_LINE.match(plain(line))), "")
    title = next((line for line in lines if line != unit), squeeze(shown))
    if not title:
        raise Refused("title", where, "a table without a title", ATTACHMENT)
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
