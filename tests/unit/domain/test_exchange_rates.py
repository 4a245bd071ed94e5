"""What a currency was worth in a month, by the table."""

import pytest

from tasks.domain.exchange_rates import rate


def test_rates_are_those_of_the_table() -> None:
    january = 2017 * 12
    assert rate("CNY", "USD", january) == pytest.approx(7.3189 / 1.061441)
    assert rate("EUR", "USD", january) == pytest.approx(1 / 1.061441)
    assert rate("CNY", "USD", 1990 * 12) is None
