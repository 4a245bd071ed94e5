"""What the figures of a month are computed from: each number of it, printed or summed, in whole smallest units."""

import polars as pl

from schemas.metric import SETS_OF_KINDS
from schemas.table import FLOWS, Table, column, published

SPANS = ("month", "ytd", "yoy", "ytd_yoy")
HOW = ("printed", "sum")


@published(sort_by=("product", "partner", "measure", "span"), month_of="period")
class Base(Table):
    """The numbers behind `metric`: later months look back on them and need not add up anything again."""

    flow: pl.String = column("direction of trade as the reporter counts it", isin=FLOWS)
    product: pl.String = column("code as text: HS2 to HS8, line:…, or basket:…")
    partner: pl.String = column("ISO 3166-1 alpha-3, gacc:NNN, WLD for all partners, EU27 for the Union of that month")
    period: pl.Date = column("first day of the month; of a cumulative figure, of its last month")
    measure: pl.String = column("quantity_kg, quantity_<unit>, value_usd, value_cny")
    span: pl.String = column("month, ytd (from January on), or the printed growth of one of them on the year before", isin=SPANS)
    value: pl.Int64 = column(
        "the number, whole: milligrams of quantity_kg, hundredths of a per cent of a growth, else units of the measure; null "
        "where a part of the sum is not counted in it",
        nullable=True,
    )
    how: pl.String = column("printed by a source, or sum of what is printed", isin=HOW)
    kinds: pl.String = column("kinds of release that it rests on, in alphabetical order, joined by +", isin=SETS_OF_KINDS)
