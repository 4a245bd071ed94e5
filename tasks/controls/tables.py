"""Builds the published table of export controls: each measure with its days, its codes and its state.

The months around a measure are computed on request (`windows`).
"""

from datetime import date

import polars as pl

from schemas.frames import ControlEvent
from schemas.reference.code_tables import code_table
from schemas.table import polars_schema
from tasks.domain.export_controls.measure_states import with_states
from tasks.domain.export_controls.measures import code_rows, codes_of
from tasks.domain.hashing import frame_sha256, json_sha256
from tasks.ingest.normalise import Normalised
from tasks.ledger.published_state import PublishedState

DAYS = ("announced_on", "effective_from", "effective_until", "page_on")
OPTIONAL = ("users", "prolongs", "recorded", "missing", "page")


def mark_events(release: Normalised, known: PublishedState) -> ControlEvent:
    """Return the measures of the reporter, with the state of each on the day of the newest release of the store,
    whatever the order of arrival; for a release that is already published, on the day of its publication.
    """
    new = release.release.filter(~pl.col("release_id").is_in(known.releases["release_id"].to_list()))
    days: list[date] = [*known.releases["released_on"], *new["released_on"]]
    return control_event(max(days), str(release.release["reporter"][0]))


def control_event(day: date, reporter: str) -> ControlEvent:
    """Return the measures of a reporter with their dates, their codes, and the state of each on a day."""
    shared = code_table("control_event_codes").filter(pl.col("coverage") == "unknown_share")
    shared = shared.filter(pl.col("note") != "").select("event", "hs8", "note").unique().sort("event", "hs8", "note")
    # The finding on the codes of each measure of which only an unknown share is under control.
    notes: dict[str, list[str]] = {}
    for event, code, note in shared.iter_rows():
        notes.setdefault(event, []).append(f"{code}: {note}")
    rows = [
        {
            **row,
            **{name: date.fromisoformat(row[name]) if row[name] else None for name in DAYS},
            **{name: row[name] or None for name in OPTIONAL},
            "codes_printed": code_rows(row["event"])
            .filter(pl.col("code_printed") != "")["code_printed"]
            .unique()
            .sort()
            .to_list(),
            "codes_whole": [code for code, how in codes_of(row["event"]).items() if how == "whole"],
            "codes_unknown_share": [code for code, how in codes_of(row["event"]).items() if how == "unknown_share"],
            **{name: [part for part in row[name].split(";") if part] for name in ("suspends", "succeeds")},
            "note": "; ".join([*notes.get(row["event"], ()), *([row["date_note"]] if row["date_note"] else [])])
            or None,
        }
        for row in with_states(code_table("control_events").filter(reporter=reporter), day).iter_rows(named=True)
    ]
    kinds = polars_schema("control_event")
    return pl.DataFrame([{name: row[name] for name in kinds} for row in rows], schema=kinds)


def reference_sha256() -> str:
    """Return the hash of the code tables that the measures come from, for the file of the table."""
    return json_sha256({name: frame_sha256(code_table(name)) for name in ("control_events", "control_event_codes")})
