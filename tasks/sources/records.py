"""Converts the columns of an adapter to the `Reported` shape."""

import polars as pl

from schemas.table import DataFrame, polars_schema
from schemas.tables.reported import Reported


def as_reported(columns: pl.DataFrame) -> DataFrame[Reported]:
    """These columns with the names and types of `Reported`; missing ones are null, other columns are left out."""
    return DataFrame[Reported](
        columns.select(
            (pl.col(name) if name in columns.columns else pl.lit(None, dtype=kind).alias(name)).cast(kind)
            for name, kind in polars_schema(Reported).items()
        )
    )
