"""Figures that others printed, each beside what the ledger says about it.

A claim is checked against the tables and never changes them.
"""

import polars as pl

from schemas.table import Table, column

VERDICTS = {
    "supported": "the ledger's figure can be printed like this: rounded, cut off, or as the qualifier has it",
    "contradicted": "the ledger has the figure, and it is another one",
    "right_number_wrong_place": "not the figure of this place, but of another one, which the reason names",
    "not_checkable": "the ledger cannot tell; the reason says what is missing",
}
# What a file of claims must have; other columns are kept as they are, and `note` is never read.
INPUT = ("commodity", "flow", "partner", "period", "metric", "value", "unit")


class Claim(Table):
    """One checked claim a row, in the order of the file it came from; further columns of that file stand before these."""

    commodity: pl.String = column("commodity in the words of the claim")
    flow: pl.String = column("direction of trade as the claim has it")
    partner: pl.String = column("partner in the words of the claim")
    period: pl.String = column("2025-06, or 2025-01..2025-06")
    metric: pl.String = column(
        "level_t, mom_pct, yoy_pct, ytd_t, ytd_yoy_pct, share_pct, rank, since, streak, value_usd, unit_value …"
    )
    value: pl.String = column("the figure as printed")
    unit: pl.String = column("unit as printed")
    verdict: pl.String = column("what the ledger says", isin=tuple(VERDICTS))
    reason: pl.String = column("why, in a sentence with both readings", str_length={"min_value": 10})

    class Config:
        """Other columns of the file are carried along."""

        strict = False
        ordered = False
