"""Defines a parsed claim, a figure at a place with the digits in which it is printed, and formats places and numbers
for the reasons of verdicts.

Belongs here: the form of a claim, which values its digits allow, and the words for places, levels and changes of
definition. Levels on the two sides of a change of definition give no growth, no record and no sum, as in the table
`metric`; only a source that prints the figure itself does. `parse` reads a claim from text.
"""

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from tasks.domain.comparability import Change, breaks_of
from tasks.domain.labels import partner_name, product_name, trade_of, written_month
from tasks.domain.periods import first_day, month_name
from tasks.domain.reporter import Reporter

DIGITS_MIN = 2
NAMED_MAX = 3
SCALES = {"quantity_kg": (1000, "t")}
QUALIFIED = {
    "below": "nearly",
    "slightly above": "just over",
    "above": "more than",
    "under": "less than",
    "about": "about",
}


@dataclass(frozen=True)
class Spot:
    """A period of one series; months count from year 0, both ends included."""

    flow: str
    product: str
    partner: str
    measure: str
    first: int
    last: int

    def at(self, **other: Any) -> "Spot":
        """Return a copy with some fields changed."""
        return replace(self, **other)

    def shifted(self, months: int) -> "Spot":
        """Return the same spot this many months later."""
        return replace(self, first=self.first + months, last=self.last + months)

    def base(self, kind: str) -> "Spot":
        """Return the period that its change on the month before (`mom`) or on a year before is measured from."""
        return self.shifted(-1 if kind == "mom" else -12)

    @property
    def is_month(self) -> bool:
        """Whether it is a single month."""
        return self.first == self.last

    @property
    def months(self) -> str:
        """2025-06 or 2025-01..2025-06."""
        return month_name(self.first) if self.is_month else f"{month_name(self.first)}..{month_name(self.last)}"


@dataclass(frozen=True)
class Stated:
    """A parsed claim: `kind` of figure at a place, `value` in `unit_size` of the ledger's unit, with a last digit
    worth `step`.
    """

    spot: Spot
    kind: str
    value: Fraction
    step: Fraction
    text: str
    unit: str
    unit_size: int
    qualifier: str
    against: Spot | None = None
    title: str = ""
    printed_in: int | None = None

    @property
    def qualifier_text(self) -> str:
        """The qualifier as the start of a phrase."""
        return f"{QUALIFIED[self.qualifier]} " if self.qualifier in QUALIFIED else ""

    @property
    def digits(self) -> int:
        """The number of digits printed after leading zeros."""
        return len(re.sub(r"\D", "", self.text).lstrip("0"))

    @property
    def steps(self) -> list[Fraction]:
        """Possible values of one unit of the last digit: the last printed one, and those before it if zeros end the
        number.
        """
        if "." in self.text:
            return [self.step]
        digits = re.sub(r"\D", "", self.text)
        zeros = len(digits) - len(digits.rstrip("0"))
        return [self.step * 10**power for power in range(min(zeros, max(len(digits) - DIGITS_MIN, 0)) + 1)]

    @property
    def shown(self) -> str:
        """The figure as a person writes it."""
        return f"{self.text} {self.unit}".strip()


def show_level(value: Fraction, measure: str) -> str:
    """Format a level, with no more digits than it needs."""
    scale, unit = SCALES.get(measure, (1, measure))
    if measure.startswith("value_"):
        # value_usd_duty is money too.
        money = measure.split("_")[1].upper()
        scale, unit = (10**6, f"million {money}") if abs(value) >= 10**6 else (1, money)
    number = float(value) / scale
    text = f"{number:,.3f}".rstrip("0").rstrip(".") if number < 100_000 else f"{number:,.0f}"
    return f"{text} {unit}"


def show_percent(value: Fraction) -> str:
    """Format a growth."""
    number = float(value)
    return f"{number:+,.2f} %" if abs(number) < 100 else f"{number:+,.1f} %"


def describe(spot: Spot, reporter: Reporter) -> str:
    """Describe a place in the statistics of a reporter in words."""
    months = spot.months if not spot.is_month else written_month(first_day(spot.first))
    to = "" if spot.partner == "WLD" else f" {'to' if spot.flow == 'export' else 'from'} {partner_name(spot.partner)}"
    return f"{trade_of(reporter.code, spot.flow)} of {product_name(spot.product, reporter.nomenclature)}{to}, {months}"


def changes_between(spot: Spot, other: Spot, reporter: Reporter) -> list[Change]:
    """Return the changes in the reporter's statistics of the series of `spot` after the first and up to the last month
    of two of its periods, in order.

    For a period and itself: the changes inside it.
    """
    first, last = min(spot.first, other.first), max(spot.last, other.last)
    return [
        change for change in _known(spot.product, spot.partner, spot.measure, reporter) if first < change.month <= last
    ]


def describe_changes(changes: Sequence[Change]) -> str:
    """Format the changes for the reason of a verdict: from when, what, and by which source."""
    named = [f"{month_name(change.month)}: {change.what} ({change.source})" for change in changes[:NAMED_MAX]]
    more = [f"{len(changes) - NAMED_MAX} more"] if len(changes) > NAMED_MAX else []
    return "; ".join([*named, *more])


# The search for a number elsewhere repeats the question for every partner and nearby month of a series.
@functools.lru_cache(4096)
def _known(product: str, partner: str, measure: str, reporter: Reporter) -> list[Change]:
    return breaks_of(product, partner, measure, reporter)
