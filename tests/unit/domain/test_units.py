"""The smallest units, and the largest numbers that fit."""

import polars as pl
import pytest

from tasks.domain.units import LEVEL_MAX, by_constant, per_unit


@pytest.mark.parametrize(
    ("measure", "smallest"), [("quantity_kg", 1_000_000), ("quantity_piece", 1), ("value_usd", 1), ("value_cny", 1)]
)
def test_a_kilogram_has_a_million_milligrams_and_other_units_are_whole(measure: str, smallest: int) -> None:
    assert per_unit(measure) == smallest


def test_twelve_largest_months_and_two_such_years_fit_into_64_bits() -> None:
    assert 12 * LEVEL_MAX <= 2**62
    assert 2 * 12 * LEVEL_MAX < 2**63


@pytest.mark.parametrize("rows", [[2790], [2790, None, -3810, 66_078]])
def test_a_number_divided_by_a_constant_is_the_nearest_float(rows: list[int | None]) -> None:
    found = pl.DataFrame({"whole": rows}).select(by_constant(pl.col("whole"), 100)).to_series().to_list()
    assert found == [None if row is None else row / 100 for row in rows]
