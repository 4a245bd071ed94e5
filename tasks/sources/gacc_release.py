"""Reads a release page of China customs: recognises its table by the title and extracts the figures.

Shared by `gacc_preliminary` and `gacc_bulletin`, which differ in the titles of their tables. `gacc_tables` interprets
the cells, `pages` reads the bytes.
"""

from collections.abc import Mapping, Sequence
from re import Pattern
from typing import Any

import polars as pl

from tasks.domain.errors import Refused
from tasks.domain.findings import finding
from tasks.domain.text import clip, counted
from tasks.sources import gacc_tables, pages
from tasks.sources.envelope import magic_of
from tasks.sources.gacc_tables import Column, Heading, squeeze
from tasks.sources.protocol import Parsed
from tasks.sources.records import as_reported

ALL_GOODS = "line:all_goods"
HEADER = ("commodity", "importsource", "country", "exportdestination")
TITLE_CLASS, DAY_CLASS = "atcl-ttl", "atcl-date"
WORKBOOKS = {"ole": "xls", "zip": "xlsx"}


def parse(raw: bytes, where: str, topics: Mapping[str, Pattern[str]]) -> Parsed:
    """The figures of a page or workbook whose title fits one of `topics` (exports, imports, countries). Raises Refused."""
    kind = magic_of(raw)
    if kind in WORKBOOKS:
        table, title, day, encoding = pages.read_workbook(raw, where), "", "", WORKBOOKS[kind]
        table = _filled(table)
    else:
        page = pages.read_page(raw, where)
        table, title, day, encoding = (
            _table(page, where),
            page.texts.get(TITLE_CLASS, ""),
            page.texts.get(DAY_CLASS, ""),
            "utf-8",
        )
    start = next((at for at, row in enumerate(table) if row and _plain(row[0]) in HEADER), None)
    if start is None or start < 2 or len(table) < start + 3:
        raise Refused(
            "no table",
            where=where,
            found="no table with a header of goods or countries",
            advice="Give the .xls attachment of the page.",
        )
    printed = squeeze(table[0][0])
    if title and squeeze(title) != printed:
        raise Refused(
            "two titles", where=where, found=f"'{clip(squeeze(title))}' over a table '{clip(printed)}'",
            advice="The page holds the table of another release: save it again, or give its attachment.",
        )  # fmt: skip
    heading = gacc_tables.read_heading(printed, " ".join(dict.fromkeys(table[start - 1])), day, where)
    topic = next((name for name, words in topics.items() if words.search(heading.topic)), None)
    if topic is None:
        raise Refused(
            "table not read", where=where, found=f"the table '{clip(heading.topic)}'",
            advice=f"This source reads {', '.join(topics)}; leave the page out.",
        )  # fmt: skip
    columns, doubts = gacc_tables.read_columns(table[start], table[start + 1], heading, where)
    rows = list(gacc_tables.body_of(table, start + 2, len(columns) + 1, where))
    make = _countries if topic == "countries" else _goods
    records, more, notes = make(rows, columns, heading, where, topic)
    reported = as_reported(pl.DataFrame(records, infer_schema_length=None))
    return Parsed(reported, encoding, tuple(notes), (*doubts, *more), heading.day)


def _table(page: pages.Page, where: str) -> list[list[str]]:
    """The one table with rows of a page; a frame page may have none."""
    tables = [table for table in page.tables if len(table) > 3]
    if len(tables) != 1:
        found = f"{len(tables)} tables" if tables else "a page without a table"
        raise Refused(
            "no table" if not tables else "several tables",
            where=where,
            found=found,
            advice="Give the .xls attachment of the page.",
        )
    return tables[0]


def _filled(table: list[list[str]]) -> list[list[str]]:
    """The rows of a workbook with merged header cells repeated, as in a page; blank columns at the end are cut off."""
    width = max((at + 1 for row in table for at, cell in enumerate(row) if cell.strip()), default=0)
    rows = [row[:width] for row in table]
    start = next((at for at, row in enumerate(rows) if row and _plain(row[0]) in HEADER), None)
    if start is not None and start + 1 < len(rows):
        for at in range(1, width):
            rows[start][at] = rows[start][at] or rows[start][at - 1]
        for at in range(width):
            rows[start + 1][at] = rows[start + 1][at] or rows[start][at]
    return rows


def _plain(text: str) -> str:
    return "".join(squeeze(text).lower().split()).split("(")[0]


Rows = Sequence[tuple[int, list[str]]]
Made = tuple[list[dict[str, Any]], list[dict[str, str]], list[str]]


def _goods(rows: Rows, columns: Sequence[Column | None], heading: Heading, where: str, topic: str) -> Made:
    if len(rows) < gacc_tables.LINES_MIN:
        raise Refused(
            "too few lines",
            where=where,
            found=counted(len(rows), "line"),
            advice="The page is not whole: save it again.",
        )
    if columns[0] is not None:
        raise Refused("header", where=where, found="no column of units", advice="Give the .xls attachment of the page.")
    gacc_tables.refuse_shifted(rows, 1, columns, where)
    month = f"{heading.year}-{heading.last:02d}"
    products, units, notes = gacc_tables.line_names([row[0] for _, row in rows], month, where)
    doubts = list(gacc_tables.doubt_growth(rows, columns, where))
    records: list[dict[str, Any]] = []
    for (number, row), product, expected in zip(rows, products, units, strict=True):
        is_wrong = bool(expected) and row[1] not in gacc_tables.NOTHING and row[1].lower() != expected.lower()
        if is_wrong:
            doubts.append(
                finding("printed_unit", "warning", f"{where}, row {number}, {row[0]}", observed=f"unit '{clip(row[1])}'", expected=f"'{expected}'",
                        advice="Its quantities are left out: by the printed unit they would be wrong by a factor. The values are published.")
            )  # fmt: skip
        spans: dict[str, dict[str, str]] = {}
        for column, text in zip(columns, row[1:], strict=True):
            if column and column.span != "growth" and not (is_wrong and column.what == "quantity"):
                spans.setdefault(column.span, {})[column.what] = text
        for made in gacc_tables.statements(
            number, spans, heading, flow=topic.removesuffix("s"), product=product, product_name=row[0]
        ):
            given = {"quantity_unit": row[1]} if "quantity" in made else {}
            records.append({**made, **given, "currency": heading.currency if "value" in made else None})
    return records, doubts, notes


def _countries(rows: Rows, columns: Sequence[Column | None], heading: Heading, where: str, topic: str) -> Made:
    if len(rows) < gacc_tables.PARTNERS_MIN:
        raise Refused(
            "too few partners",
            where=where,
            found=counted(len(rows), "partner"),
            advice="The page is not whole: save it again.",
        )
    names, notes = gacc_tables.partners_of([row[0] for _, row in rows], where)
    _refuse_small_total(rows, names, columns, where)
    records: list[dict[str, Any]] = []
    for (number, row), name in zip(rows, names, strict=True):
        if name is None:
            continue
        for flow in ("export", "import"):
            spans = {
                column.span: {"value": text} for column, text in zip(columns, row[1:], strict=True)
                if column and column.what == flow and column.span != "growth"
            }  # fmt: skip
            records += gacc_tables.statements(
                number,
                spans,
                heading,
                flow=flow,
                product=ALL_GOODS,
                partner=name,
                partner_name=name,
                currency=heading.currency,
            )
    return records, [], notes


def _refuse_small_total(rows: Rows, names: Sequence[str | None], columns: Sequence[Column | None], where: str) -> None:
    """Raises Refused where the world trades less than one of its parts: rows slipped, or the table is another one."""
    for place, column in enumerate(columns, 1):
        if column is None or column.span == "growth":
            continue
        values = {row[0]: float(row[place].replace(",", "")) for _, row in rows if gacc_tables.NUMBER.match(row[place])}
        total = next((values.get(row[0]) for (_, row), name in zip(rows, names, strict=True) if name == "Total"), None)
        largest = max(values, key=values.__getitem__, default="")
        if total is None or values[largest] > total:
            raise Refused(
                "total too small", where=f"{where}, column {place + 1}", found=f"total {total}, '{clip(largest)}' {values.get(largest)}",
                advice="The rows have slipped or the page is not whole: save it again.",
            )  # fmt: skip
