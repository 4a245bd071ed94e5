"""Places and printed digits of a claim."""

from fractions import Fraction

import pytest

from tasks.claims.statement import Spot
from tests.unit.claims.in_memory import claim, spot


def test_periods_of_a_place() -> None:
    june, half = (
        Spot("export", "1", "USA", "quantity_kg", 24305, 24305),
        Spot("export", "1", "USA", "quantity_kg", 24300, 24305),
    )
    assert (june.is_month, june.months) == (True, "2025-06")
    assert (half.is_month, half.months) == (False, "2025-01..2025-06")
    assert june.base("mom") == june.at(first=24304, last=24304)
    assert spot("1").base("mom").months == "2024-12"
    assert half.base("yoy").months == "2024-01..2024-06"
    assert half.shifted(6).months == "2025-07..2025-12"


@pytest.mark.parametrize(
    ("text", "digits"), [("353", 3), ("0.035", 2), ("-9.0", 2), ("0", 0), ("1,238", 4), ("100", 3)]
)
def test_digits_after_leading_zeros(text: str, digits: int) -> None:
    assert claim(text).digits == digits


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("353", [1]), ("350", [1, 10]), ("300", [1, 10]), ("3000", [1, 10, 100]), ("10", [1]), ("0", [1]),
        ("350.0", [Fraction(1, 10)]), ("-1200", [1, 10, 100]),
    ],
)  # fmt: skip
def test_zeros_at_the_end_may_be_rounding_but_two_digits_stay(text: str, steps: list[Fraction]) -> None:
    assert claim(text).steps == steps


def test_a_claim_as_people_write_it() -> None:
    assert (claim("353").shown, claim("353", "").shown) == ("353 t", "353")
    assert claim("353", qualifier="slightly above").qualifier_text == "just over "
    assert claim("353").qualifier_text == ""
