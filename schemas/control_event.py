"""Export-control measures, the codes they touch, and what the months around them look like.

A measure is reference data: a row in `reference/control_events.csv`. "Never in force" is a state, because a measure that
was announced and suspended before its first day explains no month.
"""

import polars as pl

from schemas.table import FLOWS, Table, column

STATES = {
    "in_force": "in force from effective_from on",
    "suspended": "was in force and is suspended since effective_until",
    "never_in_force": "announced and suspended before its first day",
    "statement": "words, no measure",
    "report": "reported by others, no document",
}
COVERAGE = {
    "whole": "all that the code holds is controlled",
    "unknown_share": "controlled and free goods share the code, and nobody publishes the share",
}
DAY = r"^(\d{4}-\d{2}-\d{2})?$"
WINDOWS = {
    "computed": "both figures are at hand, for every month of the window",
    "implied_base": "the base of a month rests on a growth that a source prints and that implies it",
    "not_covered": "a month of the window is not at hand",
    "no_base": "a month of the window a year before is not at hand",
}


class ControlEvents(Table):
    """Export-control measures and what was said about them, one a row."""

    event: pl.String = column("name of the measure", str_matches=r"^[a-z0-9-]+$")
    announced_on: pl.String = column("day of announcement, YYYY-MM-DD; empty: not known", str_matches=DAY)
    effective_from: pl.String = column(
        "first day, or the day planned for it; empty: nothing takes effect", str_matches=DAY
    )
    effective_until: pl.String = column("last day, or day of suspension; empty: open", str_matches=DAY)
    state: pl.String = column("whether it is or was in force", isin=tuple(STATES))
    kind: pl.String = column("licence, prohibition, suspension, reporting, talks …")
    body: pl.String = column("who issued it")
    document: pl.String = column("number or name of the document")
    goods: pl.String = column("goods as described")
    action: pl.String = column("what it does")
    destinations: pl.String = column("all, or ISO 3166-1 alpha-3")
    date_note: pl.String = column("what is unsure about the days")
    source: pl.String = column("address where it is described", str_length={"min_value": 3})


class ControlEventCodes(Table):
    """HS8 codes that a measure touches, and whether the whole code is controlled."""

    event: pl.String = column("name of the measure")
    code_printed: pl.String = column(
        "control code as printed, often of ten digits; empty: the text names goods and no code"
    )
    hs8: pl.String = column("code of the statistics", str_matches=r"^\d{8}$")
    coverage: pl.String = column("how much of the code is controlled", isin=tuple(COVERAGE))
    note: pl.String = column("what shares the code")
    source: pl.String = column("address where it is described", str_length={"min_value": 3})


class EventWindow(Table):
    """Months before and after a measure beside the same months a year before, for its product and for placebo products."""

    event: pl.String = column("name of the measure")
    state: pl.String = column("whether it was in force", isin=tuple(STATES))
    flow: pl.String = column("direction of trade", isin=FLOWS)
    product: pl.String = column("code, line:… or basket:…")
    role: pl.String = column("touched by the measure, or placebo", isin=("touched", "placebo"))
    coverage: pl.String = column("how much of the code the measure controls", nullable=True, isin=tuple(COVERAGE))
    partner: pl.String = column("ISO 3166-1 alpha-3, WLD for all partners")
    side: pl.String = column("before the month of effect, or from it on", isin=("before", "after"))
    months: pl.Int32 = column("length of the window")
    first_month: pl.Date = column("first month")
    last_month: pl.Date = column("last month")
    quantity_kg: pl.Float64 = column("sum over the window", "kg", nullable=True)
    quantity_year_before_kg: pl.Float64 = column("sum over the same months a year before", "kg", nullable=True)
    yoy_pct: pl.Float64 = column("change on the same months a year before", "%", nullable=True)
    status: pl.String = column("how yoy_pct was made, or why it is null", isin=tuple(WINDOWS))
