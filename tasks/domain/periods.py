"""Reads printed periods and converts calendar months."""

import calendar
import functools
import re
from collections.abc import Iterable
from datetime import date

import polars as pl

FIRST_YEAR, LAST_YEAR = 1900, 2199
MONTHS = 12
# How file names, links and pages shorten the months.
SHORT_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

MONTH = re.compile(r"([0-9]{4})-?(0[1-9]|1[0-2])")
SPAN = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])\.\.([0-9]{4})-(0[1-9]|1[0-2])")
YEARS = range(1980, 2100)
# Month number where there is no month: far before any.
NO_MONTH = -(10**6)
# The first and the last of some months, as month numbers.
Span = tuple[int, int]


class Month(int):
    """A calendar month as a consecutive whole number, year x 12 + month - 1: months are counted, compared and added to
    as numbers. Columns hold the plain number; `year_of`, `number_of` and `january_of` are the same of a column.

    >>> month = Month.of(2025, 6)
    >>> month.text, (month + 8).text, month - 5 == month.january, month.partition("export"), month.first_day
    ('2025-06', '2026-02', True, ('export', 2025, 6), datetime.date(2025, 6, 1))
    """

    @classmethod
    def of(cls, year: int, number: int) -> "Month":
        """The month of a year, 1 to 12."""
        return cls(year * MONTHS + number - 1)

    def __add__(self, months: int) -> "Month":
        return Month(int(self) + months)

    @property
    def year(self) -> int:
        """Its year."""
        return self // MONTHS

    @property
    def number(self) -> int:
        """Which month of its year it is, 1 to 12."""
        return self % MONTHS + 1

    @property
    def pair(self) -> tuple[int, int]:
        """Year, and month of the year."""
        return self.year, self.number

    def partition(self, flow: str) -> tuple[str, int, int]:
        """Where tables that are filed by month have it."""
        return flow, self.year, self.number

    @property
    def january(self) -> "Month":
        """The January of its year."""
        return Month(self - self % MONTHS)

    @property
    def december(self) -> "Month":
        """The December of its year."""
        return Month(self.january + MONTHS - 1)

    @property
    def is_january(self) -> bool:
        """Whether its year begins with it."""
        return self % MONTHS == 0

    @property
    def text(self) -> str:
        """As 2025-06."""
        return f"{self.year}-{self.number:02d}"

    @property
    def first_day(self) -> date:
        """Its first day."""
        return date(self.year, self.number, 1)


def year_of(month: pl.Expr) -> pl.Expr:
    """The year of months of a column."""
    return month // MONTHS


def number_of(month: pl.Expr) -> pl.Expr:
    """Which month of its year each month of a column is, 1 to 12."""
    return month % MONTHS + 1


def january_of(month: pl.Expr) -> pl.Expr:
    """The January of the year of months of a column."""
    return month // MONTHS * MONTHS


def read_period(text: str) -> tuple[date, date] | None:
    """First and last day of `202506`, `2025-06` or `2025-01..2025-06`; None for anything else.

    >>> read_period("202506")
    (datetime.date(2025, 6, 1), datetime.date(2025, 6, 30))
    >>> read_period("Jun-25") is None
    True
    """
    if match := MONTH.fullmatch(text):
        year, month = map(int, match.groups())
        return (date(year, month, 1), month_end(date(year, month, 1))) if year in YEARS else None
    if match := SPAN.fullmatch(text):
        first_year, first_month, last_year, last_month = map(int, match.groups())
        first, last = date(first_year, first_month, 1), month_end(date(last_year, last_month, 1))
        return (first, last) if first < last and first_year in YEARS and last_year in YEARS else None
    return None


def month_end(day: date) -> date:
    """Last day of the month of `day`."""
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])


def month_start(day: date) -> date:
    """First day of the month of `day`."""
    return day.replace(day=1)


def month_number(day: date) -> int:
    """Months as consecutive whole numbers, year x 12 + month - 1; `month_index` does the same for a column."""
    return day.year * MONTHS + day.month - 1


def first_day(month: int) -> date:
    """First day of the month with this number."""
    return Month(month).first_day


def span_name(start: date, end: date) -> str:
    """The months from one day to another: 2025-06, or 2025-01..2025-06."""
    first, last = f"{start:%Y-%m}", f"{end:%Y-%m}"
    return last if first == last else f"{first}..{last}"


def joined_spans(spans: Iterable[Span]) -> list[Span]:
    """Spans of months in order, those that follow each other or overlap as one.

    >>> joined_spans([(24310, 24312), (24300, 24302), (24303, 24303)])
    [(24300, 24303), (24310, 24312)]
    """
    joined: list[Span] = []
    for first, last in sorted(spans):
        if joined and first <= joined[-1][1] + 1:
            joined[-1] = joined[-1][0], max(joined[-1][1], last)
        else:
            joined.append((first, last))
    return joined


def month_runs(months: Iterable[int]) -> list[Span]:
    """The first and last month of each run of consecutive months (month numbers).

    >>> month_runs([24300, 24302, 24301, 24310])
    [(24300, 24302), (24310, 24310)]
    """
    return joined_spans((month, month) for month in months)


def month_name(month: int) -> str:
    """The month with this number, as 2025-06."""
    return Month(month).text


def month_index(day: str | pl.Expr) -> pl.Expr:
    """Months as consecutive whole numbers, year x 12 + month - 1."""
    date = pl.col(day) if isinstance(day, str) else day
    return date.dt.year().cast(pl.Int32) * MONTHS + date.dt.month().cast(pl.Int32) - 1


def index_month(index: str) -> pl.Expr:
    """First day of the month with this index, for years from FIRST_YEAR on."""
    return pl.lit(_first_days()).gather(pl.col(index) - FIRST_YEAR * MONTHS)


@functools.cache
def _first_days() -> pl.Series:
    return pl.date_range(date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 1), "1mo", eager=True)


def month_text() -> pl.Expr:
    """A `month` index as the YYYY-MM of the code tables."""
    return index_month("month").dt.strftime("%Y-%m")
