"""Remembers what was fetched in a small file in the inbox, so that the same answer is not dropped twice.

For each question: the address that answered, what a conditional request needs, the hash of the bytes, and the hash of
the records in them. The second does not change if only the order or the stamp of an answer did. A lost file costs one
more download: the same bytes with the same declaration are the same release.
"""

import hashlib
import json
import logging
import time
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import BaseModel, ConfigDict, ValidationError

from schemas.forms.fetch import NOTES
from tasks.domain.hashing import frame_sha256
from tasks.sources.protocol import Parsed
from tasks.store.temporary import write_at_once

NOT_OF_THE_RECORD = ("record", "note")
log = logging.getLogger("tidewaiter.fetch")


class Seen(BaseModel):
    """The last answer to a question."""

    model_config = ConfigDict(frozen=True)

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
        return {name: Seen.model_validate(entry) for name, entry in json.loads(place.read_bytes()).items()}
    except (OSError, ValueError, ValidationError, AttributeError, RecursionError) as error:
        aside = place.with_name(f"{place.stem}.damaged-{time.time_ns()}")
        place.replace(aside)
        log.error(
            "%s: no note of what was fetched (%s); it is kept as %s, and each file is asked for once more",
            place, type(error).__name__, aside.name,
        )  # fmt: skip
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
