"""Writes what a page of a release says of its revisions, how much, where, and the effect on figures printed before; and
of its lineage, the inputs, outputs and changes of each step, in names and rows, with the hashes apart.
"""

from typing import Any

import polars as pl

from schemas.names import REVISIONS
from tasks.domain.decisions import NOTHING_DECIDED, decision_text
from tasks.domain.doubt.doubt_words import doubt_sentences, once_each
from tasks.domain.labels import capitalised
from tasks.domain.periods import span_name
from tasks.domain.release_ids import MARK
from tasks.pages.text.page_templates import template

ROWS_MAX = 50
Row = dict[str, Any]


def revision_report(
    revision: pl.DataFrame,
    release: Row,
    decisions: pl.DataFrame = NOTHING_DECIDED,
    heading: str = "#",
    doubts: pl.Series | None = None,
) -> str:
    """Markdown about the rows of `revision` that one release made, and those that `decisions` about it made; `release`
    is its row of the table `release`, and `doubts` (DOUBTS) has those of each row of `revision`."""
    about = decisions.filter(release_id=str(release["release_id"]).partition(MARK)[0]).sort("decided_on", "number")
    return template("revision.md.j2").render(
        heading=heading,
        release=release,
        own=_made_by(release["release_id"], revision, doubts),
        value=_value,
        decided=[
            (capitalised(decision_text(row)), _made_by(row["decision_id"], revision, doubts))
            for row in about.iter_rows(named=True)
        ],
        period=lambda row: span_name(row["period_start"], row["period_end"]),
        growth=lambda value: "–" if value is None else f"{value:+.2f}",
    )


def _made_by(name: str, revision: pl.DataFrame, doubts: pl.Series | None) -> Row | None:
    """The changes that a release or a decision made: counts by kind, the world totals that moved, the largest
    numbers."""
    is_of_it = revision["new_release_id"] == name
    rows = revision.filter(is_of_it)
    counts = {kind: rows.filter(pl.col("kind") == kind).height for kind in REVISIONS}
    key = ["source", "flow", "product", "period_start", "period_end", "measure", "unit"]
    totals = rows.filter(pl.col("world_old").is_not_null() & pl.col("world_new").is_not_null()).unique(key).sort(key)
    size = (pl.col("new_value").fill_null(0) - pl.col("old_value").fill_null(0)).abs()
    largest = rows.sort(size, "product", "partner", "period_end", descending=[True, False, False, False]).head(ROWS_MAX)
    return (
        {
            "kinds": [(kind, counts[kind], meaning) for kind, meaning in REVISIONS.items() if counts[kind]],
            "totals": totals.to_dicts(),
            "numbers": largest.to_dicts(),
            "more": max(rows.height - ROWS_MAX, 0),
            "doubts": () if doubts is None else doubt_sentences(once_each(doubts.filter(is_of_it))),
        }
        if rows.height
        else None
    )


def _value(row: Row, name: str) -> str:
    """Format a number in its unit; a growth, kept in hundredths of a per cent, as printed."""
    value = row[name]
    if value is None:
        return "–"
    return f"{value / 100:+,.2f} %" if row["unit"] == "basis_point" else f"{value:,}"


def steps(lineage: pl.DataFrame, before: pl.DataFrame, earlier: str | None) -> list[Row]:
    """Return a row for each step, in order; `before` are the records of the release `earlier`, if there is one, to
    compare the code.
    """
    code, other = dict(before.select("step", "code_sha256").iter_rows()), f"; by other code than {earlier}"
    return [
        {
            "step": f"{row['position']} {row['step']}",
            "rows in": row["rows_in"],
            "rows out": row["rows_out"],
            "what changed": _changed(row)
            + ("" if code.get(row["step"], row["code_sha256"]) == row["code_sha256"] else other),
        }
        for row in lineage.sort("position").iter_rows(named=True)
    ]


def hashes(lineage: pl.DataFrame) -> list[Row]:
    """Return a row for each thing that has a hash, in full, so that one can search for it."""
    rows: list[Row] = []
    for row in lineage.sort("position").iter_rows(named=True):
        step = f"{row['position']} {row['step']}"
        things = [("took", *_named(text)) for text in row["inputs"]] + [
            ("made", *_named(text)) for text in row["outputs"]
        ]
        things += [("by", "code", row["code_sha256"]), ("by", "schema", row["schema_sha256"])]
        rows += [{"step": step, "": how, "what": name, "sha256": sha256} for how, name, sha256 in things]
    return rows


def _changed(row: Row) -> str:
    """Return `made detail, release`, or which outputs equal an input."""
    given = {sha256 for _, sha256 in map(_named, row["inputs"])}
    outputs = [_named(text) for text in row["outputs"]]
    new = [name for name, sha256 in outputs if sha256 not in given]
    same = [name for name, sha256 in outputs if sha256 in given]
    if not new:
        return "nothing" if same else "nothing is made"
    return f"made {', '.join(new)}" + (f"; left as it was: {', '.join(same)}" if same else "")


def _named(text: str) -> tuple[str, str]:
    name, _, sha256 = text.partition("=")
    return name, sha256
