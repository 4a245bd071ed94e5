"""How each metric follows from its operands, worked by hand with fractions."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from schemas.forms.trace import Operand
from schemas.names import FIGURES
from tasks.lineage.formulas import RECIPES, ExactOperand, first_month, months_behind, months_of
from tasks.lineage.operands import Point

JUNE = 2025 * 12 + 5
POINT = Point("export", "85051110", "USA", "value_usd", JUNE)


def operands(*values: int | None, months: list[int] | None = None, **place: Any) -> list[ExactOperand]:
    shown = Operand(name="level", value=None, status="reported", numbers=[])
    return [
        ExactOperand(
            shown, None if value is None else Fraction(value), POINT.at(month=month, **place), frozenset({"query"})
        )
        for value, month in zip(values, months or [JUNE] * len(values), strict=True)
    ]


def result(name: str, found: list[ExactOperand], point: Point = POINT) -> Any:
    return RECIPES[name][2](found, point)


def test_every_metric_has_a_recipe() -> None:
    assert {*RECIPES} == {*FIGURES}


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        *((name, values, growth) for name in ("mom_pct", "yoy_pct", "ytd_yoy_pct")
            for values, growth in (((353, 46), Fraction(30700, 46)), ((0, 46), -100), ((353, 0), None),
                ((None, 46), None), ((353, None), None))),
        *((name, values, share) for name in ("share_pct", "of_consumption_pct", "ytd_share_pct")
            for values, share in (((1, 3), Fraction(100, 3)), ((0, 3), 0), ((1, 0), None), ((None, 3), None),
                ((1, None), None))),
        *((name, values, points) for name in ("contribution_mom_pp", "ytd_contribution_pp")
            for values, points in (((8, 5, 12), 25), ((5, 8, 12), -25), ((8, 5, 0), None), ((8, None, 12), None),
                ((None, 5, 12), None))),
        ("rolling_12m_share_pct", (1, 2, 5, 7), 25),
        ("rolling_12m_contribution_pp", (4, 4, 3, 2, 6, 6), 25),
        ("rolling_12m_contribution_pp", (4, None, 3, 2, 6, 6), None),
    ],
)  # fmt: skip
def test_a_figure_of_months_and_partners(name: str, values: tuple[int | None, ...], expected: Fraction | None) -> None:
    assert result(name, operands(*values)) == expected


def test_equal_levels_share_a_rank() -> None:
    levels = {"DEU": 5, "FRA": None, "ITA": 9, "JPN": 7}
    others = [one for partner, level in levels.items() for one in operands(level, partner=partner)]
    assert result("rank", [*operands(7), *others]) == 2
    # Of months added up: 7 + 7 against 5 + 8 and 9 + 6.
    months = [*operands(7, 7), *operands(5, 8, partner="DEU"), *operands(9, 6, partner="ITA")]
    assert result("rolling_12m_rank", months) == 2
    assert result("rank", operands(7)) == 1


def test_twelve_months_and_their_growth() -> None:
    year = operands(*range(1, 13), months=[*range(JUNE - 11, JUNE + 1)])
    before = operands(*[3] * 12, months=[*range(JUNE - 23, JUNE - 11)])
    assert result("rolling_12m", year) == 78
    assert result("rolling_12m_yoy_pct", [*before, *year]) == (Fraction(78, 36) - 1) * 100
    assert result("rolling_12m", operands(1, None)) is None
    assert result("rolling_12m_yoy_pct", [*operands(*[0] * 12, months=[*range(JUNE - 23, JUNE - 11)]), *year]) is None


def test_a_year_of_prices_is_value_by_mass() -> None:
    price = POINT.at(measure="unit_value_usd_per_kg")
    mass, value = operands(4, 4, measure="quantity_kg"), operands(10, 30)
    assert result("rolling_12m", [*value, *mass], price) == 5
    assert result("rolling_12m", [*value, *operands(0, 0, measure="quantity_kg")], price) is None


def test_an_average_is_by_month_but_not_of_prices() -> None:
    quarter = [JUNE - 2, JUNE - 1, JUNE]
    value, mass = operands(3, 5, 7, months=quarter), operands(1, 1, 1, months=quarter, measure="quantity_kg")
    assert result("average_3m", value) == 5
    assert result("average_3m", [*value, *mass], POINT.at(measure="unit_value_usd_per_kg")) == 5
    assert result("average_3m", operands(3, None, 7, months=quarter)) is None


@pytest.mark.parametrize(
    ("levels", "highest", "lowest"),
    [
        ([9, 5, 3, 6], date(2025, 3, 1), date(2025, 5, 1)),
        ([1, 2, 3], None, date(2025, 5, 1)),
        ([6, None, 6], date(2025, 4, 1), date(2025, 4, 1)),
        ([6], None, None),
    ],
)
def test_the_latest_month_as_extreme(levels: list[int | None], highest: date | None, lowest: date | None) -> None:
    found = operands(*levels, months=[*range(JUNE - len(levels) + 1, JUNE + 1)])
    assert (result("highest_since", found), result("lowest_since", found)) == (highest, lowest)


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("level", JUNE),
        ("level@-1", JUNE - 1),
        ("ytd", JUNE - 5),
        ("ytd@-12", JUNE - 17),
        ("months@series", JUNE),
        ("added@-11:0", JUNE - 11),
        ("added@-14:-12", JUNE - 14),
        ("world@-12", JUNE - 12),
    ],
)
def test_the_first_month_of_an_operand(name: str, first: int) -> None:
    assert first_month(POINT, name) == first


@pytest.mark.parametrize(
    ("figure", "months"),
    [("level", [0]), ("yoy_pct", [-12, 0]), ("ytd", [-5, -4, -3, -2, -1, 0]), ("rolling_12m", [*range(-11, 1)])],
)  # fmt: skip
def test_the_months_on_which_a_figure_rests(figure: str, months: list[int]) -> None:
    assert months_behind(figure, POINT) == [JUNE + month for month in months]


def test_the_months_of_an_operand() -> None:
    assert months_of(POINT, "-11:0", {}) == range(JUNE - 11, JUNE + 1)
    assert months_of(POINT, "series", {"series_start": date(2025, 4, 1)}) == range(JUNE - 2, JUNE + 1)
    assert months_of(POINT, "series", {"series_start": None}) == range(JUNE, JUNE + 1)
