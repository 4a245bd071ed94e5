"""Defines the records of a source's file as text, before they are interpreted.

Every adapter in `tasks/sources` brings its layout into this one shape. Names and codes repeat a great deal, so they are
categorical; numbers stay the characters that were printed.
"""

import polars as pl
from pandera.polars import Field

from schemas.model import Table


class Reported(Table):
    """One record of the raw file a row, as printed."""

    record: pl.UInt32 = Field(description="number of the record in the raw file, the first data record is 1", ge=1)
    flow: pl.Categorical = Field(description="direction as printed, null where the file does not say", nullable=True)
    period: pl.Categorical = Field(
        description="period as printed, null where the file has no such column", nullable=True
    )
    product: pl.Categorical = Field(
        description="product code as printed, null where the file has no such column", nullable=True
    )
    product_name: pl.Categorical = Field(description="product name as printed", nullable=True)
    partner: pl.Categorical = Field(
        description="partner code as printed, null where the file has no such column", nullable=True
    )
    partner_name: pl.Categorical = Field(description="partner name as printed", nullable=True)
    regime: pl.Categorical = Field(description="customs regime code as printed", nullable=True)
    province: pl.Categorical = Field(
        description="code of the place where the trader is registered, as printed", nullable=True
    )
    quantity: pl.String = Field(description="first quantity as printed", nullable=True)
    quantity_unit: pl.Categorical = Field(description="unit of the first quantity as printed", nullable=True)
    supplementary_quantity: pl.String = Field(description="second quantity as printed", nullable=True)
    supplementary_unit: pl.Categorical = Field(description="unit of the second quantity as printed", nullable=True)
    value: pl.String = Field(description="value as printed", nullable=True)
    currency: pl.Categorical = Field(description="currency of the value: USD or CNY", nullable=True)
    quantity_yoy: pl.String = Field(
        description="printed growth of the quantity on the year before", metadata={"unit": "%"}, nullable=True
    )
    published_on: pl.Categorical = Field(description="day on which the figure was printed, as printed", nullable=True)
    publisher: pl.Categorical = Field(description="who printed the figure", nullable=True)
    address: pl.Categorical = Field(description="where the figure was printed", nullable=True)
    note: pl.Categorical = Field(description="remark of whoever collected the figure", nullable=True)
