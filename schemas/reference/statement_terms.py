"""Defines what the values of a source mean: currency, valuation, whose trade a partner is, rounding, and a printed
zero.

These are facts about a source and a direction, not about single records, so they are a code table: join it to `detail`
or `observation` by source, flow and measure. In `trade_flow` the column is the measure and `source` joins several names
by +; `metric` has no source, but all customs sources of one reporter agree, and figures from print have `published` in
`level_kinds`. Flags that differ from record to record are in the ledger itself: a number that a source marks as
suppressed, estimated or unknown has no row, its place is in `lost` of the table `release`, and a finding counts such
records; a row with 0 is a printed zero.
"""

import polars as pl

from schemas.layouts import FLOWS
from schemas.model import Table, column

VALUATIONS = {
    "FOB": "value at the border of the exporter, without freight and insurance to the importer",
    "CIF": "value at the border of the importer, freight and insurance included",
    "customs value": "price paid for the goods, without freight and insurance to the United States and without duty",
    "calculated duty": "no value of goods: the duty on imports for consumption, by the rates of the tariff",
    "FAS": "value at the port of export, alongside the ship, without loading",
    "not stated": "figures from print do not say; most repeat what the customs of the reporter publish",
}
PARTNERS = (
    "origin",
    "origin, consignment inside the EU",
    "last known destination",
    "ultimate destination",
    "not stated",
)
ROUNDINGS = ("nearest", "down", "nearest or down")
ZEROS = {
    "no trade": "a printed 0 means that there was none, or less than half a unit",
    "less than a step": "digits are cut off: a printed 0 may be trade below one step",
}


class StatementTerms(Table):
    """What the values of a source mean, by direction and measure; join by source, flow and measure."""

    source: pl.String = column("adapter that reads the release")
    flow: pl.String = column("direction of trade as the reporter counts it", isin=list(FLOWS))
    measure: pl.String = column("measure of the value", str_matches=r"^value_[a-z]{3}(_[a-z]+)*$")
    currency: pl.String = column("currency, ISO 4217", str_matches=r"^[A-Z]{3}$")
    valuation: pl.String = column("what the value includes", isin=list(VALUATIONS))
    partner_is: pl.String = column("which country the partner is", isin=list(PARTNERS))
    rounding: pl.String = column("how the source drops digits", isin=list(ROUNDINGS))
    zero: pl.String = column("what a printed 0 means", isin=list(ZEROS))
    nomenclature: pl.String = column(
        "list of the finest codes of the source: HS6, or a national list with the digits of its codes",
        str_matches="^[A-Z]+[0-9]{1,2}$",
    )
    basis: pl.String = column("where these facts are from", str_length={"min_value": 3})
