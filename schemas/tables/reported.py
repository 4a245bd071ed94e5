"""Defines the records of a source's file as text, before they are interpreted.

Every adapter in `tasks/sources` brings its layout into this one shape. Names and codes repeat a great deal, so they are
categorical; numbers stay the characters that were printed.
"""

import polars as pl

from schemas.model import Table, column, optional


class Reported(Table):
    """One record of the raw file a row, as printed."""

    record: pl.UInt32 = column("number of the record in the raw file, the first data record is 1", ge=1)
    flow: pl.Categorical = optional("direction as printed, null where the file does not say")
    period: pl.Categorical = optional("period as printed, null where the file has no such column")
    product: pl.Categorical = optional("product code as printed, null where the file has no such column")
    product_name: pl.Categorical = optional("product name as printed")
    partner: pl.Categorical = optional("partner code as printed, null where the file has no such column")
    partner_name: pl.Categorical = optional("partner name as printed")
    regime: pl.Categorical = optional("customs regime code as printed")
    province: pl.Categorical = optional("code of the place where the trader is registered, as printed")
    quantity: pl.String = optional("first quantity as printed")
    quantity_unit: pl.Categorical = optional("unit of the first quantity as printed")
    supplementary_quantity: pl.String = optional("second quantity as printed")
    supplementary_unit: pl.Categorical = optional("unit of the second quantity as printed")
    value: pl.String = optional("value as printed")
    currency: pl.Categorical = optional("currency of the value: USD or CNY")
    quantity_yoy: pl.String = optional("printed growth of the quantity on the year before", "%")
    published_on: pl.Categorical = optional("day on which the figure was printed, as printed")
    publisher: pl.Categorical = optional("who printed the figure")
    address: pl.Categorical = optional("where the figure was printed")
    note: pl.Categorical = optional("remark of whoever collected the figure")
