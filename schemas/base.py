"""What the figures of a month are computed from: each number of it, printed or summed, in whole smallest units."""

from typing import TYPE_CHECKING

import polars as pl

from schemas.metric import Flow, Kinds
from schemas.table import Table, column, published

SPANS = ("month", "ytd", "yoy", "ytd_yoy")
HOW = ("printed", "sum")
if TYPE_CHECKING:
    from polars import Enum as How
    from polars import Enum as Span
else:
    Span, How = pl.Enum(SPANS), pl.Enum(HOW)


@published(sort_by=("product", "partner", "measure", "span"), month_of="period", rows_per_group=16_384)
class Base(Table):
    """The numbers behind `metric`: later months look back on them and need not add up anything again."""

    flow: Flow = column("direction of trade as the reporter counts it")
    product: pl.Categorical = column("code as text: HS2 to HS8, line:…, or basket:…")
    partner: pl.Categorical = column("ISO 3166-1 alpha-3, gacc:NNN, WLD for all partners, EU27 for the Union of that month")
    period: pl.Date = column("first day of the month; of a cumulative figure, of its last month")
    measure: pl.Categorical = column("quantity_kg, quantity_<unit>, value_usd, value_cny")
    span: Span = column("month, ytd (from January on), or the printed growth of one of them on the year before")
    value: pl.Int64 = column(
        "the number, whole: milligrams of quantity_kg, hundredths of a per cent of a growth, else units of the measure; null "
        "where a part of the sum is not counted in it",
        nullable=True,
    )
    how: How = column("printed by a source, or sum of what is printed")
    kinds: Kinds = column("kinds of release that it rests on, in alphabetical order, joined by +")
