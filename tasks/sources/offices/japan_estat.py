"""Reads the Trade Statistics of Japan (Ministry of Finance and Japan Customs), the CSV files of e-Stat.

Who and when: a month comes about a month and a half after it, first as detailed figures, then revised, then definite; a
file covers a year and grows by months, and each issue repeats the earlier ones. Terms are like CC BY 4.0. No key for
files; the number of a file (statInfId) changes with each issue and is on the list page under the title of its section.

Layout: ASCII, comma, one line a commodity and country of a direction; one that comes twice holds the release:

    Exp or Imp,Year,HS,Country,Unit1,Unit2,
    Quantity1-Year,Quantity2-Year,Value-Year,Quantity1-Jan,Quantity2-Jan,Value-Jan,…

Files by port have `Custom` after the year, and their ports are added up here, with the records of each sum in its note.
Tables by commodity have no `Country`: their lines are totals of all countries. Files by principal commodity have
`Commodity` for HS and one quantity (`Unit`, `Quantity-Jan` …); these commodities are lines that only the source
defines. Older files spell April `Apl`. HS has nine digits, with or without apostrophes; one that begins with 00 is for
goods without a number of the tariff, a line, too. 1 is export (FOB, by last destination), 2 import (CIF, by origin).
Quantity2 in Unit2 is the main quantity, Quantity1 in Unit1 another one; a blank unit means none.

Values are thousands of yen, fractions cut off: a printed v means from v to just under v + 1 thousand, so 0 may be trade
of less than 1,000 yen. The column of the year is the sum of the months, or up to a thousand yen more for each month;
otherwise the release is held.

Future months have no columns, or columns of zeros. A zero there is not "no trade": trailing months in which every
number of the file is 0 are not read. Any other 0 is a zero.

Unsure: no whole file was available, only single rows, and of principal commodities only the columns, from a program
that reads them. Country codes that the table lacks are kept and reported.

Fetched: the file of each section of the tariff, found on the list page of e-Stat. The number of a file changes with
each issue, so another address for a section is a new issue. The list page was not available: each link to a
file-download is taken, with the chapters and the direction that are named last before it.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urljoin
from zoneinfo import ZoneInfo

import polars as pl

from tasks.domain.doubt.findings import finding
from tasks.domain.errors import Refused
from tasks.domain.text import counted
from tasks.sources.adapter.protocol import (
    FirstFetch,
    Parsed,
    Response,
    Site,
    Source,
    WantedFile,
    months_of,
    products_of,
)
from tasks.sources.adapter.records import (
    as_reported,
    doubt_copies,
    numbered,
    of_sums,
    require_columns,
    require_form,
    summed,
)
from tasks.sources.formats import csv

if TYPE_CHECKING:
    from schemas.forms.fetch import Fetched, FetchRequest

MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
ALWAYS = ("Exp or Imp", "Year")
PORT, COUNTRY = "Custom", "Country"
# Other spellings of the same columns.
SPELLINGS = ((r"-Apl$", "-Apr"), (r"^Unit$", "Unit2"), (r"^Quantity-", "Quantity2-"))
NUMBERS = ("Quantity1", "Quantity2", "Value")
# The second quantity of a file is the main one.
QUANTITIES = (
    ("Quantity2", "Unit2", "quantity", "quantity_unit"),
    ("Quantity1", "Unit1", "supplementary_quantity", "supplementary_unit"),
)
FLOWS = {"1": "export", "2": "import"}
WHOLE = r"^[0-9]{1,15}$"
# HS codes for goods without a number of the tariff, such as 000000011.
NO_HS = "00"
AGAIN = "Download the file of the section again from e-Stat."
BASE = "https://www.e-stat.go.jp"
LIST = "/en/stat-search/files?page=1&layout=datalist&toukei=00350300&tstat=000001013141&year={year}0"
ZONE = ZoneInfo("Asia/Tokyo")
# Each of these takes what it has looked at: a page of a megabyte without an end is read once.
LINK = re.compile(r"href=[\"']?([^\"'\s<>]*)")
FILE = re.compile(r"file-download\?statInfId=\d+&fileKind=1$")
TAG = re.compile(r"<[^<>]*>")
CHAPTERS = re.compile(r"Chapters?\s*(\d{2})(?:\s*(?:-|to)\s*(\d{2}))?", re.IGNORECASE)
NAMED_FLOW = re.compile(r"\b(export|import)s?\b", re.IGNORECASE)


class FileColumns(NamedTuple):
    """The columns of a file: HS or Commodity and the others that name a line, the numbers, the months."""

    product: str
    key: tuple[str, ...]
    numbers: tuple[str, ...]
    months: list[str]


def parse(raw: bytes, where: str) -> Parsed:
    """The months of each line as records. Raises Refused; `where` names the file in messages."""
    lexed = csv.read_fields(raw, where, lambda title: title.rpartition("-")[0] in (*NUMBERS, "Quantity"))
    csv.check_titles([_spelling(title) for title in lexed.fields.columns], where)
    fields = lexed.fields.rename(_spelling)
    layout = _layout(fields.columns, where)
    fields = numbered(fields, where, AGAIN)
    spans = [f"{number}-{span}" for span in ("Year", *layout.months) for number in layout.numbers]
    plain = fields.select(
        *(
            pl.col(name).cast(pl.String).str.strip_chars().str.strip_chars("'")
            for name in fields.columns
            if name in (*layout.key, PORT)
        ),
        *(pl.col(name).str.strip_chars() for name in spans),
        "record",
    )
    require_form(plain, spans, WHOLE, where, AGAIN)
    numbers = plain.with_columns(pl.col(name).cast(pl.Int64) for name in spans)
    key = [name for name in (*layout.key, PORT) if name in numbers.columns]
    doubts = [*doubt_copies(numbers, key, where), *_doubt_years(numbers, layout, where)]
    if PORT in numbers.columns:
        doubts = [*of_sums(doubts, numbers, layout.key)]
    summed, notes = _summed(numbers, layout)
    out, to_come = _published(numbers, layout)
    if to_come:
        notes.append(f"no number but 0 in {', '.join(to_come)}: months to come, not read")
    if not out:
        raise Refused("no records", where, "no number but 0 in any month", AGAIN)
    notes += lexed.normalised
    records = [
        fields_of_month for row in summed.iter_rows(named=True) for fields_of_month in _records(row, layout, out)
    ]
    return Parsed(
        as_reported(pl.DataFrame(records, infer_schema_length=None)), lexed.encoding, tuple(notes), tuple(doubts)
    )


def _spelling(title: str) -> str:
    for printed, usual in SPELLINGS:
        title = re.sub(printed, usual, title)
    return title


def _layout(titles: Sequence[str], where: str) -> FileColumns:
    """The columns of the file. Raises Refused where they are not those of such a file."""
    months = [month for month in MONTHS if f"Value-{month}" in titles]
    product = next((name for name in ("HS", "Commodity") if name in titles), "HS")
    numbers = NUMBERS if product == "HS" else NUMBERS[1:]
    units = ("Unit1", "Unit2") if product == "HS" else ("Unit2",)
    country = [COUNTRY] if COUNTRY in titles or product != "HS" else []
    key = (*ALWAYS, product, *country, *units)
    wanted = [*key, *(f"{number}-{span}" for span in ("Year", *months) for number in numbers)]
    require_columns(titles, wanted, where, [PORT], AGAIN)
    if months != MONTHS[: len(months)] or not months:
        raise Refused("columns", f"{where}, header", f"months: {', '.join(months) or 'none'}", AGAIN)
    return FileColumns(product, key, numbers, months)


def _doubt_years(numbers: pl.DataFrame, layout: FileColumns, where: str) -> Iterator[dict[str, str]]:
    """Finds years whose column differs from the sum of the months; each month may have lost up to a thousand yen."""
    months = layout.months
    for number in layout.numbers:
        over = pl.col(f"{number}-Year") - pl.sum_horizontal(f"{number}-{month}" for month in months)
        slack = len(months) if number == "Value" else 0
        wrong = numbers.filter(~over.is_between(0, slack))
        if wrong.height:
            row = wrong.row(0, named=True)
            yield finding(
                "total_differs",
                "error",
                f"{where}, record {row['record']}, column {number}-Year",
                records=wrong["record"].to_list(),
                of_trade=True,
                observed=(
                    f"{row[f'{number}-Year']:,}, the months add up to"
                    f" {sum(row[f'{number}-{month}'] for month in months):,}; {counted(wrong.height, 'such record')}"
                ),
                expected="a year that is the sum of its months",
                advice="Months are missing or damaged: download the file again.",
            )


def _summed(numbers: pl.DataFrame, layout: FileColumns) -> tuple[pl.DataFrame, list[str]]:
    """A line for each commodity and country; lines of a file by port are added up."""
    if PORT not in numbers.columns:
        return numbers.with_columns(note=pl.lit(None, pl.String)), []
    columns = [f"{number}-{month}" for month in layout.months for number in layout.numbers]
    sums = summed(numbers, layout.key, columns)
    return sums, [f"{counted(numbers.height, 'record')} of single ports added up to {sums.height:,}"]


def _published(numbers: pl.DataFrame, layout: FileColumns) -> tuple[list[str], list[str]]:
    """The published months, and the trailing months in which every number of the file is 0."""
    months = layout.months
    totals = [sum(int(numbers[f"{number}-{month}"].sum()) for number in layout.numbers) for month in months]
    last = max((place for place, total in enumerate(totals, 1) if total), default=0)
    return months[:last], months[last:]


def _product(printed: str, layout: FileColumns) -> str:
    """The code; goods without a number of the tariff and principal commodities as lines of their own."""
    if layout.product == "Commodity":
        return f"line:japan_commodity_{printed.lower()}"
    return f"line:japan_{printed}" if printed.startswith(NO_HS) else printed


def _records(row: dict[str, Any], layout: FileColumns, months: Sequence[str]) -> Iterator[dict[str, Any]]:
    product = _product(row[layout.product], layout)
    for month in months:
        quantities: dict[str, str] = {}
        for number, unit, name, label in QUANTITIES:
            if row.get(unit):
                quantities |= {name: str(row[f"{number}-{month}"]), label: row[unit]}
        yield {
            "record": row["record"],
            "flow": FLOWS.get(row["Exp or Imp"], row["Exp or Imp"]),
            "product": product,
            "partner": row.get(COUNTRY),
            "period": f"{row['Year']}-{MONTHS.index(month) + 1:02d}",
            "value": str(row[f"Value-{month}"]),
            "currency": "JPY thousand",
            "note": row["note"],
            **quantities,
        }


def questions(request: FetchRequest, today: date, site: Site) -> Iterator[WantedFile | Fetched]:
    """Yield a question for each section in which a product is wanted, and what became of a list page that is none."""
    chapters = {product[:2] for product in products_of(request)}
    for year in sorted({month[:4] for month in months_of(request, today)}, reverse=True):
        place = f"{request.base or BASE}{LIST.format(year=year)}"
        sections = site.listed(place, f"japan_estat, list of {year}", _sections)
        if not isinstance(sections, list):
            yield sections
            continue
        for flow, section, address in sections:
            if flow in request.flows and chapters & set(section):
                yield WantedFile(
                    name=f"japan_{flow}_{section[0]}-{section[-1]}_{year}",
                    source="japan_estat",
                    address=address,
                    form="csv",
                    zone=ZONE,
                    title=f"Trade Statistics of Japan, {flow}s of chapters {section[0]} to {section[-1]} in {year}",
                    declared={"reporter": "JPN", "flow": flow, "partners": "all", "products": section},
                    first_month=f"{year}-01",
                    again=False,
                )


def _sections(answer: Response) -> list[tuple[str, list[str], str]]:
    sections = list(linked(answer.body.decode("utf-8", "replace"), answer.address))
    if not sections:
        raise Refused(
            "no links", answer.address, "a list page without a file", "The site has changed: look at it in a browser."
        )
    return sections


def linked(page: str, place: str) -> Iterator[tuple[str, list[str], str]]:
    """Yield direction, chapters and address of each file of a list page."""
    flow, section, done = "", [], 0
    for match in LINK.finditer(page):
        address = html.unescape(match[1])
        if not FILE.search(address):
            continue
        text = html.unescape(TAG.sub(" ", page[done : match.start()]))
        done = match.end()
        for span in CHAPTERS.finditer(text):
            first, last = int(span[1]), int(span[2] or span[1])
            section = [f"{chapter:02d}" for chapter in range(first, last + 1)]
        for mention in NAMED_FLOW.finditer(text):
            flow = mention[1].lower()
        if flow and section:
            yield flow, section, _joined(place, address)


def _joined(place: str, printed: str) -> str:
    try:
        return urljoin(place, printed)
    except ValueError:
        # No address, which is refused by name when it is asked for.
        return printed


SOURCE = Source(
    name="japan_estat",
    titles={"en": "Trade Statistics of Japan, e-Stat", "zh": "日本贸易统计（e-Stat）"},
    kind="query",
    needs=(),
    parse=parse,
    reporter="JPN",
    currency="JPY",
    partner_code=r"^[0-9]{3}$",
    code_list="japan",
    nomenclature="JP9",
    has_lines=True,
    calendar="japan_estat",
    base=BASE,
    questions=questions,
    first_fetch=FirstFetch("year"),
    proof=(
        "the end of its last line, lines that stand once, and the printed year of each line, the sum of its months;"
        " nothing in a file counts its lines"
    ),
    experimental="seven lines of files have been read; no whole file",
    licence="terms like CC BY 4.0, source: Trade Statistics of Japan",
)
