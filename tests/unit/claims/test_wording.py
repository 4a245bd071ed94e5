"""Places and numbers in the reasons of verdicts."""

from fractions import Fraction

import pytest

from tasks.claims.wording import describe, show_level, show_percent
from tasks.domain.reporter import Reporter
from tests.unit.claims.in_memory import spot


@pytest.mark.parametrize(
    ("value", "measure", "text"),
    [
        (353_000, "quantity_kg", "353 t"), (1, "quantity_kg", "0.001 t"), (0, "quantity_kg", "0 t"), (3_188_500, "quantity_kg", "3,188.5 t"),
        (99_999_999, "quantity_kg", "99,999.999 t"), (100_000_400, "quantity_kg", "100,000 t"), (20_121_000, "value_usd", "20.121 million USD"),
        (10**9, "value_cny", "1,000 million CNY"), (340_498, "value_usd", "340,498 USD"), (1200, "quantity_piece", "1,200 quantity_piece"),
    ],
)  # fmt: skip
def test_levels_have_no_more_digits_than_they_need(value: int, measure: str, text: str) -> None:
    assert show_level(Fraction(value), measure) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [("660.8", "+660.8 %"), ("-38.125", "-38.12 %"), ("0", "+0.00 %"), ("100", "+100.0 %"), ("99.99", "+99.99 %"), ("-1234.56", "-1,234.6 %")],
)  # fmt: skip
def test_growths_have_their_sign(value: str, text: str) -> None:
    assert show_percent(Fraction(value)) == text


def test_places_in_words() -> None:
    china, germany = Reporter("CHN", "HS8"), Reporter("DEU", "CN8")
    assert describe(spot("6"), china) == "China's exports of 99999999 to XXX, June 2025"
    imports = spot("1-6", flow="import", partner="AFG")
    assert describe(imports, germany) == "Germany's imports of 99999999 from Afghanistan, 2025-01..2025-06"
    magnets = spot("6", partner="WLD", product="85051110")
    assert describe(magnets, china) == "China's exports of Permanent magnets of rare earths (85051110), June 2025"
    # The tables have no names of the codes of the Combined Nomenclature.
    assert describe(magnets, germany) == "Germany's exports of 85051110, June 2025"
