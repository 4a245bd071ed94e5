"""Says what one currency was worth in another, by the reference rates of `exchange_rates.csv`: means of months."""

import functools

import polars as pl

from schemas.reference.code_tables import code_table
from tasks.domain.periods import month_name

EURO = "EUR"


def rate(of_currency: str, currency: str, month: int) -> float | None:
    """Return how many units of a currency one of another was worth, mean of a month; None where the table does not
    say."""
    per_euro = [1.0 if one == EURO else _per_euro().get((month_name(month), one)) for one in (of_currency, currency)]
    return per_euro[0] / per_euro[1] if per_euro[0] and per_euro[1] else None


def has_rates(currency: str) -> bool:
    """Whether the table says of any month what a currency was worth."""
    return currency == EURO or any(one == currency for _, one in _per_euro())


@functools.cache
def _per_euro() -> dict[tuple[str, str], float]:
    rows = code_table("exchange_rates").select("month", "currency", pl.col("per_eur").cast(pl.Float64))
    return {(month, currency): value for month, currency, value in rows.iter_rows()}
