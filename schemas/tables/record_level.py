"""Defines the levels that the records of later months look back on."""

import polars as pl
from pandera.polars import Field

from schemas.layouts import FLOWS
from schemas.model import Table


class RecordLevel(Table):
    """The published levels on which "highest since" and "lowest since" of later months look back, of the series for which
    `metric` has them."""

    flow: pl.Enum = Field(
        description="direction of trade as the reporter counts it", dtype_kwargs={"categories": FLOWS}
    )
    product: pl.Categorical = Field(
        description="code as text: HS2, HS4, HS6 or the code of a national list, line:…, or basket:…"
    )
    partner: pl.Categorical = Field(
        description="ISO 3166-1 alpha-3, gacc:NNN, WLD for all partners, EU27 for the Union of that month"
    )
    period: pl.Date = Field(description="first day of the month")
    measure: pl.Categorical = Field(description="quantity_<unit>, value_usd, value_cny, or a value per kilogram")
    level: pl.Float64 = Field(
        description="the month's number: of a value per kilogram in its unit, else in smallest units"
    )
    kinds: pl.UInt8 = Field(
        description="kinds of release behind it: a bit for each kind of release, in the order of `kind`"
    )
