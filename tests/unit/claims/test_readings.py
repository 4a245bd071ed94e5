"""Levels, growths and shares from the numbers of a ledger, worked by hand."""

from fractions import Fraction

import pytest

from tasks.claims.readings import growth_of, known_months
from tasks.domain.precision import Interval
from tests.unit.claims.in_memory import Ledger, between, exactly, spot

WORLD = spot("6", partner="WLD")
MONEY = spot("6", measure="value_usd")


def test_a_printed_level_is_taken_as_it_is() -> None:
    (found,) = Ledger({"6": 353}).level(spot("6"))
    assert (found.point, found.tier, found.words) == (353_000, "printed", "353 t")
    assert found.strict == Interval(Fraction("352999.5"), Fraction("353000.5"))


def test_a_month_is_the_difference_of_two_totals() -> None:
    (found,) = Ledger({"1-5": 1000, "1-6": 1353}).level(spot("6"))
    assert (found.point, found.tier, found.is_revisable) == (353_000, "computed", True)
    assert found.strict == Interval(Fraction(352_999), Fraction(353_001))
    assert found.words == "353 t, a difference of totals of the year"


def test_a_total_is_carried_on_by_the_months_after_it() -> None:
    ledger = Ledger({"1-4": 1000, "5": 200, "6": 300})
    assert [found.point for found in ledger.level(spot("1-6"))] == [1_500_000]
    assert [found.point for found in Ledger({"1-6": 1500, "6": 300, "5": 200}).level(spot("1-4"))] == [1_000_000]


def test_months_add_up_only_where_none_is_missing() -> None:
    (found,) = Ledger({"1": 1, "2": 2, "3": 3}).level(spot("1-3"))
    assert (found.point, found.words) == (6000, "6 t, the sum of 3 months")
    assert Ledger({"1": 1, "3": 3}).level(spot("1-3"), exact=True) == []
    assert Ledger({}).level(spot("6")) == []


def test_a_month_without_trade_is_zero_and_one_without_a_figure_is_nothing() -> None:
    ledger = Ledger({"5": 1}, metric={"6": {"level": 0.0, "level_status": "zero"}, "7": {"rank": 1}})
    assert [found.point for found in ledger.level(spot("6"), exact=True)] == [0]
    assert ledger.level(spot("7"), exact=True) == []


def test_growth_is_both_printed_and_computed() -> None:
    ledger = Ledger({"6": 120, spot("6").shifted(-12): 100}, {"6": "20.1"})
    as_printed, computed = ledger.growth(spot("6"), spot("6").base("yoy"))
    assert (as_printed.point, as_printed.words) == (Fraction("20.1"), "+20.10 %, as a source prints it")
    assert (computed.point, computed.tier) == (20, "computed")
    assert [one.point for one in ledger.growth(spot("6"), spot("6").base("yoy"), printed_too=False)] == [20]
    assert ledger.growth(spot("6"), spot("5")) == []


def test_no_growth_of_nothing() -> None:
    assert growth_of(exactly(5), exactly(0)) is None
    assert growth_of(exactly(0), exactly(5)).point == -100  # type: ignore[union-attr]
    assert growth_of(between(0, 5), between(0, 5)) is None


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
    assert (price.point, price.words) == (Fraction(1, 50), "20 USD/t, 0.005 million USD for 250 t")
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
