"""Price, volume and currency: terms that add up, and what is not split."""

import itertools

import pytest

from tasks.reports.price_volume import Terms, add, own_currency, rate, split


@pytest.mark.parametrize(
    ("values", "quantities", "rates", "terms"),
    [
        ((100.0, 200.0), (10.0, 20.0), None, Terms(100.0, 0.0, None)),
        ((100.0, 200.0), (10.0, 10.0), None, Terms(0.0, 100.0, None)),
        # Seven for a dollar, then 7.7: the price in the own currency did not move, the dollar value fell by a tenth of it.
        ((1_100.0, 1_000.0), (10.0, 10.0), (7.0, 7.7), Terms(0.0, 0.0, -100.0)),
        ((0.0, 500.0), (0.0, 9.0), (7.0, 7.7), Terms(500.0, 0.0, 0.0)),
        ((500.0, 0.0), (0.0, 0.0), None, Terms(-500.0, 0.0, None)),
        ((100.0, 200.0), (0.0, 20.0), None, None),
        ((100.0, 100.0), (10.0, 20.0), None, Terms(69.0, -69.0, None)),
    ],
)
def test_a_change_is_split(
    values: tuple[float, float], quantities: tuple[float, float], rates: tuple[float, float] | None, terms: Terms | None
) -> None:
    assert split(values, quantities, rates) == terms


def test_terms_of_whole_units_add_up_to_the_last_unit() -> None:
    every = [float(number) for number in (1, 7, 991, 88_420, 12_345_678, 9_007_199_254)]
    for before, level, mass in itertools.product(every, every, every):
        terms = split((before, level), (mass, 13.0), (7.1, 6.9))
        assert terms is not None
        assert terms.volume + terms.price + (terms.currency or 0.0) == level - before
    known = [Terms(1.0, 2.0, None), Terms(3.0, 4.0, 5.0, lacks_rate=True)]
    assert add(known) == Terms(4.0, 6.0, 5.0, lacks_rate=True)
    assert (add(known).status, add(known[:1]).status) == ("without_rate", "split")


def test_rates_are_those_of_the_table() -> None:
    assert [own_currency(code) for code in ("CHN", "DEU", "KOR")] == ["CNY", "EUR", None]
    january = 2017 * 12
    assert rate("CNY", "USD", january) == pytest.approx(7.3189 / 1.061441)
    assert rate("EUR", "USD", january) == pytest.approx(1 / 1.061441)
    assert rate("CNY", "USD", 1990 * 12) is None
