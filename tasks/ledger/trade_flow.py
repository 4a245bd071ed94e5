"""Builds the wide table for readers: one row a month, masses in kilograms."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import polars as pl

from schemas.names import VALUES
from schemas.table import DataFrame, polars_schema
from tasks.domain.periods import index_month
from tasks.domain.units import MILLIGRAMS_PER_KG, in_units
from tasks.ledger.precedence import monthly_numbers, without_outranked

if TYPE_CHECKING:
    from schemas.tables.release import Release
    from schemas.tables.trade_flow import TradeFlow


def widen(observation: pl.DataFrame, releases: DataFrame[Release]) -> DataFrame[TradeFlow]:
    """One row per flow, product, partner and month, from one statement a number (`merge.current_statements` or `as_of`).

    A number that a better kind of release requested and lacks is left out, as in the series. A row with numbers from
    several sources names all sources and their kinds.
    """
    numbers = without_outranked(monthly_numbers(observation), releases).filter(pl.col("span") == "month")
    key = ["flow", "product", "classification", "partner", "month"]
    size = pl.repeat(MILLIGRAMS_PER_KG, numbers.height, dtype=pl.Int64, eager=True)
    numbers = numbers.with_columns(size.alias("size"))
    kilograms = in_units(pl.col("value"), pl.col("size"))
    amount = pl.when(pl.col("measure") == "quantity_kg").then(kilograms).otherwise(pl.col("value").cast(pl.Float64))
    other = pl.col("measure").str.starts_with("quantity_") & (pl.col("measure") != "quantity_kg")
    numbers = numbers.with_columns(amount=amount, other=other).sort(*key, "priority", "measure")
    named = {name: pl.col("amount").filter(pl.col("measure") == name).first() for name in ("quantity_kg", *VALUES)}
    wide = numbers.group_by(key, maintain_order=True).agg(
        **named,
        quantity_other=pl.col("amount").filter("other").first(),
        quantity_other_unit=pl.col("measure").filter("other").first().str.strip_prefix("quantity_"),
        source=pl.col("source").first(),
        kind=pl.col("kind").first(),
        sources=pl.col("source").n_unique(),
    )
    # Hardly any month has several sources, and joining their names is expensive.
    several = numbers.join(wide.filter(pl.col("sources") > 1), on=key, how="semi")
    joined = several.group_by(key).agg(pl.col("source", "kind").unique().sort().str.join("+"))
    wide = wide.update(joined, on=key)
    made = wide.with_columns(period=index_month("month")).select(*polars_schema("trade_flow"))
    return cast("DataFrame[TradeFlow]", made)
