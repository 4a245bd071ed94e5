"""Reads the rows of a table on China customs' pages: lines, notes, rows that cannot be read, and numbers that do not
fit.

A row of text alone is a note. A row whose cells do not fit the header (a number as unit, a text as number) may have
slipped, so none of its numbers is read: it goes to quarantine as printed, with a finding. Where many rows are like that
the page is refused. `####` stands where a cell was too narrow for its number: that number is lost, and is not zero.

The numbers of a row are compared with one another: growth with its two years, exports and imports with their sum. A
number in another column, or of another row, breaks them. What rounding allows is no doubt.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from tasks.domain.errors import Refused
from tasks.domain.findings import finding
from tasks.domain.text import clip, counted
from tasks.domain.units import printed_unit
from tasks.sources.gacc_tables import GROWTHS, UNITS, Column, Heading, plain, squeeze

NUMBER = re.compile(r"^-?\d{1,3}(,\d{3})*(\.\d+)?$|^-?\d+(\.\d+)?$")
NOTHING = ("", "-", "--", "...", "…")
LOST = re.compile(r"^#+$")
# A page with more rows that do not fit its header has another layout than the header says.
UNREAD_SHARE_MAX = Fraction(1, 10)
# One wrong row is a misprint; so many mean that columns have changed places.
WRONG_SHARE_MAX = Fraction(1, 10)


class Row(NamedTuple):
    """A row: its number below the header, its label, its cells beside it, and what is wrong with it (or nothing)."""

    number: int
    label: str
    cells: list[str]
    fault: str = ""


def read_rows(
    table: Sequence[Sequence[str]], start: int, columns: Sequence[Column | None]
) -> tuple[list[Row], list[str]]:
    """The rows below the header, and the texts of the notes among them."""
    rows, notes = [], []
    for number, texts in enumerate(table[start:], 1):
        label, *cells = (squeeze(text) for text in texts or [""])
        marked = ["-" if plain(cell) in NOTHING else cell for cell in cells]
        # A cell holds a number, a lost one or a mark for none; a blank cell says nothing.
        figures = (cell for cell, text in zip(marked, cells, strict=True) if text)
        if label.lower().startswith("note") or not any(
            cell == "-" or NUMBER.match(cell) or LOST.match(cell) for cell in figures
        ):
            notes += [" ".join(dict.fromkeys(text for text in (label, *cells) if text))]
        else:
            rows.append(Row(number, label, marked, _fault(marked, columns)))
    return rows, [note for note in notes if note]


def _fault(cells: Sequence[str], columns: Sequence[Column | None]) -> str:
    """Why the cells of a row do not fit the header; empty where they do."""
    if len(cells) != len(columns):
        return f"{len(cells) + 1} cells where the header has {len(columns) + 1}"
    unit = unit_of(cells, columns)
    if NUMBER.match(unit):
        return f"the number {unit} where the unit should stand"
    for column, cell in zip(columns, cells, strict=True):
        if column is None or column.months == UNITS or cell == "-" or LOST.match(cell):
            continue
        if not NUMBER.match(cell):
            return f"'{clip(cell, 40)}' where a number should stand"
        if column.what == "quantity" and column.months != GROWTHS and unit == "-":
            return f"the quantity {cell} and no unit"
    return ""


def unit_of(cells: Sequence[str], columns: Sequence[Column | None]) -> str:
    """The printed unit of a row; `-` where it has none, empty where the table has no column of units."""
    return next((cell for column, cell in zip(columns, cells, strict=True) if column and column.months == UNITS), "")


def refuse_unread(rows: Sequence[Row], where: str) -> None:
    """Raises Refused where too many rows do not fit the header."""
    bad = [row for row in rows if row.fault]
    if len(bad) > UNREAD_SHARE_MAX * len(rows):
        raise Refused(
            "rows do not fit",
            place(bad[0], where),
            f"{bad[0].fault}; {len(bad)} such rows of {len(rows)}",
            "The cells have slipped against the header. The .xls attachment of the page may have them right.",
        )


def doubt_unread(rows: Sequence[Row], where: str) -> Iterator[dict[str, str]]:
    """A finding for each row that does not fit the header."""
    for row in rows:
        if row.fault:
            yield finding(
                "row_not_read",
                "warning",
                place(row, where),
                observed=row.fault,
                expected="cells that fit the header",
                advice="The row is in the table quarantine; the others are published.",
            )


def place(row: Row, where: str) -> str:
    """Where a row stands, for a message."""
    return f"{where}, row {row.number} ('{clip(row.label, 40)}')"


def records_of(
    row: Row, columns: Sequence[Column | None], heading: Heading, words: Sequence[str], **common: Any
) -> Iterator[dict[str, Any]]:
    """A record for each span of months of a row, of the columns that hold one of `words`.

    A number that is lost, a quantity in a unit that nobody knows, and a row that does not fit become records of their
    own that cannot be read, so that they are set aside and cost no other number.
    """
    common["record"] = row.number
    if row.fault:
        yield common | {"period": f"{heading.year}-{heading.last:02d}", "value": " | ".join(row.cells)}
        return
    unit = unit_of(row.cells, columns)
    beside = {"quantity": {"quantity_unit": unit}, "value": {"currency": heading.currency}}
    whole: dict[str, dict[str, Any]] = {}
    for column, cell in zip(columns, row.cells, strict=True):
        if column is None or column.months in (GROWTHS, UNITS) or column.what not in words or cell == "-":
            continue
        name = "quantity" if column.what == "quantity" else "value"
        made = {name: cell, **beside[name]}
        if LOST.match(cell) or (name == "quantity" and printed_unit(unit) is None):
            yield common | {"period": column.months, **made}
        elif name not in whole.setdefault(column.months, {}):
            whole[column.months] |= made
    for months, made in whole.items():
        if made:
            yield common | {"period": months, **made}


def doubt_growth(
    rows: Sequence[Row], columns: Sequence[Column | None], heading: Heading, where: str
) -> Iterator[dict[str, str]]:
    """Finds rows whose printed growth cannot follow from the two years to date printed in the same row."""
    until = f"..{{0}}-{heading.last:02d}" if heading.last > 1 else ""
    now, before = (f"{{0}}-01{until}".format(year) for year in (heading.year, heading.year - 1))
    sets = [tuple(Column(months, what) for months in (now, before, GROWTHS)) for what in ("quantity", "value")]
    yield from _doubt(
        "growth_differs",
        rows,
        columns,
        sets,
        _can_grow,
        where,
        "{0} after {1}, printed growth {2} %",
        "a growth that these two figures can have",
    )


def doubt_balance(rows: Sequence[Row], columns: Sequence[Column | None], where: str) -> Iterator[dict[str, str]]:
    """Finds rows whose exports and imports do not add up to the sum printed beside them."""
    spans = dict.fromkeys(column.months for column in columns if column and column.months not in (GROWTHS, UNITS))
    sets = [tuple(Column(months, what) for what in ("export", "import", "both")) for months in spans]
    yield from _doubt(
        "balance_differs",
        rows,
        columns,
        sets,
        _adds_up,
        where,
        "{0} and import {1}, together {2}",
        "two figures and their sum",
    )


def _doubt(
    check: str,
    rows: Sequence[Row],
    columns: Sequence[Column | None],
    sets: Sequence[tuple[Column, ...]],
    fits: Callable[[str, str, str], bool],
    where: str,
    shown: str,
    expected: str,
) -> Iterator[dict[str, str]]:
    compared, wrong = 0, []
    for three in sets:
        if not set(three) <= set(columns):
            continue
        for row in rows:
            texts = [row.cells[columns.index(column)] for column in three] if not row.fault else []
            if texts and all(NUMBER.match(text) for text in texts):
                compared += 1
                if not fits(*texts):
                    wrong.append((row, three[0].what, texts))
    if wrong:
        row, what, texts = wrong[0]
        more = f"; {len(wrong)} such of {counted(compared, 'row')}" if len(wrong) > 1 else ""
        yield finding(
            check,
            "error" if len(wrong) > WRONG_SHARE_MAX * compared else "warning",
            f"{where}, row {row.number}, {row.label}",
            observed=f"{what} {shown.format(*texts)}{more}",
            expected=expected,
            advice="A number of the row is wrong or in another column: look at the page.",
        )


def _can_grow(now: str, before: str, growth: str) -> bool:
    """Whether any values that print as the first two can grow by a value that prints as the third."""
    (low, high), (base_low, base_high), (least, most) = map(_bounds, (now, before, growth))
    if base_low <= 0:
        return True
    return 100 * (low / base_high - 1) <= most and 100 * (high / base_low - 1) >= least


def _adds_up(one: str, other: str, both: str) -> bool:
    (low, high), (other_low, other_high), (least, most) = map(_bounds, (one, other, both))
    return low + other_low <= most and high + other_high >= least


def _bounds(text: str) -> tuple[Fraction, Fraction]:
    value = Fraction(text.replace(",", ""))
    half = Fraction(1, 2 * 10 ** len(text.partition(".")[2]))
    return value - half, value + half
