"""Builds the wide table for readers: one row a month, masses in kilograms."""

import polars as pl

from schemas.frames import Release, TradeFlow
from schemas.names import VALUES
from schemas.table import polars_schema
from tasks.domain.periods import index_month
from tasks.domain.precedence import monthly_numbers, without_outranked
from tasks.domain.units import MILLIGRAMS_PER_KG, in_units
from tasks.ledger.doubts import concerned
from tasks.metrics.doubt.doubts import NONE_OPEN


def widen(observation: pl.DataFrame, releases: Release, doubts: pl.DataFrame = NONE_OPEN) -> TradeFlow:
    """One row per flow, product, partner and month, from one statement a number (`merge.current_statements` or
    `as_of`).

    `doubts` are the open findings about the releases (`doubts.open_doubts`). A number that a better kind of release
    requested and lacks is left out, as in the series. A row with numbers from several sources names all sources and
    their kinds.
    """
    numbers = without_outranked(monthly_numbers(observation), releases).filter(pl.col("span") == "month")
    key = ["flow", "product", "classification", "partner", "month"]
    numbers = numbers.with_columns(in_doubt=concerned(numbers, doubts))
    size = pl.repeat(MILLIGRAMS_PER_KG, numbers.height, dtype=pl.Int64, eager=True)
    numbers = numbers.with_columns(size.alias("size"))
    kilograms = in_units(pl.col("value"), pl.col("size"))
    amount = pl.when(pl.col("measure") == "quantity_kg").then(kilograms).otherwise(pl.col("value").cast(pl.Float64))
    other = pl.col("measure").str.starts_with("quantity_") & (pl.col("measure") != "quantity_kg")
    schema = polars_schema("trade_flow")
    numbers = numbers.select(*key, "priority", "measure", "source", "kind", "in_doubt", amount=amount)
    numbers = numbers.sort(*key, "priority", "measure")
    # Hardly any month has several sources, and to count them and to join their names is expensive.
    sources = [pl.col("source").n_unique().alias("sources")] if numbers["source"].n_unique() > 1 else []
    # A place has one number of a measure a month, so the largest is the only one. Most releases have one currency.
    named, measures = ("quantity_kg", *VALUES), {*numbers["measure"].unique()}
    met = [name for name in named if name in measures]
    numbers = numbers.with_columns(
        *(pl.when(pl.col("measure") == name).then("amount").alias(name) for name in met),
        quantity_other=pl.when(other).then("amount"),
        quantity_other_unit=pl.when(other).then("measure"),
        begins=pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift()) for name in key),
    )
    wide = (
        numbers.group_by(pl.col("begins").cum_sum(), maintain_order=True)
        .agg(
            pl.col(*key, "source", "kind").first(),
            *(pl.col(name).max() for name in met),
            pl.col("quantity_other", "quantity_other_unit").drop_nulls().first(),
            pl.col("in_doubt").any(),
            *sources,
        )
        .with_columns(
            pl.col("quantity_other_unit").str.strip_prefix("quantity_"),
            *(pl.lit(None, schema[name]).alias(name) for name in named if name not in measures),
        )
    )
    if sources:
        several = numbers.join(wide.filter(pl.col("sources") > 1), on=key, how="semi")
        joined = several.group_by(key).agg(pl.col("source", "kind").unique().sort().str.join("+"))
        wide = wide.update(joined, on=key)
    return wide.with_columns(period=index_month("month")).select(*schema)
