"""Reads the title, the unit line and the header of a table on China customs' pages: what each column means.

Customs change the layout without notice: brackets are plain or full-width, months are names or digits, a year to date
is `1-7 Total`, `1to7` or `1-to-7`. All of these are read. A column is known by its header, never by its place and never
by the title: in January and February there is no column of the month, and a title of one month may stand over a year to
date. A column whose header is not understood is left out and named.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from schemas.reference.code_tables import code_table
from tasks.domain.doubt.findings import finding
from tasks.domain.errors import Refused
from tasks.domain.periods import SHORT_MONTHS, Month, month_end, month_number
from tasks.domain.text import clip, counted
from tasks.sources.formats.csv import WIDE

LETTERS = str.maketrans(WIDE | {"￥": "¥", "\xa0": " ", **dict.fromkeys("‐‑‒–—―−～~", "-")})
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b-\u200f\ufeff]")
NAME = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?"
    r"|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
DIGITS, YEAR, TO = r"\d{1,2}", r"(?:19|20)\d\d", r"\s*(?:-\s*to\s*-|-|to)\s*"
TITLE = re.compile(
    rf"^(?:\(\d+\)\s*)?(?P<topic>.+?)[\s,.:;]*\b"
    rf"(?:(?P<name>{NAME})(?:{TO}(?P<last_name>{NAME}))?[\s,]*"
    rf"|(?P<month>{DIGITS})(?:{TO}(?P<last_month>{DIGITS}))?\s*[.,/]\s*)"
    rf"(?P<year>{YEAR})\s*(?:\((?:in\s*)?(?P<currency>[^()]+)\))?$",
    re.IGNORECASE,
)
YEAR_FIRST = re.compile(rf"({YEAR})[.,/]\s*({DIGITS}(?:{TO}{DIGITS})?)(?=\s*(?:\(|$))", re.IGNORECASE)
SPAN = re.compile(
    rf"^(?:(?P<first>{DIGITS}|{NAME})(?:-to-|-|to))?(?P<last>{DIGITS}|{NAME})(?:total)?(?:[,.]?(?P<year>{YEAR}))?$"
)
MONEY = {"CNY": r"rmb|cny|renminbi|yuan|¥", "USD": r"usdollars?|us\$|usd|\$|dollars?"}
# `Unit:US$1,000`, `Value Unit: CNY 100 Million`, `(Units of value: RMB 10,000)`.
UNIT_LINE = re.compile(r"^[\s(]*(?:(?:values?|currency|monetary|money)\s*)?units?\b(?:\s*of\s*values?)?\s*:?")
SCALES = {"": 1, "thousand": 10**3, "million": 10**6, "billion": 10**9}
# A day in words: 9 June 2025, June 9th, 2025, 09-Jun-2025, 2025年6月9日.
WORDED_DAYS = (
    re.compile(r"\b(?P<day>\d{1,2})(?:st|nd|rd|th)?[ .-]+(?P<month>[A-Za-z]{3,9})\.?[ ,.-]+(?P<year>\d{4})\b"),
    re.compile(r"\b(?P<month>[A-Za-z]{3,9})\.? (?P<day>\d{1,2})(?:st|nd|rd|th)?,? (?P<year>\d{4})\b"),
    re.compile(r"(?P<year>\d{4}) ?年 ?(?P<month>\d{1,2}) ?月 ?(?P<day>\d{1,2}) ?日"),
)
DAY = re.compile(r"(\d{4})[/.-](\d{1,2})[/.-](\d{1,2})|(\d{1,2})/(\d{1,2})/(\d{4})")
MEANINGS = {
    "quantity": "quantity",
    "qty": "quantity",
    "value": "value",
    "export": "export",
    "import": "import",
    "total": "both",
    "export&import": "both",
    "import&export": "both",
    "exportandimport": "both",
    "importandexport": "both",
}
GROWTH = re.compile(r"%|percent|year-?on-?year|y-?o-?y|change|growth")
GROWTHS, UNITS = "growth", "unit"
# Preliminary pages come out 7 to 14 days after a month, those of the bulletin 18 to 25.
USUAL_DELAY = timedelta(days=14)


class Heading(NamedTuple):
    """The title, unit line and printed day of a page: its topic, last month, currency label."""

    topic: str
    last: int
    year: int
    currency: str
    day: date | None


class PrintedColumn(NamedTuple):
    """What a column holds: months as a period, GROWTHS or UNITS; and quantity, value, export, import or both."""

    months: str
    what: str


def squeeze(text: str) -> str:
    """A text with single blanks: pages indent and pad with no-break ones."""
    return " ".join(CONTROL.sub("", text).replace("\xa0", " ").split())


def plain(text: str) -> str:
    """A text for comparison: wide letters and brackets as ASCII, dashes as `-`, small letters, single blanks."""
    return squeeze(text.translate(LETTERS)).lower()


class Title(NamedTuple):
    """What a title says: its topic, last month, year, and the currencies that it names."""

    topic: str
    last: int
    year: int
    currencies: tuple[str, ...]


def read_title(text: str) -> Title | None:
    """What the title of a table says; None where it names no months."""
    match = TITLE.match(YEAR_FIRST.sub(r"\2.\1", squeeze(text.translate(LETTERS))))
    if match is None:
        return None
    first, last = month_of(match["name"] or match["month"]), month_of(match["last_name"] or match["last_month"])
    has_last = bool(match["last_name"] or match["last_month"])
    if first is None or (has_last and (last is None or last < first)):
        return None
    return Title(match["topic"], last or first, int(match["year"]), _money(match["currency"] or ""))


def _money(text: str) -> tuple[str, ...]:
    compact = re.sub(r"\s", "", plain(text))
    return tuple(code for code, words in MONEY.items() if re.search(words, compact))


def read_heading(title: str, unit: str, day: str, where: str, kind: str = "") -> Heading:
    """Raises Refused where title or unit line cannot be read, or where they name two currencies."""
    read = read_title(title)
    if read is None:
        raise Refused(
            "title",
            where,
            f"title '{clip(squeeze(title))}'",
            "A page of customs' statistics has a title like '(5) topic, May 2025 (in CNY)' or '(13) topic,1-7.2026'.",
        )
    return Heading(read.topic, read.last, read.year, _currency(unit, read.currencies, where), day_of(day, read, kind))


def _currency(line: str, of_title: tuple[str, ...], where: str) -> str:
    """The label in `currencies.csv` of a unit line."""
    text, named = re.sub(r"[\s,()]", "", UNIT_LINE.sub("", plain(line))), _money(line)
    rest = re.fullmatch(r"(\d*)(thousand|million|billion|)", re.sub("|".join(MONEY.values()), "", text))
    if not named or rest is None:
        raise Refused(
            "unit line",
            where,
            f"'{clip(squeeze(line))}'",
            "It is 'Unit: CNY 100 Million' or the like; without it nobody knows what the values are worth.",
        )
    factor = int(rest[1] or 1) * SCALES[rest[2]]
    rows = code_table("currencies").filter(unit=named[0], factor=str(factor), measure=f"value_{named[0].lower()}")
    if len(named) > 1 or not rows.height or of_title not in ((), named):
        raise Refused(
            "currency",
            where,
            f"title in {', '.join(of_title) or 'no currency'} over '{clip(squeeze(line))}'",
            "Title and unit line must agree, and the unit be one of schemas/reference/currencies.csv: no rule can"
            " choose.",
        )
    return str(rows["printed"][0])


def month_of(text: str | None) -> int | None:
    """The number of a month by its name or its digits; None where it is none."""
    if text and text.isdigit():
        return int(text) if 1 <= int(text) <= len(SHORT_MONTHS) else None
    return SHORT_MONTHS.index(text[:3].lower()) + 1 if text and text[:3].lower() in SHORT_MONTHS else None


def day_of(text: str, title: Title | None = None, kind: str = "") -> date | None:
    """The first day in a text: year/month/day, or the order of old pages, month/day/year; else one in words.

    Where day and month could change places the release decides: its figures come out after its last month, near the
    day that `release_calendar.csv` has for this `kind` of page.
    """
    match = DAY.search(text)
    if match is None:
        return _worded_day(text)
    if match[1]:
        return _date(match[1], match[2], match[3])
    orders = (_date(match[6], match[4], match[5]), _date(match[6], match[5], match[4]))
    days = [day for day in dict.fromkeys(orders) if day is not None]
    if title is not None:
        end = month_end(date(title.year, title.last, 1))
        announced = code_table("release_calendar").filter(year=str(title.year), month=str(title.last), kind=kind)
        due = date.fromisoformat(announced["expected_on"][0]) if announced.height else end + USUAL_DELAY
        days = sorted((day for day in days if day > end), key=lambda day: abs(day - due)) or days
    return next(iter(days), None)


def _worded_day(text: str) -> date | None:
    """The day that a text has in words; None where it has none, or not one day alone."""
    plain = " ".join(text.split())
    days = {
        _date(match["year"], str(month_of(match["month"]) or 0), match["day"])
        for form in WORDED_DAYS
        for match in form.finditer(plain)
    } - {None}
    return days.pop() if len(days) == 1 else None


def _date(year: str, month: str, day: str) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def read_columns(
    header: Sequence[Sequence[str]], heading: Heading, where: str
) -> tuple[list[PrintedColumn | None], list[dict[str, str]]]:
    """The meaning of each column after the label, None for columns that are not read; and doubts about the header.

    Raises Refused where no column of figures is left, or where the months of header and title contradict one another.
    """
    texts = [[squeeze(row[place]) for row in header] for place in range(1, len(header[0]))]
    read = [_column(cells) for cells in texts]
    doubts = list(_doubt_months([last for last, *_ in read if last], heading, where))
    columns: list[PrintedColumn | None] = []
    for place, (cells, (last, is_so_far, year, what)) in enumerate(zip(texts, read, strict=True), 2):
        shown = f"'{clip(' / '.join(dict.fromkeys(cells)))}'"
        column = _printed_column(heading, last, year, what, is_so_far=is_so_far)
        if column is None and what and last:
            doubts += _once(
                "printed_year",
                doubts,
                f"{where}, column {place}",
                f"{shown} on a page of {heading.year}",
                f"the year {heading.year - 1}",
                "The column is not read: nobody can say which year it is of.",
            )
        elif column is None and any(cells):
            doubts += _once(
                "column_not_read",
                doubts,
                f"{where}, column {place}",
                f"the header {shown}",
                "months and quantity, value, export or import",
                "The column is not read; the others are.",
            )
        columns.append(column)
    figures = [column for column in columns if column and column.months not in (GROWTHS, UNITS)]
    if not figures:
        raise Refused(
            "header",
            where,
            f"no column of figures under {'; '.join(' / '.join(cells) for cells in texts[:3])}",
            "The layout has changed so that no column can be told; look at the page.",
        )
    return columns, [*doubts, *_doubt_growths(texts, columns, heading, where)]


def _printed_column(
    heading: Heading, last: int | None, year: int | None, what: str, *, is_so_far: bool
) -> PrintedColumn | None:
    """A column by what its header says; None where it does not say it, or is of another year."""
    if what in (GROWTHS, UNITS) or what.startswith(f"{GROWTHS} "):
        kind, _, of_what = what.partition(" ")
        return PrintedColumn(kind, of_what)
    if not (what and last and year in (None, heading.year, heading.year - 1)):
        return None
    end = f"{year or heading.year}-{heading.last:02d}"
    return PrintedColumn(f"{end[:4]}-01..{end}" if is_so_far and heading.last > 1 else end, what)


def _column(cells: Sequence[str]) -> tuple[int | None, bool, int | None, str]:
    """The last month that the header cells of a column name, whether from January on, their year, and what it holds."""
    small = [re.sub(r"\s", "", plain(cell)) for cell in cells]
    what = next((MEANINGS[name] for name in (re.sub(r"s\b", "", cell) for cell in small) if name in MEANINGS), "")
    if any("unit" in cell for cell in small):
        return None, False, None, UNITS
    if any(GROWTH.search(cell) for cell in small):
        return None, False, None, f"{GROWTHS} {what}"
    for cell in small:
        span = SPAN.match(cell)
        last = month_of(span["last"]) if span else None
        if span and last and (span["first"] is None or month_of(span["first"]) == 1):
            return last, span["first"] is not None, int(span["year"]) if span["year"] else None, what
    return None, False, None, what


def _doubt_growths(
    texts: Sequence[Sequence[str]], columns: Sequence[PrintedColumn | None], heading: Heading, where: str
) -> Iterator[dict[str, str]]:
    """Names the printed growths that no figures of the page can be compared with: those without the year before."""
    growths = [cells for cells, column in zip(texts, columns, strict=True) if column and column.months == GROWTHS]
    if growths and not any(column and column.months.startswith(str(heading.year - 1)) for column in columns):
        titles = clip("; ".join(dict.fromkeys(map(" / ".join, growths))), 200)
        yield finding(
            "growth_not_read",
            "info",
            where,
            observed=f"{counted(len(growths), 'column')} of growth: {titles}",
            expected="figures of the year before beside them",
            advice=(
                "There are none on the page to compare it with, so printed growth is not read. Growth is computed from"
                " the figures of both years; nothing to do."
            ),
        )


def _once(
    check: str, doubts: Sequence[dict[str, str]], subject: str, observed: str, expected: str, advice: str
) -> Iterator[dict[str, str]]:
    if not any((doubt["check"], doubt["observed"]) == (check, observed) for doubt in doubts):
        yield finding(check, "warning", subject, observed=observed, expected=expected, advice=advice)


def _doubt_months(lasts: Sequence[int], heading: Heading, where: str) -> Iterator[dict[str, str]]:
    """Compares the months of the header with that of the title; the printed day says which of the two is out of
    date."""
    named = sorted(set(lasts))
    if named in ([], [heading.last]):
        return
    title = f"{heading.year}-{heading.last:02d}"
    contradiction = (
        f"months up to {', '.join(map(str, named))} in the header, {title} in the title, printed on"
        f" {heading.day or 'no day'}"
    )
    newest = heading.day and month_number(heading.day) - 1
    if len(named) > 1 or newest != Month.of(heading.year, heading.last):
        raise Refused(
            "header of another month",
            where,
            contradiction,
            "The page contradicts itself, so nobody can say which month its figures are of. Customs have to mend it;"
            " leave it out.",
        )
    yield finding(
        "header_month",
        "error",
        where,
        scope="release",
        observed=contradiction,
        expected=f"months up to {heading.last} in the header",
        advice=(
            f"By title and day the figures are of {title} and the header was left from the page before. Compare the"
            " year to date with that page: if it has grown by the month, approve; if it is the same, leave the file"
            " out. Its attachment may be that of the month before."
        ),
    )
