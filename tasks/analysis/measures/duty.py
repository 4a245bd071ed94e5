"""Computes what was assessed at the border: duty by the value of imports for consumption, by good, partner and month.

The duty is what the statistics calculate from the entries by the tariff that applied to each, so preferences, free
entries and exclusions are in it, and what was refunded later is not taken off. It is no rate of a tariff: of two months
the rate may differ because other goods, or goods of other countries, were entered.

Belongs here: the rates of sums over goods and months with their status, and windows around a day. The rate of a single
month is a figure of `metric` too, `of_consumption_pct`.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from tasks.domain.units import CONSUMPTION, DUTIABLE, DUTY

MEASURES = (CONSUMPTION, DUTIABLE, DUTY)


class Assessed(NamedTuple):
    """What was assessed on some imports: the sums, rates in per cent, and how they were made."""

    consumption: float | None
    dutiable: float | None
    duty: float | None
    rate: float | None
    dutiable_rate: float | None
    dutiable_share: float | None
    status: str


def assessed(consumption: float | None, dutiable: float | None, duty: float | None) -> Assessed:
    """Return the rates of some imports; null where nothing can be divided, and the status says why.

    >>> assessed(200.0, 100.0, 25.0)[3:]
    (12.5, 25.0, 50.0, 'partly_free')
    >>> assessed(200.0, 0.0, 0.0).status, assessed(0.0, 0.0, 0.0).status, assessed(200.0, None, None).status
    ('free', 'no_imports', 'no_duty_stated')
    """
    rate = duty / consumption * 100 if duty is not None and consumption else None
    of_dutiable = duty / dutiable * 100 if duty is not None and dutiable else None
    share = dutiable / consumption * 100 if dutiable is not None and consumption else None
    return Assessed(consumption, dutiable, duty, rate, of_dutiable, share, _status(consumption, dutiable, duty))


def _status(consumption: float | None, dutiable: float | None, duty: float | None) -> str:
    if not consumption:
        return "not_covered" if consumption is None else "duty_without_imports" if duty else "no_imports"
    if duty is None or dutiable is None:
        return "no_duty_stated" if duty is None else "no_dutiable_stated"
    if not (dutiable and duty):
        return "zero_duty" if dutiable else "duty_without_value" if duty else "free"
    return "partly_free" if dutiable < consumption else "dutiable"


def together(parts: Sequence[tuple[float | None, float | None, float | None]]) -> Assessed:
    """Return the rates of several imports together; a sum is not known where one of its parts is not."""
    sums = [None if None in column else sum(filter(None, column)) for column in zip(*parts, strict=True)]
    consumption, dutiable, duty = sums if sums else (None, None, None)
    return assessed(consumption, dutiable, duty)


def shift_of(before: Assessed, after: Assessed) -> float | None:
    """Return by how many percentage points the rate rose; None where one of them is not known."""
    return None if before.rate is None or after.rate is None else after.rate - before.rate


def rank_of(shift: float | None, placebos: Sequence[float | None]) -> tuple[int, int]:
    """Return how many placebos rose by at least as much, and how many are known."""
    known = [one for one in placebos if one is not None]
    return sum(shift is not None and one >= shift for one in known), len(known)


def row_of(assessed: Assessed) -> dict[str, Any]:
    """Return the figures as columns of the table `duty`."""
    return {
        "consumption_usd": assessed.consumption,
        "dutiable_usd": assessed.dutiable,
        "duty_usd": assessed.duty,
        "rate_pct": assessed.rate,
        "dutiable_rate_pct": assessed.dutiable_rate,
        "dutiable_share_pct": assessed.dutiable_share,
        "status": assessed.status,
    }
