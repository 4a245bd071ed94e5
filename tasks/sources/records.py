"""From the columns that an adapter has to the shape that it must hand on."""

import polars as pl
from pandera.typing.polars import DataFrame

from schemas.table import polars_schema
from schemas.tables.reported import Reported


def as_reported(columns: pl.DataFrame) -> DataFrame[Reported]:
    """These columns under the names and types of `Reported`; what the layout lacks is null, other columns are left out."""
    return DataFrame[Reported](
        columns.select(
            (pl.col(name) if name in columns.columns else pl.lit(None, dtype=kind).alias(name)).cast(kind)
            for name, kind in polars_schema(Reported).items()
        )
    )
