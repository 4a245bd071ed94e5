"""Reads India's monthly trade of a commodity by country: pages of MEIDB, "Commodity wise all Countries", of the
Department of Commerce.

Who and when: the Directorate General of Commercial Intelligence and Statistics compiles the figures, the Department of
Commerce shows them about 45 days after the month. Each page is the answer to a form of the site (a session, a token),
so a person asks and saves the page: one request for each code, month and measure. No terms of use stand on the page.

Address: https://tradestat.commerce.gov.in/meidb/commodity_wise_all_countries_export and …_import.

Layout: HTML. A heading names the direction, a line the commodity and its unit, another the day of the report and what
the values are (quantity, or US $ million, or rupees). The table has a row for each country: its name, the month a year
before, the month, growth, and the same cumulated since January or April. Numbers have commas; a total in the last row
is compared with the sum of the countries.

What is published is the month alone. The month a year before would say of the eleven months between, which nobody asked
for, that there was no trade; it and the cumulated figures are left out. A mark stands at each month: (F) final, (R)
revised final, (A) advance, and others; the release names it, and the day of the report decides between two of them.

Countries are names in capitals, some cut short (`CHINA P RP`, `U ARAB EMTS`); `partner_codes.csv` has those that were
seen, and the names of ISO 3166-1. A name that it lacks is set aside and named; the total still holds.

Quantity and value are two pages, so two releases of one month. A page of a quantity whose unit is not printed (at four
digits and less) is refused by name: nobody can know what was counted. Rupees are refused, too.

Each April codes are dropped or re-allocated and units may change; the page says so, and a finding repeats it.

Unsure: one page has been read, a quantity of four digits without a unit. Whether partners of imports are countries of
origin is not stated.
"""

import html
import re
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

import polars as pl

from tasks.domain.doubt.findings import finding
from tasks.domain.errors import Refused
from tasks.domain.text import clip
from tasks.domain.units import printed_unit
from tasks.sources.adapter.protocol import Parsed, Source
from tasks.sources.adapter.records import as_reported, doubt_copies
from tasks.sources.adapter.totals import part_totals
from tasks.sources.formats.envelope import open_text
from tasks.sources.formats.pages import read_page

CODES = "india"
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
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MARKS = {"F": "final", "R": "revised final", "A": "advance", "P": "provisional"}
DOLLARS = "USD million"
LEVELS = (2, 4, 6, 8)
AGAIN = "Ask the site again for the report Commodity-wise all Countries, and save the whole page."


class _Page(NamedTuple):
    """What stands above the table of a page."""

    flow: str
    code: str
    name: str
    unit: str
    values: str
    day: date


def parse(raw: bytes, where: str) -> Parsed:
    """The month of a page by country. Raises Refused; `where` names the file in messages."""
    tables = read_page(raw, where).tables
    text = _plain(raw, where)
    page = _head(text, where)
    header, rows = _table(tables, where)
    place, month, mark = _newest(header, where)
    fields = pl.DataFrame(
        [
            {"record": number, "partner": row[1], "number": _number(row[place], f"{where}, record {number}")}
            for number, row in enumerate(rows, 1)
        ],
        schema={"record": pl.UInt32, "partner": pl.String, "number": pl.String},
    ).with_columns(period=pl.lit(month), product=pl.lit(page.code))
    parted = part_totals(fields, CODES, ("period", "product"), where, {r"^[A-Z]": WORLD})
    measure, printed = _measure(page, where)
    label = "currency" if measure == "value" else "quantity_unit"
    records = fields.select(
        "record",
        "period",
        "product",
        "partner",
        pl.lit(page.flow).alias("flow"),
        pl.lit(page.name or None, pl.String).alias("product_name"),
        pl.col("partner").alias("partner_name"),
        pl.col("number").alias(measure),
        pl.lit(printed).alias(label),
    )
    single, totals = records.filter(parted.kept), records.filter(parted.totals)
    marked = f"{month} is marked ({mark}), {MARKS.get(mark, 'which no list explains')}"
    return Parsed(
        as_reported(single),
        "utf-8",
        (marked, "the month a year before and the figures since the beginning of the year are left out", *parted.notes),
        (
            *doubt_copies(fields, ["partner"], where),
            *_doubt_growth(rows[-1][place - 1 : place + 2], where),
            *_doubts(text, where),
            *parted.doubts,
        ),
        page.day,
        "IND",
        as_reported(totals) if totals.height else None,
        parted.short,
        proof=parted.proof,
    )


def dated(raw: bytes) -> date | None:
    """The day of the report, None where the page has none."""
    report = REPORT.search(_plain(raw, "page"))
    return _day(report[1]) if report else None


def _plain(raw: bytes, where: str) -> str:
    """The text of a page without tags, with single blanks."""
    text = open_text(raw, where, "not a page", AGAIN)
    return " ".join(html.unescape(TAG.sub(" ", text)).split())


def _head(text: str, where: str) -> _Page:
    direction, commodity, report = DIRECTION.search(text), COMMODITY.search(text), REPORT.search(text)
    if not (direction and commodity and report):
        missing = [
            name
            for name, match in (("direction", direction), ("commodity", commodity), ("day of the report", report))
            if not match
        ]
        raise Refused("other page", where, f"no {', '.join(missing)} of a report by country", AGAIN)
    day = _day(report[1])
    if day is None:
        raise Refused("no day", where, f"Report Dated {clip(report[1])}", AGAIN)
    if len(commodity[1]) not in LEVELS:
        raise Refused("mixed levels", where, f"commodity {commodity[1]}", "Ask for 2, 4, 6 or 8 digits.")
    return _Page(direction[1].lower(), commodity[1], commodity[2].strip(), commodity[3].strip(), report[2].strip(), day)


def _day(text: str) -> date | None:
    day, month, year = text.split(" ")
    try:
        return date(int(year), MONTHS.index(month) + 1, int(day))
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
        (f"{match[2]}-{MONTHS.index(match[1]) + 1:02d}", place, match[3])
        for place, match in titles
        if match and match[1] in MONTHS
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


def _measure(page: _Page, where: str) -> tuple[str, str]:
    """Whether the page has values or quantities, and their label. Raises Refused for a unit that nobody knows."""
    words = page.values.casefold().replace(" ", "")
    if words.startswith("us$million"):
        return "value", DOLLARS
    if words != "quantity":
        raise Refused("other values", where, f"values in {clip(page.values)}", "Ask for US $ million, or for quantity.")
    if not page.unit or not printed_unit(page.unit):
        raise Refused(
            "no unit",
            where,
            f"a quantity of {page.code} whose unit is " + (f"'{clip(page.unit)}'" if page.unit else "not printed"),
            "Ask for a code of eight digits, whose unit the page prints; or for US $ million.",
        )
    return "quantity", page.unit


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


def _doubts(text: str, where: str) -> Iterator[dict[str, str]]:
    if notice := REALLOCATED.search(text):
        yield finding(
            "codes_reallocated",
            "info",
            where,
            observed=f"the site says that codes may be dropped or re-allocated, and units changed, from {notice[1]}",
            expected="the same goods under a code in all months",
            advice="Compare no month from then on with one before, unless the code is the same in both lists.",
        )


SOURCE = Source(
    name="india_meidb",
    titles={"en": "India's Department of Commerce, MEIDB", "zh": "印度商务部MEIDB"},
    kind="query",
    needs=(),
    parse=parse,
    reporter="IND",
    currency="INR",
    partner_code="",
    code_list=CODES,
    nomenclature="ITCHS8",
    dated=dated,
    declared={"partners": "all"},
    proof=(
        "the end of the page and of its table, numbered rows, countries that stand once, the printed total of all"
        " countries and its growth"
    ),
    experimental=(
        "one page of a quantity of a heading, whose unit it does not state, has been read; no page of eight digits, and"
        " none of a value"
    ),
)
