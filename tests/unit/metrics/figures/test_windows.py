"""Windows are differences of prefix sums: the numbers of one series, and what is known of them."""

import functools
import operator
from typing import Any

import polars as pl
import pytest

from tasks.domain.coverage import FIGURES_LOOK_BACK
from tasks.domain.periods import Month, month_name
from tasks.metrics.figures.windows import Windows
from tasks.metrics.levels.grid import Block, Grid
from tasks.metrics.levels.levels import Levels
from tasks.metrics.levels.names import STATUS
from tests.unit.builders import release
from tests.unit.metrics.numbered import JUNE, coverage_of, in_months, numbered, printed

NAMED = {number: name for name, number in STATUS.items()}


def operands(*missing: int) -> list[dict[str, Any]]:
    """Of June and July 2025, of a series of 1, 2, 3, … from July 2023 on, of which some months are not covered."""
    first, last = JUNE - FIGURES_LOOK_BACK, JUNE + 1
    months = [month for month in range(first, last + 1) if month not in missing]
    scopes = [release(str(month), months=f"{month // 12}-{month % 12 + 1:02d}") for month in months]
    coverage = coverage_of(*scopes, first=first, last=last)
    rows = printed(coverage.names, *({"month": month, "value": month - first + 1} for month in months))
    grid = Grid(rows.select("product", "partner", "measure"), coverage)
    windows = Windows(
        Levels(
            grid,
            in_months(coverage.names, rows),
            numbered(coverage.names, {"span": "ytd", "value": 1, "kinds": 2, "made": 0}).clear(),
            3,
        )
    )
    usa = grid.rows_of(numbered(coverage.names, {}))[0]
    block = Block(JUNE, 2)
    keep = block.tiled(pl.int_range(grid.size, eager=True) == usa)
    return windows.of_months(block, keep).to_dicts()


def test_every_window_adds_up_its_months() -> None:
    june, july = operands()
    assert (june["level"], june["before_level"], june["ago_level"]) == (24, 23, 12)
    assert (june["ytd"], june["ago_ytd"]) == (sum(range(19, 25)), sum(range(7, 13)))
    assert (june["rolling_12m"], june["ago_rolling_12m"]) == (sum(range(13, 25)), sum(range(1, 13)))
    assert (june["rolling_3m"], june["ago_rolling_3m"]) == (22 + 23 + 24, 10 + 11 + 12)
    assert (july["ytd"], july["rolling_12m"], july["month"]) == (
        june["ytd"] + 25,
        june["rolling_12m"] + 25 - 13,
        JUNE + 1,
    )
    assert june["rolling_12m_kinds"] == june["ago_rolling_12m_kinds"] == june["ytd_kinds"] == 2


def test_a_window_with_a_month_that_is_not_known_is_not_known() -> None:
    june, july = operands(JUNE - 3)
    assert june["rolling_3m"] == 22 + 23 + 24
    for row, name in ((june, "ytd"), (june, "rolling_12m"), (july, "ytd")):
        assert (row[name], row["rolling_12m_kinds"]) == (None, 0)
    assert (NAMED[june["ytd_status"]], NAMED[june["rolling_12m_status"]]) == ("incomplete_year", "incomplete_window")
    assert june["ago_rolling_12m"] == sum(range(1, 13))
    assert operands(JUNE - 12)[0]["ago_level"] is None


@pytest.mark.parametrize(
    "kinds", [(2,), (2, 4, 8, 16, 32)], ids=["kinds of release alike", "kinds of release that change"]
)
def test_months_that_were_computed_before_stay_known_as_long_as_a_window_begins_with_them(
    kinds: tuple[int, ...],
) -> None:
    """Month after month, each a block of its own, with four years of months before the first of them."""
    first, last = JUNE - 48, JUNE + 14
    months = range(first, last + 1)
    values = {month: (month - first) ** 2 + 1 for month in months}
    kind_of = {month: kinds[(month - first) // 7 % len(kinds)] for month in months}
    scopes = [release(str(month), months=month_name(month)) for month in months]
    coverage = coverage_of(*scopes, first=first, last=last)
    given = [{"month": month, "value": values[month], "kinds": kind_of[month]} for month in months]
    rows = printed(coverage.names, *given)
    grid = Grid(rows.select("product", "partner", "measure"), coverage)
    spans = numbered(coverage.names, {"span": "ytd", "value": 1, "kinds": 2, "made": 0}).clear()
    windows = Windows(Levels(grid, in_months(coverage.names, rows), spans, 3))
    usa = grid.rows_of(numbered(coverage.names, {}))[0]
    for month in range(JUNE, last + 1):
        block = Block(month, 1)
        (row,) = windows.of_months(block, block.tiled(pl.int_range(grid.size, eager=True) == usa)).to_dicts()
        january = Month(month).january
        expected = {"rolling_12m": range(month - 11, month + 1), "ago_rolling_12m": range(month - 23, month - 11)}
        expected |= {"rolling_3m": range(month - 2, month + 1), "ago_rolling_3m": range(month - 14, month - 11)}
        expected |= {"ytd": range(january, month + 1), "ago_ytd": range(january - 12, month - 11)}
        for name, span in expected.items():
            assert (name, row[name]) == (name, sum(values[one] for one in span))
            union = functools.reduce(operator.or_, (kind_of[one] for one in span))
            assert (name, row[f"{name}_kinds"]) == (name, union)
        assert (row["level"], row["before_level"], row["ago_level"]) == tuple(
            values[month - back] for back in (0, 1, 12)
        )
