"""Defines the table for most readers: current values, wide, a row per flow, product, partner and month."""

import polars as pl
from pandera.polars import Field

from schemas.layouts import FLOWS
from schemas.model import Table
from schemas.names import CLASSIFICATIONS, KINDS

JOINED_KINDS = rf"^({'|'.join(KINDS)})(\+({'|'.join(KINDS)}))*$"


class TradeFlow(Table):
    """The last word on each month, as the sources print it; sums and growth are in `metric`."""

    flow: pl.String = Field(description="direction of trade as the reporter counts it", isin=list(FLOWS))
    product: pl.String = Field(description="code as text: HS2, HS4, HS6 or the code of a national list, or line:…")
    classification: pl.String = Field(description="what kind of code `product` is", isin=list(CLASSIFICATIONS))
    partner: pl.String = Field(description="ISO 3166-1 alpha-3, gacc:NNN, or WLD where the source prints the total")
    period: pl.Date = Field(description="first day of the month")
    quantity_kg: pl.Float64 = Field(description="mass", metadata={"unit": "kg"}, nullable=True)
    quantity_other: pl.Float64 = Field(
        description="quantity in the unit that is not a mass",
        metadata={"unit": "see quantity_other_unit"},
        nullable=True,
    )
    quantity_other_unit: pl.String = Field(description="unit of quantity_other", nullable=True)
    value_usd: pl.Float64 = Field(description="value", metadata={"unit": "USD"}, nullable=True)
    value_cny: pl.Float64 = Field(description="value", metadata={"unit": "CNY"}, nullable=True)
    value_eur: pl.Float64 = Field(description="value", metadata={"unit": "EUR"}, nullable=True)
    value_gbp: pl.Float64 = Field(description="value", metadata={"unit": "GBP"}, nullable=True)
    value_jpy: pl.Float64 = Field(description="value", metadata={"unit": "JPY"}, nullable=True)
    source: pl.String = Field(
        description="adapters that read the numbers of the row, in alphabetical order, joined by +"
    )
    kind: pl.String = Field(
        description="kinds of release that its numbers come from, likewise", str_matches=JOINED_KINDS
    )
