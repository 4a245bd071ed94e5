"""Defines the table of export-control measures and the codes they affect, and the rows about the months around them.

A measure is reference data: a row in `reference/control_events.csv`, with its days and what it suspends. Its state
depends on the day and is derived (`tasks/domain/measure_states.py`). "Never in force" is a state, because a measure
that was announced and suspended before its first day explains no month; so is "lapsed, unrecorded", because no later
measure is recorded.
"""

import polars as pl

from schemas.layouts import FLOWS
from schemas.model import Table, column, optional
from schemas.reference.control_tables import COVERAGE, STATES

WINDOWS = {
    "computed": "both figures are at hand, for every month of the window",
    "implied_base": "the base of a month rests on a growth that a source prints and that implies it",
    "other_side": (
        "a month is what the partner says, because the reporter has no number; a growth only where all months are"
    ),
    "not_covered": "a month of the window is not at hand",
    "no_base": "a month of the window a year before is not at hand",
    "zero_base": "nothing was traded in the same months a year before",
    "definition_break": "what is counted changed between a month of the window and a year before",
}


class ControlEvent(Table):
    """Export-control measures and what was said about them, one a row, each with the codes that it touches."""

    event: pl.String = column("name of the measure", str_matches=r"^[a-z0-9-]+$")
    announced_on: pl.Date = optional("day of announcement")
    effective_from: pl.Date = optional("first day, or the day planned for it; null: nothing takes effect")
    effective_until: pl.Date = optional("last day of its term; null: open")
    state: pl.String = column("state on the day state_on", isin=list(STATES))
    state_on: pl.Date = column("day of the state: that of the newest release of the store")
    state_by: pl.String = optional("event whose term decides the state: a suspension, or what has run out; null: none")
    state_until: pl.Date = optional("last day of that term; null: none")
    suspends: list[str] = column(
        "events that it suspends through its term; after # the paragraph, where it suspends that alone"
    )
    succeeds: list[str] = column("events whose term it continues or ends")
    kind: pl.String = column("licence, prohibition, suspension, reporting, talks …")
    body: pl.String = column("who issued it")
    document: pl.String = column("number or name of the document")
    goods: pl.String = column("goods as described")
    action: pl.String = column("what it does")
    destinations: pl.String = column("all, or ISO 3166-1 alpha-3")
    codes_whole: list[str] = column(
        "codes all of which is controlled; of two, four or six digits: with all codes below"
    )
    codes_unknown_share: list[str] = column(
        "codes that hold controlled and free goods alike, in a share nobody publishes"
    )
    note: pl.String = optional("what shares those codes, and what is unsure about the days")
    source: pl.String = column("address where it is described", str_length={"min_value": 3})


class EventWindow(Table):
    """Months before and after a measure next to the same months a year before, for what it touches and for placebos:
    the rows of `events windows`."""

    event: pl.String = column("name of the measure")
    product: pl.String = column("code, line:… or basket:…")
    role: pl.String = column("touched by the measure, or placebo", isin=["touched", "placebo"])
    coverage: pl.String = optional("how much of the product the measure controls", isin=list(COVERAGE))
    partner: pl.String = column("ISO 3166-1 alpha-3, WLD for all partners")
    side: pl.String = column("before the month of effect, or from it on", isin=["before", "after"])
    months: pl.Int32 = column("length of the window", "month")
    first_month: pl.Date = column("first month")
    last_month: pl.Date = column("last month")
    yoy_pct: pl.Float64 = optional("change on the same months a year before", "%")
    status: pl.String = column("how yoy_pct was made, or why it is null", isin=list(WINDOWS))
    quantity_kg: pl.Float64 = optional("sum over the window", "kg")
    quantity_year_before_kg: pl.Float64 = optional("sum over the same months a year before", "kg")
    state: pl.String = column("state of the measure on the last day of the window", isin=list(STATES))
    flow: pl.String = column("direction of trade", isin=list(FLOWS))
    note: pl.String = optional(
        "what shares the code, where it holds controlled and free goods alike, and whose the number of a month is if"
        " not the reporter's"
    )
