"""What the figures of a month are computed from: each number of it, printed or summed, in whole smallest units."""

from typing import TYPE_CHECKING

import polars as pl

from schemas.metric import SETS_OF_KINDS
from schemas.table import FLOWS, Floats, Table, Texts, column, published

SPANS = ("month", "ytd", "yoy", "ytd_yoy")
HOW = ("printed", "sum")
if TYPE_CHECKING:
    from polars import Enum as Flow
    from polars import Enum as How
    from polars import Enum as Kinds
    from polars import Enum as Span
else:
    Flow, Span, How, Kinds = pl.Enum(FLOWS), pl.Enum(SPANS), pl.Enum(HOW), pl.Enum(SETS_OF_KINDS)


class Number(Table):
    """Which number it is that a row speaks of."""

    flow: Flow = column("direction of trade as the reporter counts it")
    product: pl.Categorical = column("code as text: HS2 to HS8, line:…, or basket:…")
    partner: pl.Categorical = column(
        "ISO 3166-1 alpha-3, gacc:NNN, WLD for all partners, EU27 for the Union of that month"
    )
    period: pl.Date = column(
        "first day of the month, of a cumulative figure its last one; in `base_year` of the last month that is side by side"
    )
    measure: pl.Categorical = column("quantity_kg, quantity_<unit>, value_usd, value_cny")
    span: Span = column("month, ytd (from January on), or the printed growth of one of them on the year before")


# What baskets and groups of partners are made of.
MEMBERSHIPS = ("baskets", "partner_groups")


@published(
    sort_by=("product", "partner", "measure", "span"),
    month_of="period",
    rows_per_group=32_768,
    is_compact=False,
    rests_on=MEMBERSHIPS,
)
class Base(Number):
    """The numbers behind `metric`: figures of later months are computed from them, without adding up the ledger again."""

    value: pl.Int64 = column(
        "the number, whole: milligrams of quantity_kg, hundredths of a per cent of a growth, else units of the measure; null "
        "where a part of the sum is not counted in it",
        nullable=True,
    )
    how: How = column("printed by a source, or sum of what is printed")
    kinds: Kinds = column("kinds of release that it rests on, in alphabetical order, joined by +")


@published(
    sort_by=("product", "partner", "measure", "span", "kinds"),
    month_of="period",
    rows_per_group=32_768,
    is_compact=False,
    rests_on=MEMBERSHIPS,
)
class BaseYear(Number):
    """The numbers of `base` with the months of a year side by side, so that a look back on many months is short: all months of a
    year that is over, and of the current year the quarters before that of its last month."""

    kinds: Kinds = column(
        "kinds of release that the numbers of the row rest on; months with others have a row of theirs"
    )
    months: pl.UInt16 = column("which months have a number here: bit 0 is January", ge=1, lt=4096)
    value_1: pl.Int64 = column("the number of January, see `base`", nullable=True)
    value_2: pl.Int64 = column("of February", nullable=True)
    value_3: pl.Int64 = column("of March", nullable=True)
    value_4: pl.Int64 = column("of April", nullable=True)
    value_5: pl.Int64 = column("of May", nullable=True)
    value_6: pl.Int64 = column("of June", nullable=True)
    value_7: pl.Int64 = column("of July", nullable=True)
    value_8: pl.Int64 = column("of August", nullable=True)
    value_9: pl.Int64 = column("of September", nullable=True)
    value_10: pl.Int64 = column("of October", nullable=True)
    value_11: pl.Int64 = column("of November", nullable=True)
    value_12: pl.Int64 = column("of December", nullable=True)


@published(
    sort_by=("product", "partner", "measure"),
    month_of="period",
    rows_per_group=32_768,
    is_compact=False,
    rests_on=MEMBERSHIPS,
)
class BaseFar(Table):
    """What "highest since" and "lowest since" of a year need of the months before the year before it, so that a look back needs two
    years at most.

    Of four years these figures need very little: whether the months are unbroken, and which of them no later month has surpassed.
    A row is a series; a series without a row has been without numbers for so long that no figure of the year depends on it.
    """

    flow: Flow = column("direction of trade as the reporter counts it")
    product: pl.Categorical = column("code as text: HS2 to HS8, line:…, or basket:…")
    partner: pl.Categorical = column(
        "ISO 3166-1 alpha-3, gacc:NNN, WLD for all partners, EU27 for the Union of that month"
    )
    period: pl.Date = column(
        "January of the year; the months meant here are the 48 before the January a year earlier: bit 0 is December, bit 1 "
        "November, and so on back in time"
    )
    measure: pl.Categorical = column("a measure of `base`, or a value per kilogram")
    last_month: pl.Date = column(
        "the last of these months with a number of the series or of what it would be made of; null where it is long ago, and "
        "of a value per kilogram",
        nullable=True,
    )
    run_start: pl.Date = column(
        "where each month of the year between has a number: since when each of these months has one, four years at most",
        nullable=True,
    )
    highest_months: pl.UInt64 = column(
        "a bit for each month that is higher than all after it, up to the year", lt=2**48
    )
    highest: Floats = column(
        "their numbers, back in time, in the smallest units of `base`; of a value per kilogram, USD or CNY"
    )
    lowest_months: pl.UInt64 = column("a bit for each month that is lower than all after it, up to the year", lt=2**48)
    lowest: Floats = column("their numbers, likewise")
    kinds_months: pl.UInt64 = column(
        "a bit for each month that rests on a kind of release that none after it does, up to the year", lt=2**48
    )
    kinds: Texts = column("the kinds of that month and of all after it, of each of them, back in time")
