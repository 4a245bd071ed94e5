"""What hangs together: the world of a series, its mass, and places of several months."""

import polars as pl

from tasks.metrics.grid import Block, Grid
from tests.unit.metrics.numbered import JUNE, WHOLE, coverage_of, in_text, numbered


def test_each_series_finds_the_world_and_the_mass_of_its_place() -> None:
    coverage = coverage_of(WHOLE)
    rows = numbered(coverage.names, {}, {"measure": "value_usd"}, {"measure": "value_usd", "partner": "DEU"})
    grid = Grid(rows.select("product", "partner", "measure"), coverage)
    text = in_text(grid.frame, grid.names)
    assert text.equals(text.sort("measure", "product", "partner"))
    world = text[grid.world]
    assert set(world["partner"]) == {"WLD"}
    assert world.select("product", "measure").equals(text.select("product", "measure"))
    pairs = grid.masses()
    assert text[pairs["worth"]].select("product", "partner").equals(text[pairs["mass"]].select("product", "partner"))
    assert "DEU" not in text[pairs["worth"]]["partner"]
    assert grid.rows_of(numbered(grid.names, {"partner": "DEU"})).to_list() == [None]


def test_columns_of_months_lie_one_after_another() -> None:
    block = Block(JUNE, 3)
    assert block.tiled(pl.Series([7, 8])).to_list() == [7, 8] * 3
    assert block.month(2).to_list() == [JUNE, JUNE, JUNE + 1, JUNE + 1, JUNE + 2, JUNE + 2]
    assert block.offset(pl.Series([0, 1], dtype=pl.UInt32), 5).to_list() == [0, 1, 5, 6, 10, 11]
    assert block.split(pl.Series(range(6)))[JUNE + 1].to_list() == [2, 3]
