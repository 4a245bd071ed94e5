"""Defines a parsed claim: a figure at a place, with the digits in which it is printed.

Belongs here: the form of a claim, and which values its digits allow. `parse` reads it from text.
"""

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from tasks.domain.periods import month_name

DIGITS_MIN = 2
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
