"""Defines what made the change of a month: codes under their headings, partners, what began, stopped or was revised."""

import polars as pl

from schemas.layouts import FLOWS
from schemas.model import Table, column, optional

# The month or the year before, months back, and the growth whose verdict is told.
AGAINST = ("month", "year")
KINDS = ("total", "product", "partner", "began", "stopped", "revision", "left_out")
QUOTES = ("yes", "care", "no")
SPLITS = {
    "split": "price, volume and, where it is known, exchange rate add up to the change",
    "without_rate": "split, and the price effect holds the exchange rate: no rate of both months is known",
    "no_quantity": "a code has neither kilograms nor one other unit in both months",
    "not_broken_down": "the codes below do not make up the change",
    "not_applicable": "no change of a value of goods",
}


class Mover(Table):
    """What made the change of a month on the month or the year before; rows below one `parent` add up to its change, and those without
    one, of products as of partners, to the total.
    """

    flow: pl.Enum = column("direction of trade as the reporter counts it", categories=FLOWS)
    period: pl.Date = column("first day of the month")
    against: pl.Enum = column(
        "what it is compared with: the month or the year before; of revisions the month", categories=AGAINST
    )
    measure: pl.String = column("value_usd …, quantity_kg")
    position: pl.Int32 = column("place in the order of reading, from 1")
    kind: pl.Enum = column(
        "total; product, partner: a part of its change; began, stopped: codes without trade in one of the months; revision: "
        "the largest by releases of which this is the newest month, `level` being the new number and `before` the old one; left_out: "
        "`note` says what cannot be compared",
        categories=KINDS,
    )
    depth: pl.Int8 = column("0 for a part of the total, 1 for a part of the code above, 2 for a part of that")
    parent: pl.String = optional("code that the row is a part of; null: the total")
    product: pl.String = optional("code as text; null: all products, or all others under the parent")
    partner: pl.String = optional("key of a partner; null: all partners, or of a row of kind partner all others")
    revised_month: pl.Date = optional("first day of the month whose number was revised; null: no revision")
    level: pl.Float64 = optional("the month's figure", "see measure")
    before: pl.Float64 = optional("that of the month compared with", "see measure")
    change: pl.Float64 = optional("level less before", "see measure")
    change_pct: pl.Float64 = optional("change in per cent of before; null where that is zero", "%")
    contribution_pp: pl.Float64 = optional("change in per cent of the total before", "percentage points")
    volume_effect: pl.Float64 = optional(
        "what the quantity makes of the change (LMDI-I), rounded to whole units", "see measure"
    )
    price_effect: pl.Float64 = optional(
        "what the value per kilogram, or per other unit, in the reporter's own currency makes of it: the rest of the change, with what is "
        "left of rounding",
        "see measure",
    )
    currency_effect: pl.Float64 = optional(
        "what the exchange rate makes of it, rounded to whole units; null where the value is in the reporter's own currency, or no rate is known",
        "see measure",
    )
    split_status: pl.Enum = column("whether the change is split, or why not", categories=tuple(SPLITS))
    note: pl.String = optional("began, stopped, highest since …, how many others, what is left out")
    quote: pl.Enum = optional(
        "whether the growth may be quoted: yes, with care, no; null: no verdict", categories=QUOTES
    )
    doubt: pl.String = optional("open findings about the releases that it rests on; null: none")
