"""Adds up the rows of an adapter, and converts its columns to the `Reported` shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

import polars as pl

from schemas.table import DataFrame, polars_schema

if TYPE_CHECKING:
    from schemas.tables.reported import Reported


RECORDS_SHOWN = 40


def as_reported(columns: pl.DataFrame) -> DataFrame[Reported]:
    """These columns with the names and types of `Reported`; missing ones are null, other columns are left out."""
    return cast(
        "DataFrame[Reported]",
        columns.select(
            (pl.col(name) if name in columns.columns else pl.lit(None, dtype=kind).alias(name)).cast(kind)
            for name, kind in polars_schema("reported").items()
        ),
    )


def summed(rows: pl.DataFrame, place: Sequence[str], numbers: Sequence[str], **others: pl.Expr) -> pl.DataFrame:
    """A row for each place, in order of its first `record`: the sum of each number, null where a part is unknown, `others`, and
    `rows`, how many there were. The `note` of a sum of several lists their records.
    """
    sums = rows.group_by(place, maintain_order=True).agg(
        pl.col("record").first(), rows=pl.len(), **others,
        **{name: pl.when(pl.col(name).null_count() == 0).then(pl.col(name).sum()) for name in numbers},
    )  # fmt: skip
    # Most sums are of one row; only the others need a note.
    several = rows.join(sums.filter(pl.col("rows") > 1), on=place, how="semi", maintain_order="left")
    shown = pl.col("record").cast(pl.String).head(RECORDS_SHOWN).str.join(", ")
    more = pl.when(pl.len() > RECORDS_SHOWN).then(pl.format(" and {} more", pl.len() - RECORDS_SHOWN)).otherwise(pl.lit(""))  # fmt: skip
    notes = several.group_by(place, maintain_order=True).agg(
        pl.col("record").first(), note=pl.lit("sum of records ") + shown + more
    )
    return sums.join(notes.select("record", "note"), on="record", how="left", maintain_order="left")
