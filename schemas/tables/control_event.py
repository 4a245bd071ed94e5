"""Defines the table of export-control measures and the codes they affect, and the rows about the months around them.

A measure is reference data: a row in `reference/control_events.csv`, with its days and what it suspends. Its state
depends on the day and is derived (`tasks/domain/export_controls/measure_states.py`). "Never in force" is a state,
because a measure that was announced and suspended before its first day explains no month; so is "lapsed, unrecorded",
because no later measure is recorded.
"""

import polars as pl

from schemas.layouts import FLOWS
from schemas.model import Table, column, optional
from schemas.reference.control_tables import COVERAGE, RECORDED, STATES

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
    destinations: pl.String = column("all, EU, or ISO 3166-1 alpha-3 with ; between them")
    users: pl.String = optional("whom it concerns, where not every buyer there; null: every buyer")
    prolongs: pl.String = optional("the regime that it goes on with; null: none")
    recorded: pl.String = optional(
        "how much of what the text names has its codes here; null: it lists no goods",
        isin=[one for one in RECORDED if one],
    )
    missing: pl.String = optional("what the text names beyond the recorded codes; null: nothing")
    codes_printed: list[str] = column(
        "codes as its text prints them, often of ten digits; those of measures it takes too"
    )
    codes_whole: list[str] = column(
        "codes all of which is controlled; of two, four or six digits: with all codes below"
    )
    codes_unknown_share: list[str] = column(
        "codes that hold controlled and free goods alike, in a share nobody publishes"
    )
    note: pl.String = optional("what shares those codes, and what is unsure about the days")
    page: pl.String = optional("address of the authority's own page; null: not known")
    page_on: pl.Date = optional("day that this page prints")
    source: pl.String = column("address where it was read", str_length={"min_value": 3})


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


DETOURS = {
    "judged": "both legs are known for each month, and there are placebo goods to judge by",
    "no_fall": "both legs are known, and the direct flow has not fallen: nothing can have been rerouted",
    "too_few_placebos": "both legs are known, and too few placebo goods are: no error rate, so no hub fires",
    "not_covered": "a month of a leg, or of the year before, is not known, or too few to know how much it varies",
}


class Detour(Table):
    """Possible hubs of goods that no longer go direct, one a row: the rows of `detours`. Every figure is of the months
    `since` to `until`; `before` is the mean of the same months of the year before, or of two."""

    product: pl.String = column("HS code that both customs share")
    exporter: pl.String = column("ISO 3166-1 alpha-3")
    importer: pl.String = column("ISO 3166-1 alpha-3")
    hub: pl.String = column("third country, ISO 3166-1 alpha-3")
    since: pl.Date = column("first day of the first month")
    until: pl.Date = column("first day of the last month")
    months: pl.Int32 = column("months from the first to the last", "month")
    measure: pl.String = column("quantity_kg, or a value")
    status: pl.String = column("whether the hub is judged, or why not", isin=list(DETOURS))
    fires: pl.Boolean = optional(
        "whether the direct flow fell and the score is above threshold; null: cannot be judged. An estimate, no proof"
    )
    estimate: pl.Float64 = optional("how much may have gone by the hub: both gains by their spreads", "see measure")
    low: pl.Float64 = optional(
        "lower end of an 80 % interval of what arrived, by what legs of placebo goods gain; null: too few",
        "see measure",
    )
    high: pl.Float64 = optional("upper end of that interval", "see measure")
    ceiling: pl.Float64 = optional("all that the smaller leg carried: no more can have gone by the hub", "see measure")
    as_high_pct: pl.Float64 = optional("placebo goods of which a hub has as high a score, with this one", "%")
    score: pl.Float64 = optional("the smaller of both legs' gains, each in units of its own spread")
    threshold: pl.Float64 = optional("score that 5 % of placebo goods exceed; null: too few placebo goods")
    lag: pl.Int8 = optional("months by which the second leg follows, 0 to 2, as fits best", "month")
    direct_before: pl.Float64 = optional("exporter to importer, as the exporter counts it", "see measure")
    direct_after: pl.Float64 = optional("the same since the date", "see measure")
    direct_other_before: pl.Float64 = optional("exporter to importer, as the importer counts it", "see measure")
    direct_other_after: pl.Float64 = optional("the same since the date", "see measure")
    first_said_before: pl.Float64 = optional("exporter to hub, as the exporter counts it", "see measure")
    first_said_after: pl.Float64 = optional("the same since the date", "see measure")
    first_before: pl.Float64 = optional(
        "computed, what the leg is compared with: exporter to hub, times first_growth, of the side that shows the"
        " smaller rise",
        "see measure",
    )
    first_after: pl.Float64 = optional("the same side since the date, without growth", "see measure")
    first_growth: pl.Float64 = optional("growth of the leg in general: median of placebo goods; 1: too few are known")
    first_other_before: pl.Float64 = optional("exporter to hub, as the hub counts it; null: no store", "see measure")
    first_other_after: pl.Float64 = optional("the same since the date", "see measure")
    second_said_before: pl.Float64 = optional("hub to importer, as the importer counts it", "see measure")
    second_said_after: pl.Float64 = optional("the same since the date", "see measure")
    second_before: pl.Float64 = optional(
        "computed, what the leg is compared with: hub to importer, times second_growth, without the first months of the"
        " lag",
        "see measure",
    )
    second_after: pl.Float64 = optional("the same months since the date, without growth", "see measure")
    second_growth: pl.Float64 = optional("growth of the leg in general; 1: too few placebo goods are known")
    second_other_before: pl.Float64 = optional("hub to importer, as the hub counts it; null: no store", "see measure")
    second_other_after: pl.Float64 = optional("the same since the date", "see measure")
    direct_usd_per_kg: pl.Float64 = optional("value per kilogram of the direct flow, by the exporter", "USD/kg")
    first_usd_per_kg: pl.Float64 = optional("value per kilogram of the first leg, by the exporter", "USD/kg")
    second_usd_per_kg: pl.Float64 = optional("value per kilogram of the second leg, by the importer", "USD/kg")
    placebo_goods: pl.Int32 = column("goods of headings that no measure of the exporter names, and that can be judged")
    placebo_goods_fired: pl.Int32 = column("of these, goods with a hub above threshold")
    placebo_half: pl.Int32 = column("placebo goods that lose as much as the good, half of it sold by others' makers")
    placebo_half_fired: pl.Int32 = column("of these, goods with a hub above threshold, though nothing is rerouted")
    placebo_all: pl.Int32 = column("placebo goods that lose as much as the good, all of it sold by others' makers")
    placebo_all_fired: pl.Int32 = column("of these, goods with a hub above threshold, though nothing is rerouted")
    placebo_pairs: pl.Int32 = column("first legs with the second leg of another hub")
    placebo_pairs_fired: pl.Int32 = column("of these, pairs above threshold")
    placebo_dates: pl.Int32 = column("earlier dates at which the goods can be judged")
    placebo_dates_fired: pl.Int32 = column("of these, dates with a hub above threshold")
    doubt: pl.String = optional("open findings about the numbers that the row rests on; null: none")


DUTIES = {
    "dutiable": "duty was assessed, and all of it was dutiable",
    "partly_free": "duty was assessed on a part; the rest was free, by the tariff or a preference that was claimed",
    "free": "nothing of it was dutiable, and no duty was assessed",
    "zero_duty": "it was dutiable, and the duty is zero",
    "no_dutiable_stated": "duty was assessed, and the source does not state how much was dutiable",
    "no_imports": "nothing entered for consumption: there is no rate",
    "no_duty_stated": "the source states imports for consumption and no duty: there is no rate",
    "duty_without_imports": "the source prints a duty on imports of zero, one of which is wrong: there is no rate",
    "duty_without_value": "the source prints a duty and nothing dutiable: one of the two is wrong",
    "not_covered": "imports for consumption are not known of each month or code",
}


class Duty(Table):
    """What was assessed at the border, by good, partner and months: the rows of `duties`."""

    product: pl.String = column("code, basket:… or list:…")
    partner: pl.String = column("country of origin, ISO 3166-1 alpha-3; WLD: all")
    role: pl.String = column("asked for, or a placebo beside it", isin=["asked", "placebo"])
    side: pl.String = optional("before or after the day; null: a single month", isin=["before", "after"])
    first_month: pl.Date = column("first month")
    last_month: pl.Date = column("last month")
    consumption_usd: pl.Float64 = optional("imports for consumption, customs value", "USD")
    dutiable_usd: pl.Float64 = optional("the part of it that was dutiable", "USD")
    duty_usd: pl.Float64 = optional("calculated duty on it", "USD")
    rate_pct: pl.Float64 = optional("duty by imports for consumption", "%")
    dutiable_rate_pct: pl.Float64 = optional("duty by what was dutiable", "%")
    dutiable_share_pct: pl.Float64 = optional("what was dutiable by imports for consumption", "%")
    list_duty_usd: pl.Float64 = optional(
        "what the rates of the list asked for would have added; null: no rate of each code and month", "USD"
    )
    list_rate_pct: pl.Float64 = optional("that by imports for consumption", "%")
    status: pl.String = column("how rate_pct was made, or why it is null", isin=list(DUTIES))
    doubt: pl.String = optional("open findings about the numbers that the row rests on; null: none")
