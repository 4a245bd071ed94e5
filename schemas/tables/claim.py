"""Defines figures that others printed, each with its verdict from the ledger.

A claim is checked against the tables and never changes them.
"""

import polars as pl
from pandera.polars import Field

from schemas.model import Table
from schemas.names import VERDICTS

METRICS = "level_t, mom_pct, yoy_pct, ytd_t, ytd_yoy_pct, value_usd, value_cny, value_yoy_pct (of dollars), value_cny_yoy_pct, unit_value, share_pct, rank, since, streak …"


class Claim(Table):
    """Figures that others printed, one a row, with what the ledger said about each when it was checked."""

    claims_file: pl.String = Field(
        description="name of the file of claims; a file of the same name replaces the earlier one"
    )
    claims_sha256: pl.String = Field(description="hash of the bytes of that file", str_matches=r"^[0-9a-f]{64}$")
    record: pl.UInt32 = Field(description="number of the row in that file, the first is 1", ge=1)
    known_on: pl.Date = Field(description="day of the newest release in the ledger against which it was checked")
    product: pl.String = Field(
        description="our product that the commodity stands for; null: it cannot be determined", nullable=True
    )
    commodity: pl.String = Field(description="commodity in the words of the claim")
    hs_code_if_stated: pl.String = Field(description="code that the claim names", nullable=True)
    flow: pl.String = Field(description="direction of trade as the claim has it")
    partner: pl.String = Field(description="partner in the words of the claim")
    period: pl.String = Field(description="2025-06, or 2025-01..2025-06")
    metric: pl.String = Field(description=METRICS)
    qualifier: pl.String = Field(description="nearly, more than, about …", nullable=True)
    value: pl.String = Field(description="the figure as printed")
    unit: pl.String = Field(description="unit as printed")
    published: pl.String = Field(description="day of the claim as given", nullable=True)
    source_title: pl.String = Field(description="title of the text that claims it", nullable=True)
    source_url: pl.String = Field(description="address of that text", nullable=True)
    further: pl.String = Field(description="all other columns of the file, as a JSON object")
    verdict: pl.String = Field(description="what the ledger says", isin=list(VERDICTS))
    reason: pl.String = Field(description="why, in a sentence with both readings", str_length={"min_value": 10})
    note: pl.String = Field(description="what the product's codes mix, where they mix", nullable=True)


class CheckedClaim(Table):
    """One checked claim a row, in the order of the file it came from; further columns of that file stand before these."""

    commodity: pl.String = Field(description="commodity in the words of the claim")
    flow: pl.String = Field(description="direction of trade as the claim has it")
    partner: pl.String = Field(description="partner in the words of the claim")
    period: pl.String = Field(description="2025-06, or 2025-01..2025-06")
    metric: pl.String = Field(description=METRICS)
    value: pl.String = Field(description="the figure as printed")
    unit: pl.String = Field(description="unit as printed")
    verdict: pl.String = Field(description="what the ledger says", isin=list(VERDICTS))
    reason: pl.String = Field(description="why, in a sentence with both readings", str_length={"min_value": 10})

    class Config:
        # A file of claims keeps its other columns.
        strict = False
        ordered = False
