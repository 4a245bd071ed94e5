"""The years to date that follow from printed ones and months, by hand."""

from fractions import Fraction

import pytest

from tasks.domain.year_chain import chain_of_year

YEAR = range(12)


@pytest.mark.parametrize(
    ("printed", "months", "totals"),
    [
        ({}, {0: 5, 1: 7}, {0: 5, 1: 12}),
        ({2: 20}, {3: 4, 5: 1}, {2: 20, 3: 24}),
        # Backwards from June: 30 less 6 of June, less 4 of May.
        ({5: 30}, {5: 6, 4: 4}, {3: 20, 4: 24, 5: 30}),
        # 3 less 5 is less than January alone: nothing is said of February.
        ({2: 3}, {0: 4, 2: 5}, {0: 4, 2: 3}),
        ({0: 9}, {0: 5}, {0: 9}),
    ],
)
def test_years_to_date_follow_forwards_and_then_backwards(
    printed: dict[int, int], months: dict[int, int], totals: dict[int, int]
) -> None:
    assert chain_of_year(YEAR, printed, months, lambda one, other, sign: one + sign * other, Fraction) == totals
