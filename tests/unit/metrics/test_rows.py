"""The order of the rows of `metric`, and names instead of numbers."""

from datetime import date

import polars as pl
import pytest

from schemas.table import empty_frame
from tasks.metrics.rows import in_order
from tests.unit.builders import MAGNETS, number, release
from tests.unit.figures import Figures
from tests.unit.metrics.numbered import WHOLE, names_of, numbered

PAIR = release(months="2025-05..2025-06")


@pytest.fixture(scope="module")
def figures() -> Figures:
    """Kilograms and dollars of two months and three partners."""
    told = [
        number(PAIR, partner, month, value, measure)
        for partner, month, kilograms, dollars in (
            ("USA", "2025-05", 100, 500), ("USA", "2025-06", 300, 900), ("DEU", "2025-06", 300, 600), ("JPN", "2025-06", 100, 0), ("KOR", "2025-06", 0, 7),
        )
        for measure, value in (("quantity_kg", kilograms), ("value_usd", dollars))
    ]  # fmt: skip
    return Figures((PAIR, told))


def test_rows_are_sorted_by_month_measure_product_and_partner() -> None:
    names = names_of(WHOLE)
    like = empty_frame("metric")
    plain, ratio = (
        rows.drop("month").with_columns(
            period=pl.Series(days),
            **{name: pl.lit(None, kind) for name, kind in like.schema.items() if name not in ("product", "partner", "measure", "period")},
        )
        for rows, days in (
            (numbered(names, {"product": "85", "partner": "USA"}, {}, {"partner": "DEU", "measure": "value_usd"}), [date(2025, 6, 1)] * 3),
            (numbered(names, {"measure": "unit_value_usd_per_kg"}), [date(2025, 6, 1)]),
        )
    )  # fmt: skip
    expected = [
        (6, "85", "USA", "quantity_kg"), (6, MAGNETS, "USA", "quantity_kg"), (6, MAGNETS, "USA", "unit_value_usd_per_kg"),
        (6, MAGNETS, "DEU", "value_usd"),
    ]  # fmt: skip

    def shown(frame: pl.DataFrame) -> list[tuple[object, ...]]:
        return frame.select(pl.col("period").dt.month(), pl.col("product", "partner", "measure").cast(pl.String)).rows()

    assert shown(in_order(plain, ratio, names)) == expected
    # So are those of several months.
    later = plain.with_columns(period=pl.lit(date(2025, 5, 1)))
    assert shown(in_order(pl.concat([plain, later]), ratio, names))[3:] == expected
    assert shown(in_order(plain, ratio.clear(), names)) == [row for row in expected if "unit" not in str(row[3])]


def test_equal_levels_share_a_rank_and_the_next_one_is_skipped(figures: Figures) -> None:
    assert [figures.pair("rank", partner) for partner in ("USA", "DEU", "JPN")] == [(1, "computed"), (1, "computed"), (3, "computed")]  # fmt: skip
    assert figures.pair("rank", "WLD") == (None, "not_applicable")
    assert figures.pair("rank", "KOR") == (None, "not_applicable")


@pytest.mark.parametrize(
    ("partner", "month", "price"),
    [
        ("USA", "2025-06", (3, "computed")), ("DEU", "2025-06", (2, "computed")), ("USA", "2025-05", (5, "computed")), ("JPN", "2025-06", (0, "computed")),
        ("KOR", "2025-06", (None, "zero_base")), ("WLD", "2025-06", (1507 / 700, "computed")),
    ],
)  # fmt: skip
def test_a_price_is_a_value_by_its_mass(figures: Figures, partner: str, month: str, price: tuple[float | None, str]) -> None:  # fmt: skip
    assert figures.level(partner, month, "unit_value_usd_per_kg") == price


def test_growth_of_a_price_and_no_share_of_one(figures: Figures) -> None:
    assert figures.pair("mom_pct", measure="unit_value_usd_per_kg") == (pytest.approx(-40), "computed")
    assert figures.pair("share_pct", measure="unit_value_usd_per_kg") == (None, "not_applicable")
