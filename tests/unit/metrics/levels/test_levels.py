"""The level of a month: printed, a sum, no trade, or missing with a reason."""

import polars as pl
import pytest

from tasks.metrics.levels.grid import Grid
from tasks.metrics.levels.levels import Levels, blocks, spans_seen
from tasks.metrics.levels.names import STATUS, bit_of, status
from tests.unit.builders import MAGNETS, Row, release
from tests.unit.metrics.numbered import JUNE, WHOLE, coverage_of, in_months, in_text, numbered, printed

NAMED = {number: name for name, number in STATUS.items()}
NOTHING: Row = {"span": "yoy", "value": 1, "kinds": 2, "made": 0}


def levels_of(scope: Row, *rows: Row, at_once: int = 1) -> Levels:
    coverage = coverage_of(scope)
    numbers = printed(coverage.names, *rows)
    grid = Grid(numbers.select("product", "partner", "measure"), coverage)
    return Levels(grid, in_months(coverage.names, numbers), numbered(coverage.names, NOTHING).clear(), at_once)


def levels(scope: Row, rows: list[Row], *asked: Row, at_once: int = 1) -> list[tuple[int, str, int]]:
    found = levels_of(scope, *rows, at_once=at_once)
    frame = numbered(found.grid.names, *asked)
    now = found.months[JUNE]
    return [(now.value[row], NAMED[now.status[row]], now.kinds[row]) for row in found.grid.rows_of(frame)]


@pytest.mark.parametrize("at_once", [1, 4, 100])
def test_a_printed_number_a_sum_and_no_trade(at_once: int) -> None:
    rows: list[Row] = [
        {"value": 5},
        {"value": 7, "partner": "WLD", "is_sum": True, "kinds": 18},
        {"value": 1, "partner": "DEU", "month": JUNE - 1},
    ]
    found = levels(WHOLE, rows, {}, {"partner": "WLD"}, {"partner": "DEU"}, at_once=at_once)
    assert found == [(5, "reported", 2), (7, "sum", 18), (0, "zero", 2)]


def test_outside_every_scope_nothing_is_known() -> None:
    rows: list[Row] = [{"value": 5, "month": JUNE - 1}]
    assert levels(release(months="2025-05"), rows, {}) == [(0, "not_covered", 0)]


def test_goods_that_are_counted_in_another_unit_are_not_zero() -> None:
    rows: list[Row] = [
        {"value": 5, "measure": "value_usd"},
        {"value": None, "partner": "DEU"},
        {"value": 3, "month": JUNE - 1},
    ]
    assert levels(WHOLE, rows, {}, {"partner": "DEU"}) == [(0, "other_unit", 0), (0, "other_unit", 0)]
    # The world trades because a partner of it does.
    assert levels(WHOLE, rows, {"partner": "WLD"}) == [(0, "other_unit", 0)]


@pytest.mark.parametrize(("priority", "bit"), [(0, 1), (1, 2), (4, 16), (None, None)])
def test_a_kind_is_a_bit(priority: int | None, bit: int | None) -> None:
    frame = pl.DataFrame({"priority": [priority]}, schema={"priority": pl.Int32})
    assert frame.select(bit_of(pl.col("priority"))).item() == bit


def test_a_status_is_its_place_in_the_list() -> None:
    assert pl.select(status("reported")).item() == STATUS["reported"]
    with pytest.raises(KeyError):
        status("nothing")


def test_a_year_to_date_speaks_of_every_month_since_january_and_a_growth_of_its_own() -> None:
    names = coverage_of(WHOLE).names
    spans = numbered(names, {"span": "ytd", "month": JUNE - 2}, {"span": "yoy", "partner": "DEU"})
    found = in_text(spans_seen(spans), names).select("partner", "month").sort("partner", "month").rows()
    assert found == [("DEU", JUNE), *(("USA", JUNE - back) for back in (5, 4, 3, 2))]


def test_with_a_series_come_the_totals_of_it_and_the_world_of_the_levels_above() -> None:
    found = levels_of(WHOLE, {"value": 1})
    seen = in_text(found.grid.frame.filter(found.months[JUNE].seen), found.grid.names)
    assert sorted(seen.select("product", "partner").rows()) == [
        ("85", "WLD"), ("8505", "WLD"), ("850511", "WLD"), (MAGNETS, "EU27"), (MAGNETS, "USA"), (MAGNETS, "WLD"),
    ]  # fmt: skip
    assert not found.months[JUNE - 1].seen.any()


def test_blocks_have_all_months_once() -> None:
    assert [[*block.months] for block in blocks(JUNE, 5, 2)] == [[JUNE, JUNE + 1], [JUNE + 2, JUNE + 3], [JUNE + 4]]


def test_a_world_of_a_higher_level_is_not_zero_where_a_code_below_it_trades() -> None:
    """An answer by HS6 has no row of the world, and the national code of a partner has a number in another measure."""
    six = release("six", months="2025-06", products=["850511", "850519"], level="HS6")
    coverage = coverage_of(WHOLE, six, products=[MAGNETS, "850511", "850519"])
    numbers = printed(coverage.names, {"value": 5, "measure": "value_usd", "partner": "DEU"})
    asked = [
        {"product": product, "partner": partner}
        for product in ("850511", "850519")
        for partner in ("WLD", "USA", "DEU", "EU27")
    ]
    series = pl.concat([numbers, numbered(coverage.names, *asked)], how="diagonal")
    grid = Grid(series.select("product", "partner", "measure"), coverage)
    found = Levels(grid, in_months(coverage.names, numbers), numbered(coverage.names, NOTHING).clear(), 1).months[JUNE]
    said = [NAMED[found.status[row]] for row in grid.rows_of(numbered(coverage.names, *asked))]
    assert said == ["not_covered", "zero", "not_covered", "not_covered", *["zero"] * 4]


def test_months_of_which_no_release_speaks_are_one_and_the_same() -> None:
    coverage = coverage_of(release(months="2025-05"))
    numbers = printed(coverage.names, {"value": 5, "month": JUNE - 1})
    rows = in_months(coverage.names, numbers)
    rows = rows.drop(name for name in rows.columns if name[1:].isdigit() and int(name[1:]) != JUNE - 1)
    grid = Grid(numbers.select("product", "partner", "measure"), coverage)
    several = Levels(grid, rows, numbered(coverage.names, NOTHING).clear(), 1)
    assert [month for month, one in several.months.items() if one is not several.unknown] == [JUNE - 1]
    assert {NAMED[one] for one in several.unknown.status} == {"not_covered"}
    assert several.unknown.value.to_list() == [0] * several.grid.size
    assert not several.unknown.seen.any()
