"""Compares the name of a file with its declaration and its content.

People name a download after their request. No value is taken from a name; it only raises a finding where it clearly
names another month, direction or currency. Digits that may be a day, a code or the month of the download are ignored.
"""

import re
from collections.abc import Collection

from schemas.forms.request import Landed
from tasks.domain.findings import Rows, finding
from tasks.domain.periods import month_name, month_number
from tasks.domain.text import clip

# From 2010 on, because the headings of the HS are 2001 to 2009. Digits after the month are a day, or a month without a
# year.
MONTH = re.compile(
    r"(?<![0-9])(?<![0-9]\.)(20[1-9][0-9])"
    r"(?:[-_.]?(0[1-9]|1[0-2])(?![0-9]|[-_.][0-9]{1,2}(?![0-9]))|\s?年\s?(0?[1-9]|1[0-2])\s?月(?!\s?[0-9]{1,2}\s?日))"
)
# A name with both is ignored.
FLOWS = {"export": r"(?<![a-z])exports?(?![a-z])|出口", "import": r"(?<![a-z])imports?(?![a-z])|进口|进出口"}
CURRENCIES = {"value_usd": r"(?<![a-z])usd(?![a-z])|美元", "value_cny": r"(?<![a-z])(?:cny|rmb)(?![a-z])|人民币"}


def months_named(name: str) -> list[int]:
    """The months in a name, as numbers.

    >>> [month_name(month) for month in months_named("magnets_202506.csv")]
    ['2025-06']
    >>> [month_name(month) for month in months_named("85051110 2025-01..2025-06, 2025年7月.xlsx")]
    ['2025-01', '2025-06', '2025-07']
    >>> months_named("39221000_2026_01-06 as of 2026-08-01, 20260801.xlsx"), months_named("200911.csv")
    ([], [])
    """
    return [int(year) * 12 + int(plain or worded) - 1 for year, plain, worded in MONTH.findall(name)]


def doubt_file_name(landed: Landed, measures: Collection[str], first: int, last: int, *, says_months: bool) -> Rows:
    """Findings where the name contradicts the release, whose months are `first` to `last`.

    With `says_months` the file has these months in it: the name is wrong, which is a warning. Where they are only
    declared, either may be wrong.
    """
    name = landed.file.name
    # A file named after the month of its download has only older months: all of them had ended.
    named = [month for month in months_named(name) if month < month_number(landed.released_on)]
    is_other = [not first <= month <= last for month in named]
    if named and (all(is_other) if says_months else any(is_other)):
        months = month_name(first) if first == last else f"{month_name(first)}..{month_name(last)}"
        yield finding(
            "file_name", "warning" if says_months else "error", clip(name),
            observed=f"{', '.join(map(month_name, named))} in the name", expected=f"{months}, {'as in its records' if says_months else 'as declared'}",
            advice="The months of the records are published; see that it is the file that was meant." if says_months
            else "See which of the two the query was for; correct months, or approve.",
        )  # fmt: skip
    flow = _only_one(FLOWS, name)
    if landed.flow and flow and flow != landed.flow:
        yield finding(
            "file_name", "error", clip(name), observed=f"{flow} in the name", expected=f"{landed.flow}, as declared",
            advice="See which of the two the query was for; correct flow, or approve.",
        )  # fmt: skip
    currency = _only_one(CURRENCIES, name)
    if currency and currency not in measures and not {*CURRENCIES}.isdisjoint(measures):
        yield finding(
            "file_name", "warning", clip(name), observed=f"{currency.removeprefix('value_').upper()} in the name",
            expected="the currency of its title", advice="The title counts; if it was edited, download the file again.",
        )  # fmt: skip


def _only_one(words: dict[str, str], name: str) -> str | None:
    said = [meaning for meaning, pattern in words.items() if re.search(pattern, name, re.IGNORECASE)]
    return said[0] if len(said) == 1 else None
