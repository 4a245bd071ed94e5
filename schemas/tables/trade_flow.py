"""Defines the table for most readers: current values, wide, a row per flow, product, partner and month."""

import polars as pl

from schemas.layouts import FLOWS
from schemas.model import Table, column, optional
from schemas.names import CLASSIFICATIONS, KINDS

JOINED_KINDS = rf"^({'|'.join(KINDS)})(\+({'|'.join(KINDS)}))*$"


class TradeFlow(Table):
    """The last word on each month, as the sources print it; sums and growth are in `metric`."""

    flow: pl.String = column("direction of trade as the reporter counts it", isin=list(FLOWS))
    product: pl.String = column("code as text: HS2, HS4, HS6 or the code of a national list, or line:…")
    classification: pl.String = column("what kind of code `product` is", isin=list(CLASSIFICATIONS))
    partner: pl.String = column("ISO 3166-1 alpha-3, gacc:NNN, or WLD where the source prints the total")
    period: pl.Date = column("first day of the month")
    quantity_kg: pl.Float64 = optional("mass", "kg")
    quantity_other: pl.Float64 = optional("quantity in the unit that is not a mass", "see quantity_other_unit")
    quantity_other_unit: pl.String = optional("unit of quantity_other")
    value_usd: pl.Float64 = optional("value", "USD")
    value_cny: pl.Float64 = optional("value", "CNY")
    value_eur: pl.Float64 = optional("value", "EUR")
    value_gbp: pl.Float64 = optional("value", "GBP")
    value_jpy: pl.Float64 = optional("value", "JPY")
    source: pl.String = column("adapters that read the numbers of the row, in alphabetical order, joined by +")
    kind: pl.String = column("kinds of release that its numbers come from, likewise", str_matches=JOINED_KINDS)
