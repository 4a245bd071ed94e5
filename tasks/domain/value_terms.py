"""Says in words what values mean: FOB or CIF, whose trade a partner is, how the source drops digits.

`schemas/reference/statement_terms.csv` has the facts, by source, direction and measure. A unit value has the terms of
its value. Quantities have no valuation, and their precision is in `resolution`.
"""

from collections.abc import Iterable

import polars as pl

from schemas.reference.code_tables import code_table
from tasks.domain.units import RATIOS

NOT_STATED = "not stated"
TERMS = ("flow", "measure", "currency", "valuation", "partner_is", "rounding")
ROUNDED = {
    "nearest": "",
    "down": "; digits cut off, so a printed 0 may be trade below one step",
    "nearest or down": "; rounded or cut off",
}


def value_terms(sources: Iterable[str], flow: str, measures: Iterable[str]) -> pl.DataFrame:
    """The terms of these measures in one direction, as these sources print them; each distinct set of terms once."""
    wanted = {RATIOS[measure][0] if measure in RATIOS else measure for measure in measures}
    rows = code_table("statement_terms").filter(
        pl.col("source").is_in(sorted(set(sources))), pl.col("measure").is_in(sorted(wanted)), flow=flow
    )
    return rows.select(TERMS).unique(maintain_order=True)


def in_words(terms: pl.DataFrame) -> list[str]:
    """These terms, a line each.

    >>> in_words(value_terms(["japan_estat"], "import", ["value_jpy", "quantity_kg"]))
    ['imports in JPY: CIF, partner is the origin; digits cut off, so a printed 0 may be trade below one step']
    >>> in_words(value_terms(["published"], "export", ["value_usd"]))
    ['exports in USD: valuation not stated; rounded or cut off']
    """
    return [_line(row) for row in terms.iter_rows(named=True)]


def _line(row: dict[str, str]) -> str:
    if row["valuation"] == NOT_STATED:
        meaning = f"valuation {NOT_STATED}"
    else:
        meaning = f"{row['valuation']}, partner is the {row['partner_is']}"
    return f"{row['flow']}s in {row['currency']}: {meaning}{ROUNDED[row['rounding']]}"
