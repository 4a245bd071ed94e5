"""Price, volume and currency: terms that add up, and what is not split."""

import itertools

import polars as pl
import pytest

from tasks.reports.price_volume import Terms, add, own_currency, rate, split

Pair = tuple[float | None, float | None]
COLUMNS = ("before", "level", "mass_before", "mass", "rate_before", "rate")


def terms_of(*changes: tuple[Pair, Pair, Pair]) -> list[tuple[float | None, ...]]:
    """Volume, price and currency of changes: values, masses and rates."""
    rows = pl.DataFrame(
        [(*values, *masses, *rates) for values, masses, rates in changes],
        dict.fromkeys(COLUMNS, pl.Float64),
        orient="row",
    )
    rest = pl.col("level") - pl.col("before") - pl.col("volume") - pl.col("currency").fill_null(0.0)
    return rows.with_columns(split()).select("volume", rest.alias("price"), "currency").rows()


@pytest.mark.parametrize(
    ("values", "masses", "rates", "terms"),
    [
        ((100.0, 200.0), (10.0, 20.0), (None, None), (100.0, 0.0, None)),
        ((100.0, 200.0), (10.0, 10.0), (None, None), (0.0, 100.0, None)),
        # Seven for a dollar, then 7.7: the price in the own currency did not move, the dollar value fell by a tenth of it.
        ((1_100.0, 1_000.0), (10.0, 10.0), (7.0, 7.7), (0.0, 0.0, -100.0)),
        ((0.0, 500.0), (0.0, 9.0), (7.0, 7.7), (500.0, 0.0, 0.0)),
        ((500.0, 0.0), (0.0, 0.0), (None, None), (-500.0, 0.0, None)),
        ((100.0, 200.0), (0.0, 20.0), (None, None), (None, None, None)),
        ((100.0, 100.0), (10.0, 20.0), (None, None), (69.0, -69.0, None)),
    ],
)
def test_a_change_is_split(values: Pair, masses: Pair, rates: Pair, terms: tuple[float | None, ...]) -> None:
    assert terms_of((values, masses, rates)) == [terms]


def test_terms_of_whole_units_add_up_to_the_last_unit() -> None:
    every = [float(number) for number in (1, 7, 991, 88_420, 12_345_678, 9_007_199_254)]
    changes = list(itertools.product(itertools.product(every, every), ((mass, 13.0) for mass in every), [(7.1, 6.9)]))
    for ((before, level), *_), terms in zip(changes, terms_of(*changes), strict=True):
        assert sum(term or 0.0 for term in terms) == level - before
        assert all(term is not None and term.is_integer() for term in terms)
    known = [Terms(3.0, 1.0, None), Terms(12.0, 3.0, 5.0, lacks_rate=True)]
    whole = add(known, 15.0)
    assert whole == Terms(15.0, 4.0, 5.0, lacks_rate=True)
    assert [(one.price, one.status) for one in known] == [(2.0, "split"), (4.0, "without_rate")]
    assert (add(known, 16.0), add([*known, "no_quantity"], 15.0)) == ("not_broken_down", "no_quantity")


def test_rates_are_those_of_the_table() -> None:
    assert [own_currency(code) for code in ("CHN", "DEU", "KOR")] == ["CNY", "EUR", None]
    january = 2017 * 12
    assert rate("CNY", "USD", january) == pytest.approx(7.3189 / 1.061441)
    assert rate("EUR", "USD", january) == pytest.approx(1 / 1.061441)
    assert rate("CNY", "USD", 1990 * 12) is None
