"""Notes in the inbox how the last fetches of a source ended: since when it answers, or since when it fails and why.

A page of all sources reads it (`tasks/reports/sources.py`). A lost or damaged note costs the day since when a source
has been failing, and nothing else.
"""

from datetime import datetime
from pathlib import Path

from schemas.forms.fetch import FetchReport, FetchState, state_file
from tasks.store.temporary import write_at_once


def note_state(inbox: Path, report: FetchReport, now: datetime) -> FetchState:
    """Note the result of a fetch, and return what is noted."""
    place = state_file(inbox, report.source)
    before = read_state(place)
    bad = [one for one in report.fetched if one.outcome in ("failed", "refused")]
    left = [one for one in report.fetched if one.outcome == "skipped"]
    answered_at = before.answered_at if before else None
    state = FetchState(
        asked_at=now,
        answered_at=answered_at if bad or left else now,
        failing_since=((before.failing_since if before else None) or now) if bad else None,
        reason=(bad or left)[0].reason if bad or left else "",
    )
    place.parent.mkdir(parents=True, exist_ok=True)
    write_at_once(place, (state.model_dump_json(indent=1) + "\n").encode())
    return state


def read_state(place: Path) -> FetchState | None:
    """Return what a note says; None where there is none that can be read."""
    try:
        return FetchState.model_validate_json(place.read_bytes())
    except (OSError, ValueError):
        return None
