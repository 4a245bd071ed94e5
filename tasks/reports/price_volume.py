"""Splits the change of a value into what quantity, price and exchange rate make of it (LMDI-I), so that the terms add up exactly.

Codes are split one by one and added up: a chapter's value per kilogram would show a change of mix as one of prices. A code that
began or stopped has no price to compare, so its change is volume. Belongs here: one split, and whose currency prices are in.
"""

import functools
import math
from typing import NamedTuple

import polars as pl

from schemas.reference.code_tables import code_table
from tasks.domain.periods import month_name

# Customs that count in a currency of which the table of exchange rates knows; the members of the Union count in euros.
OWN = {"BRA": "BRL", "CHN": "CNY", "EU27": "EUR", "GBR": "GBP", "JPN": "JPY", "USA": "USD"}
UNION = "EU27"


class Terms(NamedTuple):
    """The terms of a change; `currency` is None where the value is in the reporter's own currency or no rate is known."""

    volume: float
    price: float
    currency: float | None
    lacks_rate: bool = False

    @property
    def status(self) -> str:
        """A word of `split_status`."""
        return "without_rate" if self.lacks_rate else "split"


def split(
    values: tuple[float, float], quantities: tuple[float, float], rates: tuple[float, float] | None = None, *, lacks_rate: bool = False
) -> Terms | None:  # fmt: skip
    """Split the change from the first to the second value; None where a value is there and its quantity is not.

    `rates` are units of the reporter's currency for one of the value's. Volume and currency are rounded to whole units; price is the rest.
    """
    before, level = values
    change = level - before
    unrated = 0.0 if rates else None
    if not before or not level:
        return Terms(change, 0.0, unrated, lacks_rate)
    if min(*values, *quantities) <= 0:
        return None
    weight = change / math.log(level / before) if change else before
    volume = float(round(weight * math.log(quantities[1] / quantities[0])))
    currency = None if rates is None else float(round(weight * math.log(rates[0] / rates[1])))
    return Terms(volume, change - volume - (currency or 0.0), currency, lacks_rate)


def add(parts: list[Terms]) -> Terms:
    """Add up the terms of parts; currency is None where no part has it, and lacks a rate where one does."""
    volume, price, currency, lacks = 0.0, 0.0, None, False
    for part in parts:
        volume += part.volume
        price += part.price
        lacks |= part.lacks_rate
        if part.currency is not None:
            currency = part.currency + (currency or 0.0)
    return Terms(volume, price, currency, lacks)


def own_currency(reporter: str) -> str | None:
    """Return the currency in which a customs authority counts, ISO 4217; None where that is not known."""
    members = code_table("partner_groups").filter(group=UNION)["partner"]
    return OWN.get(reporter) or ("EUR" if reporter in members else None)


def rate(own: str, currency: str, month: int) -> float | None:
    """Return how many units of a currency one of another was worth, mean of a month; None where the table does not say."""
    per_euro = [1.0 if one == "EUR" else _per_euro().get((month_name(month), one)) for one in (own, currency)]
    return per_euro[0] / per_euro[1] if per_euro[0] and per_euro[1] else None


@functools.cache
def _per_euro() -> dict[tuple[str, str], float]:
    rows = code_table("exchange_rates").select("month", "currency", pl.col("per_eur").cast(pl.Float64))
    return {(month, currency): value for month, currency, value in rows.iter_rows()}
