"""Keeps the bytes of each file for ever, in a raw store where a file is named by its hash and never changes.

Next to the bytes lies `<sha256>.json` with the day of the first landing, and where the file was fetched from. If the
publication day of a file is unknown and the file prints none, that day is the only one that can be proved, and it must
stay the same when the file is dropped again. What was declared about the bytes lies in `<sha256>.<12 digits of its own
hash>.json`, once for each declaration: so another store can be filled from `raw/` alone (`as_downloads`).
"""

import hashlib
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from schemas.forms.request import Declared, Landed
from schemas.small_files import read_json
from tasks.domain.errors import BrokenStore, Refused, refuse_first
from tasks.ingest.contradictions import refuse_contradictions
from tasks.ingest.declaration import FOLDERS_UP, as_toml
from tasks.ingest.unpack import read_download
from tasks.sources.adapter.protocol import Parsed
from tasks.sources.registry import SOURCES, read_file
from tasks.store.bucket.working_copy import first_landing, share_once
from tasks.store.files.verify import NOTE
from tasks.store.snapshots.objects import keep_bytes
from tasks.store.snapshots.publish import exclusive

RAW = "raw"
# The year of China's first customs statistics.
FIRST_YEAR = 1980


def land(declared: Declared, store: Path, today: date) -> Landed:
    """Keep the bytes of a declared file under `store/raw`; the same bytes again change nothing.

    `today` is the day of landing, used as the release day where none is declared and the file prints none. A store must
    not begin with a file that is refused, because nothing is known of its reporter: where there is no store yet, the
    file is read first, and its records are in `parsed`. Raises Refused for a file that cannot be read, for a release
    day after `today`, and for months that a release of that day cannot cover; BrokenStore for a damaged note.
    """
    try:
        raw = read_download(declared.file, is_archive=SOURCES[declared.source].is_archive)
    except OSError as error:
        raise Refused("unreadable file", str(declared.file), str(error.strerror), "Check the permissions.") from error
    parsed = None if store.exists() else _read_first(declared, raw, today)
    sha256 = hashlib.sha256(raw).hexdigest()
    place = raw_path(store, sha256)
    note = place.with_name(f"{sha256}.json")
    # Under the lock, because a publication sweeps the folder of half-written files.
    with exclusive(store):
        keep_bytes(store, place, raw)
        landing = {"landed_on": today.isoformat(), "name": declared.file.name, "address": declared.address}
        # Of a fetched file the address and the time of the answer; nothing of one that a person dropped.
        landing["answered_at"] = declared.answered_at.isoformat() if declared.answered_at else None
        content = json.dumps({name: text for name, text in landing.items() if text}).encode()
        first = first_landing(store, place, note, content)
        keep_bytes(store, note, first)
        released_on = _released_on(declared, raw, _landed_on(note))
        _refuse_impossible_days(declared, released_on, today)
        content = _declaration(declared, released_on)
        declaration_file = place.with_name(f"{sha256}.{hashlib.sha256(content).hexdigest()[:12]}.json")
        if not declaration_file.exists():
            share_once(store, declaration_file, content)
        keep_bytes(store, declaration_file, content)
    landed = _landed(declared, place, sha256, len(raw), released_on)
    return landed if parsed is None else landed.model_copy(update={"parsed": parsed})


def _read_first(declared: Declared, raw: bytes, today: date) -> Parsed:
    """The records of the file with which a store begins. Raises Refused as its parsing and normalising would."""
    parsed = read_file(declared.source, raw, declared.file.name)
    refuse_contradictions(expected(declared, raw, today), parsed)
    return parsed


def _declaration(declared: Declared, released_on: date) -> bytes:
    """The name of a file and the keys of its sidecar, with the day that was taken."""
    first, last = declared.first_month, declared.last_month
    months = f"{first:%Y-%m}..{last:%Y-%m}" if first and last else None
    keys = declared.model_dump(mode="json", exclude={"file", "store", "first_month", "last_month"}, exclude_none=True)
    keys |= {"released_on": released_on.isoformat(), **({"months": months} if months else {})}
    return json.dumps({"name": declared.file.name, "declared": keys}, indent=1, sort_keys=True).encode()


@contextmanager
def as_downloads(folder: Path) -> Iterator[Path]:
    """Yield `folder`; of the raw files of a store a folder that has each under its name, with its sidecar, once for
    each declaration; with the day of the first landing alone where no declaration is kept.
    """
    notes: dict[Path, list[Path]] = {}
    for path in sorted(folder.glob("??/*.json")):
        if (named := NOTE.fullmatch(path.name)) and (raw := path.with_name(named[1])).is_file():
            notes.setdefault(raw, []).append(path)
    if not notes:
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="tidewaiter-raw-") as aside:
        for raw, notes_of in notes.items():
            landing = raw.with_name(f"{raw.name}.json")
            for note in [path for path in notes_of if path != landing] or [landing]:
                kept = read_json(note)
                file = as_download(Path(aside, note.stem), raw, kept.get("name", raw.name))
                declared = kept.get("declared") or {"released_on": kept["landed_on"]}
                file.with_name(f"{file.name}.toml").write_text(as_toml(declared), encoding="utf-8")
        yield Path(aside)


def as_download(folder: Path, raw: Path, name: str) -> Path:
    """Make a link of that name to a raw file, in a new folder below a temporary one."""
    # As deep as `locate` searches upwards, so that no defaults.toml among the temporary files applies.
    file = folder.with_name("raw").joinpath(*["raw"] * (FOLDERS_UP - 3), folder.name, name)
    file.parent.mkdir(parents=True)
    file.symlink_to(raw.absolute())
    return file


def _landed_on(note: Path) -> date:
    """The day of the first landing. Raises BrokenStore where the note is damaged: no other file has the day."""
    try:
        return date.fromisoformat(read_json(note)["landed_on"])
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


def _refuse_impossible_days(declared: Declared, released_on: date, today: date) -> None:
    """Refuse a later day than today, and months before the first statistics or after the year of the release: a typing
    error."""
    words, advice = "these bytes landed first on", "Set the clock, which is or was wrong, or declare released_on."
    if declared.released_on:
        words, advice = "released on", "Correct released_on."
    first, last = (month.isoformat()[:7] if month else "" for month in (declared.first_month, declared.last_month))
    years = f"{FIRST_YEAR}-01", f"{released_on.year:04d}-12"
    refuse_first(
        str(declared.file),
        (released_on > today, "release day", f"{words} {released_on}, which is after today ({today})", advice),
        (
            first and last and (first < years[0] or last > years[1]),
            "months",
            f"months {first}..{last} of a release of {released_on}",
            f"Declare the months that were asked for; they lie between {' and '.join(years)}.",
        ),
    )


def raw_path(store: Path, sha256: str) -> Path:
    """Path of the bytes with this hash."""
    return store / RAW / sha256[:2] / sha256
