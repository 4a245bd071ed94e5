"""Says what one currency was worth in another, by the reference rates of `exchange_rates.csv`: means of months."""

import functools

import polars as pl

from schemas.reference.code_tables import code_table
from tasks.domain.periods import month_name

EURO = "EUR"


def rate(of_currency: str, currency: str, month: int) -> float | None:
    """Return how many units of a currency one of another was worth, mean of a month; None where the table does not
    say."""
    return _by_month(of_currency).get((month_name(month), currency))


def rates(of_currency: str) -> pl.DataFrame:
    """Return how many units of a currency one of each other was worth: month (YYYY-MM), currency, rate. What the table
    does not say has no row."""
    known = code_table("exchange_rates").select("month", "currency", per=pl.col("per_eur").cast(pl.Float64))
    known = pl.concat([known, known.select("month", currency=pl.lit(EURO), per=pl.lit(1.0)).unique()])
    units = known.filter(currency=of_currency).select("month", units="per")
    return known.join(units, on="month").select("month", "currency", rate=pl.col("units") / pl.col("per"))


def has_rates(currency: str) -> bool:
    """Whether the table says of any month what a currency was worth."""
    return bool(_by_month(currency))


@functools.cache
def _by_month(of_currency: str) -> dict[tuple[str, str], float]:
    return {(month, currency): value for month, currency, value in rates(of_currency).iter_rows()}
