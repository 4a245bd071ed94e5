"""Parses the periods of claims as newspapers write them: 2025-06, June 2025, first nine months of 2025, 2025年上半年."""

import calendar
import re

from tasks.domain.errors import Unclear

COUNTS = {
    name: number
    for number, name in enumerate(
        ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"), 2
    )
}
ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "一": 1, "二": 2, "三": 3, "四": 4}
PERIOD = re.compile(r"(\d{4})-(\d{2})(?:\.\.(\d{4})-(\d{2}))?")
MONTH_NAMES = {name.lower(): number for number, name in enumerate(calendar.month_name) if name}
MONTH_NAMES |= {name.lower(): number for number, name in enumerate(calendar.month_abbr) if name} | {"sept": 9}
YEAR_PART = re.compile(r"(\d{4})(?:-?(q|h)([1-4]))?")
PART_YEAR = re.compile(r"(q[1-4]|h[12])\s+(\d{4})")
QUARTER = re.compile(r"(first|second|third|fourth) quarter (?:of )?(\d{4})|(\d{4})年第?([一二三四1-4])季度")
HALF_YEAR = re.compile(r"(?:(first|second) half (?:of )?(\d{4})|(\d{4})年(上|下)半年)")
NAMED_MONTH = re.compile(r"([a-z]{3,9})\.?,?\s+(\d{4})")
NAMED_SPAN = re.compile(r"([a-z]{3,9})\.?\s*(?:[-–]|\bto\b|\bthrough\b)\s*([a-z]{3,9})\.?,?\s+(\d{4})")
FIRST_MONTHS = re.compile(rf"first ({'|'.join(COUNTS)}) months (?:of )?(\d{{4}})")
FIRST_WRITTEN = re.compile(r"(\d{4})年前(?:(\d{1,2})个月|三季度)")
WRITTEN_SPAN = re.compile(r"(\d{4})年(\d{1,2})月?[-–~至到](\d{1,2})月")
WRITTEN_MONTH = re.compile(r"(\d{4})(?:[/.]|年)(\d{1,2})月?")


def read_period(text: str) -> tuple[int, int]:
    """Return the first and last month of 2025-06 or 2025-01..2025-06; also of 2025, 2025-Q1, H1 2025, the same in
    words, June 2025, January-June 2025 and 2025/6, and of 2025年6月, 2025年1-6月 and 2025年上半年. Raises Unclear.
    """
    if (found := _written_period(text.lower().strip())) is not None:
        return found
    match = PERIOD.fullmatch(text)
    if match is None:
        raise Unclear(f"{text!r} is no period; write 2025-06 or 2025-01..2025-06")
    numbers = [int(number) for number in match.groups() if number]
    months = [year * 12 + month - 1 for year, month in zip(numbers[::2], numbers[1::2], strict=True)]
    if months[0] > months[-1] or not all(1 <= month <= 12 for month in numbers[1::2]):
        raise Unclear(f"{text!r} is no period; write 2025-06 or 2025-01..2025-06")
    return months[0], months[-1]


def _written_period(text: str) -> tuple[int, int] | None:
    """Parse a period in another notation than ours; None if it is in ours, or in none."""
    if match := PART_YEAR.fullmatch(text):
        text = f"{match[2]}-{match[1]}"
    elif match := HALF_YEAR.fullmatch(text):
        text = f"{match[2] or match[3]}-h{1 if (match[1] or match[4]) in ('first', '上') else 2}"
    elif match := QUARTER.fullmatch(text):
        number = match[1] or match[4]
        text = f"{match[2] or match[3]}-q{ORDINALS.get(number, number)}"
    if match := YEAR_PART.fullmatch(text):
        length = {"q": 3, "h": 6}.get(match[2] or "", 12)
        last = int(match[3] or 1) * length
        return _span(int(match[1]), last - length + 1, last)
    return _written_months(text)


def _written_months(text: str) -> tuple[int, int] | None:
    """Parse one or several months of one year, by name or number."""
    span: tuple[str | int, ...] = ()
    if match := WRITTEN_SPAN.fullmatch(text):
        span = match.groups()
    elif match := WRITTEN_MONTH.fullmatch(text):
        span = (match[1], match[2], match[2])
    elif match := NAMED_SPAN.fullmatch(text):
        span = (match[3], MONTH_NAMES.get(match[1], 0), MONTH_NAMES.get(match[2], 0))
    elif match := NAMED_MONTH.fullmatch(text):
        span = (match[2], MONTH_NAMES.get(match[1], 0), MONTH_NAMES.get(match[1], 0))
    elif match := FIRST_MONTHS.fullmatch(text):
        span = (match[2], 1, COUNTS[match[1]])
    elif match := FIRST_WRITTEN.fullmatch(text):
        span = (match[1], 1, match[2] or 9)
    return _span(*map(int, span)) if span else None


def _span(year: int, first: int, last: int) -> tuple[int, int] | None:
    """Return the period from one month of a year to another; None if they are no months, or not in order."""
    return (year * 12 + first - 1, year * 12 + last - 1) if 1 <= first <= last <= 12 else None
