"""Finds the heading and the table of a page of India's MEIDB, which `india_meidb.toml` declares.

Layout: HTML. A heading names the direction, a line the commodity and its unit, another the day of the report and what
the values are (quantity, or US $ million, or rupees). The table has a row for each country: its name, the month a year
before, the month, growth, and the same cumulated since January or April. Numbers have commas; a total in the last row
is compared with the sum of the countries.
"""

import html
import re
from collections.abc import Iterator
from datetime import date

import polars as pl

from tasks.domain.doubt.findings import finding
from tasks.domain.errors import Refused
from tasks.domain.periods import SHORT_MONTHS
from tasks.domain.text import clip
from tasks.domain.units import printed_unit
from tasks.sources.adapter.declaration import Spec
from tasks.sources.adapter.json_rows import FileRead
from tasks.sources.formats.envelope import open_text
from tasks.sources.formats.pages import read_page

WORLD = "TOTAL"
TAG = re.compile(r"<(script|style)\b.*?</\1>|<!--.*?-->|<[^>]*>", re.DOTALL | re.IGNORECASE)
DIRECTION = re.compile(r"\b(Export|Import) ?:: ?Commodity ?-?wise all Countries", re.IGNORECASE)
COMMODITY = re.compile(r"Commodity: ?([0-9]{2,8}) (.*?)Unit: ?(\S*?) ?Report Dated", re.IGNORECASE)
REPORT = re.compile(r"Report Dated: ?([0-9]{1,2} [A-Z][a-z]{2} [0-9]{4}) ?\|\| ?Values in (.*?) ?\|\|", re.IGNORECASE)
MONTH = re.compile(r"([A-Z][a-z]{2})-([0-9]{4}) ?\(([A-Z]+)\)")
# What a title with a year is besides the month: the figures since the beginning of the year.
SO_FAR = re.compile(r"[A-Z][a-z]{2} ?- ?[A-Z][a-z]{2} ?-?[0-9]{4}(-[0-9]{2,4})? ?\([A-Z]+\)")
YEAR = re.compile(r"[12][0-9]{3}")
REALLOCATED = re.compile(r"either dropped or re-allocated.*?from ([A-Z][a-z]+ [0-9]{4})", re.IGNORECASE)
NUMBER = re.compile(r"-?[0-9]{1,3}(,[0-9]{2,3})*(\.[0-9]+)?|-?[0-9]+(\.[0-9]+)?")
# Half of the last printed digit of totals and of their growth.
STEP = 0.005
FIRST, COUNTRY = "S.No.", "Country"
MARKS = {"F": "final", "R": "revised final", "A": "advance", "P": "provisional"}
AGAIN = "Ask the site again for the report Commodity-wise all Countries, and save the whole page."


def read(spec: Spec, raw: bytes, where: str) -> FileRead:
    """A row for each country, and one for their total, with what stands above them. Raises Refused; `where` names the
    file in messages."""
    tables = read_page(raw, where).tables
    page = _head(_plain(raw, where), where)
    header, rows = _table(tables, where)
    place, month, mark = _newest(header, where)
    fields = pl.DataFrame(
        [(row[1], _number(row[place], f"{where}, record {number}")) for number, row in enumerate(rows, 1)],
        schema={"country": pl.String, "amount": pl.String},
        orient="row",
    ).with_columns(month=pl.lit(month), **{name: pl.lit(text, pl.String) for name, text in page.items()})
    marked = f"{month} is marked ({mark}), {MARKS.get(mark, 'which no list explains')}"
    return FileRead(fields, "utf-8", [marked], [*_doubt_growth(rows[-1][place - 1 : place + 2], where)])


def dated(raw: bytes) -> date | None:
    """The day of the report, None where the page has none."""
    report = REPORT.search(_plain(raw, "page"))
    return _day(report[1]) if report else None


def _plain(raw: bytes, where: str) -> str:
    """The text of a page without tags, with single blanks."""
    text = open_text(raw, where, "not a page", AGAIN)
    return " ".join(html.unescape(TAG.sub(" ", text)).split())


def _head(text: str, where: str) -> dict[str, str | None]:
    """What stands above the table of a page, by the columns of the declaration."""
    direction, commodity, report = DIRECTION.search(text), COMMODITY.search(text), REPORT.search(text)
    if not (direction and commodity and report):
        parts = {"direction": direction, "commodity": commodity, "day of the report": report}
        missing = ", ".join(name for name, match in parts.items() if not match)
        raise Refused("other page", where, f"no {missing} of a report by country", AGAIN)
    if (day := _day(report[1])) is None:
        raise Refused("no day", where, f"Report Dated {clip(report[1])}", AGAIN)
    unit, notice = commodity[3].strip(), REALLOCATED.search(text)
    return {
        "flow": direction[1].lower(),
        "code": commodity[1],
        "name": commodity[2].strip() or None,
        "unit": unit,
        "known_unit": unit if unit and printed_unit(unit) else None,
        "values_in": report[2].strip(),
        "day": day.isoformat(),
        "codes_change": notice[1] if notice else None,
    }


def _day(text: str) -> date | None:
    day, month, year = text.split(" ")
    try:
        return date(int(year), SHORT_MONTHS.index(month.lower()) + 1, int(day))
    except ValueError:
        return None


def _table(tables: list[list[list[str]]], where: str) -> tuple[list[str], list[list[str]]]:
    """The header and the rows of the table of countries, each cell without blanks around it."""
    for table in tables:
        cells = [[" ".join(cell.split()) for cell in row] for row in table]
        if cells and cells[0][:2] == [FIRST, COUNTRY]:
            header, rows = cells[0], [row for row in cells[1:] if any(row)]
            wrong = next((number for number, row in enumerate(rows, 1) if len(row) != len(header)), None)
            if wrong:
                mistake = f"{len(rows[wrong - 1])} cells where the header has {len(header)}"
                raise Refused("row width", f"{where}, record {wrong}", mistake, AGAIN)
            if not rows:
                raise Refused("no records", where, "a header and no row", AGAIN)
            if rows[-1][1].casefold() != WORLD.casefold():
                raise Refused("cut off", where, f"'{clip(rows[-1][1])}' where the total ends the table", AGAIN)
            counted = [row[0] for row in rows[:-1]]
            if counted != [str(number) for number in range(1, len(rows))]:
                problem = f"{len(counted)} rows, and numbers up to {clip(counted[-1] if counted else 'none')}"
                raise Refused("cut off", where, problem, AGAIN)
            return header, [*rows[:-1], [*rows[-1][:1], WORLD, *rows[-1][2:]]]
    raise Refused("no table", where, f"no table that begins with {FIRST} and {COUNTRY}", AGAIN)


def _newest(header: list[str], where: str) -> tuple[int, str, str]:
    """The column of the newest month, the month, and its mark. Raises Refused for a title of no month that has a year:
    it may be a newer one."""
    titles = ((place, MONTH.fullmatch(title)) for place, title in enumerate(header))
    months = [
        (f"{match[2]}-{SHORT_MONTHS.index(match[1].lower()) + 1:02d}", place, match[3])
        for place, match in titles
        if match and match[1].lower() in SHORT_MONTHS
    ]
    if not months:
        raise Refused("no month", f"{where}, header", ", ".join(map(clip, header)), AGAIN)
    for title in header:
        if YEAR.search(title) and not MONTH.fullmatch(title) and not SO_FAR.fullmatch(title):
            raise Refused("unclear month", f"{where}, header", f"'{clip(title)}' is neither a month nor a span", AGAIN)
    month, place, mark = max(months)
    return place, month, mark


def _number(text: str, place: str) -> str:
    """A printed number without commas and without a fraction of zeros, which the total has and no row."""
    if not NUMBER.fullmatch(text):
        raise Refused("no number", place, f"'{clip(text)}'", AGAIN)
    return re.sub(r"\.0+$", "", text.replace(",", ""))


def _doubt_growth(total: list[str], where: str) -> Iterator[dict[str, str]]:
    """An error where the printed growth of the total is not that of its two months, each of which is rounded."""
    if len(total) < 3 or not all(NUMBER.fullmatch(text) for text in total):
        return
    before, now, growth = (float(text.replace(",", "")) for text in total)
    if before <= STEP:
        return
    least, most = (((now + way * STEP) / (before - way * STEP) - 1) * 100 + way * STEP for way in (-1, 1))
    if not least - STEP <= growth <= most + STEP:
        yield finding(
            "growth_differs",
            "error",
            where,
            observed=f"a total of {total[1]} after {total[0]}, and a growth of {total[2]} %",
            expected=f"a growth of {least:.2f} to {most:.2f} %",
            advice="The columns have changed places, or the page was edited: ask the site again and save the page.",
        )
