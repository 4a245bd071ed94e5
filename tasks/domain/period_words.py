"""Parses months and spans as people write them: 2025-06, June 2025, H1 2025, first nine months of 2025, 2025年上半年,
latest; a day stands for its month.

`periods` reads what files print, which is stricter.
"""

import calendar
import re
from collections.abc import Iterable
from datetime import date

from tasks.domain.errors import Unclear
from tasks.domain.periods import Month, first_day, month_number

_NAMES = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
COUNTS = {name: number for number, name in enumerate(_NAMES, 2)}
# What the names of months, ordinals and counts stand for; 三 of 前三季度 is a quarter.
NUMBERS, _ORDINALS = COUNTS | {"sept": 9}, ("first", "second", "third", "fourth")
for words in (_ORDINALS, "一二三四", "上下", calendar.month_name[1:], calendar.month_abbr[1:]):
    NUMBERS |= {name.lower(): number for number, name in enumerate(words, 1)}
# y: the year; m, n: its first and last month; q: a quarter, h: a half; c: the first months, t: the first quarters.
FORMS = tuple(
    re.compile(form.replace("YEAR", r"(?P<y>\d{4})"))
    for form in (
        "YEAR年?",
        r"YEAR\s*[-/.]?\s*(?P<m>\d{1,2})",
        r"YEAR[-/.](?P<m>\d{1,2})[-/.](?:0?[1-9]|[12]\d|3[01])",
        r"YEAR年(?P<m>\d{1,2})月?",
        r"YEAR年(?P<m>\d{1,2})月\d{1,2}日",
        r"YEAR年(?P<m>\d{1,2})月?[-–—~至到](?P<n>\d{1,2})月",
        r"(?P<m>[a-z]{3,9})\.?,?\s+YEAR",
        r"(?P<m>[a-z]{3,9})\.?\s*(?:[-–]|\bto\b|\bthrough\b)\s*(?P<n>[a-z]{3,9})\.?,?\s+YEAR",
        "YEAR-?q(?P<q>[1-4])",
        r"q(?P<q>[1-4])\s+YEAR",
        r"(?P<q>first|second|third|fourth) quarter (?:of )?YEAR",
        "YEAR年第?(?P<q>[一二三四1-4])季度",
        "YEAR-?h(?P<h>[12])",
        r"h(?P<h>[12])\s+YEAR",
        r"(?P<h>first|second) half (?:of )?YEAR",
        "YEAR年(?P<h>上|下)半年",
        rf"first (?P<c>{'|'.join(COUNTS)}) months (?:of )?YEAR",
        r"YEAR年前(?P<c>\d{1,2})个月",
        "YEAR年前(?P<t>三)季度",
    )
)
LATEST = ("latest", "newest", "last", "最新")
RANGE = re.compile(r"\s*(?:\.\.+|…|\bto\b|至|到)\s*")
MONTHS = "write 2024-06, June 2024, a range such as 2024-01..2024-06, a year, or latest"


def read_period(text: str) -> tuple[int, int]:
    """Return the numbers of the first and the last month of a text. Raises Unclear.

    >>> read_period("2025-01..2025-06") == read_period("January-June 2025") == read_period("2025年上半年")
    True
    """
    ends = [_part_of_year(part) for part in text.lower().strip().split("..")]
    if len(ends) > 2 or None in ends or (first := ends[0][0]) > (last := ends[-1][1]):  # type: ignore[index]
        raise Unclear(f"{text!r} is no period; write 2025-06 or 2025-01..2025-06")
    return first, last


def read_months(text: str, latest: date | None = None) -> tuple[date, date]:
    """Return the first day of the first and of the last month of a text; `latest` is the newest month available. A
    range without an end runs to it. Raises ValueError.

    >>> read_months("202406") == read_months("2024-06-17") == read_months("2024年6月17日")
    True
    >>> read_months("2024-11..latest", latest=date(2025, 2, 1))
    (datetime.date(2024, 11, 1), datetime.date(2025, 2, 1))
    """
    if is_latest(text) and latest is None:
        raise ValueError(f"{text!r}: there is no month yet")
    newest = (month_number(latest),) * 2 if latest else None
    plain = text.lower().strip()
    # A range may contain the words of a range: January to June 2024.
    parts = [plain] if plain in LATEST or _part_of_year(plain) else RANGE.split(plain)
    ends = [
        newest if part in LATEST or (place and not part) else _part_of_year(part) for place, part in enumerate(parts)
    ]
    if len(ends) > 2 or ends[0] is None or ends[-1] is None:
        raise ValueError(f"{text!r} is no month; {MONTHS}")
    if ends[0][0] > ends[-1][1]:
        raise ValueError(f"{text!r} ends before it begins; write the earlier month first")
    return first_day(ends[0][0]), first_day(ends[-1][1])


def is_latest(text: str) -> bool:
    """Whether parsing a text needs the newest month."""
    parts = RANGE.split(text.lower().strip())
    return any(part in LATEST for part in parts) or (len(parts) == 2 and not parts[1])


def each_month(spans: Iterable[tuple[date, date]]) -> list[tuple[int, int]]:
    """Return year and number of every month of some spans, each once and in order.

    >>> each_month([(date(2024, 12, 1), date(2025, 1, 1)), (date(2025, 1, 1), date(2025, 1, 1))])
    [(2024, 12), (2025, 1)]
    """
    numbers = {number for first, last in spans for number in range(month_number(first), month_number(last) + 1)}
    return [Month(number).pair for number in sorted(numbers)]


def _part_of_year(text: str) -> tuple[int, int] | None:
    """Parse a month, a year or a part of one; None for anything else."""
    fields = next((match.groupdict() for form in FORMS if (match := form.fullmatch(text))), None)
    if fields is None:
        return None
    number = {name: int(part) if part.isdecimal() else NUMBERS.get(part, 0) for name, part in fields.items() if part}
    first, last = 1, 12
    if "m" in number:
        first, last = number["m"], number.get("n", number["m"])
    for name, length in (("q", 3), ("h", 6)):
        if name in number:
            first, last = number[name] * length - length + 1, number[name] * length
    last = number.get("c", number["t"] * 3 if "t" in number else last)
    january = Month.of(number["y"], 1)
    return (january + first - 1, january + last - 1) if january and 1 <= first <= last <= 12 else None
