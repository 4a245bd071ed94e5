"""Every name of a month, ordinal and count stands for its number; `test_resolver` and `test_claims` have the forms."""

import pytest

from tasks.domain.period_words import read_period


@pytest.mark.parametrize(
    ("text", "months"),
    [("sept 2025", "2025-09..2025-09"), ("may, 2025", "2025-05..2025-05"), ("first twelve months of 2025", "2025"), ("2025年四季度", "Q4 2025"),
     ("second half of 2025", "2025年下半年"), ("2024..2025-02", "2024-01..2025-02")],
)  # fmt: skip
def test_one_period_in_two_ways(text: str, months: str) -> None:
    assert read_period(text) == read_period(months)
