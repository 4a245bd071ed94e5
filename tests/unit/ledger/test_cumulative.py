"""A year to date that came as one figure, and months that came later: the newest word wins."""

from typing import Any

from hypothesis import given

from tasks.claims.numbers import current_numbers
from tasks.ledger.merge import current_statements
from tests.draws import draws
from tests.unit import strategies
from tests.unit.builders import release_table
from tests.unit.figures import Store, derived, merged
from tests.unit.metrics.test_metrics import differences, reckoned


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
