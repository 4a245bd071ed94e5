"""Defines the tables of export-control measures, the codes they affect, and the months around them.

A measure is reference data: a row in `reference/control_events.csv`, with its days and what it suspends. Its state
depends on the day and is derived (`tasks/domain/measure_states.py`). "Never in force" is a state, because a measure
that was announced and suspended before its first day explains no month; so is "lapsed, unrecorded", because no later
measure is recorded.
"""

import polars as pl

from schemas.columns import column
from schemas.reference.control_tables import COVERAGE, STATES
from schemas.table import FLOWS, Table, Texts, published

WINDOWS = {
    "computed": "both figures are at hand, for every month of the window",
    "implied_base": "the base of a month rests on a growth that a source prints and that implies it",
    "not_covered": "a month of the window is not at hand",
    "no_base": "a month of the window a year before is not at hand",
    "zero_base": "nothing was traded in the same months a year before",
    "definition_break": "what is counted changed between a month of the window and a year before",
}


@published(sort_by=("announced_on", "event"))
class ControlEvent(Table):
    """Export-control measures and what was said about them, one a row, each with the codes that it touches."""

    event: pl.String = column("name of the measure", str_matches=r"^[a-z0-9-]+$")
    announced_on: pl.Date = column("day of announcement", nullable=True)
    effective_from: pl.Date = column("first day, or the day planned for it; null: nothing takes effect", nullable=True)
    effective_until: pl.Date = column("last day of its term; null: open", nullable=True)
    state: pl.String = column("state on the day state_on", isin=tuple(STATES))
    state_on: pl.Date = column("day of the state: that of the newest release of the store")
    state_by: pl.String = column(
        "event whose term decides the state: a suspension, or what has run out; null: none", nullable=True
    )
    state_until: pl.Date = column("last day of that term; null: none", nullable=True)
    suspends: Texts = column(
        "events that it suspends through its term; after # the paragraph, where it suspends that alone"
    )
    succeeds: Texts = column("events whose term it continues or ends")
    kind: pl.String = column("licence, prohibition, suspension, reporting, talks …")
    body: pl.String = column("who issued it")
    document: pl.String = column("number or name of the document")
    goods: pl.String = column("goods as described")
    action: pl.String = column("what it does")
    destinations: pl.String = column("all, or ISO 3166-1 alpha-3")
    codes_whole: Texts = column("HS8 codes all of which is controlled")
    codes_unknown_share: Texts = column(
        "HS8 codes that hold controlled and free goods alike, in a share nobody publishes"
    )
    note: pl.String = column("what shares those codes, and what is unsure about the days", nullable=True)
    source: pl.String = column("address where it is described", str_length={"min_value": 3})


@published(sort_by=("event", "product", "partner", "months", "first_month"))
class EventWindow(Table):
    """Months before and after a measure next to the same months a year before, for what it touches and for placebos.

    Published are the products of the measures, and as placebos those of the code tables that no measure touches.
    """

    event: pl.String = column("name of the measure")
    product: pl.String = column("code, line:… or basket:…")
    role: pl.String = column("touched by the measure, or placebo", isin=("touched", "placebo"))
    coverage: pl.String = column("how much of the product the measure controls", nullable=True, isin=tuple(COVERAGE))
    partner: pl.String = column("ISO 3166-1 alpha-3, WLD for all partners")
    side: pl.String = column("before the month of effect, or from it on", isin=("before", "after"))
    months: pl.Int32 = column("length of the window", "month")
    first_month: pl.Date = column("first month")
    last_month: pl.Date = column("last month")
    yoy_pct: pl.Float64 = column("change on the same months a year before", "%", nullable=True)
    status: pl.String = column("how yoy_pct was made, or why it is null", isin=tuple(WINDOWS))
    quantity_kg: pl.Float64 = column("sum over the window", "kg", nullable=True)
    quantity_year_before_kg: pl.Float64 = column("sum over the same months a year before", "kg", nullable=True)
    state: pl.String = column("state of the measure on the last day of the window", isin=tuple(STATES))
    flow: pl.String = column("direction of trade", isin=FLOWS)
    note: pl.String = column("what shares the code, where it holds controlled and free goods alike", nullable=True)


@published(sort_by=("product", "period"))
class EventMonth(Table):
    """The months that windows look at: world totals of exports of their products, so that a release need not look for them in the
    figures of years. A month without a row in the figures has none: whether that is zero is for the scopes of the releases to say."""

    product: pl.String = column("code, line:… or basket:…")
    period: pl.Date = column("first day of the month")
    level: pl.Float64 = column("the month's figure; null: it has none, or none in kilograms", "kg", nullable=True)
    yoy_pct: pl.Float64 = column("change on the same month a year before", "%", nullable=True)
    yoy_status: pl.String = column("how yoy_pct was made, or why it is null")
