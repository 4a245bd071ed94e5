"""Defines what a month was expected to be by the months before it, and its level without the season."""

from typing import Any

import polars as pl
from pandera.polars import Field

from schemas.layouts import FLOWS
from schemas.model import Table

STATUSES = {
    "expected": "there is an expectation",
    "too_few_months": "fewer than 36 months before this one are known",
    "gap": "a month is missing, or given together with another, within the 36 months before",
    "zero": "there was no trade in one of the 36 months before, or less than none",
    "definition_break": "code, unit or basket meant something else within the 36 months before: comparable_from of metric",
}


def _figure(description: str, unit: str | None = None) -> Any:
    return Field(description=description, nullable=True, metadata=None if unit is None else {"unit": unit})


class Expectation(Table):
    """What the world total of a month was expected to be by the months before it alone: of the codes above all others, customs' lines,
    baskets and what is on the watch list. It enters no other table and holds no release.
    """

    flow: pl.Enum = Field(
        description="direction of trade as the reporter counts it", dtype_kwargs={"categories": FLOWS}
    )
    product: pl.String = Field(description="code as text, line:…, or basket:…")
    partner: pl.String = Field(description="WLD: all partners")
    period: pl.Date = Field(description="first day of the month")
    measure: pl.String = Field(description="value_usd …, quantity_kg")
    level: pl.Float64 = _figure("the month's figure; null: not known", "see measure")
    status: pl.Enum = Field(
        description="whether there is an expectation, or why not", dtype_kwargs={"categories": tuple(STATUSES)}
    )
    expected: pl.Float64 = _figure("expected level: as likely to be too high as too low", "see measure")
    low: pl.Float64 = _figure("lower end of its 80 % interval", "see measure")
    high: pl.Float64 = _figure("upper end of its 80 % interval", "see measure")
    unusual_low: pl.Float64 = _figure("lower end of its 97 % interval", "see measure")
    unusual_high: pl.Float64 = _figure("upper end of its 97 % interval", "see measure")
    unusual: pl.Boolean = _figure("whether the level lies outside the 97 % interval; null: no level or no expectation")
    fired_pct: pl.Float64 = _figure(
        "share of judged_months that were unusual; null: the window has none", "% of judged_months"
    )
    judged_months: pl.Int32 = _figure(
        "months of the window that 36 or more months before them can judge; 0 where there is one alone"
    )
    seasonally_adjusted: pl.Float64 = _figure(
        "level without the month of the year and the Lunar New Year, by the months up to this one: later months do not revise it",
        "see measure",
    )
    seasonally_adjusted_mom_pct: pl.Float64 = _figure("its change on the month before, both by the same months", "%")
    method: pl.String = Field(description="how it is made")
    version: pl.String = Field(description="library that makes it, and its version")
    window_start: pl.Date = _figure("first month of the unbroken window before this one; null: there is none")
    months: pl.Int32 = Field(description="months in the window, at most 96")
