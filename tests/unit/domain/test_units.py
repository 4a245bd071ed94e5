"""The smallest units, and the largest numbers that fit."""

import polars as pl
import pytest

from schemas.names import VALUES
from tasks.domain.units import EXACT_MAX, LEVEL_MAX, UNIT_VALUE_OF, VALUE_OF, by_constant, per_unit


@pytest.mark.parametrize(
    ("measure", "smallest"), [("quantity_kg", 1_000_000), ("quantity_piece", 1), ("value_usd", 1), ("value_cny", 1)]
)
def test_a_kilogram_has_a_million_milligrams_and_other_units_are_whole(measure: str, smallest: int) -> None:
    assert per_unit(measure) == smallest


def test_the_last_whole_number_that_a_float_can_count_to() -> None:
    assert float(EXACT_MAX) + 1 == float(EXACT_MAX)
    assert float(EXACT_MAX - 1) + 1 == EXACT_MAX


def test_twelve_largest_months_and_two_such_years_fit_into_64_bits() -> None:
    assert 12 * LEVEL_MAX <= 2**62
    assert 2 * 12 * LEVEL_MAX < 2**63


def test_the_two_tables_of_values_per_kilogram_are_inverse() -> None:
    assert {f"unit_value_{money}_per_kg": f"value_{money}" for money in ("usd", "cny", "eur", "gbp", "jpy")} == VALUE_OF
    assert {VALUE_OF[ratio]: ratio for ratio in VALUE_OF} == UNIT_VALUE_OF
    assert (*UNIT_VALUE_OF,) == VALUES


@pytest.mark.parametrize("rows", [[2790], [2790, None, -3810, 66_078]])
def test_a_number_divided_by_a_constant_is_the_nearest_float(rows: list[int | None]) -> None:
    found = pl.DataFrame({"whole": rows}).select(by_constant(pl.col("whole"), 100)).to_series().to_list()
    assert found == [None if row is None else row / 100 for row in rows]
