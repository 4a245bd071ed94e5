"""What hangs together: the world of a series, its mass, and places of several months."""

import polars as pl

from tasks.metrics.levels.grid import Block, Grid
from tests.unit.builders import release
from tests.unit.metrics.numbered import JUNE, WHOLE, coverage_of, in_text, numbered

KEY = ("product", "partner", "measure")


def grid_of(*rows: dict[str, str], scope: dict[str, object] = WHOLE) -> Grid:
    coverage = coverage_of(scope)
    return Grid(numbered(coverage.names, *rows).select(KEY), coverage)


def test_each_series_finds_the_world_and_the_mass_of_its_place() -> None:
    grid = grid_of({}, {"measure": "value_usd"}, {"measure": "value_usd", "partner": "DEU"})
    text = in_text(grid.frame, grid.names)
    assert text.equals(text.sort("measure", "product", "partner"))
    world = text[grid.world]
    assert set(world["partner"]) == {"WLD"}
    assert world.select("product", "measure").equals(text.select("product", "measure"))
    pairs = grid.masses()
    assert text[pairs["worth"]].select("product", "partner").equals(text[pairs["mass"]].select("product", "partner"))
    assert "DEU" not in text[pairs["worth"]]["partner"]
    assert grid.rows_of(numbered(grid.names, {"partner": "DEU"})).to_list() == [None]


def test_a_list_of_partners_covers_its_own_rows_alone() -> None:
    scope = release(months="2025-06", partners="listed", partner_list=["USA"])
    grid = grid_of({}, {"partner": "DEU"}, scope=scope)
    covered = grid.priority(Block(JUNE - 1, 2)).is_not_null()
    block = Block(JUNE - 1, 2).split(covered)
    assert not block[JUNE - 1].any()
    text = in_text(grid.frame, grid.names)
    assert text.filter(block[JUNE])["partner"].to_list() == ["USA"]


def test_columns_of_months_lie_one_after_another() -> None:
    block = Block(JUNE, 3)
    assert block.tiled(pl.Series([7, 8])).to_list() == [7, 8] * 3
    assert block.month(2).to_list() == [JUNE, JUNE, JUNE + 1, JUNE + 1, JUNE + 2, JUNE + 2]
    assert block.offset(pl.Series([0, 1], dtype=pl.UInt32), 5).to_list() == [0, 1, 5, 6, 10, 11]
    assert block.split(pl.Series(range(6)))[JUNE + 1].to_list() == [2, 3]
