"""Defines the revisions: every change of every published number, at the grain of the releases that disagree."""

import polars as pl

from schemas.layouts import FLOWS
from schemas.model import Table, column, optional
from schemas.names import CLASSIFICATIONS, REVISIONS


class Revision(Table):
    """One revision a row: the two words, the two releases, the day, and what it did to the world total."""

    source: pl.String = column("adapter that read the releases")
    flow: pl.String = column("direction of trade as the reporter counts it", isin=list(FLOWS))
    product: pl.String = column("code as text: HS2, HS4, HS6 or the code of a national list, or line:…")
    classification: pl.String = column("what kind of code `product` is", isin=list(CLASSIFICATIONS))
    partner: pl.String = column("ISO 3166-1 alpha-3, gacc:NNN, or WLD where the source prints the total")
    regime: pl.String = optional("customs regime code, where both releases have it")
    province: pl.String = optional("province code, where both releases have it")
    period_start: pl.Date = column("first day of the period")
    period_end: pl.Date = column("last day of the period")
    measure: pl.String = column("quantity_<unit>, value_usd, value_cny, or quantity_<unit>_yoy")
    unit: pl.String = column("unit of the values")
    kind: pl.String = column("what happened", isin=list(REVISIONS))
    old_value: pl.Int64 = optional("the word before, null where there was none", "see unit")
    new_value: pl.Int64 = optional("the word after, null where there is none", "see unit")
    old_release_id: pl.String = column("release that said the old word, or that was silent")
    new_release_id: pl.String = column(
        "release that said the new word, or that was silent; or the decision_id of what withdrew or reinstated a release"
    )
    revised_on: pl.Date = column("day from which the new word held")
    world_old: pl.Int64 = optional(
        "world total of the month the day before, by this source; null where not all of it is covered or counted in this "
        "unit",
        "see unit",
    )
    world_new: pl.Int64 = optional("the same on that day", "see unit")
    world_yoy_old_pct: pl.Float64 = optional(
        "y/y of the world total as it stood the day before; null where there is no base, or none that means the same, and "
        "where the number is a growth itself",
        "%",
    )
    world_yoy_new_pct: pl.Float64 = optional("the same on that day", "%")
