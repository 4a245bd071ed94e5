"""Levels, growths and shares from the numbers of a ledger, worked by hand."""

from fractions import Fraction

import pytest

from tasks.claims.readings import growth_of, known_months
from tasks.domain.precision import Interval
from tests.unit.claims.in_memory import Ledger, between, exactly, spot

WORLD = spot("6", partner="WLD")
MONEY = spot("6", measure="value_usd")


def test_a_growth_of_what_is_only_implied_has_two_ends() -> None:
    found = growth_of(exactly(120), between(80, 100))
    assert found is not None
    assert (found.tier, found.strict) == ("implied", Interval(Fraction(20), Fraction(50)))
    assert found.words.startswith("between +20.00 % and +50.00 %, ")


def test_a_share_and_a_price_need_both_numbers() -> None:
    ledger = Ledger({"6": 250, WORLD: 1000, MONEY: 5})
    (share,) = ledger.share(spot("6"))
    assert (share.point, share.words) == (25, "25.0 %, 250 t of 1,000 t")
    (price,) = ledger.unit_value(MONEY)
    # 5,000 dollars for 250,000 kilograms.
    assert (price.point, price.words) == (Fraction(1, 50), "20 USD/t, 5,000 USD for 250 t")
    assert Ledger({"6": 250}).share(spot("6")) == []
    assert Ledger({MONEY: 5}).unit_value(MONEY) == []


def test_partners_and_months_at_hand() -> None:
    ledger = Ledger({"6": 250, "4": 1, "1-6": 5, WORLD: 1000, spot("6", partner="ABC"): 1, spot("6", product="1"): 1})
    assert ledger.partners(spot("6")) == ["ABC", "XXX"]
    assert known_months(ledger, spot("6")) == "2025-04 to 2025-06, 2 months"
    assert known_months(ledger, spot("6", partner="QQQ")) == "none"


@pytest.mark.parametrize(("product", "own"), [("basket:nothing", "basket:nothing"), ("85051110", "85051110"), ("basket:antimony", "basket:antimony")])  # fmt: skip
def test_only_a_basket_of_one_code_is_replaced_by_it(product: str, own: str) -> None:
    assert Ledger({}).canonical(spot("6", product=product)).product == own
