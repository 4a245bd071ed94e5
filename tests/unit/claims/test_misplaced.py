"""Where a wrong figure would be right."""

import pytest

from tasks.claims.match import match
from tasks.claims.misplaced import at_same_place, elsewhere, figure
from tests.unit.claims.in_memory import Ledger, claim, spot

YEAR_AGO = spot("6").shifted(-12)


def place(ledger: Ledger, text: str, unit: str = "t", kind: str = "level", **other: object) -> str | None:
    stated = claim(text, unit, kind, **other)
    own = figure(ledger, stated.spot, kind.removesuffix("_times"))
    found = elsewhere(ledger, stated, own, match)
    return found and found[0]


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("1432", "another month: China's exports of 99999999 to XXX, May 2025"), ("3188", "another partner: China's exports of 99999999, June 2025"),
        ("777", "another basket: China's exports of 88888888 to XXX, June 2025"), ("4321", "the other direction: China's imports of 99999999 from XXX, June 2025"),
        ("353261", "the figure in thousandths of this unit, as kilograms are of tonnes"), ("3532.61", "the figure with a zero too many"),
        ("389.4", "the figure in short tons"), ("555", None), ("14", None),
    ],
)  # fmt: skip
def test_levels_of_other_places(text: str, where: str | None) -> None:
    """353.261 t are 389.40 short tons of 907.18474 kg."""
    ledger = Ledger(
        {
            "6": "353.261", "5": 1432, spot("6", partner="WLD"): 3188, spot("6", product="88888888"): 777,
            spot("6", flow="import"): 4321,
        }
    )  # fmt: skip
    assert place(ledger, text) == where


def test_a_number_of_few_digits_is_found_nowhere_by_accident() -> None:
    ledger = Ledger({"6": 353, "5": 14})
    assert place(ledger, "14") is None
    assert place(ledger, "14", qualifier="about") is None


def test_a_growth_from_rounded_figures() -> None:
    """1.6 t on 1.4 t is 14.3 %; 2 t on 1 t is 100 %."""
    assert place(Ledger({"6": "1.6", "5": "1.4"}), "100", "%", "mom") == (
        "the growth from figures that were rounded first; from the unrounded ones it is +14.3 %"
    )


def test_another_change_of_the_same_place_needs_few_digits() -> None:
    ledger = Ledger({"6": 150, "5": 100, YEAR_AGO: 120})
    found = at_same_place(ledger, claim("50", "%", "yoy"), match)
    assert found is not None
    assert (
        found[0] == "the change on the month before of the same period, China's exports of 99999999 to XXX, June 2025"
    )
    assert at_same_place(ledger, claim("51", "%", "yoy"), match) is None
    assert at_same_place(ledger, claim("50", "%", "yoy", qualifier="about"), match) is None
    assert at_same_place(ledger, claim("150"), match) is None
