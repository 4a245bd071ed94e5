"""Defines the records of a source's file as text, before they are interpreted.

Every adapter in `tasks/sources` brings its layout into this one shape. Names and codes repeat a great deal, so they are
categorical; numbers stay the characters that were printed.
"""

import polars as pl

from schemas.columns import column
from schemas.table import Table


class Reported(Table):
    """One record of the raw file a row, as printed."""

    record: pl.UInt32 = column("number of the record in the raw file, the first data record is 1", ge=1)
    flow: pl.Categorical = column("direction as printed, null where the file does not say", nullable=True)
    period: pl.Categorical = column("period as printed, null where the file has no such column", nullable=True)
    product: pl.Categorical = column("product code as printed, null where the file has no such column", nullable=True)
    product_name: pl.Categorical = column("product name as printed", nullable=True)
    partner: pl.Categorical = column("partner code as printed, null where the file has no such column", nullable=True)
    partner_name: pl.Categorical = column("partner name as printed", nullable=True)
    regime: pl.Categorical = column("customs regime code as printed", nullable=True)
    province: pl.Categorical = column("code of the place where the trader is registered, as printed", nullable=True)
    quantity: pl.String = column("first quantity as printed", nullable=True)
    quantity_unit: pl.Categorical = column("unit of the first quantity as printed", nullable=True)
    supplementary_quantity: pl.String = column("second quantity as printed", nullable=True)
    supplementary_unit: pl.Categorical = column("unit of the second quantity as printed", nullable=True)
    value: pl.String = column("value as printed", nullable=True)
    currency: pl.Categorical = column("currency of the value: USD or CNY", nullable=True)
    quantity_yoy: pl.String = column("printed growth of the quantity on the year before", "%", nullable=True)
    published_on: pl.Categorical = column("day on which the figure was printed, as printed", nullable=True)
    publisher: pl.Categorical = column("who printed the figure", nullable=True)
    address: pl.Categorical = column("where the figure was printed", nullable=True)
    note: pl.Categorical = column("remark of whoever collected the figure", nullable=True)
