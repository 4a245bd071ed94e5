"""Parses months as people write them: 2024-6, 202406, June 2024, 2024年6月, 2024-01..2024-06, 2024, latest."""

import re
from collections.abc import Iterable
from datetime import date

from tasks.claims.periods import read_period
from tasks.domain.errors import Unclear
from tasks.domain.periods import first_day, month_number

LATEST = ("latest", "newest", "last", "最新")
RANGE = re.compile(r"\s*(?:\.\.+|…|\bto\b|至|到)\s*")
DIGITS = re.compile(r"(\d{4})\s*[-/.]?\s*(\d{1,2})")
FORMS = "write 2024-06, June 2024, a range such as 2024-01..2024-06, a year, or latest"


def read_months(text: str, latest: date | None = None) -> tuple[date, date]:
    """Return the first day of the first and of the last month of a text; `latest` is the newest month available. A
    range without an end runs to it. Raises ValueError.

    >>> read_months("202406")
    (datetime.date(2024, 6, 1), datetime.date(2024, 6, 1))
    >>> read_months("Jan 2024 to 2024-6") == read_months("2024-01..2024-06") == read_months("2024年1-6月")
    True
    >>> read_months("2024-11..latest", latest=date(2025, 2, 1))
    (datetime.date(2024, 11, 1), datetime.date(2025, 2, 1))
    """
    plain = text.strip()
    whole = _one(plain, latest)
    if whole is None:
        parts = RANGE.split(plain)
        ends = [_one(part, latest) for part in parts]
        if len(parts) == 2 and parts[0] and not parts[1]:
            ends[1] = _one(LATEST[0], latest)
        if len(ends) != 2 or ends[0] is None or ends[1] is None:
            raise ValueError(f"{text!r} is no month; {FORMS}")
        whole = ends[0][0], ends[1][1]
    if whole[0] > whole[1]:
        raise ValueError(f"{text!r} ends before it begins; write the earlier month first")
    return whole


def each_month(spans: Iterable[tuple[date, date]]) -> list[tuple[int, int]]:
    """Return year and number of every month of some spans, each once and in order.

    >>> each_month([(date(2024, 12, 1), date(2025, 1, 1)), (date(2025, 1, 1), date(2025, 1, 1))])
    [(2024, 12), (2025, 1)]
    """
    found = {number for first, last in spans for number in range(month_number(first), month_number(last) + 1)}
    return [(day.year, day.month) for day in map(first_day, sorted(found))]


def is_latest(text: str) -> bool:
    """Whether parsing a text needs the newest month."""
    parts = RANGE.split(text.strip())
    return any(part.lower() in LATEST for part in parts) or (len(parts) == 2 and not parts[1])


def _one(text: str, latest: date | None) -> tuple[date, date] | None:
    """Parse a month, or a year or part of one; None for anything else."""
    if text.lower() in LATEST:
        if latest is None:
            raise ValueError(f"{text!r}: there is no month yet")
        return latest, latest
    if match := DIGITS.fullmatch(text):
        year, month = int(match[1]), int(match[2])
        return (date(year, month, 1),) * 2 if 1 <= month <= 12 and year else None
    try:
        first, last = read_period(text)
    except Unclear:
        return None
    return first_day(first), first_day(last)
