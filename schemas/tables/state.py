"""Defines what each month leaves for the months after it, so that a figure never adds up the ledger again."""

from typing import TYPE_CHECKING

import polars as pl

from schemas.columns import column
from schemas.table import FLOWS, Table, published

if TYPE_CHECKING:
    from polars import Enum as Flow
else:
    Flow = pl.Enum(FLOWS)

# The members of baskets and of groups of partners.
MEMBERSHIPS = ("baskets", "partner_groups")
KINDS_BITS = "a bit for each kind of release, in the order of `kind`"


class Series(Table):
    """A month of one series."""

    flow: Flow = column("direction of trade as the reporter counts it")
    product: pl.Categorical = column("code as text: HS2, HS4, HS6 or the code of a national list, line:…, or basket:…")
    partner: pl.Categorical = column(
        "ISO 3166-1 alpha-3, gacc:NNN, WLD for all partners, EU27 for the Union of that month"
    )
    period: pl.Date = column("first day of the month")
    measure: pl.Categorical = column("quantity_<unit>, value_usd, value_cny, or a value per kilogram")


@published(
    sort_by=("product", "partner", "measure"), month_of="period", rows_per_group=131_072, is_compact=False, rests_on=MEMBERSHIPS,
)  # fmt: skip
class State(Series):
    """The numbers behind `metric`, of every series that had a number in the last twelve months: the next month and the same month
    a year later are computed from them. Whole numbers in smallest units: milligrams of quantity_kg, else units of the measure."""

    level: pl.Int64 = column("the month's number", "smallest unit", nullable=True)
    level_status: pl.UInt8 = column("how it was made or why it is missing: place in the statuses of `metric`")
    has_row: pl.Boolean = column("whether a source prints it, or it is a sum, also where the sum is not known")
    kinds: pl.UInt8 = column(f"kinds of release behind the level: {KINDS_BITS}")
    ytd: pl.Int64 = column("January to this month", "smallest unit", nullable=True)
    ytd_status: pl.UInt8 = column("how ytd was made or why it is missing: likewise a place in the statuses")
    ytd_kinds: pl.UInt8 = column(f"kinds of release behind ytd: {KINDS_BITS}")
    rolling: pl.Int64 = column("sum of the last `run` months", "smallest unit")
    run: pl.UInt8 = column("number of months up to this one whose level is known, 12 at most", "month", le=12)
    window: pl.UInt32 = column("how many of these months rest on each kind of release, four bits for each kind")
    two_months: pl.Int64 = column("sum of this month and the one before", "smallest unit", nullable=True)
    two_months_kinds: pl.UInt8 = column(f"kinds of release behind it: {KINDS_BITS}")
    quarter: pl.Int64 = column("sum of this month and the two before", "smallest unit", nullable=True)
    quarter_kinds: pl.UInt8 = column(f"kinds of release behind it: {KINDS_BITS}")
    quiet: pl.UInt8 = column("months since a number last spoke of the series", "month", le=12)
    idle: pl.UInt8 = column("months since anything of this product and partner was traded, 13 at most", "month", le=13)
    printed_ytd: pl.Int64 = column("year to date as a source prints it", "smallest unit", nullable=True)
    printed_ytd_kinds: pl.UInt8 = column("kind of release of it", nullable=True)
    printed_yoy: pl.Int64 = column("growth on the year before as a source prints it", "1/100 %", nullable=True)
    printed_yoy_kinds: pl.UInt8 = column("kind of release of it", nullable=True)
    printed_ytd_yoy: pl.Int64 = column("growth of the year to date as a source prints it", "1/100 %", nullable=True)
    printed_ytd_yoy_kinds: pl.UInt8 = column("kind of release of it", nullable=True)


@published(
    sort_by=("product", "partner", "measure"), month_of="period", rows_per_group=131_072, is_compact=False, rests_on=MEMBERSHIPS,
)  # fmt: skip
class Recent(Series):
    """The levels on which "highest since" and "lowest since" of later months look back, of the series for which `metric` has them."""

    level: pl.Float64 = column("the month's number: of a value per kilogram in its unit, else in smallest units")
    kinds: pl.UInt8 = column(f"kinds of release behind it: {KINDS_BITS}")
    run: pl.UInt8 = column(
        "number of months up to this one that are published and known, 61 at most", "month", ge=1, le=61
    )
