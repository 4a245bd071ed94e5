"""Determines which published releases count on a day, from the decisions about them, and makes new decisions.

Belongs here: what a decision means. How the ledger is cut where one begins to hold is in `ledger.epochs`. A decision is
published like a release, in a file of its own that is never written again; so the state of a release follows from the
releases, their decisions in their order, and nothing else.
"""

from collections.abc import Mapping
from datetime import date
from typing import Any

import polars as pl

from schemas.frames import Decision, Release
from schemas.table import empty_frame, polars_schema
from tasks.domain.errors import Refused, refuse_first
from tasks.domain.name_match import nearest
from tasks.domain.release_ids import MARK, in_turns, release_of

NOTHING_DECIDED = empty_frame("decision")
INGEST = "tidewaiter ingest"
SAME_QUERY = "the same query came once more on that day"
# What of two releases must be alike for the later one of a day to be the same query.
ALIKE = ("source", "reporter", "flow", "released_on", "kind", "partners", "classification", "by_month")
# Of the same bytes the scope may be another one: the later declaration says what the file was asked for.
ALIKE_OF_BYTES = (*(name for name in ALIKE if name != "partners"), "raw_sha256")


def withdrawn_on(decisions: pl.DataFrame, day: date = date.max) -> dict[str, dict[str, Any]]:
    """Return the releases that are withdrawn at the end of a day, without editions, each with its decision."""
    last = {
        row["release_id"]: row
        for row in decisions.sort("decided_on", "number").iter_rows(named=True)
        if row["kind"] != "replaced" and row["decided_on"] <= day
    }
    return {name: row for name, row in last.items() if row["kind"] == "withdrawn"}


def out_on(releases: pl.DataFrame, decisions: pl.DataFrame, day: date = date.max) -> frozenset[str]:
    """Return the releases and editions that do not count at the end of a day: withdrawn by then, or replaced by one
    that is not withdrawn.

    A release is replaced on its day alone: the same file may be public again on a later one. A correction corrects what
    was replaced.
    """
    if not decisions.height:
        return frozenset()
    withdrawn = withdrawn_on(decisions, day)
    replaced = {
        (row["release_id"], row["decided_on"])
        for row in decisions.iter_rows(named=True)
        if row["kind"] == "replaced" and row["replaced_by"] not in withdrawn
    }
    turns = in_turns(releases).select("release_id", "name", "first_day")
    return frozenset(
        release_id for release_id, name, first_day in turns.rows() if name in withdrawn or (name, first_day) in replaced
    )


def counting(releases: pl.DataFrame, decisions: pl.DataFrame, day: date = date.max) -> Release:
    """Return the releases that count at the end of a day."""
    out = out_on(releases, decisions, day)
    return releases.filter(~pl.col("release_id").is_in(sorted(out))) if out else releases


def brought_about(release: pl.DataFrame, releases: pl.DataFrame, decisions: pl.DataFrame) -> Decision:
    """Return the decisions that the arrival of a new release brings about: it replaces the same query of its day."""
    row = release.row(0, named=True)
    name = row["release_id"].partition(MARK)[0]
    if name in releases.select(release_of()).to_series():
        return NOTHING_DECIDED
    return _table(
        *(
            _next(other, "replaced", decisions, row["released_on"], INGEST, SAME_QUERY, name)
            for other in same_query(row, releases)
        )
    )


def same_query(row: Mapping[str, Any], releases: pl.DataFrame) -> list[str]:
    """Return the names of releases of the same day and query whose whole scope the new release covers, and of those of
    the same bytes and day that were declared otherwise, with no further months.
    """
    if row["partners"] == "keys":
        return []
    of_day = releases.filter(
        pl.col("measures").list.sort() == sorted(row["measures"]),
        pl.col("first_month") >= row["first_month"],
        pl.col("last_month") <= row["last_month"],
        release_of() != row["release_id"].partition(MARK)[0],
    )
    alike, of_bytes = (
        of_day.filter(pl.all_horizontal(pl.col(name).eq_missing(row[name]) for name in names))
        for names in (ALIKE, ALIKE_OF_BYTES)
    )
    requested = tuple(row["products"])
    return sorted(
        {
            other["release_id"].partition(MARK)[0]
            for other in alike.iter_rows(named=True)
            if ("*" in requested or all(code.startswith(requested) for code in other["products"]))
            and (row["partners"] == "all" or {*other["partner_list"]} <= {*row["partner_list"]})
        }
        | {*of_bytes.select(release_of()).to_series()}
    )


def withdrawal(
    release_id: str, releases: pl.DataFrame, decisions: pl.DataFrame, by: str, reason: str, today: date, *, undo: bool
) -> Decision:
    """Decide that a release does not count from today on, or with `undo` that it counts again. Raises Refused, also if
    the name or the reason is missing.
    """
    name = published_name(release_id, releases)
    last, listed = withdrawn_on(decisions).get(name), "See what was decided with tidewaiter list releases."
    refuse_first(
        release_id,
        (
            not by.strip() or not reason.strip(),
            "decision",
            "a decision needs a name and a reason",
            "Give both (--by, --reason); they are published with it.",
        ),
        (undo and last is None, "decision", "it is not withdrawn, so there is nothing to take back", listed),
        (last and not undo, "decision", decision_text(last) if last else "", "Take that back with --undo."),
    )
    kind = "reinstated" if undo else "withdrawn"
    return _table(_next(name, kind, decisions, today, by.strip(), reason.strip()))


def refuse_early(release_id: str, day: date, releases: pl.DataFrame, decisions: pl.DataFrame) -> None:
    """Raise Refused where a decision would hold from a day before its release, or before the last decision about it."""
    name = published_name(release_id, releases)
    public = releases.filter(release_of() == name)["released_on"].min()
    before = decisions.filter(pl.col("kind") != "replaced", release_id=name)["decided_on"].max()
    earliest = max(one for one in (public, before) if isinstance(one, date))
    refuse_first(
        release_id,
        (
            day < earliest,
            "decision",
            f"decided on {day}, and it is public, or was decided about, since {earliest}",
            f"Give a day from {earliest} on (--on).",
        ),
    )


def published_name(release_id: str, releases: pl.DataFrame) -> str:
    """The release that is meant, without an edition. Raises Refused where none of that name is published, naming the
    nearest."""
    name, names = release_id.partition(MARK)[0], releases.select(release_of().unique().sort()).to_series().to_list()
    if name in names:
        return name
    close = nearest(name, names) or names[-3:]
    raise Refused(
        "decision",
        release_id,
        "no release of that name is published",
        f"The nearest: {', '.join(close) or 'none'}. tidewaiter list releases shows them all.",
    )


def decision_text(decision: Mapping[str, Any]) -> str:
    """A decision in words: what, when, by whom, why."""
    by = decision["replaced_by"] or decision["decided_by"]
    return f"{decision['kind']} on {decision['decided_on']} by {by}: {decision['reason']}"


def _next(
    name: str, kind: str, decisions: pl.DataFrame, day: date, by: str, reason: str, replaced_by: str | None = None
) -> dict[str, Any]:
    """The next decision about a release; a person's holds from no earlier day than the one before it. Its number is
    larger than those of the same day too: of a day they are the only clock."""
    days = [day] if kind == "replaced" else [day, *decisions.filter(release_id=name)["decided_on"]]
    earlier = decisions.filter((pl.col("release_id") == name) | (pl.col("decided_on") == max(days)))
    number = max(earlier["number"], default=0) + 1
    return {
        "decision_id": f"{kind}-{name}-{number:02d}",
        "release_id": name,
        "number": number,
        "kind": kind,
        "decided_on": max(days),
        "decided_by": by,
        "reason": reason,
        "replaced_by": replaced_by,
    }


def _table(*rows: Mapping[str, Any]) -> Decision:
    return pl.DataFrame([*rows], schema=polars_schema("decision"))
