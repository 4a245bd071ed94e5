"""Changes of definition between two periods; the months here are made by hand."""

import pytest

from tasks.claims import breaks
from tasks.claims.breaks import changes_between, describe_changes
from tasks.domain.definition_changes import Change
from tasks.domain.reporter import Reporter
from tests.unit.claims.in_memory import JANUARY, spot

CHINA = Reporter("CHN", "HS8")
MARCH, JUNE = (Change(JANUARY + month - 1, f"change {month}", "table") for month in (3, 6))


@pytest.fixture
def changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(breaks, "_known", lambda *_: [MARCH, JUNE])


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
