"""Reads the tables of China customs' release pages: from cells to figures by line, partner and span of months.

Shared by the adapters of the preliminary release and of the bulletin. Two kinds of table are read: goods (a row a line,
quantity and value) and countries (a row a partner, exports and imports). The header defines each column; columns
identified by position would be read wrongly in January and February, when there is no column of the month.

Redundant numbers are compared: the growth of the year to date with the two years to date in the same row. Where the
printed unit is known to be wrong by a factor (aluminium in "Ton", which are 10,000 t), the quantity is left out. A line
that is not listed gets a name made of its label.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from fractions import Fraction
from typing import Any, NamedTuple

import polars as pl

from schemas.reference.code_tables import code_table, partner_codes, valid_in
from tasks.domain.errors import Refused
from tasks.domain.findings import finding
from tasks.domain.text import clip, counted

MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
TITLE = re.compile(
    r"^(?:\((?P<number>\d+)\))?\s*(?P<topic>.+?),?\s*(?P<first>[A-Z][a-z]{2,8})\.?(?:\s*-\s*(?P<last>[A-Z][a-z]{2,8})\.?)?,?\s*(?P<year>\d{4})"
    r"\s*(?:\(in\s*(?P<currency>CNY|USD)\))?$"
)
UNIT = re.compile(r"^unit:?(cny|rmb|usd)([\d,]*)(million)?$")
LABELS = {("CNY", 10**8): "CNY 100 million", ("USD", 10**6): "USD million", ("USD", 10**8): "USD 100 million",
          ("CNY", 10**4): "CNY 10000", ("USD", 10**3): "USD 1000"}  # fmt: skip
DAY = re.compile(r"(\d{4})[/-](\d{1,2})[/-](\d{1,2})|(\d{1,2})/(\d{1,2})/(\d{4})")
MONTH_COLUMN, TO_DATE, YEAR_BEFORE = (
    re.compile(r"^(\d{1,2})$"), re.compile(r"^1-(?:to-)?(\d{1,2})(?:total)?$"), re.compile(r"^1-(?:to-)?(\d{1,2})total,?(\d{4})$"),
)  # fmt: skip
FLOWS = {"export": "export", "import": "import"}
NUMBER = re.compile(r"^-?\d{1,3}(,\d{3})*(\.\d+)?$|^-?\d+(\.\d+)?$")
NOTHING = ("", "-", "—", "--", "…")
LINES_MIN, PARTNERS_MIN = 10, 20
GROWTH_STEP = Fraction(1, 10)
ATTACHMENT = "Give the .xls attachment of the page, or approve nothing until the page is mended."


class Heading(NamedTuple):
    """The heading of a page: topic, months, currency label, and printed day."""

    topic: str
    first: int
    last: int
    year: int
    currency: str
    day: date | None


class Column(NamedTuple):
    """The content of a column.

    `span` is month, to_date, year_before or growth; `what` is quantity, value, or a direction.
    """

    span: str
    what: str


def read_heading(title: str, unit: str, day: str, where: str) -> Heading:
    """Raises Refused where title or unit line cannot be read, or where they name two currencies."""
    title = squeeze(title)
    found = TITLE.match(title)
    number = {name: place for place, name in enumerate(MONTHS, 1)}
    first, last = (
        (number.get((found[name] or found["first"])[:3].lower()) for name in ("first", "last"))
        if found
        else (None, None)
    )
    if found is None or first is None or last is None:
        raise Refused(
            "title",
            where=where,
            found=f"title '{clip(title)}'",
            advice="A page of customs' statistics has the title '(n) topic, Month Year (in CNY)'.",
        )
    plain = re.sub(r"\s", "", unit.replace("\xa0", "").replace("：", ":")).lower()
    shown = UNIT.match(plain)
    if shown is None:
        raise Refused(
            "unit line",
            where=where,
            found=f"'{clip(squeeze(unit))}'",
            advice="It is 'Unit: CNY 100 Million' or the like; mend tasks/sources/gacc_tables.py.",
        )
    currency = {"rmb": "CNY"}.get(shown[1], shown[1].upper())
    factor = int(shown[2].replace(",", "") or 1) * (10**6 if shown[3] else 1)
    if found["currency"] not in (None, currency) or (currency, factor) not in LABELS:
        raise Refused(
            "currency", where=where, found=f"title in {found['currency'] or 'no currency'} over '{clip(squeeze(unit))}'",
            advice="Title and unit line must agree and the unit be a known one: no rule can choose.",
        )  # fmt: skip
    return Heading(found["topic"], first, last, int(found["year"]), LABELS[currency, factor], _day(day))


def squeeze(text: str) -> str:
    """A text with single blanks: pages indent and pad with no-break ones."""
    return " ".join(text.replace("\xa0", " ").split())


def _day(text: str) -> date | None:
    found = DAY.search(text)
    if found is None:
        return None
    year, month, day = (found[1], found[2], found[3]) if found[1] else (found[6], found[5], found[4])
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def read_columns(
    top: Sequence[str], bottom: Sequence[str], heading: Heading, where: str
) -> tuple[list[Column | None], list[dict[str, str]]]:
    """The meaning of each column after the label, None for unit and unread columns; and doubts about the header.

    Raises Refused where a column is unknown, or is about other months than the title.
    """
    columns: list[Column | None] = []
    doubts: list[dict[str, str]] = []
    for place, (above, below) in enumerate(zip(top[1:], bottom[1:], strict=True), 2):
        texts = [re.sub(r"\s", "", text.replace("\xa0", "")).lower() for text in (above, below)]
        if "unit" in texts[0]:
            columns.append(None)
            continue
        what = next(
            (text for text in texts if text in ("quantity", "value", "export", "import", "export&import")), None
        )
        span, months, year = _span(texts)
        if what is None or span is None:
            raise Refused(
                "header", where=f"{where}, column {place}", found=f"'{clip(squeeze(above))}' over '{clip(squeeze(below))}'",
                advice="The layout has changed; mend tasks/sources/gacc_tables.py.",
            )  # fmt: skip
        if months is not None and months != heading.last:
            raise Refused(
                "header of another month", where=f"{where}, column {place}", found=f"'{clip(squeeze(above))}' '{clip(squeeze(below))}' under a title of month {heading.last}",
                advice="Title and header must speak of the same months; save the page again.",
            )  # fmt: skip
        if year is not None and year != heading.year - 1:
            if doubts:
                columns.append(None)
                continue
            doubts.append(
                finding("printed_year", "warning", f"{where}, column {place}", observed=f"'{clip(squeeze(above))}' on a page of {heading.year}",
                        expected=f"the year {heading.year - 1}", advice="The column is not read: nobody can say which year it is of.")
            )  # fmt: skip
            columns.append(None)
            continue
        columns.append(None if what == "export&import" else Column(span, what))
    if not any(column and column.span == "to_date" for column in columns):
        raise Refused(
            "header",
            where=where,
            found="no column of the year to date",
            advice="The layout has changed; mend tasks/sources/gacc_tables.py.",
        )
    return columns, doubts


def _span(texts: Sequence[str]) -> tuple[str | None, int | None, int | None]:
    """The span that one of two header texts names, its last month, and the year where one is printed."""
    if any("year-on-year" in text or "%" in text for text in texts):
        return "growth", None, None
    for text in texts:
        if found := MONTH_COLUMN.match(text):
            return "month", int(found[1]), None
        if found := TO_DATE.match(text):
            return "to_date", int(found[1]), None
        if found := YEAR_BEFORE.match(text):
            return "year_before", int(found[1]), int(found[2])
    return None, None, None


def period(span: str, heading: Heading) -> str:
    """The months of a span as a period."""
    year = heading.year - (span == "year_before")
    last = f"{year}-{heading.last:02d}"
    return last if span == "month" or heading.last == 1 else f"{year}-01..{last}"


def body_of(table: Sequence[Sequence[str]], start: int, width: int, where: str) -> Iterator[tuple[int, list[str]]]:
    """The rows below the header with their number, notes left out. Raises Refused for a row of another width."""
    for number, row in enumerate(table[start:], 1):
        label = squeeze(row[0]) if row else ""
        if not any(squeeze(cell) for cell in row) or label.lower().startswith("note"):
            continue
        if len(row) != width:
            raise Refused(
                "row width",
                where=f"{where}, row {number} ('{clip(label, 40)}')",
                found=f"{len(row)} cells where the header has {width}",
                advice=ATTACHMENT,
            )
        yield number, [label, *(squeeze(cell) for cell in row[1:])]


def refuse_shifted(
    rows: Sequence[tuple[int, list[str]]], unit_at: int, columns: Sequence[Column | None], where: str
) -> None:
    """Raises Refused where cells do not fit the header: a number as unit, a quantity without one, a text as number."""
    quantities = [
        place
        for place, column in enumerate(columns, 1)
        if column and column.what == "quantity" and column.span != "growth"
    ]
    for number, row in rows:
        if NUMBER.match(row[unit_at]):
            raise Refused(
                "unit column missing", where=_place(where, number, row), found=f"the number {row[unit_at]} where the unit should stand",
                advice=ATTACHMENT,
            )  # fmt: skip
    for number, row in rows:
        given = [row[at] for at in quantities if row[at] not in NOTHING]
        if given and row[unit_at] in NOTHING:
            raise Refused(
                "quantity without unit",
                where=_place(where, number, row),
                found=f"the quantity {clip(given[0])} and no unit",
                advice=ATTACHMENT,
            )
        bad = next(
            (
                row[at]
                for at, column in enumerate(columns, 1)
                if column and row[at] not in NOTHING and not NUMBER.match(row[at])
            ),
            None,
        )
        if bad is not None:
            raise Refused(
                "no number",
                where=_place(where, number, row),
                found=f"'{clip(bad)}' where a number should stand",
                advice=ATTACHMENT,
            )


def _place(where: str, number: int, row: Sequence[str]) -> str:
    return f"{where}, row {number} ('{clip(row[0], 40)}')"


def doubt_growth(
    rows: Sequence[tuple[int, list[str]]], columns: Sequence[Column | None], where: str
) -> Iterator[dict[str, str]]:
    """Finds rows whose printed growth cannot follow from the two years to date printed in the same row."""
    places = {column: place for place, column in enumerate(columns, 1) if column}
    compared, wrong = 0, []
    for what in ("quantity", "value"):
        three = [places.get(Column(span, what)) for span in ("to_date", "year_before", "growth")]
        if None in three:
            continue
        for number, row in rows:
            texts = [row[place] for place in three if place is not None]
            if any(text in NOTHING or not NUMBER.match(text) for text in texts):
                continue
            compared += 1
            if not _can_grow(*texts):
                wrong.append((number, row[0], what, texts))
    if wrong:
        number, label, what, (now, before, growth) = wrong[0]
        yield finding(
            "growth_differs", "error" if 10 * len(wrong) > compared else "warning", f"{where}, row {number}, {label}",
            observed=f"{what} {now} after {before}, printed growth {growth} %" + (f"; {len(wrong)} such of {compared}" if len(wrong) > 1 else ""),
            expected="a growth that these two figures can have", advice="A number of the row is wrong or in another column: look at the page.",
        )  # fmt: skip


def _can_grow(now: str, before: str, growth: str) -> bool:
    """Whether any values that print as the first two can grow by a value that prints as the third."""
    (low, high), (base_low, base_high), (least, most) = map(_bounds, (now, before, growth))
    if base_low <= 0:
        return True
    return 100 * (low / base_high - 1) <= most and 100 * (high / base_low - 1) >= least


def _bounds(text: str) -> tuple[Fraction, Fraction]:
    value = Fraction(text.replace(",", ""))
    half = Fraction(1, 2 * 10 ** len(text.partition(".")[2]))
    return value - half, value + half


def line_names(labels: Sequence[str], month: str, where: str) -> tuple[list[str], list[str], list[str]]:
    """Product, expected unit (empty: any) and note of each label. Raises Refused where two labels mean one line."""
    table = code_table("page_lines").filter(valid_in(pl.lit(month)))
    known = {row["label"].lower(): (row["product"], row["unit"]) for row in table.iter_rows(named=True)}
    found = [known.get(label.lower(), (f"line:{_slug(label)}", "")) for label in labels]
    products = [product for product, _ in found]
    twice = next((product for product in products if products.count(product) > 1), None)
    if twice is not None:
        rows = [label for label, product in zip(labels, products, strict=True) if product == twice]
        raise Refused(
            "label twice", where=where, found=f"'{clip(rows[0])}' and '{clip(rows[1])}' as one line ({twice})",
            advice="Give each label its own line in schemas/reference/page_lines.csv.",
        )  # fmt: skip
    new = [label for label in labels if label.lower() not in known]
    notes = [f"{counted(len(new), 'line')} named by the label alone, first '{clip(new[0], 60)}'"] if new else []
    return products, [unit for _, unit in found], notes


def _slug(label: str) -> str:
    name = re.sub(r"[^a-z0-9]+", "_", label.lower()).strip("_")
    return f"{name}_all" if label.endswith("*") else name


def partners_of(labels: Sequence[str], where: str) -> tuple[list[str | None], list[str]]:
    """The printed name of each row that is a single partner or the world, None for groups; notes about the groups."""
    codes = partner_codes("gacc_en")
    kinds = dict(codes.select("code", "kind").iter_rows())
    names = [re.sub(r"^of which:\s*", "", label) for label in labels]
    unknown = [name for name in names if name not in kinds]
    if unknown:
        raise Refused(
            "unknown partner", where=where, found=f"'{clip(unknown[0])}' ({counted(len(unknown), 'such name')})",
            advice="Add the name to schemas/reference/partner_codes.csv, list gacc_en, with what it stands for.",
        )  # fmt: skip
    groups = [name for name in names if kinds[name] == "group"]
    notes = [f"{counted(len(groups), 'group')} of partners not published: {', '.join(groups)}"] if groups else []
    return [None if kinds[name] == "group" else name for name in names], notes


def statements(
    record: int, spans: dict[str, dict[str, str]], heading: Heading, **common: Any
) -> Iterator[dict[str, Any]]:
    """A record for each span of a row with a printed number; `spans` maps it to quantity and value."""
    seen = set()
    for span, numbers in spans.items():
        months = period(span, heading)
        given = {name: text for name, text in numbers.items() if text not in NOTHING}
        if not given or months in seen:
            continue
        seen.add(months)
        yield {"record": record, "period": months, **common, **given}
