"""Writes a page about what a release revised: how much, where, and the effect on figures printed before."""

from typing import Any

import polars as pl

from schemas.names import REVISIONS
from tasks.domain.decisions import NOTHING_DECIDED, decision_text
from tasks.domain.periods import span_name
from tasks.domain.release_ids import MARK
from tasks.reports.markdown_text import plain

ROWS_MAX = 50


def revision_report(
    revision: pl.DataFrame, release: dict[str, object], decisions: pl.DataFrame = NOTHING_DECIDED
) -> str:
    """Markdown about the rows of `revision` that one release made, and those that `decisions` about it made; `release` is its row
    of the table `release`."""
    lines = [
        f"# Revisions by {plain(str(release['title']))}",
        "",
        f"Release `{release['release_id']}`, public from {release['released_on']}.",
        "",
        *_made_by(str(release["release_id"]), revision, "It revised nothing that was published before."),
    ]
    about = decisions.filter(release_id=str(release["release_id"]).partition(MARK)[0]).sort("decided_on", "number")
    for row in about.iter_rows(named=True):
        lines += [
            f"## {plain(decision_text(row)[0].upper() + decision_text(row)[1:])}",
            "",
            *_made_by(row["decision_id"], revision, "No number changed."),
        ]
    return "\n".join(lines)


def _made_by(name: str, revision: pl.DataFrame, nothing: str) -> list[str]:
    """The lines about the changes that a release or a decision made; `nothing` where it made none."""
    rows = revision.filter(pl.col("new_release_id") == name)
    if not rows.height:
        return [nothing, ""]
    counts = {kind: rows.filter(pl.col("kind") == kind).height for kind in REVISIONS}
    lines = [f"- {counts[kind]} {kind}: {meaning}" for kind, meaning in REVISIONS.items() if counts[kind]]
    return [*lines, "", *_totals(rows), "", *_numbers(rows), ""]


def _totals(rows: pl.DataFrame) -> list[str]:
    """List world totals that moved, with their growth on the year before, old and new."""
    key = ["source", "flow", "product", "period_start", "period_end", "measure", "unit"]
    totals = rows.filter(pl.col("world_old").is_not_null() & pl.col("world_new").is_not_null()).unique(key).sort(key)
    lines = [
        "| flow | product | period | measure | world before | world after | y/y before, % | y/y after, % |",
        "|---|---|---|---|--:|--:|--:|--:|",
    ]
    for row in totals.iter_rows(named=True):
        growth = [
            f"{row[name]:+.2f}" if row[name] is not None else "–" for name in ("world_yoy_old_pct", "world_yoy_new_pct")
        ]
        lines.append(
            f"| {row['flow']} | {plain(row['product'])} | {_period(row)} | {row['measure']} | {_value(row, 'world_old')} "
            f"| {_value(row, 'world_new')} | {growth[0]} | {growth[1]} |"
        )
    return lines if totals.height else ["No world total is known on both days."]


def _period(row: dict[str, Any]) -> str:
    return span_name(row["period_start"], row["period_end"])


def _value(row: dict[str, Any], name: str) -> str:
    """Format a number in its unit; a growth, kept in hundredths of a per cent, as printed."""
    value = row[name]
    if value is None:
        return "–"
    return f"{value / 100:+,.2f} %" if row["unit"] == "basis_point" else f"{value:,}"


def _numbers(rows: pl.DataFrame) -> list[str]:
    size = (pl.col("new_value").fill_null(0) - pl.col("old_value").fill_null(0)).abs()
    largest = rows.sort(size, "product", "partner", "period_end", descending=[True, False, False, False]).head(ROWS_MAX)
    lines = [
        "| product | partner | regime | province | period | measure | kind | before | after |",
        "|---|---|---|---|---|---|---|--:|--:|",
    ]
    lines += [
        f"| {' | '.join(plain(row[name] or '') for name in ('product', 'partner', 'regime', 'province'))} | {_period(row)} "
        f"| {row['measure']} | {row['kind']} | {_value(row, 'old_value')} | {_value(row, 'new_value')} |"
        for row in largest.iter_rows(named=True)
    ]
    if rows.height > ROWS_MAX:
        lines.append(f"\n{rows.height - ROWS_MAX} smaller ones are in the table `revision`.")
    return lines
