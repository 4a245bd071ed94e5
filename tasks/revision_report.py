"""What a release revised, as a page for a person: how much, where, and what it did to the figures printed before."""

import polars as pl

from schemas.revision import REVISIONS

ROWS_MAX = 50


def revision_report(revision: pl.DataFrame, release: dict[str, object]) -> str:
    """Markdown about the rows of `revision` that one release made; `release` is its row of the table `release`."""
    rows = revision.filter(pl.col("new_release_id") == release["release_id"])
    lines = [
        f"# Revisions by {release['title']}",
        "",
        f"Release `{release['release_id']}`, public from {release['released_on']}.",
        "",
    ]
    if not rows.height:
        return "\n".join([*lines, "It revised nothing that was published before.", ""])
    counts = {kind: rows.filter(pl.col("kind") == kind).height for kind in REVISIONS}
    lines += [f"- {counts[kind]} {kind}: {meaning}" for kind, meaning in REVISIONS.items() if counts[kind]]
    lines += ["", *_totals(rows), "", *_numbers(rows), ""]
    return "\n".join(lines)


def _totals(rows: pl.DataFrame) -> list[str]:
    """World totals that moved, with their growth on the year before as it stood and as it stands."""
    key = ["flow", "product", "period_end", "measure", "unit"]
    totals = rows.filter(pl.col("world_old").is_not_null() & pl.col("world_new").is_not_null()).unique(key).sort(key)
    lines = [
        "| flow | product | month | measure | world before | world after | y/y before, % | y/y after, % |",
        "|---|---|---|---|--:|--:|--:|--:|",
    ]
    for row in totals.iter_rows(named=True):
        growth = [
            f"{row[name]:+.2f}" if row[name] is not None else "–" for name in ("world_yoy_old_pct", "world_yoy_new_pct")
        ]
        lines.append(
            f"| {row['flow']} | {row['product']} | {row['period_end']:%Y-%m} | {row['measure']} | {row['world_old']:,} | {row['world_new']:,} "
            f"| {growth[0]} | {growth[1]} |"
        )
    return lines if totals.height else ["No world total is known on both days."]


def _numbers(rows: pl.DataFrame) -> list[str]:
    size = (pl.col("new_value").fill_null(0) - pl.col("old_value").fill_null(0)).abs()
    largest = rows.sort(size, "product", "partner", "period_end", descending=[True, False, False, False]).head(ROWS_MAX)
    lines = [
        "| product | partner | regime | province | month | measure | kind | before | after |",
        "|---|---|---|---|---|---|---|--:|--:|",
    ]
    for row in largest.iter_rows(named=True):
        values = [f"{row[name]:,}" if row[name] is not None else "–" for name in ("old_value", "new_value")]
        lines.append(
            f"| {row['product']} | {row['partner']} | {row['regime'] or ''} | {row['province'] or ''} | {row['period_end']:%Y-%m} "
            f"| {row['measure']} | {row['kind']} | {values[0]} | {values[1]} |"
        )
    if rows.height > ROWS_MAX:
        lines.append(f"\n{rows.height - ROWS_MAX} smaller ones are in the table `revision`.")
    return lines
