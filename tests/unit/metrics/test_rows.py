"""The order of the rows of `metric`, and names instead of numbers."""

from datetime import date

import polars as pl

from schemas.table import empty_frame
from tasks.metrics.rows import in_order
from tests.unit.builders import MAGNETS
from tests.unit.metrics.numbered import WHOLE, names_of, numbered


def test_rows_are_sorted_by_month_measure_product_and_partner() -> None:
    names = names_of(WHOLE)
    like = empty_frame("metric")
    plain, ratio = (
        rows.drop("month").with_columns(
            period=pl.Series(days),
            **{
                name: pl.lit(None, kind)
                for name, kind in like.schema.items()
                if name not in ("product", "partner", "measure", "period")
            },
        )
        for rows, days in (
            (
                numbered(names, {"product": "85", "partner": "USA"}, {}, {"partner": "DEU", "measure": "value_usd"}),
                [date(2025, 6, 1)] * 3,
            ),
            (numbered(names, {"measure": "unit_value_usd_per_kg"}), [date(2025, 6, 1)]),
        )
    )
    expected = [
        (6, "85", "USA", "quantity_kg"),
        (6, MAGNETS, "USA", "quantity_kg"),
        (6, MAGNETS, "USA", "unit_value_usd_per_kg"),
        (6, MAGNETS, "DEU", "value_usd"),
    ]

    def shown(frame: pl.DataFrame) -> list[tuple[object, ...]]:
        return frame.select(pl.col("period").dt.month(), pl.col("product", "partner", "measure").cast(pl.String)).rows()

    assert shown(in_order(plain, ratio, names)) == expected
    # So are those of several months.
    later = plain.with_columns(period=pl.lit(date(2025, 5, 1)))
    assert shown(in_order(pl.concat([plain, later]), ratio, names))[3:] == expected
    assert shown(in_order(plain, ratio.clear(), names)) == [row for row in expected if "unit" not in str(row[3])]
