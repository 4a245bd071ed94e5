"""Reads printed periods and converts calendar months."""

import calendar
import functools
import re
from datetime import date

import polars as pl

FIRST_YEAR, LAST_YEAR = 1900, 2199


MONTH = re.compile(r"([0-9]{4})-?(0[1-9]|1[0-2])")
SPAN = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])\.\.([0-9]{4})-(0[1-9]|1[0-2])")
YEARS = range(1980, 2100)
# Month number where there is no month: far before any.
NO_MONTH = -(10**6)


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
    return day.year * 12 + day.month - 1


def first_day(month: int) -> date:
    """First day of the month with this number."""
    return date(month // 12, month % 12 + 1, 1)


def span_name(start: date, end: date) -> str:
    """The months from one day to another: 2025-06, or 2025-01..2025-06."""
    first, last = f"{start:%Y-%m}", f"{end:%Y-%m}"
    return last if first == last else f"{first}..{last}"


def month_name(month: int) -> str:
    """The month with this number, as 2025-06."""
    return f"{month // 12}-{month % 12 + 1:02d}"


def month_index(day: str | pl.Expr) -> pl.Expr:
    """Months as consecutive whole numbers, year x 12 + month - 1."""
    date = pl.col(day) if isinstance(day, str) else day
    return date.dt.year().cast(pl.Int32) * 12 + date.dt.month().cast(pl.Int32) - 1


def index_month(index: str) -> pl.Expr:
    """First day of the month with this index, for years from FIRST_YEAR on."""
    return pl.lit(_first_days()).gather(pl.col(index) - FIRST_YEAR * 12)


@functools.cache
def _first_days() -> pl.Series:
    return pl.date_range(date(FIRST_YEAR, 1, 1), date(LAST_YEAR, 12, 1), "1mo", eager=True)


def month_text() -> pl.Expr:
    """A `month` index as the YYYY-MM of the code tables."""
    return index_month("month").dt.strftime("%Y-%m")
