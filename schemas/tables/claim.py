"""Defines figures that others printed, each with its verdict from the ledger.

A claim is checked against the tables and never changes them.
"""

import polars as pl

from schemas.columns import column
from schemas.table import Table, published

VERDICTS = {
    "supported": "the ledger's figure can be printed like this: rounded, cut off, or as the qualifier has it",
    "not_excluded": "nothing speaks against it, but the figures at hand leave so much open that others would agree as well",
    "contradicted": "the ledger has the figure, and it is another one",
    "right_number_wrong_place": "not the figure of this place, but of another one, which the reason names",
    "not_checkable": "the ledger cannot tell; the reason says what is missing",
}
# Required columns of a file of claims; other columns are kept as they are, and `note` is never read.
INPUT = ("commodity", "flow", "partner", "period", "metric", "value", "unit")

METRICS = "level_t, mom_pct, yoy_pct, ytd_t, ytd_yoy_pct, value_usd, value_cny, value_yoy_pct (of dollars), value_cny_yoy_pct, unit_value, share_pct, rank, since, streak …"
# Optional columns of a file of claims.
OPTIONAL = ("hs_code_if_stated", "qualifier", "published", "source_title", "source_url")


@published(sort_by=("claims_file", "record"))
class Claim(Table):
    """Figures that others printed, one a row, with what the ledger said about each when it was checked."""

    claims_file: pl.String = column("name of the file of claims; a file of the same name replaces the earlier one")
    claims_sha256: pl.String = column("hash of the bytes of that file", str_matches=r"^[0-9a-f]{64}$")
    record: pl.UInt32 = column("number of the row in that file, the first is 1", ge=1)
    known_on: pl.Date = column("day of the newest release in the ledger against which it was checked")
    product: pl.String = column(
        "our product that the commodity stands for; null: it cannot be determined", nullable=True
    )
    commodity: pl.String = column("commodity in the words of the claim")
    hs_code_if_stated: pl.String = column("code that the claim names", nullable=True)
    flow: pl.String = column("direction of trade as the claim has it")
    partner: pl.String = column("partner in the words of the claim")
    period: pl.String = column("2025-06, or 2025-01..2025-06")
    metric: pl.String = column(METRICS)
    qualifier: pl.String = column("nearly, more than, about …", nullable=True)
    value: pl.String = column("the figure as printed")
    unit: pl.String = column("unit as printed")
    published: pl.String = column("day of the claim as given", nullable=True)
    source_title: pl.String = column("title of the text that claims it", nullable=True)
    source_url: pl.String = column("address of that text", nullable=True)
    further: pl.String = column("all other columns of the file, as a JSON object")
    verdict: pl.String = column("what the ledger says", isin=tuple(VERDICTS))
    reason: pl.String = column("why, in a sentence with both readings", str_length={"min_value": 10})
    note: pl.String = column("what the product's codes mix, where they mix", nullable=True)


class CheckedClaim(Table):
    """One checked claim a row, in the order of the file it came from; further columns of that file stand before these."""

    commodity: pl.String = column("commodity in the words of the claim")
    flow: pl.String = column("direction of trade as the claim has it")
    partner: pl.String = column("partner in the words of the claim")
    period: pl.String = column("2025-06, or 2025-01..2025-06")
    metric: pl.String = column(METRICS)
    value: pl.String = column("the figure as printed")
    unit: pl.String = column("unit as printed")
    verdict: pl.String = column("what the ledger says", isin=tuple(VERDICTS))
    reason: pl.String = column("why, in a sentence with both readings", str_length={"min_value": 10})

    # A file of claims keeps its other columns.
    carries_more = True
