"""Defines what both sides of a flow say of it, month by month, with the reason of a difference."""

import polars as pl

from schemas.layouts import FLOWS
from schemas.model import Table, column, optional


class Mirror(Table):
    """Exports as the exporter reports them and imports as the importer does, by HS code and month; no third number is made of both."""

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
        "which side lacks which figure and why, why values are not compared, and what else the reason rests on; empty: nothing"
    )
    doubt: pl.String = column("open findings about the releases that it rests on; empty: none")
