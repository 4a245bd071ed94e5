"""Defines the ledger: each number of trade, its release, and the days during which it was current; what each release
revised; and the table for most readers, current values, wide, a row per flow, product, partner and month.

Values are whole numbers (`Int64`) in the unit in the neighbouring column, which is chosen so that nothing printed is
lost: silver is kept in grams, a printed "46.4 t" as 46,400 kg, a printed "-38.1 %" as -3,810 basis points. `resolution`
is the value of one step of the last printed digit (1 for customs' own files, 100 kg for "46.4 t"), so that rounding is
never mistaken for precision.
"""

import polars as pl

from schemas.code_files import money, source_names
from schemas.layouts import FLOWS
from schemas.model import Table, column, optional
from schemas.names import CLASSIFICATIONS, KINDS, REVISIONS


class Statement(Table):
    """What every number of the ledger says of itself."""

    source: pl.String = column(f"adapter that read the release, e.g. {source_names()[0]}")
    kind: pl.String = column(
        "kind of release; where kinds speak of one key the earlier in the list wins", isin=list(KINDS)
    )
    reporter: pl.String = column("reporting country, ISO 3166-1 alpha-3")
    flow: pl.String = column("direction of trade as the reporter counts it", isin=list(FLOWS))
    product: pl.String = column(
        "code as text: HS2, HS4, HS6 or the code of a national list, or line:… for a line that only the source defines"
    )
    classification: pl.String = column("what kind of code `product` is", isin=list(CLASSIFICATIONS))
    partner: pl.String = column(
        "ISO 3166-1 alpha-3, gacc:NNN where a code has no country of its own, WLD for all partners"
    )
    period_start: pl.Date = column("first day of the period")
    period_end: pl.Date = column("last day of the period")
    measure: pl.String = column("quantity_<unit>, value_usd, value_cny, or quantity_<unit>_yoy for a printed growth")
    value: pl.Int64 = column("the number, whole, in `unit`")
    unit: pl.String = column("unit of `value`: kg, g, item, USD, CNY, basis_point …")
    resolution: pl.Int64 = column("worth of one step of the last printed digit, in `unit`", ge=1)
    release_id: pl.String = column("release that says so")


class Detail(Statement):
    """Every number of every release at the finest grain that the release has. Releases lie side by side: filter one."""

    regime: pl.String = optional("customs regime code, where the release has it")
    province: pl.String = optional("province code of the registered trader, where the release has it")
    record: pl.UInt32 = column("record number in the raw file", ge=1)
    known_from: pl.Date = column("day from which this was public")


class Observation(Statement):
    """The ledger at partner grain, bitemporal: one number a row with the days during which it was the last word."""

    record: pl.UInt32 = optional("record in the raw file; null where several are summed (`trace` lists them)")
    known_from: pl.Date = column("first day on which this was the last word")
    known_until: pl.Date = optional(
        "day on which it ended or another word replaced it, `known_from` itself where it was public for a part of that"
        " day alone; null: still the last word"
    )


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
        "release that said the new word, or that was silent; or the decision_id of what withdrew or reinstated a"
        " release"
    )
    revised_on: pl.Date = column("day from which the new word held")
    world_old: pl.Int64 = optional(
        "world total of the month the day before, by this source; null where not all of it is covered or counted in"
        " this unit",
        "see unit",
    )
    world_new: pl.Int64 = optional("the same on that day", "see unit")
    world_yoy_old_pct: pl.Float64 = optional(
        "y/y of the world total as it stood the day before; null where there is no base, or none that means the same,"
        " and where the number is a growth itself",
        "%",
    )
    world_yoy_new_pct: pl.Float64 = optional("the same on that day", "%")


JOINED_KINDS = rf"^({'|'.join(KINDS)})(\+({'|'.join(KINDS)}))*$"


class QuantityColumns(Table):
    """What a row of `trade_flow` is about, and its quantities."""

    flow: pl.String = column("direction of trade as the reporter counts it", isin=list(FLOWS))
    product: pl.String = column("code as text: HS2, HS4, HS6 or the code of a national list, or line:…")
    classification: pl.String = column("what kind of code `product` is", isin=list(CLASSIFICATIONS))
    partner: pl.String = column("ISO 3166-1 alpha-3, gacc:NNN, or WLD where the source prints the total")
    period: pl.Date = column("first day of the month")
    quantity_kg: pl.Float64 = optional("mass", "kg")
    quantity_other: pl.Float64 = optional("quantity in the unit that is not a mass", "see quantity_other_unit")
    quantity_other_unit: pl.String = optional("unit of quantity_other")


def _with_values(base: type[Table]) -> type[Table]:
    """A model with a column for each row of `money.csv` behind those of another one."""
    fields = {measure: optional("value", row["currency"]) for measure, row in money().items()}
    kinds = dict.fromkeys(fields, pl.Float64)
    return type("Values", (base,), {"__annotations__": kinds, "__module__": __name__, **fields})


class TradeFlow(_with_values(QuantityColumns)):  # type: ignore[misc]
    """The last word on each month, as the sources print it; sums and growth are in `metric`."""

    source: pl.String = column("adapters that read the numbers of the row, in alphabetical order, joined by +")
    kind: pl.String = column("kinds of release that its numbers come from, likewise", str_matches=JOINED_KINDS)
    in_doubt: pl.Boolean = column("whether the table `doubt` has a number of the row")
