"""Leaves in the inbox what a fetch found: new files with their declarations, what was seen, and how the last fetch
ended.

A new answer lies there as if a person had dropped it: the sidecar is written first, and each file gets its name when it
is complete, so a look into the inbox finds both or neither. An address in a sidecar has no key. No other module knows
that a file was fetched.

Below `.fetch/` lies for each question what a conditional request needs, the hash of the bytes, and that of the records
in them, which does not change if only the order or the stamp of an answer did; so the same answer is not dropped twice.
A lost file costs one more download. Next to it lies since when the source answers, or since when it fails and why, for
the page of all sources.
"""

import hashlib
import json
import logging
import re
import time
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import ValidationError

from schemas.forms.fetch import NOTES, FetchReport, FetchState, read_state, state_file
from schemas.forms.form import Frozen
from schemas.small_files import read_json
from tasks.domain.hashing import frame_sha256
from tasks.ingest.declaration import as_toml
from tasks.sources.adapter.protocol import Parsed, Response, WantedFile
from tasks.store.files.temporary import write_at_once

ENDINGS = {"csv": "csv", "json": "json", "html": "html", "xls": "xls", "zip": "zip"}
NAME_MAX = 120
EVERY_FLOW = "both"
NOT_OF_THE_RECORD = ("record", "note")
log = logging.getLogger("tidewaiter.fetch")


def drop(inbox: Path, question: WantedFile, answer: Response, declared: Mapping[str, Any]) -> Path:
    """Write an answer and its sidecar; return the path of the file."""
    folder = inbox / question.source / str(declared.get("flow") or EVERY_FLOW)
    folder.mkdir(parents=True, exist_ok=True)
    day = answer.answered_at.astimezone(question.zone).date()
    stem = re.sub(r"[^A-Za-z0-9._-]+", "_", question.name)[:NAME_MAX]
    file = folder / f"{stem}.{day:%Y%m%d}-{bytes_sha256(answer.body)[:8]}.{ENDINGS[question.form]}"
    sidecar = {
        "source": question.source,
        **declared,
        "title": question.title,
        "address": question.address,
        "answered_at": answer.answered_at,
    }
    write_at_once(file.with_name(f"{file.name}.toml"), as_toml(sidecar).encode())
    write_at_once(file, answer.body)
    return file


class Seen(Frozen):
    """The last answer to a question."""

    address: str
    sha256: str
    records_sha256: str | None
    answered_at: str
    file: str
    etag: str | None = None
    last_modified: str | None = None


def read_seen(inbox: Path, source: str) -> dict[str, Seen]:
    """Read what was seen of a source, by question. A damaged file is moved aside, and each question is then new."""
    place = _place(inbox, source)
    if not place.exists():
        return {}
    try:
        return {name: Seen.model_validate(entry) for name, entry in read_json(place).items()}
    except (OSError, ValueError, ValidationError, AttributeError) as error:
        aside = place.with_name(f"{place.stem}.damaged-{time.time_ns()}")
        place.replace(aside)
        log.error(
            "%s: no note of what was fetched (%s); it is kept as %s, and each file is asked for once more",
            place,
            type(error).__name__,
            aside.name,
        )
        return {}


def write_seen(inbox: Path, source: str, seen: dict[str, Seen]) -> None:
    """Replace the file atomically."""
    place = _place(inbox, source)
    place.parent.mkdir(parents=True, exist_ok=True)
    plain: dict[str, Any] = {name: entry.model_dump(mode="json") for name, entry in sorted(seen.items())}
    write_at_once(place, (json.dumps(plain, indent=1, ensure_ascii=True) + "\n").encode())


def records_sha256(parsed: Parsed) -> str:
    """Hash the records of an answer, regardless of their order and the stamp of the whole."""
    plain = parsed.reported.drop(*NOT_OF_THE_RECORD).select(pl.all().cast(pl.String))
    return frame_sha256(plain.sort(plain.columns))


def bytes_sha256(body: bytes) -> str:
    """Hash the bytes."""
    return hashlib.sha256(body).hexdigest()


def _place(inbox: Path, source: str) -> Path:
    # The watch skips names that begin with a dot.
    return inbox / NOTES / f"{source}.json"


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
