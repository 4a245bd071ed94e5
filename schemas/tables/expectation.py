"""Defines what a month was expected to be by the months before it, and its level without the season."""

import polars as pl

from schemas.layouts import FLOWS
from schemas.model import Table, column, optional

STATUSES = {
    "expected": "there is an expectation",
    "too_few_months": "fewer than 36 months before this one are known",
    "gap": "a month is missing, or given together with another, within the 36 months before",
    "zero": "there was no trade in one of the 36 months before, or less than none",
    "definition_break": "code, unit or basket meant something else within the 36 months before: comparable_from of metric",
}


class Expectation(Table):
    """What the world total of a month was expected to be by the months before it alone: of the codes above all others, customs' lines,
    baskets and what is on the watch list. It enters no other table and holds no release.
    """

    flow: pl.Enum = column("direction of trade as the reporter counts it", categories=FLOWS)
    product: pl.String = column("code as text, line:…, or basket:…")
    partner: pl.String = column("WLD: all partners")
    period: pl.Date = column("first day of the month")
    measure: pl.String = column("value_usd …, quantity_kg")
    level: pl.Float64 = optional("the month's figure; null: not known", "see measure")
    status: pl.Enum = column("whether there is an expectation, or why not", categories=tuple(STATUSES))
    expected: pl.Float64 = optional("expected level: as likely to be too high as too low", "see measure")
    low: pl.Float64 = optional("lower end of its 80 % interval", "see measure")
    high: pl.Float64 = optional("upper end of its 80 % interval", "see measure")
    unusual_low: pl.Float64 = optional("lower end of its 97 % interval", "see measure")
    unusual_high: pl.Float64 = optional("upper end of its 97 % interval", "see measure")
    unusual: pl.Boolean = optional("whether the level lies outside the 97 % interval; null: no level or no expectation")
    fired_pct: pl.Float64 = optional(
        "share of judged_months that were unusual; null: the window has none", "% of judged_months"
    )
    judged_months: pl.Int32 = optional(
        "months of the window that 36 or more months before them can judge; 0 where there is one alone"
    )
    seasonally_adjusted: pl.Float64 = optional(
        "level without the month of the year and the Lunar New Year, by the months up to this one: later months do not revise it",
        "see measure",
    )
    seasonally_adjusted_mom_pct: pl.Float64 = optional("its change on the month before, both by the same months", "%")
    method: pl.String = column("how it is made")
    version: pl.String = column("library that makes it, and its version")
    window_start: pl.Date = optional("first month of the unbroken window before this one; null: there is none")
    months: pl.Int32 = column("months in the window, at most 96")
