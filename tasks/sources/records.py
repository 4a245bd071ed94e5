"""Converts the columns of an adapter to the `Reported` shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import polars as pl

from schemas.table import DataFrame, polars_schema

if TYPE_CHECKING:
    from schemas.tables.reported import Reported


def as_reported(columns: pl.DataFrame) -> DataFrame[Reported]:
    """These columns with the names and types of `Reported`; missing ones are null, other columns are left out."""
    return cast(
        "DataFrame[Reported]",
        columns.select(
            (pl.col(name) if name in columns.columns else pl.lit(None, dtype=kind).alias(name)).cast(kind)
            for name, kind in polars_schema("reported").items()
        ),
    )
