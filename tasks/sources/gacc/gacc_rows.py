"""Reads the rows of a table on China customs' pages: lines, notes, rows that cannot be read, and numbers that do not
fit.

What cannot be read costs itself: a cell its number, a unit the quantities of its line, a column its figures. Each goes
to quarantine as printed, with a finding. `####` stands where a cell was too narrow for its number, `#REF!` where Excel
could not compute it: that number is lost, and is not zero. A row of text alone is a note. A row whose cells have
slipped against the header (a number as unit, a unit as number, several texts as numbers) is set aside whole. Where many
rows are like that the page is refused.

The numbers of a row are compared with one another: growth with its two years, exports and imports with their sum, two
columns of the same months. A number in another column, or of another row, breaks them. What rounding allows is no
doubt.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from schemas.layouts import FLOWS
from schemas.reference.code_tables import code_table
from tasks.domain.doubt.findings import finding
from tasks.domain.errors import Refused
from tasks.domain.exchange_rates import rate
from tasks.domain.periods import Month
from tasks.domain.text import clip, counted
from tasks.domain.units import printed_unit
from tasks.sources.gacc.gacc_tables import GROWTHS, LETTERS, UNITS, Heading, PrintedColumn, plain, squeeze

# What a column of goods holds: how the names of its measures begin.
MEASURES = ("quantity", "value")
NUMBER = re.compile(r"^-?\d{1,3}(,\d{3})*(\.\d+)?$|^-?\d+(\.\d+)?$")
NOTHING = ("", "-", "--", "...", "…")
LOST = re.compile(r"^#+$|^[#*]?(?:REF|VALUE|DIV/0|N/A|NAME|NUM|NULL|SPILL|CALC)[!?]$|^[#*]N/A$", re.IGNORECASE)
# A page with more rows that do not fit its header has another layout than the header says.
UNREAD_SHARE_MAX = Fraction(1, 10)
# One wrong row is a misprint; so many mean that columns have changed places.
WRONG_SHARE_MAX = Fraction(1, 10)


TONNE = 1_000
# Yuan for a dollar where `exchange_rates.csv` has no rate of the month.
A_DOLLAR = 7


class Row(NamedTuple):
    """A row: its number below the header, its label, its cells beside it, and what is wrong with it (or nothing)."""

    number: int
    label: str
    cells: list[str]
    fault: str = ""


def read_rows(
    table: Sequence[Sequence[str]], start: int, columns: Sequence[PrintedColumn | None]
) -> tuple[list[Row], list[str]]:
    """The rows below the header, and the texts of the notes among them."""
    rows, notes = [], []
    for number, texts in enumerate(table[start:], 1):
        label, *cells = (squeeze(text) for text in texts or [""])
        cells = [squeeze(cell.translate(LETTERS)) for cell in cells]
        while len(cells) > len(columns) and not cells[-1]:
            cells.pop()
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


def _fault(cells: Sequence[str], columns: Sequence[PrintedColumn | None]) -> str:
    """How the cells of a row have slipped against the header; empty where they have not."""
    if len(cells) != len(columns):
        return f"{len(cells) + 1} cells where the header has {len(columns) + 1}"
    unit = unit_of(cells, columns)
    if NUMBER.match(unit):
        return f"the number {unit} where the unit should stand"
    figures = [(column, cell) for column, cell in zip(columns, cells, strict=True) if _is_figure(column)]
    odd = [cell for _, cell in figures if _is_odd(cell)]
    slipped = next((cell for cell in odd if printed_unit(cell)), odd[0] if len(odd) > 1 else "")
    if slipped:
        return f"'{clip(slipped, 40)}' where a number should stand"
    valued = {column.months for column, cell in figures if column and column.what == "value" and cell != "-"}
    for column, cell in figures:
        if column and column.what == "quantity" and cell != "-" and unit == "-" and column.months not in valued:
            return f"the quantity {cell} and no unit"
    return ""


def _is_figure(column: PrintedColumn | None) -> bool:
    return column is not None and column.months not in (GROWTHS, UNITS)


def _is_odd(cell: str) -> bool:
    """Whether a cell is neither a number nor a mark for none nor a number that is lost."""
    return cell != "-" and not NUMBER.match(cell) and not LOST.match(cell)


def without_other_twins(
    columns: Sequence[PrintedColumn | None], rows: Sequence[Row], where: str
) -> tuple[list[PrintedColumn | None], list[dict[str, str]]]:
    """The columns without those of the same months that print other numbers, and findings about them.

    In January the month is the year to date, and some pages print both. Raises Refused where no column is left.
    """
    left, doubts = list(columns), []
    for twin in dict.fromkeys(column for column in columns if _is_figure(column) and columns.count(column) > 1):
        places = [at for at, column in enumerate(columns) if column == twin]
        read = [row for row in rows if not row.fault]
        printed = [[row.cells[at] for at in places] for row in read]
        numbers = [set(filter(NUMBER.match, cells)) for cells in printed]
        wrong = [row.number for row, texts in zip(read, numbers, strict=True) if len(texts) > 1]
        if len(wrong) > WRONG_SHARE_MAX * sum(map(bool, numbers)):
            left = [None if column == twin else column for column in left]
        if wrong and twin is not None:
            doubts.append(
                finding(
                    "column_twice",
                    "warning",
                    where,
                    measure=the_only([twin.what], MEASURES),
                    flow=the_only([twin.what], FLOWS),
                    records=wrong,
                    observed=(
                        f"{len(places)} columns of {twin.what}, {twin.months}, which differ in"
                        f" {counted(len(wrong), 'row')}"
                    ),
                    expected="one number of these months",
                    advice="No rule can say which is right: the numbers that differ are left out. Look at the page.",
                )
            )
    if not any(map(_is_figure, left)):
        raise Refused(
            "header",
            where,
            doubts[0]["observed"],
            "Their headers are alike, so no rule can say which is right; look at the page.",
        )
    return left, doubts


def unit_of(cells: Sequence[str], columns: Sequence[PrintedColumn | None]) -> str:
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
    row: Row, columns: Sequence[PrintedColumn | None], heading: Heading, words: Sequence[str], **common: Any
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
    cells: dict[PrintedColumn, list[str]] = {}
    for column, cell in zip(columns, row.cells, strict=True):
        if column and _is_figure(column) and column.what in words and cell != "-":
            cells.setdefault(column, []).append(cell)
    whole: dict[str, dict[str, Any]] = {}
    for column, printed in cells.items():
        name = "quantity" if column.what == "quantity" else "value"
        numbers = [*dict.fromkeys(filter(NUMBER.match, printed))] or printed
        fields = {name: " | ".join(numbers), **beside[name]}
        if not NUMBER.match(fields[name]) or (name == "quantity" and printed_unit(unit) is None):
            yield common | {"period": column.months, **fields}
        else:
            whole[column.months] = whole.get(column.months, {}) | fields
    for months, fields in whole.items():
        yield common | {"period": months, **fields}


def doubt_cells(
    rows: Sequence[Row], columns: Sequence[PrintedColumn | None], words: Sequence[str], where: str
) -> Iterator[dict[str, str]]:
    """A finding about the cells of columns with one of `words` that have no number, and are set aside by themselves."""
    without_number = [
        (row, cell)
        for row in rows
        if not row.fault
        for column, cell in zip(columns, row.cells, strict=True)
        if _is_figure(column) and column and column.what in words and (LOST.match(cell) or _is_odd(cell))
    ]
    if without_number:
        texts = clip(
            "; ".join(
                f"'{clip(cell, 40)}' in row {row.number} ({clip(row.label, 40)})" for row, cell in without_number
            ),
            300,
        )
        yield finding(
            "number_not_read",
            "warning",
            where,
            observed=f"{counted(len(without_number), 'cell')} without a number: {texts}",
            expected="a number",
            advice=(
                "#### is a number too wide for its cell, #REF! one that Excel lost. They are in the table quarantine"
                " and missing, not zero; the others are published. The .xls attachment of the page may have them."
            ),
        )


def doubt_growth(
    rows: Sequence[Row], columns: Sequence[PrintedColumn | None], heading: Heading, where: str
) -> Iterator[dict[str, str]]:
    """Finds rows whose printed growth cannot follow from the two years to date printed in the same row."""
    until = f"..{{0}}-{heading.last:02d}" if heading.last > 1 else ""
    now, before = (f"{{0}}-01{until}".format(year) for year in (heading.year, heading.year - 1))
    sets = [tuple(PrintedColumn(months, what) for months in (now, before, GROWTHS)) for what in MEASURES]
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


def doubt_so_far(
    rows: Sequence[Row], columns: Sequence[PrintedColumn | None], heading: Heading, where: str
) -> Iterator[dict[str, str]]:
    """An error about rows whose month is above the year to date that the same row prints."""
    if heading.last == 1:
        return
    month, so_far = (f"{heading.year}-{heading.last:02d}", f"{heading.year}-01..{heading.year}-{heading.last:02d}")
    wrong = []
    for what in dict.fromkeys(column.what for column in columns if column and column.months == month):
        pair = PrintedColumn(month, what), PrintedColumn(so_far, what)
        for row in rows if pair[1] in columns else ():
            now, total = ("" if row.fault else row.cells[columns.index(column)] for column in pair)
            if NUMBER.match(now) and NUMBER.match(total) and _bounds(now)[0] > _bounds(total)[1]:
                wrong.append((row, what, f"{what} {now} in {month}, {total} from January on"))
    if wrong:
        row, _, contradiction = wrong[0]
        more = f"; {counted(len(wrong), 'such number')}" if len(wrong) > 1 else ""
        yield finding(
            "month_above_year",
            "error",
            f"{where}, row {row.number}, {row.label}",
            records=[row.number for row, *_ in wrong],
            measure=the_only((what for _, what, _ in wrong), MEASURES),
            flow=the_only((what for _, what, _ in wrong), FLOWS),
            observed=f"{contradiction}{more}",
            expected="a month that is no more than the months up to it together",
            advice="One of the two is wrong or in another column: look at the page.",
        )


def price_doubt(row: Row, columns: Sequence[PrintedColumn | None], heading: Heading) -> str:
    """What a kilogram costs by the figures of a row, where no goods that are counted in its unit cost that; else
    empty.

    A unit is printed once for all months of a row, so they are no check on it; what goods cost at all is one.
    """
    unit = printed_unit(unit_of(row.cells, columns))
    if row.fault or unit is None or unit[0] != "kg":
        return ""
    least, most = _price_bounds()
    # Goods that customs count in kilograms or less may cost more: vaccines, gold.
    most = most if unit[1] >= TONNE else most * TONNE
    dollar = _in_dollars(heading)
    values = [column for column in columns if column and _is_figure(column) and column.what == "value"]
    for months in dict.fromkeys(column.months for column in values):
        pair = PrintedColumn(months, "quantity"), PrintedColumn(months, "value")
        texts = [row.cells[columns.index(column)] if column in columns else "" for column in pair]
        if not all(NUMBER.match(text) for text in texts):
            continue
        (mass_low, mass_high), (low, high) = map(_bounds, texts)
        if mass_high > 0 and low * dollar / (mass_high * unit[1]) > most and mass_low > 0:
            return f"{texts[1]} for {texts[0]} in {months}: {float(low * dollar / (mass_high * unit[1])):,.4g} USD/kg"
        # A value of 0 tells nothing of the unit: the zero itself is what is odd.
        if low > 0 and mass_low > 0 and high * dollar / (mass_low * unit[1]) < least:
            return f"{texts[1]} for {texts[0]} in {months}: {float(high * dollar / (mass_low * unit[1])):.4g} USD/kg"
    return ""


def _price_bounds() -> tuple[Fraction, Fraction]:
    bounds = dict(code_table("check_thresholds").select("name", "value").iter_rows())
    return Fraction(bounds["page_price_least"]), Fraction(bounds["page_price_most"])


def _in_dollars(heading: Heading) -> Fraction:
    """How many US dollars one of the printed values is, roughly: for a bound alone."""
    row = code_table("currencies").filter(printed=heading.currency).row(0, named=True)
    in_month = rate(row["unit"], "USD", Month.of(heading.year, heading.last)) or (
        A_DOLLAR if row["unit"] == "CNY" else 1
    )
    return Fraction(row["factor"]) / Fraction(in_month)


def doubt_balance(rows: Sequence[Row], columns: Sequence[PrintedColumn | None], where: str) -> Iterator[dict[str, str]]:
    """Finds rows whose exports and imports do not add up to the sum printed beside them."""
    spans = dict.fromkeys(column.months for column in columns if column and column.months not in (GROWTHS, UNITS))
    sets = [tuple(PrintedColumn(months, what) for what in ("export", "import", "both")) for months in spans]
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
    columns: Sequence[PrintedColumn | None],
    sets: Sequence[tuple[PrintedColumn, ...]],
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
            records=[row.number for row, *_ in wrong],
            measure=the_only((what for _, what, _ in wrong), MEASURES),
            observed=f"{what} {shown.format(*texts)}{more}",
            expected=expected,
            advice="A number of the row is wrong or in another column: look at the page.",
        )


def the_only(columns: Iterable[str], kinds: Collection[str]) -> str | None:
    """The one of these kinds, directions or MEASURES, that all columns hold; None where they hold others or several."""
    names = {*columns}
    return names.pop() if len(names) == 1 and names <= {*kinds} else None


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
