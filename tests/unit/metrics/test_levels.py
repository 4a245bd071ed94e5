"""The level of a month: printed, a sum, no trade, or missing with a reason."""

import pytest

from tasks.metrics.grid import Grid
from tasks.metrics.levels import Levels
from tasks.metrics.names import STATUS
from tests.unit.builders import Row
from tests.unit.metrics.numbered import JUNE, WHOLE, coverage_of, in_months, numbered, printed

NAMED = {number: name for name, number in STATUS.items()}
NOTHING: Row = {"span": "yoy", "value": 1, "kinds": 2, "made": 0}


@pytest.mark.parametrize("at_once", [1, 4, 100])
def test_a_printed_number_a_sum_no_trade_and_another_unit(at_once: int) -> None:
    coverage = coverage_of(WHOLE, partners=("USA", "DEU", "JPN"))
    numbers = printed(
        coverage.names, {"value": 5}, {"value": 7, "partner": "WLD", "is_sum": True, "kinds": 18},
        {"value": 1, "partner": "DEU", "month": JUNE - 1}, {"value": None, "partner": "JPN"},
    )  # fmt: skip
    grid = Grid(numbers.select("product", "partner", "measure"), coverage)
    now = Levels(grid, in_months(coverage.names, numbers), numbered(coverage.names, NOTHING).clear(), at_once).months[
        JUNE
    ]
    places = grid.rows_of(numbered(coverage.names, *({"partner": name} for name in ("USA", "WLD", "DEU", "JPN"))))
    found = [(now.value[row], NAMED[now.status[row]], now.kinds[row]) for row in places]
    assert found == [(5, "reported", 2), (7, "sum", 18), (0, "zero", 2), (0, "other_unit", 0)]
