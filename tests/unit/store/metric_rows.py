"""Rows of the table metric."""

from datetime import date

import polars as pl

from schemas.names import FIGURES, status
from schemas.table import polars_schema
from schemas.tables.metric import Metric


def metrics(products: list[str], month: date = date(2025, 6, 1), partners: int = 3) -> pl.DataFrame:
    """Rows of the table metric in its order: the level of each product and partner."""
    kinds = polars_schema("metric")
    keys = pl.DataFrame({"product": sorted(products)}).join(
        pl.DataFrame({"partner": [f"P{number:02d}" for number in range(partners)]}), how="cross"
    )
    given = {
        "flow": "export", "classification": "HS8", "measure": "quantity_kg", "period": month, "level_kinds": "query",
        "kinds": "query", **{status(figure): "no_base" for figure in FIGURES}, "level_status": "reported",
        "is_total": False, "in_doubt": False,
    }  # fmt: skip
    rows = keys.with_row_index("level").with_columns(pl.lit(value).alias(name) for name, value in given.items())
    missing = [pl.lit(None).alias(name) for name in kinds if name not in rows.columns]
    frame = rows.with_columns(missing).select(pl.col(name).cast(kind) for name, kind in kinds.items())
    return Metric.validate(frame, lazy=True)
