"""Defines the revisions: every change of every published number, at the grain of the releases that disagree."""

import polars as pl
from pandera.polars import Field

from schemas.layouts import FLOWS
from schemas.model import Table
from schemas.names import CLASSIFICATIONS, REVISIONS


class Revision(Table):
    """One revision a row: the two words, the two releases, the day, and what it did to the world total."""

    source: pl.String = Field(description="adapter that read the releases")
    flow: pl.String = Field(description="direction of trade as the reporter counts it", isin=list(FLOWS))
    product: pl.String = Field(description="code as text: HS2, HS4, HS6 or the code of a national list, or line:…")
    classification: pl.String = Field(description="what kind of code `product` is", isin=list(CLASSIFICATIONS))
    partner: pl.String = Field(description="ISO 3166-1 alpha-3, gacc:NNN, or WLD where the source prints the total")
    regime: pl.String = Field(description="customs regime code, where both releases have it", nullable=True)
    province: pl.String = Field(description="province code, where both releases have it", nullable=True)
    period_start: pl.Date = Field(description="first day of the period")
    period_end: pl.Date = Field(description="last day of the period")
    measure: pl.String = Field(description="quantity_<unit>, value_usd, value_cny, or quantity_<unit>_yoy")
    unit: pl.String = Field(description="unit of the values")
    kind: pl.String = Field(description="what happened", isin=list(REVISIONS))
    old_value: pl.Int64 = Field(
        description="the word before, null where there was none", metadata={"unit": "see unit"}, nullable=True
    )
    new_value: pl.Int64 = Field(
        description="the word after, null where there is none", metadata={"unit": "see unit"}, nullable=True
    )
    old_release_id: pl.String = Field(description="release that said the old word, or that was silent")
    new_release_id: pl.String = Field(
        description="release that said the new word, or that was silent; or the decision_id of what withdrew or reinstated a release"
    )
    revised_on: pl.Date = Field(description="day from which the new word held")
    world_old: pl.Int64 = Field(description="world total of the month the day before, by this source; null where not all of it is covered or counted in this unit", metadata={"unit": "see unit"}, nullable=True)  # fmt: skip
    world_new: pl.Int64 = Field(description="the same on that day", metadata={"unit": "see unit"}, nullable=True)
    world_yoy_old_pct: pl.Float64 = Field(
        description="y/y of the world total as it stood the day before; null where there is no base, or none that means the same, and "
        "where the number is a growth itself",
        metadata={"unit": "%"},
        nullable=True,
    )
    world_yoy_new_pct: pl.Float64 = Field(description="the same on that day", metadata={"unit": "%"}, nullable=True)
