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


def test_a_price_is_a_value_by_its_mass_that_grows_and_has_no_share() -> None:
    told = [
        number(PAIR, partner, month, value, measure)
        for partner, month, kilograms, dollars in (
            ("USA", "2025-05", 100, 500), ("USA", "2025-06", 300, 900), ("JPN", "2025-06", 100, 0), ("KOR", "2025-06", 0, 7),
        )
        for measure, value in (("quantity_kg", kilograms), ("value_usd", dollars))
    ]  # fmt: skip
    figures, price = Figures((PAIR, told)), "unit_value_usd_per_kg"
    assert [figures.level(partner, measure=price) for partner in ("USA", "JPN", "KOR", "WLD")] == [
        (3, "computed"), (0, "computed"), (None, "zero_base"), (907 / 400, "computed"),
    ]  # fmt: skip
    assert figures.pair("mom_pct", measure=price) == (pytest.approx(-40), "computed")
    assert figures.pair("share_pct", measure=price) == (None, "not_applicable")
