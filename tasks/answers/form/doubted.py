"""Says of the rows of an answer what is in doubt, by the columns that they have: no answer has figures without it.

Belongs here: the column `doubt` of an answer and its doubts. Which findings are open is in `ledger.doubts`, how they
are worded in `domain.doubt.doubt_words`.
"""

from collections.abc import Collection
from datetime import date

import polars as pl

from schemas.figures import FIGURE_OF
from schemas.forms.doubt import NumberDoubt
from tasks.domain.doubt.doubt_words import as_text, once_each
from tasks.domain.periods import month_index
from tasks.ledger.doubts import (
    MONTHS_BEHIND,
    RELEASES_BEHIND,
    doubts_of_releases,
    findings_of,
    open_doubts,
)
from tasks.reading import query
from tasks.store.files.snapshot import Snapshot
from tasks.store.snapshots.parquet import read_table

# Columns with figures; rows that have one of them say what is in doubt of it.
FIGURES = frozenset({*FIGURE_OF, "old_value", "new_value"})
KEYS = frozenset({"flow", "product", "partner", "period"})


def doubted(
    rows: pl.DataFrame, snapshot: Snapshot, as_of: date | None = None
) -> tuple[pl.DataFrame, tuple[NumberDoubt, ...]]:
    """Return rows with the column `doubt` where a figure of them is in doubt, now or on a day, and each doubt once.

    Raises ValueError for rows with figures that do not name their numbers: by flow, product, partner and period, or as
    the published tables do.
    """
    if "findings" in rows.columns:
        return rows, tuple(query.doubts_of(snapshot, as_of).named(rows["findings"].explode().drop_nulls().sort()))
    if "doubt" in rows.columns or FIGURES.isdisjoint(rows.columns):
        return rows, ()
    is_by_release = not RELEASES_BEHIND.keys().isdisjoint(rows.columns)
    if is_by_release or "figures_in_doubt" in rows.columns or not MONTHS_BEHIND.keys().isdisjoint(rows.columns):
        return with_doubts(rows, snapshot, as_of, is_by_release=is_by_release)
    if missing := sorted(KEYS.difference(rows.columns)):
        raise ValueError(
            f"rows with {', '.join(sorted(FIGURES.intersection(rows.columns)))} and without {', '.join(missing)}:"
            " nobody can say what is in doubt of them. Keep these columns, or give the column doubt and the doubts."
        )
    month = month_index("period").cast(pl.Int32)
    names = ["flow", "product", "partner", *(["measure"] if "measure" in rows.columns else [])]
    cells = query.doubts_of(snapshot, as_of).each_of_keys(rows.select(names, begin=month, end=month))
    return (rows.with_columns(as_text(cells)) if cells.null_count() < rows.height else rows), once_each(cells)


def with_doubts(
    rows: pl.DataFrame,
    snapshot: Snapshot,
    as_of: date | None = None,
    figures: Collection[str] = (),
    *,
    is_asked: bool = False,
    is_by_release: bool = False,
) -> tuple[pl.DataFrame, tuple[NumberDoubt, ...]]:
    """Add the column `doubt` where an open finding, now or on a day, concerns one of these figures of the rows, any
    where none are named, or of rows `is_by_release` the numbers that their releases printed, or where the column
    `is_asked` for; return with it each such finding, once.
    """
    if is_by_release:
        cells = doubts_of_releases(rows, open_doubts(findings_of(snapshot), read_table(snapshot, "release")))
    else:
        cells = query.doubts_of(snapshot, as_of).each_of_rows(rows, figures)
    if cells.null_count() == rows.height and not is_asked:
        return rows, ()
    return rows.with_columns(as_text(cells)), once_each(cells)
