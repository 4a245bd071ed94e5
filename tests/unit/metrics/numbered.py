"""Small frames in the numbers of `names`, written with texts: `{"product": "85051110", "partner": "USA", ...}`."""

from collections.abc import Iterable
from typing import Any

import polars as pl

from tasks.metrics.levels.coverage import FlowCoverage, cover
from tasks.metrics.levels.names import Names
from tasks.metrics.levels.sums import PRINTED, SUM, UNKNOWN
from tests.unit.builders import MAGNETS, Row, release, release_table

JUNE = 2025 * 12 + 5


def names_of(
    *releases: Row,
    products: Iterable[str] = (MAGNETS,),
    partners: Iterable[str] = ("USA", "DEU"),
    measures: Iterable[str] = ("quantity_kg", "value_usd"),
    first: int = JUNE - 5,
    last: int = JUNE,
) -> Names:
    return Names.of(products, partners, measures, first, last, releases=release_table(*releases))


def coverage_of(*releases: Row, **of: Any) -> FlowCoverage:
    return cover(names_of(*releases, **of), "export", release_table(*releases))


def numbered(names: Names, *rows: Row) -> pl.DataFrame:
    """Rows with the plainest place where they say no other."""
    plain = {"product": MAGNETS, "partner": "USA", "measure": "quantity_kg", "month": JUNE}
    frame = pl.DataFrame([plain | row for row in rows], infer_schema_length=None)
    return names.numbered(frame.with_columns(pl.col("month").cast(pl.Int32)))


def printed(names: Names, *rows: Row) -> pl.DataFrame:
    frame = numbered(names, *({"value": None, "kinds": 2, "is_sum": False} | row for row in rows))
    return frame.select(
        "product",
        "partner",
        "measure",
        "month",
        pl.col("value").cast(pl.Int64),
        pl.col("kinds").cast(pl.UInt8),
        "is_sum",
    )


def in_months(names: Names, rows: pl.DataFrame) -> pl.DataFrame:
    """Rows of `printed` as `sums.add_up` gives them: a row a series, and columns for each month."""
    code = pl.when(pl.col("value").is_null()).then(UNKNOWN).when("is_sum").then(SUM).otherwise(PRINTED)
    rows = rows.with_columns(v=pl.col("value").fill_null(0), c=code.cast(pl.UInt8), k="kinds")
    wide = rows.select("product", "partner", "measure").unique(maintain_order=True)
    for month in range(names.first, names.first + names.months):
        own = rows.filter(month=month).select(
            "product", "partner", "measure", *(pl.col(name).alias(f"{name}{month}") for name in "vck")
        )
        wide = wide.join(own, on=["product", "partner", "measure"], how="left", maintain_order="left")
    return wide.with_columns(pl.col("^[vck][0-9]+$").fill_null(0))


def in_text(frame: pl.DataFrame, names: Names) -> pl.DataFrame:
    columns = [name for name in ("product", "partner", "measure") if name in frame.columns]
    return frame.with_columns(names.named(name).cast(pl.String) for name in columns)


WHOLE = release(months="2025-01..2025-06")
