"""Totals of a year to date, and months."""

from typing import Any

from tests.unit.builders import number, release

Row = dict[str, Any]
HALF = "2025-01..2025-06"
MONTHS = [f"2025-{month:02d}" for month in range(1, 7)]


def whole(day: str = "2025-07-20", value: int = 600, name: str = "whole", **about: Any) -> tuple[Row, list[Row]]:
    row = release(name, day, HALF, by_month=False, **about)
    return row, [number(row, "USA", HALF, value)]


def by_month(
    day: str = "2025-10-01", value: int = 110, name: str = "months", months: str = HALF, **about: Any
) -> tuple[Row, list[Row]]:
    row = release(name, day, months, **about)
    told = [month for month in MONTHS if months[:7] <= month <= months[-7:]]
    return row, [number(row, "USA", month, value) for month in told]
