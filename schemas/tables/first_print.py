"""Defines the table of first prints: what was printed first of a month, what is said of it last, and how far the one was off."""

import polars as pl
from pandera.polars import Field

from schemas.layouts import FLOWS
from schemas.model import Table
from schemas.names import KINDS

UNIT = {"unit": "that of measure: kg, USD …"}


def _last(words: str) -> pl.Float64:
    return Field(description=words, nullable=True, metadata=UNIT)  # type: ignore[no-any-return]


class FirstPrint(Table):
    """First prints of single months that a later release, or one of another kind, can be held against, by series and month."""

    flow: pl.Enum = Field(
        description="direction of trade as the reporter counts it", dtype_kwargs={"categories": FLOWS}
    )
    product: pl.String = Field(description="code as text, or line:… for a line of customs' release pages")
    partner: pl.String = Field(description="ISO 3166-1 alpha-3, gacc:NNN, or WLD for all partners")
    period: pl.Date = Field(description="first day of the month")
    measure: pl.String = Field(description="quantity_<unit> or value_<currency>")
    first_kind: pl.String = Field(description="kind of the release that printed it first", isin=list(KINDS))
    first_known: pl.Date = Field(description="day on which it was printed first")
    first_release_id: pl.String = Field(description="release that printed it first")
    first: pl.Float64 = Field(description="the first print", metadata=UNIT)
    preliminary: pl.Float64 = _last("last word of the preliminary pages")
    bulletin: pl.Float64 = _last("last word of the bulletin")
    query: pl.Float64 = _last("last word of the query; of a line the sum of its national codes, where each is known")
    other_side: pl.Float64 = _last("what the partner says of the same trade, where it has a store beside this one")
    last: pl.Float64 = _last("last word of the most trusted kind of release")
    error_pct: pl.Float64 = Field(
        description="by how much `first` is above `last`: the error that its reader made; null where nothing can be compared",
        nullable=True, metadata={"unit": "per cent"},
    )  # fmt: skip
