"""Places and numbers in the reasons of verdicts, and changes of definition between two periods, made by hand."""

from fractions import Fraction

import pytest

from tasks.claims import wording
from tasks.claims.wording import changes_between, describe, describe_changes, show_level, show_percent
from tasks.domain.comparability import Change
from tasks.domain.reporter import Reporter
from tests.unit.claims.in_memory import JANUARY, spot


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


CHINA = Reporter("CHN", "HS8")
MARCH, JUNE = (Change(JANUARY + month - 1, f"change {month}", "table") for month in (3, 6))


@pytest.fixture
def changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wording, "_known", lambda *_: [MARCH, JUNE])


@pytest.mark.usefixtures("changed")
@pytest.mark.parametrize(
    ("one", "other", "found"),
    [
        ("2", "3", [MARCH]), ("3", "2", [MARCH]), ("1", "2", []), ("3", "5", []), ("3", "6", [JUNE]), ("1", "12", [MARCH, JUNE]),
        ("3", "3", []), ("1-6", "1-6", [MARCH, JUNE]), ("3-5", "3-5", []), ("1-2", "4-5", [MARCH]),
    ],
)  # fmt: skip
def test_a_change_lies_after_the_first_month_and_up_to_the_last(one: str, other: str, found: list[Change]) -> None:
    assert changes_between(spot(one), spot(other), CHINA) == found


def test_a_code_that_ended_is_cut_there_and_nowhere_else() -> None:
    """`definition_breaks.csv`: 09021010 was divided into two codes in January 2023."""
    december = spot("1", product="09021010").shifted(-25)
    assert december.months == "2022-12"
    assert "divided into 09021011 and 09021019" in describe_changes(
        changes_between(december, december.shifted(1), CHINA)
    )
    assert changes_between(december.shifted(1), december.shifted(2), CHINA) == []


def test_the_first_three_changes_are_named_and_the_others_counted() -> None:
    assert describe_changes([]) == ""
    assert describe_changes([MARCH]) == "2025-03: change 3 (table)"
    five = [Change(JANUARY + month, "c", "s") for month in range(5)]
    assert describe_changes(five[:3]) == "2025-01: c (s); 2025-02: c (s); 2025-03: c (s)"
    assert describe_changes(five).endswith("2025-03: c (s); 2 more")
