"""Defines the levels that the records of later months look back on."""

import polars as pl

from schemas.layouts import FLOWS
from schemas.model import Table, column


class RecordLevel(Table):
    """The published levels on which "highest since" and "lowest since" of later months look back, of the series for which
    `metric` has them."""

    flow: pl.Enum = column("direction of trade as the reporter counts it", categories=FLOWS)
    product: pl.Categorical = column("code as text: HS2, HS4, HS6 or the code of a national list, line:…, or basket:…")
    partner: pl.Categorical = column(
        "ISO 3166-1 alpha-3, gacc:NNN, WLD for all partners, EU27 for the Union of that month"
    )
    period: pl.Date = column("first day of the month")
    measure: pl.Categorical = column("quantity_<unit>, value_usd, value_cny, or a value per kilogram")
    level: pl.Float64 = column("the month's number: of a value per kilogram in its unit, else in smallest units")
    kinds: pl.UInt8 = column("kinds of release behind it: a bit for each kind of release, in the order of `kind`")
