"""Says how much of what measures name is recorded, and what follows from it for a product without a row.

Belongs here: the sentences. Which measures touch a product is in `domain.export_controls.measures`.
"""

from collections.abc import Collection
from typing import Any

import polars as pl

from tasks.domain.export_controls.measures import codes_recorded, not_whole


def codes_words(row: dict[str, Any]) -> str:
    """How many codes of a measure are recorded, and whether these are all that its text names."""
    if not row["recorded"]:
        return ""
    return f"{codes_recorded(row['event'])} recorded, {'all' if row['recorded'] == 'whole' else 'not all'}"


def for_some(states: pl.DataFrame) -> str:
    """The sentence on measures for some buyers alone, with their states; empty where there are none."""
    rows = states.filter(pl.col("users") != "").unique("event", keep="first", maintain_order=True)
    named = "; ".join(
        f"{row['event']} ({row['users']}, {row['state'].replace('_', ' ')})" for row in rows.iter_rows(named=True)
    )
    return f"for some buyers alone: {named}" if named else ""


def remarks(products: Collection[str], states: pl.DataFrame) -> list[str]:
    """A sentence on each product that no row of measures touches, and on what else may touch one that a row does."""
    # Of one product the rows do not name it.
    touched = {*states["product"]} if "product" in states.columns else {*products} if states.height else set()
    return [words for one in sorted(products) if (words := touched_too(one) if one in touched else not_touched(one))]


def not_touched(product: str, reporter: str | None = None) -> str:
    """The sentence on a product of which no measure has a code: it is touched by none only where the codes of all that
    may hold it are recorded."""
    rows = not_whole(product, reporter)
    if not rows.height:
        return f"no measure touches {product}; tidewaiter events lists all measures"
    return (
        f"no recorded code of a measure is of {product}, and {rows.height} measures that may touch it name more than is"
        f" recorded: {_missing(rows)}"
    )


def touched_too(product: str) -> str:
    """The sentence on other measures that name goods of the headings of a product, but no code; empty where there are
    none."""
    rows = not_whole(product).filter(pl.col("may_touch") != "")
    return f"{product} may be among what other texts name without a recorded code: {_missing(rows)}" * bool(rows.height)


def _missing(rows: pl.DataFrame) -> str:
    return "; ".join(f"{row['event']}: {row['missing']}" for row in rows.iter_rows(named=True))
