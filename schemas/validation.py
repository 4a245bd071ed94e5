"""Validates frames of tables, without importing their models as long as every value fits.

Pandera takes longer to import than most files to ingest. What the models say of their columns stands in `tables.json`;
of a frame that does not keep to it the model says which values these are.
"""

import polars as pl

from schemas.fit import ROW_RULES, fits
from schemas.table import columns, polars_schema, unique_columns


def validated(table: str, frame: pl.DataFrame) -> pl.DataFrame:
    """Return a frame of a table. Raises SchemaErrors of pandera with every value that does not fit."""
    rules = [ROW_RULES[table]()] if table in ROW_RULES else []
    if not fits([*columns(table).values()], polars_schema(table), unique_columns(table), frame, rules):
        from schemas.tables.catalog import MODELS

        MODELS[table].validate(frame, lazy=True)
    return frame
