"""Defines the tables that follow from figures: what a month was expected to be, what made its change, what was printed
of it first, and what the other side of a flow says of it.
"""

import polars as pl

from schemas.figures import FIGURE_OF
from schemas.layouts import FLOWS
from schemas.model import Table, column, optional
from schemas.names import EXPECTATIONS, KINDS, QUOTES


class Expectation(Table):
    """What the world total of a month was expected to be by the months before it alone: of the codes above all others,
    customs' lines, baskets and what is on the watch list. It enters no other table and holds no release.
    """

    flow: pl.Enum = column("direction of trade as the reporter counts it", categories=FLOWS)
    product: pl.String = column("code as text, line:…, or basket:…")
    partner: pl.String = column("WLD: all partners")
    period: pl.Date = column("first day of the month")
    measure: pl.String = column("value_usd …, quantity_kg")
    level: pl.Float64 = optional("the month's figure; null: not known", "see measure")
    rank: pl.Int32 = optional(
        "place of the level among the months at hand, 1 the highest: this month and those of the window, however few;"
        " null: no level"
    )
    status: pl.Enum = column("whether there is an expectation, or why not", categories=tuple(EXPECTATIONS))
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
        "level without the month of the year and the Lunar New Year, by the months up to this one: later months do not"
        " revise it",
        "see measure",
    )
    seasonally_adjusted_mom_pct: pl.Float64 = optional("its change on the month before, both by the same months", "%")
    method: pl.String = column("how it is made")
    version: pl.String = column("library that makes it, and its version")
    window_start: pl.Date = optional("first month of the unbroken window before this one; null: there is none")
    months: pl.Int32 = column("months in the window, at most 96; of `rank` there is one more")


# The month or the year before: how many months back, and the growth whose verdict a page gives.
AGAINST = tuple(figure.against for figure in FIGURE_OF.values() if figure.against)
MOVES = ("total", "product", "partner", "began", "stopped", "revision", "left_out")
SPLITS = {
    "split": "price, volume and, where it is known, exchange rate add up to the change",
    "without_rate": "split, and the price effect holds the exchange rate: no rate of both months is known",
    "no_quantity": "a code has neither kilograms nor one other unit in both months",
    "not_broken_down": "the codes below do not make up the change",
    "not_applicable": "no change of a value of goods",
}


class Mover(Table):
    """What made the change of a month on the month or the year before; rows below one `parent` add up to its change,
    and those without one, of products as of partners, to the total.
    """

    flow: pl.Enum = column("direction of trade as the reporter counts it", categories=FLOWS)
    period: pl.Date = column("first day of the month")
    against: pl.Enum = column(
        "what it is compared with: the month or the year before; of revisions the month; on request also ytd, the year"
        " to date with that of the year before, and 12m, twelve months with the twelve before",
        categories=AGAINST,
    )
    measure: pl.String = column("value_usd …, quantity_kg")
    position: pl.Int32 = column("place in the order of reading, from 1")
    kind: pl.Enum = column(
        "total; product, partner: a part of its change; began, stopped: codes without trade in one of the months;"
        " revision: the largest by releases of which this is the newest month, `level` being the new number and"
        " `before` the old one; left_out: `note` says what cannot be compared",
        categories=MOVES,
    )
    depth: pl.Int8 = column("0 for a part of the total, 1 for a part of the code above, 2 for a part of that")
    parent: pl.String = optional("code that the row is a part of; null: the total")
    product: pl.String = optional("code as text; null: all products, or all others under the parent")
    partner: pl.String = optional("key of a partner; null: all partners, or of a row of kind partner all others")
    revised_month: pl.Date = optional("first day of the month whose number was revised; null: no revision")
    level: pl.Float64 = optional("the month's figure", "see measure")
    before: pl.Float64 = optional("that of the month compared with", "see measure")
    change: pl.Float64 = optional("level less before", "see measure")
    change_pct: pl.Float64 = optional("change in per cent of before; null where that is zero", "%")
    contribution_pp: pl.Float64 = optional("change in per cent of the total before", "percentage points")
    share_pct: pl.Float64 = optional("level in per cent of that of the total", "%")
    share_change_pp: pl.Float64 = optional("share_pct less that of the month compared with", "percentage points")
    volume_effect: pl.Float64 = optional(
        "what the quantity makes of the change (LMDI-I), rounded to whole units", "see measure"
    )
    price_effect: pl.Float64 = optional(
        "what the value per kilogram, or per other unit, in the reporter's own currency makes of it: the rest of the"
        " change, with what is left of rounding",
        "see measure",
    )
    currency_effect: pl.Float64 = optional(
        "what the exchange rate makes of it, rounded to whole units; null where the value is in the reporter's own"
        " currency, or no rate is known",
        "see measure",
    )
    split_status: pl.Enum = column("whether the change is split, or why not", categories=tuple(SPLITS))
    note: pl.String = optional("began, stopped, highest since …, how many others, what is left out")
    quote: pl.Enum = optional(
        "whether the growth may be quoted: yes, with care, no; null: no verdict", categories=QUOTES
    )
    doubt: pl.String = optional("open findings about the releases that it rests on; null: none")
    findings: list[str] = column("the same: release and number of each, as in the table `finding`")


UNIT_OF_MEASURE = "that of measure: kg, USD …"


class FirstPrint(Table):
    """First prints of single months that a later release, or one of another kind, can be held against, by series and
    month."""

    flow: pl.Enum = column("direction of trade as the reporter counts it", categories=FLOWS)
    product: pl.String = column("code as text, or line:… for a line of customs' release pages")
    partner: pl.String = column("ISO 3166-1 alpha-3, gacc:NNN, or WLD for all partners")
    period: pl.Date = column("first day of the month")
    measure: pl.String = column("quantity_<unit> or value_<currency>")
    first_kind: pl.String = column("kind of the release that printed it first", isin=list(KINDS))
    first_known: pl.Date = column("day on which it was printed first")
    first_release_id: pl.String = column("release that printed it first")
    first: pl.Float64 = column("the first print", UNIT_OF_MEASURE)
    preliminary: pl.Float64 = optional("last word of the preliminary pages", UNIT_OF_MEASURE)
    bulletin: pl.Float64 = optional("last word of the bulletin", UNIT_OF_MEASURE)
    query: pl.Float64 = optional(
        "last word of the query; of a line the sum of its national codes, where each is known", UNIT_OF_MEASURE
    )
    other_side: pl.Float64 = optional(
        "what the partner says of the same trade, where it has a store under the same root", UNIT_OF_MEASURE
    )
    last: pl.Float64 = optional("last word of the most trusted kind of release", UNIT_OF_MEASURE)
    error_pct: pl.Float64 = optional(
        "by how much `first` is above `last`: the error that its reader made; null where nothing can be compared",
        "per cent",
    )


class Mirror(Table):
    """Exports as the exporter reports them and imports as the importer does, by HS code and month; no third number is
    made of both."""

    flow: pl.Enum = column("direction of the goods as the exporter counts them: export", categories=FLOWS)
    product: pl.String = column("HS code of two, four or six digits, which customs share; the published table has six")
    exporter: pl.String = column("ISO 3166-1 alpha-3")
    importer: pl.String = column("ISO 3166-1 alpha-3")
    period: pl.Date = column("first day of the month")
    export_stated: pl.Float64 = optional("value that the exporter states, in export_currency")
    export_currency: pl.String = column("its currency, ISO 4217")
    export_valuation: pl.String = optional("FOB, FAS …; null: not known, or its sources differ")
    export_value_status: pl.String = optional("why export_stated is null: not_covered, suppressed …")
    export_kg: pl.Float64 = optional("mass that the exporter states", "kg")
    export_kg_status: pl.String = optional("why export_kg is null: weight_estimated, units_differ …")
    export_release_ids: list[str] = column(
        "releases in the exporter's store that have rows of it; none where no row means no trade"
    )
    import_stated: pl.Float64 = optional("value that the importer states, in import_currency")
    import_currency: pl.String = column("its currency, ISO 4217")
    import_valuation: pl.String = optional("CIF, customs value, FOB …; null: not known, or its sources differ")
    import_value_status: pl.String = optional("why import_stated is null")
    import_kg: pl.Float64 = optional("mass that the importer states", "kg")
    import_kg_status: pl.String = optional("why import_kg is null")
    import_release_ids: list[str] = column("releases in the importer's store that have rows of it")
    currency: pl.String = column("currency in which the values are compared, ISO 4217")
    export_rate: pl.Float64 = optional(
        "units of currency for one of export_currency, by the code table exchange_rates; null: no rate of the month"
    )
    import_rate: pl.Float64 = optional("the same of import_currency")
    export_value: pl.Float64 = optional("export_stated in currency")
    import_value: pl.Float64 = optional("import_stated in currency")
    hub_kg: pl.Float64 = optional(
        "what the exporter counts to Hong Kong, the Netherlands and Singapore, as far as it is known", "kg"
    )
    hub_value: pl.Float64 = optional("the same in currency")
    margin_pct: pl.Float64 = optional("by how much import_value is above free on board; null: not known", "per cent")
    margin_source: pl.String = optional(
        "where margin_pct is from, with its year; null: there is no freight in the value, or it is not known"
    )
    observed_margin_pct: pl.Float64 = optional(
        "by how much the importer's own value with freight is above that without, where its source prints both",
        "per cent",
    )
    fob_low: pl.Float64 = optional("import_value without freight, at least, in currency")
    fob_high: pl.Float64 = optional("import_value without freight, at most, in currency")
    kg_low: pl.Float64 = optional("import_kg, less what packing makes", "kg")
    kg_high: pl.Float64 = optional("import_kg, more what packing makes", "kg")
    value_ratio: pl.Float64 = optional("import_value by export_value")
    value_ratio_low: pl.Float64 = optional("fob_low by export_value")
    value_ratio_high: pl.Float64 = optional("fob_high by export_value")
    kg_ratio: pl.Float64 = optional("import_kg by export_kg")
    kg_ratio_low: pl.Float64 = optional("kg_low by export_kg")
    kg_ratio_high: pl.Float64 = optional("kg_high by export_kg")
    lag: pl.Int8 = optional("months by which sums of three months fit best; null: they do not fit")
    reason: pl.String = column("what the difference is like; docs/mirror.md says what each word means")
    why: pl.String = column(
        "which side lacks which figure and why, why values are not compared, and what else the reason rests on; empty:"
        " nothing"
    )
    doubt: pl.String = column("open findings about the releases that it rests on; empty: none")
