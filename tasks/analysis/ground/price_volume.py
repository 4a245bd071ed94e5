"""Splits the change of a value into what quantity, price and exchange rate make of it (LMDI-I), so that the terms add
up exactly.

Codes are split one by one and added up: a chapter's value per kilogram would show a change of mix as one of prices. A
code that began or stopped has no price to compare, so its change is volume. Belongs here: one split, and whose currency
prices are in.
"""

from collections.abc import Iterable
from typing import NamedTuple

import polars as pl

from schemas.reference.code_tables import code_table
from tasks.domain.exchange_rates import has_rates
from tasks.sources.registry import SOURCES


class Terms(NamedTuple):
    """A change and what quantity and exchange rate make of it; the price is the rest. `currency` is None where the
    value is in the reporter's own currency or no rate is known.
    """

    change: float
    volume: float
    currency: float | None
    lacks_rate: bool = False

    @property
    def price(self) -> float:
        """What the price makes of the change."""
        return self.change - self.volume - (self.currency or 0.0)

    @property
    def status(self) -> str:
        """A word of `split_status`."""
        return "without_rate" if self.lacks_rate else "split"


def split() -> list[pl.Expr]:
    """Return the expressions `volume` and `currency` of a change from `before` to `level`, rounded to whole units.

    The rows have also `mass_before` and `mass`, and `rate_before` and `rate`: units of the reporter's currency for one
    of the value's. The volume is null where a value is there and its quantity is not, the currency also where the rates
    are null.
    """
    before, level, change = pl.col("before"), pl.col("level"), pl.col("level") - pl.col("before")
    is_turned = (before == 0) | (level == 0)
    is_split = pl.min_horizontal("before", "level", "mass_before", "mass") > 0
    weight = pl.when(change == 0).then(before).otherwise(change / (level / before).log())

    def whole(value: pl.Expr) -> pl.Expr:
        return pl.when(is_split).then(value.round()).cast(pl.Int64).cast(pl.Float64)

    volume = whole(weight * (pl.col("mass") / pl.col("mass_before")).log())
    currency = whole(weight * (pl.col("rate_before") / pl.col("rate")).log())
    return [
        pl.when(is_turned).then(change).otherwise(volume).alias("volume"),
        pl.when(is_turned & pl.col("rate").is_not_null()).then(0.0).otherwise(currency).alias("currency"),
    ]


def add(parts: Iterable[Terms | str], change: float) -> Terms | str:
    """Add up the terms of parts that must make up a change, which are whole units but for the last bits of a sum.
    Return the first word of `split_status` among the parts, or `not_broken_down`. The currency is None where no part
    has it, and lacks a rate where one does.
    """
    whole = Terms(0.0, 0.0, None)
    for part in parts:
        if isinstance(part, str):
            return part
        currency = whole.currency if part.currency is None else part.currency + (whole.currency or 0.0)
        lacks = whole.lacks_rate or part.lacks_rate
        whole = Terms(whole.change + part.change, whole.volume + part.volume, currency, lacks)
    return whole if abs(whole.change - change) < 0.5 else "not_broken_down"


def own_currency(reporter: str) -> str | None:
    """Return the currency in which a customs authority counts, ISO 4217; None where that is not known, or no rates of
    it are. Members of a group count in that of the group."""
    authorities = [reporter, *code_table("partner_groups").filter(partner=reporter)["group"]]
    # A source is imported when it is looked at: of a reporter with a source of its own, few are.
    counted = (
        source.currency
        for authority in authorities
        for source in SOURCES.values()
        if (source.reporter or source.group) == authority and has_rates(source.currency)
    )
    return next(counted, None)
