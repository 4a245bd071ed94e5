"""Defines the derived figures: one row per flow, product, partner, month and measure.

Each figure `x` has a column `x_status`, which says how it was made or, if it is null, why. Percentages are per cent
(660.8 means +660.8 %) and are computed from whole units; nothing here is rounded.

A full release makes millions of rows, and half the columns are texts from fixed sets, so these are coded during
computation: a small number per row, and each text once. Readers of the published table get plain text.
"""

from typing import Any

import polars as pl
from pandera.polars import Field, PolarsData, dataframe_check

from schemas.layouts import FLOWS
from schemas.model import Table
from schemas.names import CLASSIFICATIONS, FIGURES, KINDS, MADE, STATUSES, status

# A set of kinds is a bit for each, in the order of KINDS; its name joins theirs: published+query.
SETS_OF_KINDS = tuple(
    "+".join(sorted(name for place, name in enumerate(KINDS) if number & 2**place))
    for number in range(1, 2 ** len(KINDS))
)


def _status(figure: str) -> Any:
    return Field(description=f"how {figure} was made, or why it is null", dtype_kwargs={"categories": STATUSES})


class Metric(Table):
    """Level, growth, year to date, rolling year, share, rank, contribution, record: each with its status."""

    flow: pl.Enum = Field(
        description="direction of trade as the reporter counts it", dtype_kwargs={"categories": FLOWS}
    )
    product: pl.Categorical = Field(
        description="code as text: HS2, HS4, HS6 or the code of a national list, line:…, or basket:…"
    )
    classification: pl.Enum = Field(
        description="what kind of code `product` is", dtype_kwargs={"categories": CLASSIFICATIONS}
    )
    partner: pl.Categorical = Field(
        description="ISO 3166-1 alpha-3, gacc:NNN, WLD for all partners, EU27 for the Union of that month"
    )
    period: pl.Date = Field(description="first day of the month")
    measure: pl.Categorical = Field(
        description="quantity_kg, quantity_<unit>, value_usd, value_cny, unit_value_usd_per_kg …: rows lie in its order"
    )
    level: pl.Float64 = Field(description="the month's figure", metadata={"unit": "see measure"}, nullable=True)
    level_status: pl.Enum = _status("level")
    mom_pct: pl.Float64 = Field(description="change on the month before", metadata={"unit": "%"}, nullable=True)
    mom_status: pl.Enum = _status("mom_pct")
    yoy_pct: pl.Float64 = Field(
        description="change on the same month a year before", metadata={"unit": "%"}, nullable=True
    )
    yoy_status: pl.Enum = _status("yoy_pct")
    ytd: pl.Float64 = Field(description="January to this month", metadata={"unit": "see measure"}, nullable=True)
    ytd_status: pl.Enum = _status("ytd")
    ytd_yoy_pct: pl.Float64 = Field(description="change of ytd on a year before", metadata={"unit": "%"}, nullable=True)
    ytd_yoy_status: pl.Enum = _status("ytd_yoy_pct")
    rolling_12m: pl.Float64 = Field(
        description="sum of the twelve months that end here", metadata={"unit": "see measure"}, nullable=True
    )
    rolling_12m_status: pl.Enum = _status("rolling_12m")
    rolling_12m_yoy_pct: pl.Float64 = Field(
        description="change of rolling_12m on a year before", metadata={"unit": "%"}, nullable=True
    )
    rolling_12m_yoy_status: pl.Enum = _status("rolling_12m_yoy_pct")
    seasonal_yoy_pct: pl.Float64 = Field(
        description="change of this month and the two before it, added up, on the same three months a year before: a holiday that "
        "moves between them changes nothing",
        metadata={"unit": "%"},
        nullable=True,
    )
    seasonal_yoy_status: pl.Enum = _status("seasonal_yoy_pct")
    share_pct: pl.Float64 = Field(
        description="share in the world total of the month", metadata={"unit": "%"}, nullable=True
    )
    share_status: pl.Enum = _status("share_pct")
    rank: pl.UInt32 = Field(
        description="place among the partners by level, 1 is the largest; equal levels share it", nullable=True
    )
    rank_status: pl.Enum = _status("rank")
    contribution_mom_pp: pl.Float64 = Field(
        description="part of the world's m/m that this partner accounts for",
        metadata={"unit": "percentage points"},
        nullable=True,
    )
    contribution_mom_status: pl.Enum = _status("contribution_mom_pp")
    contribution_yoy_pp: pl.Float64 = Field(
        description="part of the world's y/y that this partner accounts for",
        metadata={"unit": "percentage points"},
        nullable=True,
    )
    contribution_yoy_status: pl.Enum = _status("contribution_yoy_pp")
    highest_since: pl.Date = Field(description="latest earlier month that was at least as high", nullable=True)
    highest_since_status: pl.Enum = _status("highest_since")
    lowest_since: pl.Date = Field(description="latest earlier month that was at least as low", nullable=True)
    lowest_since_status: pl.Enum = _status("lowest_since")
    series_start: pl.Date = Field(
        description="first month of the unbroken series that highest_since looks back on", nullable=True
    )
    comparable_from: pl.Date = Field(
        description="month of the last known change of what code, unit, basket or partner mean: from it on months can be compared "
        "with this one; null: no change is known, of the HS revisions only that of 2022 being known",
        nullable=True,
    )
    level_kinds: pl.Enum = Field(
        description="kinds of release that level rests on, in alphabetical order, joined by +",
        dtype_kwargs={"categories": SETS_OF_KINDS},
        nullable=True,
    )
    kinds: pl.Enum = Field(
        description="the same of all figures of the row: of their bases, windows, world totals and the partners ranked",
        dtype_kwargs={"categories": SETS_OF_KINDS},
        nullable=True,
    )

    @dataframe_check
    @classmethod
    def missing_says_why(cls, data: PolarsData) -> pl.LazyFrame:
        """A figure is null exactly where its status is a reason for being missing."""
        return data.lazyframe.select(
            pl.all_horizontal(
                pl.col(figure).is_null() == (pl.col(status(figure)).to_physical() >= len(MADE)) for figure in FIGURES
            )
        )
