"""Printed totals of a year and its months, one chain; each number by hand."""

from typing import Any

import polars as pl
import pytest

from tasks.metrics.levels.names import STATUS
from tasks.metrics.levels.year_to_date import chained_years
from tests.unit.metrics.numbered import WHOLE, names_of, numbered

NAMED = {number: name for name, number in STATUS.items()}
JANUARY = 2025 * 12
QUERY, PRINT = 2, 16


def chain(
    months: dict[int, int | None], totals: dict[int, int], kinds: int = PRINT, missing: str = "not_covered"
) -> dict[int, tuple[Any, ...]]:
    """Level, status, year to date and its status, by month 1 to 6."""
    names = names_of(WHOLE)
    frame = numbered(
        names,
        *(
            {
                "month": JANUARY + month - 1,
                "level": months.get(month),
                "level_status": STATUS["reported" if months.get(month) is not None else missing],
                "kinds": kinds if months.get(month) is not None else 0,
            }
            for month in range(1, 7)
        ),
    ).with_columns(pl.col("level").cast(pl.Int64), pl.col("level_status", "kinds").cast(pl.UInt8))
    spans = numbered(
        names,
        *(
            {"month": JANUARY + month - 1, "value": value, "kinds": PRINT, "made": STATUS["reported"]}
            for month, value in totals.items()
        ),
    )
    found = chained_years(frame, spans.with_columns(pl.col("kinds", "made").cast(pl.UInt8)))
    return {
        row["month"] - JANUARY + 1: (row["level"], NAMED[row["level_status"]], row["ytd"], NAMED[row["ytd_status"]])
        for row in found.iter_rows(named=True)
    }


def test_a_month_between_two_totals_is_their_difference() -> None:
    found = chain({}, {4: 100, 5: 130})
    assert found[5] == (30, "ytd_difference", 130, "reported")
    assert found[4] == (None, "not_covered", 100, "reported")
    assert found[6] == (None, "not_covered", None, "incomplete_year")


def test_a_total_is_carried_forwards_and_backwards_by_known_months() -> None:
    found = chain({4: 7, 5: 20, 6: 3}, {5: 100})
    assert found[6] == (3, "reported", 103, "ytd_sum")
    assert found[4] == (7, "reported", 80, "ytd_difference")
    assert found[3] == (None, "not_covered", 73, "ytd_difference")
    assert found[2] == (None, "not_covered", None, "incomplete_year")


def test_months_of_a_better_kind_outrank_a_printed_total() -> None:
    months: dict[int, int | None] = dict.fromkeys(range(1, 7), 10)
    assert chain(months, {6: 61}, QUERY)[6] == (10, "reported", 60, "sum_of_months")
    assert chain(months, {6: 61}, PRINT)[6] == (10, "reported", 61, "reported")


def test_january_and_february_in_one_are_neither() -> None:
    found = chain({}, {2: 50, 3: 70})
    assert [found[month][1] for month in (1, 2, 3)] == ["combined_months", "combined_months", "ytd_difference"]
    assert found[3][0] == 20


@pytest.mark.parametrize(("total", "level"), [(99, None), (100, 0), (101, 1)])
def test_totals_that_fall_give_no_month_and_equal_ones_give_none_traded(total: int, level: int | None) -> None:
    assert chain({}, {4: 100, 5: total})[5][0] == level


def test_a_total_that_would_be_negative_is_none() -> None:
    assert chain({5: 101}, {5: 100})[4][2:] == (None, "incomplete_year")
    assert chain({5: 100}, {5: 100})[4][2:] == (0, "ytd_difference")
