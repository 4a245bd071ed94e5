"""Defines the table of first prints: what was printed first of a month, what is said of it last, and how far the one was off."""

import polars as pl

from schemas.layouts import FLOWS
from schemas.model import Table, column, optional
from schemas.names import KINDS

UNIT = "that of measure: kg, USD …"


class FirstPrint(Table):
    """First prints of single months that a later release, or one of another kind, can be held against, by series and month."""

    flow: pl.Enum = column("direction of trade as the reporter counts it", categories=FLOWS)
    product: pl.String = column("code as text, or line:… for a line of customs' release pages")
    partner: pl.String = column("ISO 3166-1 alpha-3, gacc:NNN, or WLD for all partners")
    period: pl.Date = column("first day of the month")
    measure: pl.String = column("quantity_<unit> or value_<currency>")
    first_kind: pl.String = column("kind of the release that printed it first", isin=list(KINDS))
    first_known: pl.Date = column("day on which it was printed first")
    first_release_id: pl.String = column("release that printed it first")
    first: pl.Float64 = column("the first print", UNIT)
    preliminary: pl.Float64 = optional("last word of the preliminary pages", UNIT)
    bulletin: pl.Float64 = optional("last word of the bulletin", UNIT)
    query: pl.Float64 = optional(
        "last word of the query; of a line the sum of its national codes, where each is known", UNIT
    )
    other_side: pl.Float64 = optional(
        "what the partner says of the same trade, where it has a store under the same root", UNIT
    )
    last: pl.Float64 = optional("last word of the most trusted kind of release", UNIT)
    error_pct: pl.Float64 = optional(
        "by how much `first` is above `last`: the error that its reader made; null where nothing can be compared",
        "per cent",
    )
