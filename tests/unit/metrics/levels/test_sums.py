"""Sums of codes and of partners, where a sum is valid."""

import polars as pl
import pytest

from tasks.domain.units import LEVEL_MAX
from tasks.metrics.levels.sums import SUM, UNKNOWN, add_up, wide
from tests.unit.builders import MAGNETS, Row, release
from tests.unit.metrics.numbered import JUNE, WHOLE, coverage_of, in_text, printed

OTHER = "85051900"
BOTH = release(months="2025-01..2025-06", products=["8505"])


def sums(scope: Row, *rows: Row) -> dict[tuple[str, str, str], int | None]:
    """The sums alone, by product, partner and measure."""
    coverage = coverage_of(scope, products=[MAGNETS, OTHER])
    found = in_text(add_up(wide(printed(coverage.names, *rows), coverage.names), coverage), coverage.names)
    found = found.with_columns(code=f"c{JUNE}", value=f"v{JUNE}").filter(pl.col("code").is_in([SUM, UNKNOWN]))
    return {
        (row["product"], row["partner"], row["measure"]): row["value"] if row["code"] == SUM else None
        for row in found.iter_rows(named=True)
    }


def test_codes_add_up_to_each_level_and_partners_to_the_world_and_the_groups() -> None:
    found = sums(BOTH, {"value": 1}, {"value": 2, "partner": "DEU"}, {"value": 4, "product": OTHER})
    mass = {key[:2]: value for key, value in found.items()}
    assert mass["850511", "USA"] == 1
    assert mass["8505", "USA"] == 5
    # Of the chapter only this heading was requested.
    assert ("85", "USA") not in mass
    assert (mass[MAGNETS, "WLD"], mass["8505", "WLD"], mass[MAGNETS, "EU27"]) == (3, 7, 2)
    assert (OTHER, "EU27") not in mass


def test_no_sum_of_what_was_not_requested_as_a_whole() -> None:
    found = sums(WHOLE, {"value": 1}, {"value": 2, "partner": "DEU"})
    assert {key[0] for key in found} == {MAGNETS, "basket:rare_earth_magnets"}
    listed = release(months="2025-06", products=["8505"], partners="listed", partner_list=["USA", "DEU"])
    assert {key[1] for key in sums(listed, {"value": 1}, {"value": 2, "partner": "DEU"})} == {"USA", "DEU"}


def test_a_part_without_a_value_leaves_its_sum_without_one() -> None:
    found = sums(BOTH, {"value": None}, {"value": 2, "product": OTHER}, {"value": 9, "measure": "value_usd"})
    assert found["8505", "USA", "quantity_kg"] is None
    # The other code has no dollars though it is traded.
    assert found["8505", "USA", "value_usd"] is None
    assert found["850511", "USA", "value_usd"] == 9


def test_a_printed_total_is_not_added_up_again() -> None:
    found = sums(BOTH, {"value": 1}, {"value": 50, "partner": "WLD"})
    assert (MAGNETS, "WLD", "quantity_kg") not in found
    assert found["8505", "USA", "quantity_kg"] == 1


def test_the_largest_sum_fits_and_one_more_is_refused() -> None:
    half = LEVEL_MAX // 2
    rest = LEVEL_MAX - half
    found = sums(BOTH, {"value": half}, {"value": rest, "product": OTHER})
    assert found["8505", "USA", "quantity_kg"] == LEVEL_MAX
    with pytest.raises(OverflowError, match="the sum of 8505 is too large for a month; check the units of its parts"):
        sums(BOTH, {"value": half + 1}, {"value": rest, "product": OTHER})
