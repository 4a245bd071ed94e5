"""What a currency was worth in a month, by the table."""

from datetime import date

import pytest

from tasks.domain.exchange_rates import has_rates, rate, rates
from tasks.domain.periods import month_number


def test_rates_are_those_of_the_table() -> None:
    january = 2017 * 12
    assert rate("CNY", "USD", january) == pytest.approx(7.3189 / 1.061441)
    assert rate("EUR", "USD", january) == pytest.approx(1 / 1.061441)
    assert rate("CNY", "USD", 1990 * 12) is None


@pytest.mark.parametrize("currency", ["USD", "EUR"])
def test_rates_of_a_column_are_those_of_each_month(currency: str) -> None:
    """Of a currency in itself it is one, in each month of the table."""
    known = rates(currency)
    assert {"CNY", "EUR", "USD"} <= {*known["currency"]}
    assert known.filter(currency=currency)["rate"].unique().to_list() == [1.0]
    for month, other, value in known.sample(20, seed=1).iter_rows():
        assert rate(currency, other, month_number(date.fromisoformat(f"{month}-01"))) == value


def test_a_currency_without_a_row_has_no_rates() -> None:
    assert (has_rates("EUR"), has_rates("CNY"), has_rates("XXX")) == (True, True, False)
