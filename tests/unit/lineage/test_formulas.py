"""How each metric follows from its operands, worked by hand with fractions."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from schemas.forms.trace import Operand
from tasks.lineage.formulas import RECIPES, ExactOperand, first_month, months_of
from tasks.lineage.operands import Point

JUNE = 2025 * 12 + 5
POINT = Point("export", "85051110", "USA", "value_usd", JUNE)


def operands(*values: int | None, months: list[int] | None = None, **place: Any) -> list[ExactOperand]:
    shown = Operand(name="level", value=None, status="reported", numbers=[])
    return [
        ExactOperand(shown, None if value is None else Fraction(value), POINT.at(month=month, **place), frozenset({"query"}))
        for value, month in zip(values, months or [JUNE] * len(values), strict=True)
    ]  # fmt: skip


def result(name: str, found: list[ExactOperand], point: Point = POINT) -> Any:
    return RECIPES[name][2](found, point)


@pytest.mark.parametrize(
    ("levels", "highest", "lowest"),
    [([9, 5, 3, 6], date(2025, 3, 1), date(2025, 5, 1)), ([1, 2, 3], None, date(2025, 5, 1)), ([6, None, 6], date(2025, 4, 1), date(2025, 4, 1)), ([6], None, None)],
)  # fmt: skip
def test_the_latest_month_as_extreme(levels: list[int | None], highest: date | None, lowest: date | None) -> None:
    found = operands(*levels, months=[*range(JUNE - len(levels) + 1, JUNE + 1)])
    assert (result("highest_since", found), result("lowest_since", found)) == (highest, lowest)


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("level", JUNE), ("level@-1", JUNE - 1), ("ytd", JUNE - 5), ("ytd@-12", JUNE - 17), ("months@series", JUNE), ("added@-11:0", JUNE - 11),
        ("added@-14:-12", JUNE - 14), ("world@-12", JUNE - 12),
    ],
)  # fmt: skip
def test_the_first_month_of_an_operand(name: str, first: int) -> None:
    assert first_month(POINT, name) == first


def test_the_months_of_an_operand() -> None:
    assert months_of(POINT, "-11:0", {}) == range(JUNE - 11, JUNE + 1)
    assert months_of(POINT, "series", {"series_start": date(2025, 4, 1)}) == range(JUNE - 2, JUNE + 1)
    assert months_of(POINT, "series", {"series_start": None}) == range(JUNE, JUNE + 1)
