"""Keeps the bytes of each file for ever, in a raw store where a file is named by its hash and never changes.

Next to the bytes lies `<sha256>.json` with the day of the first landing, and where the file was fetched from. If the
publication day of a file is unknown and the file prints none, that day is the only one that can be proved, and it must stay the same when the
file is dropped again.
"""

import hashlib
import json
from datetime import date
from pathlib import Path

from schemas.forms.request import Declared, Landed
from tasks.domain.errors import BrokenStore, Refused
from tasks.ingest.editions import amended
from tasks.ingest.unpack import read_download
from tasks.sources.registry import SOURCES
from tasks.store.mirror import first_landing
from tasks.store.objects import keep_bytes
from tasks.store.publish import exclusive

RAW = "raw"
# The year of China's first customs statistics.
FIRST_YEAR = 1980


def land(declared: Declared, store: Path, today: date) -> Landed:
    """Keep the bytes of a declared file under `store/raw`; the same bytes again change nothing.

    `today` is the day of landing, used as the release day where none is declared and the file prints none. Raises Refused for a file that cannot
    be read, for a release day after `today`, for months that a release of that day cannot cover, and for a correction
    with a future day; BrokenStore for a damaged note.
    """
    try:
        raw = read_download(declared.file)
    except OSError as error:
        raise Refused(
            "unreadable file", where=str(declared.file), found=str(error.strerror), advice="Check the permissions."
        ) from error
    sha256 = hashlib.sha256(raw).hexdigest()
    place = raw_path(store, sha256)
    note = place.with_name(f"{sha256}.json")
    # Under the lock, because a publication sweeps the folder of half-written files.
    with exclusive(store):
        keep_bytes(store, place, raw)
        said = json.dumps({"landed_on": today.isoformat(), "name": declared.file.name, **_origin(declared)}).encode()
        first = first_landing(store, place, note, said)
        keep_bytes(store, note, first)
    landed_on = _landed_on(note)
    released_on = _released_on(declared, raw, landed_on)
    if released_on > today:
        words = "released on" if declared.released_on else "these bytes landed first on"
        raise Refused(
            "release day",
            where=str(declared.file),
            found=f"{words} {released_on}, which is after today ({today})",
            advice="Correct released_on."
            if declared.released_on
            else "Set the clock, which is or was wrong, or declare released_on.",
        )
    _refuse_impossible_months(declared, released_on)
    return amended(_landed(declared, place, sha256, len(raw), released_on), store, today, declared.released_on)


def _origin(declared: Declared) -> dict[str, str]:
    """The address of a fetched file and the time of the answer; nothing for a file that a person dropped."""
    found = {"address": declared.address, "answered_at": declared.answered_at and declared.answered_at.isoformat()}
    return {name: text for name, text in found.items() if text}


def _landed_on(note: Path) -> date:
    """The day of the first landing. Raises BrokenStore where the note is damaged: no other file has the day."""
    try:
        return date.fromisoformat(json.loads(note.read_bytes())["landed_on"])
    except (ValueError, KeyError, TypeError) as error:
        raise BrokenStore(
            f"{note}: no note of a first landing ({error}). Restore it from a copy; without one delete it and declare "
            "released_on, because the day of landing is that of today then."
        ) from error


def expected(declared: Declared, raw: bytes, today: date) -> Landed:
    """The result of `land` if these bytes are new to the store and valid; `raw` is not a path in it yet."""
    sha256 = hashlib.sha256(raw).hexdigest()
    return _landed(declared, declared.file, sha256, len(raw), _released_on(declared, raw, today))


def _released_on(declared: Declared, raw: bytes, landed_on: date) -> date:
    """The declared day; else the one that the file prints, if it had landed by then; else the day of landing."""
    dated = SOURCES[declared.source].dated
    printed = dated(raw) if declared.released_on is None and dated else None
    return declared.released_on or min(printed or landed_on, landed_on)


def _landed(declared: Declared, place: Path, sha256: str, size: int, released_on: date) -> Landed:
    return Landed(
        **declared.model_dump(exclude={"released_on"}),
        released_on=released_on,
        raw=place,
        raw_sha256=sha256,
        raw_bytes=size,
    )


def _refuse_impossible_months(declared: Declared, released_on: date) -> None:
    """Refuse months before the first statistics or after the year of the release.

    Such a typing error would mean centuries without trade.
    """
    first, last = declared.first_month, declared.last_month
    if first and last and (first.year < FIRST_YEAR or last.year > released_on.year):
        raise Refused(
            "months",
            where=str(declared.file),
            found=f"months {first.isoformat()[:7]}..{last.isoformat()[:7]} of a release of {released_on}",
            advice=f"Declare the months that were asked for; they lie between {FIRST_YEAR}-01 and {released_on.year}-12.",
        )


def raw_path(store: Path, sha256: str) -> Path:
    """Path of the bytes with this hash."""
    return store / RAW / sha256[:2] / sha256
