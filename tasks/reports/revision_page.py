"""Writes a page about what a release revised: how much, where, and the effect on figures printed before."""

from typing import Any

import polars as pl

from schemas.names import REVISIONS
from tasks.domain.decisions import NOTHING_DECIDED, decision_text
from tasks.domain.labels import capitalised
from tasks.domain.periods import span_name
from tasks.domain.release_ids import MARK
from tasks.reports.page_templates import template

ROWS_MAX = 50


def revision_report(
    revision: pl.DataFrame, release: dict[str, Any], decisions: pl.DataFrame = NOTHING_DECIDED, heading: str = "#"
) -> str:
    """Markdown about the rows of `revision` that one release made, and those that `decisions` about it made; `release` is its row
    of the table `release`."""
    about = decisions.filter(release_id=str(release["release_id"]).partition(MARK)[0]).sort("decided_on", "number")
    return template("revision.md.j2").render(
        heading=heading, release=release, own=_made_by(release["release_id"], revision), value=_value,
        decided=[
            (capitalised(decision_text(row)), _made_by(row["decision_id"], revision)) for row in about.iter_rows(named=True)
        ],
        period=lambda row: span_name(row["period_start"], row["period_end"]),
        growth=lambda value: "–" if value is None else f"{value:+.2f}",
    )  # fmt: skip


def _made_by(name: str, revision: pl.DataFrame) -> dict[str, Any] | None:
    """The changes that a release or a decision made: counts by kind, the world totals that moved, the largest numbers."""
    rows = revision.filter(pl.col("new_release_id") == name)
    counts = {kind: rows.filter(pl.col("kind") == kind).height for kind in REVISIONS}
    key = ["source", "flow", "product", "period_start", "period_end", "measure", "unit"]
    totals = rows.filter(pl.col("world_old").is_not_null() & pl.col("world_new").is_not_null()).unique(key).sort(key)
    size = (pl.col("new_value").fill_null(0) - pl.col("old_value").fill_null(0)).abs()
    largest = rows.sort(size, "product", "partner", "period_end", descending=[True, False, False, False]).head(ROWS_MAX)
    return {
        "kinds": [(kind, counts[kind], meaning) for kind, meaning in REVISIONS.items() if counts[kind]],
        "totals": totals.to_dicts(), "numbers": largest.to_dicts(), "more": max(rows.height - ROWS_MAX, 0),
    } if rows.height else None  # fmt: skip


def _value(row: dict[str, Any], name: str) -> str:
    """Format a number in its unit; a growth, kept in hundredths of a per cent, as printed."""
    value = row[name]
    if value is None:
        return "–"
    return f"{value / 100:+,.2f} %" if row["unit"] == "basis_point" else f"{value:,}"
