"""Compares numbers of a row with one another on China customs' pages: growth with its two years, exports and imports with their sum.

A number in another column, or of another row, breaks them. What rounding allows is no doubt.
"""

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction

from tasks.domain.findings import finding
from tasks.domain.text import counted
from tasks.sources.gacc_rows import NUMBER, Row
from tasks.sources.gacc_tables import GROWTHS, UNITS, Column, Heading

# One wrong row is a misprint; so many mean that columns have changed places.
WRONG_SHARE_MAX = Fraction(1, 10)


def doubt_growth(rows: Sequence[Row], columns: Sequence[Column | None], heading: Heading, where: str) -> Iterator[dict[str, str]]:  # fmt: skip
    """Finds rows whose printed growth cannot follow from the two years to date printed in the same row."""
    now, before = (_so_far(year, heading.last) for year in (heading.year, heading.year - 1))
    sets = [tuple(Column(months, what) for months in (now, before, GROWTHS)) for what in ("quantity", "value")]
    yield from _doubt(
        "growth_differs", rows, columns, sets, _can_grow, where,
        "{0} after {1}, printed growth {2} %", "a growth that these two figures can have",
    )  # fmt: skip


def doubt_balance(rows: Sequence[Row], columns: Sequence[Column | None], where: str) -> Iterator[dict[str, str]]:
    """Finds rows whose exports and imports do not add up to the sum printed beside them."""
    spans = dict.fromkeys(column.months for column in columns if column and column.months not in (GROWTHS, UNITS))
    sets = [tuple(Column(months, what) for what in ("export", "import", "both")) for months in spans]
    yield from _doubt(
        "balance_differs", rows, columns, sets, _adds_up, where, "{0} and import {1}, together {2}", "two figures and their sum"
    )  # fmt: skip


def _doubt(check: str, rows: Sequence[Row], columns: Sequence[Column | None], sets: Sequence[tuple[Column, ...]],
           fits: Callable[[str, str, str], bool], where: str, shown: str, expected: str) -> Iterator[dict[str, str]]:  # fmt: skip
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
            check, "error" if len(wrong) > WRONG_SHARE_MAX * compared else "warning", f"{where}, row {row.number}, {row.label}",
            observed=f"{what} {shown.format(*texts)}{more}", expected=expected,
            advice="A number of the row is wrong or in another column: look at the page.",
        )  # fmt: skip


def _so_far(year: int, last: int) -> str:
    return f"{year}-01..{year}-{last:02d}" if last > 1 else f"{year}-01"


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
