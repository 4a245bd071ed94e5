"""Defines the derived figures: one row per flow, product, partner, month and measure.

Each figure `x` has a column `x_status`, which says how it was made or, if it is null, why. Percentages are per cent
(660.8 means +660.8 %) and are computed from whole units; nothing here is rounded.

A full release makes millions of rows, and half the columns are texts from fixed sets, so these are coded during
computation: a small number per row, and each text once. Readers of the published table get plain text.
"""

from typing import TYPE_CHECKING

import polars as pl

from schemas.columns import column, rule
from schemas.names import FIGURES
from schemas.table import FLOWS, Table, published
from schemas.tables.observation import CLASSIFICATIONS, KINDS

MADE = {
    "reported": "a source prints it",
    "zero": "inside the scope of a release and not in it: no trade",
    "sum": "sum of the parts, all of which are covered; of a year to date: of figures that came as one for its months",
    "sum_of_months": "sum of the months of the year so far",
    "ytd_difference": "difference of two cumulative figures that the source prints, or of one and the months up to its end",
    "ytd_sum": "a cumulative figure that the source prints, and the months after it",
    "computed": "computed from two figures of which neither is implied",
    "implied_base": "rests on a base that no source at hand prints; the growth itself is printed and implies it",
}
MISSING = {
    "not_covered": "no release at hand covers it",
    "other_unit": "what is traded is not, or not all of it, counted in this unit",
    "combined_months": "the source gives January and February together",
    "no_base": "the figure to compare with is not covered",
    "zero_base": "the figure to compare with is zero",
    "definition_break": "code, unit, basket or partner meant something else in a month that it rests on: see comparable_from",
    "incomplete_year": "a month of the year so far is missing",
    "incomplete_window": "a month of those added up (the last twelve, or three) is missing",
    "no_world_total": "the world total of the month is missing",
    "not_applicable": "this figure means nothing for this row",
    "not_extreme": "the month before was already as extreme",
    "on_request": "not in this table: highest and lowest since of a single partner are computed on request, by `read` and `trace`",
    "series_record": "no earlier month of the unbroken series is as extreme: a record since series_start",
}
STATUSES = tuple(dict.fromkeys([*MADE, *MISSING]))
# A set of kinds is a bit for each, in the order of KINDS; its name joins theirs: published+query.
SETS_OF_KINDS = tuple(
    "+".join(sorted(name for place, name in enumerate(KINDS) if number & 2**place))
    for number in range(1, 2 ** len(KINDS))
)

# Columns of texts from a fixed set. The type contains the set, so that rows need no check. (mypy cannot take an
# instance of a Polars type as an annotation.)
if TYPE_CHECKING:
    from polars import Enum as Classification
    from polars import Enum as Flow
    from polars import Enum as Kinds
    from polars import Enum as Status
else:
    Flow, Classification = pl.Enum(FLOWS), pl.Enum(CLASSIFICATIONS)
    Status, Kinds = pl.Enum(STATUSES), pl.Enum(SETS_OF_KINDS)


def status(figure: str) -> str:
    """The column that says how a figure was made or why it is missing: mom_pct -> mom_status."""
    return f"{figure.removesuffix('_pct').removesuffix('_pp')}_status"


# Code tables that decide what adds up and which months of a series may be compared.
COMPARED_BY = ("definition_breaks", "hs_revisions", "baskets", "partner_groups", "partners", "watch_list")


@published(
    sort_by=("measure", "product", "partner"), month_of="period", rows_per_group=196_608, rests_on=COMPARED_BY
)  # fmt: skip
class Metric(Table):
    """Level, growth, year to date, rolling year, share, rank, contribution, record: each with its status."""

    flow: Flow = column("direction of trade as the reporter counts it")
    product: pl.Categorical = column("code as text: HS2, HS4, HS6 or the code of a national list, line:…, or basket:…")
    classification: Classification = column("what kind of code `product` is")
    partner: pl.Categorical = column(
        "ISO 3166-1 alpha-3, gacc:NNN, WLD for all partners, EU27 for the Union of that month"
    )
    period: pl.Date = column("first day of the month")
    measure: pl.Categorical = column(
        "quantity_kg, quantity_<unit>, value_usd, value_cny, unit_value_usd_per_kg …: rows lie in its order"
    )
    level: pl.Float64 = column("the month's figure", "see measure", nullable=True)
    level_status: Status = column("how level was made, or why it is null")
    mom_pct: pl.Float64 = column("change on the month before", "%", nullable=True)
    mom_status: Status = column("how mom_pct was made, or why it is null")
    yoy_pct: pl.Float64 = column("change on the same month a year before", "%", nullable=True)
    yoy_status: Status = column("how yoy_pct was made, or why it is null")
    ytd: pl.Float64 = column("January to this month", "see measure", nullable=True)
    ytd_status: Status = column("how ytd was made, or why it is null")
    ytd_yoy_pct: pl.Float64 = column("change of ytd on a year before", "%", nullable=True)
    ytd_yoy_status: Status = column("how ytd_yoy_pct was made, or why it is null")
    rolling_12m: pl.Float64 = column("sum of the twelve months that end here", "see measure", nullable=True)
    rolling_12m_status: Status = column("how rolling_12m was made, or why it is null")
    rolling_12m_yoy_pct: pl.Float64 = column("change of rolling_12m on a year before", "%", nullable=True)
    rolling_12m_yoy_status: Status = column("how rolling_12m_yoy_pct was made, or why it is null")
    seasonal_yoy_pct: pl.Float64 = column(
        "change of this month and the two before it, added up, on the same three months a year before: a holiday that "
        "moves between them changes nothing",
        "%",
        nullable=True,
    )
    seasonal_yoy_status: Status = column("how seasonal_yoy_pct was made, or why it is null")
    share_pct: pl.Float64 = column("share in the world total of the month", "%", nullable=True)
    share_status: Status = column("how share_pct was made, or why it is null")
    rank: pl.UInt32 = column(
        "place among the partners by level, 1 is the largest; equal levels share it", nullable=True
    )
    rank_status: Status = column("how rank was made, or why it is null")
    contribution_mom_pp: pl.Float64 = column(
        "part of the world's m/m that this partner accounts for", "percentage points", nullable=True
    )
    contribution_mom_status: Status = column("how contribution_mom_pp was made, or why it is null")
    contribution_yoy_pp: pl.Float64 = column(
        "part of the world's y/y that this partner accounts for", "percentage points", nullable=True
    )
    contribution_yoy_status: Status = column("how contribution_yoy_pp was made, or why it is null")
    highest_since: pl.Date = column("latest earlier month that was at least as high", nullable=True)
    highest_since_status: Status = column("how highest_since was made, or why it is null")
    lowest_since: pl.Date = column("latest earlier month that was at least as low", nullable=True)
    lowest_since_status: Status = column("how lowest_since was made, or why it is null")
    series_start: pl.Date = column("first month of the unbroken series that highest_since looks back on", nullable=True)
    comparable_from: pl.Date = column(
        "month of the last known change of what code, unit, basket or partner mean: from it on months can be compared "
        "with this one; null: no change is known, of the HS revisions only that of 2022 being known",
        nullable=True,
    )
    level_kinds: Kinds = column(
        "kinds of release that level rests on, in alphabetical order, joined by +", nullable=True
    )
    kinds: Kinds = column(
        "the same of all figures of the row: of their bases, windows, world totals and the partners ranked",
        nullable=True,
    )

    @classmethod
    @rule
    def missing_says_why(cls) -> pl.Expr:
        """A figure is null exactly where its status is a reason for being missing."""
        return pl.all_horizontal(
            pl.col(figure).is_null() == (pl.col(status(figure)).to_physical() >= len(MADE)) for figure in FIGURES
        )
