"""A year to date that came as one figure, and months that came later: the newest word wins."""

from typing import Any

import pytest
from hypothesis import given

from tasks.claims.numbers import current_numbers
from tasks.domain.precedence import monthly_numbers, without_superseded
from tasks.ledger.merge import current_statements
from tests.draws import draws
from tests.unit import strategies
from tests.unit.builders import detail_table, release_table
from tests.unit.figures import Store, derived, merged
from tests.unit.ledger.year_to_date import Row, by_month, whole
from tests.unit.metrics.compared import differences, reckoned


@given(strategies.years_so_far())
@draws(15)
def test_dictionaries_and_fractions_say_the_same(store: Store) -> None:
    assert differences(derived(store), reckoned(store)) == []


def levels_for_claims(store: Store) -> dict[Any, Any]:
    """The numbers that claims are held against, by place, first and last month."""
    levels = current_numbers(current_statements(merged(store)), release_table(*(row for row, _ in store))).levels
    return {key: value for key, (value, _) in levels.items()}


@given(strategies.years_so_far())
@draws(15)
def test_claims_are_held_against_the_years_so_far_that_dictionaries_leave_standing(store: Store) -> None:
    told = {key: value for key, value in levels_for_claims(store).items() if key[5] > key[4] == 2025 * 12}
    expected = {
        (place.flow, place.product, place.partner, place.measure, place.month - place.month % 12, place.month): of.value
        for place, of in reckoned(store).printed_ytd.items()
        if place.product.isdigit()
    }
    assert told == expected


@pytest.mark.parametrize(
    ("later", "kept"),
    [
        (by_month(), []),
        (by_month("2025-07-20"), ["ytd"]),
        (by_month("2025-07-21"), []),
        (by_month(months="2025-02..2025-06"), ["ytd"]),
        (by_month(lost=["85051110 2025-03"]), ["ytd"]),
        (by_month(kind="bulletin", source="gacc_query"), ["ytd"]),
        (by_month("2025-01-20", kind="yearbook", source="gacc_query"), ["ytd"]),
    ],
)
def test_only_later_months_of_one_release_of_its_kind_or_a_better_one_replace_a_figure(
    later: tuple[Row, list[Row]], kept: list[str]
) -> None:
    row, told = whole()
    numbers = without_superseded(monthly_numbers(detail_table(*told)), release_table(row, later[0]))
    assert numbers["span"].to_list() == kept
