"""Defines figures that others printed, each with its verdict from the ledger.

A claim is checked against the tables and never changes them.
"""

import polars as pl

from schemas.model import Table, column, optional
from schemas.names import VERDICTS

METRICS = (
    "level_t, mom_pct, yoy_pct, ytd_t, ytd_yoy_pct, value_usd, value_cny, value_yoy_pct (of dollars),"
    " value_cny_yoy_pct, unit_value, share_pct, rank, since, streak …"
)


class Claim(Table):
    """Figures that others printed, one a row, with what the ledger said about each when it was checked."""

    claims_file: pl.String = column("name of the file of claims; a file of the same name replaces the earlier one")
    claims_sha256: pl.String = column("hash of the bytes of that file", str_matches=r"^[0-9a-f]{64}$")
    record: pl.UInt32 = column("number of the row in that file, the first is 1", ge=1)
    known_on: pl.Date = column("day of the newest release in the ledger against which it was checked")
    product: pl.String = optional("our product that the commodity stands for; null: it cannot be determined")
    commodity: pl.String = column("commodity in the words of the claim")
    hs_code_if_stated: pl.String = optional("code that the claim names")
    flow: pl.String = column("direction of trade as the claim has it")
    partner: pl.String = column("partner in the words of the claim")
    period: pl.String = column("2025-06, or 2025-01..2025-06")
    metric: pl.String = column(METRICS)
    qualifier: pl.String = optional("nearly, more than, about …")
    value: pl.String = column("the figure as printed")
    unit: pl.String = column("unit as printed")
    published: pl.String = optional("day of the claim as given")
    source_title: pl.String = optional("title of the text that claims it")
    source_url: pl.String = optional("address of that text")
    further: pl.String = column("all other columns of the file, as a JSON object")
    verdict: pl.String = column("what the ledger says", isin=list(VERDICTS))
    reason: pl.String = column("why, in a sentence with both readings", str_length={"min_value": 10})
    note: pl.String = optional("what the product's codes mix, where they mix")


class CheckedClaim(Table):
    """One checked claim a row, in the order of the file it came from; further columns of that file stand before
    these."""

    commodity: pl.String = column("commodity in the words of the claim")
    flow: pl.String = column("direction of trade as the claim has it")
    partner: pl.String = column("partner in the words of the claim")
    period: pl.String = column("2025-06, or 2025-01..2025-06")
    metric: pl.String = column(METRICS)
    value: pl.String = column("the figure as printed")
    unit: pl.String = column("unit as printed")
    verdict: pl.String = column("what the ledger says", isin=list(VERDICTS))
    reason: pl.String = column("why, in a sentence with both readings", str_length={"min_value": 10})

    class Config:
        # A file of claims keeps its other columns.
        strict = False
        ordered = False
