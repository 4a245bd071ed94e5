"""Defines the table for most readers: current values, wide, a row per flow, product, partner and month."""

import polars as pl

from schemas.columns import column
from schemas.table import FLOWS, Table, published
from schemas.tables.observation import CLASSIFICATIONS, KINDS

JOINED_KINDS = rf"^({'|'.join(KINDS)})(\+({'|'.join(KINDS)}))*$"


VALUES = ("value_usd", "value_cny", "value_eur", "value_gbp", "value_jpy")


@published(sort_by=("product", "partner"), month_of="period", rows_per_group=6_656)
class TradeFlow(Table):
    """The last word on each month, as the sources print it; sums and growth are in `metric`."""

    flow: pl.String = column("direction of trade as the reporter counts it", isin=FLOWS)
    product: pl.String = column("code as text: HS2, HS4, HS6 or the code of a national list, or line:…")
    classification: pl.String = column("what kind of code `product` is", isin=CLASSIFICATIONS)
    partner: pl.String = column("ISO 3166-1 alpha-3, gacc:NNN, or WLD where the source prints the total")
    period: pl.Date = column("first day of the month")
    quantity_kg: pl.Float64 = column("mass", "kg", nullable=True)
    quantity_other: pl.Float64 = column(
        "quantity in the unit that is not a mass", "see quantity_other_unit", nullable=True
    )
    quantity_other_unit: pl.String = column("unit of quantity_other", nullable=True)
    value_usd: pl.Float64 = column("value", "USD", nullable=True)
    value_cny: pl.Float64 = column("value", "CNY", nullable=True)
    value_eur: pl.Float64 = column("value", "EUR", nullable=True)
    value_gbp: pl.Float64 = column("value", "GBP", nullable=True)
    value_jpy: pl.Float64 = column("value", "JPY", nullable=True)
    source: pl.String = column("adapters that read the numbers of the row, in alphabetical order, joined by +")
    kind: pl.String = column("kinds of release that its numbers come from, likewise", str_matches=JOINED_KINDS)
