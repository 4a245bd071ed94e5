"""The folder into which people drop files: what is new there, what is still being written, what was seen before.

Nothing is remembered here. A file is known where the release of its bytes and its declaration is published or held; a
refused one has a note beside it, which the person who dropped it reads too, and which is void once the file or its
declaration changes.
"""

import hashlib
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

from schemas.request import Declared, Landed, ReleaseRequest
from schemas.watch import Look, WatchRequest
from tasks import hold
from tasks.locate import DEFAULTS, FOLDERS_UP, locate
from tasks.normalise import release_id_of
from tasks.refusal import Refused
from tasks.snapshot import open_snapshot
from tasks.working_copy import at_hand

NOTE = ".refused.txt"
NOT_A_RELEASE = (".toml", NOTE, ".part", ".partial", ".crdownload", ".download", ".tmp", ".swp", "~")
State = tuple[int, int, int]


def look(request: WatchRequest, day: date, sleep: Callable[[float], None] = time.sleep) -> Look:
    """What lies in the inbox, sorted by what must become of it. Raises Refused where there is no inbox.

    `day` is the day of the run: a file that is declared to be public later is left for a later run, so that a run caught
    up after an outage does its own month.
    """
    require_folder(request.inbox)
    files = [path for path in sorted(request.inbox.rglob("*")) if _is_release(path)]
    store = at_hand(request.store)
    seen: dict[Path, tuple[str, date, State]] = {
        path: (*_judge(path, request, store, day), _state(path)) for path in files
    }
    new = [path for path in files if seen[path][0] in ("ready", "refusable")]
    if new and request.settle_seconds:
        sleep(request.settle_seconds)
    unsettled = [path for path in new if _state(path) != seen[path][2]]
    ready = sorted(
        (path for path in new if path not in unsettled), key=lambda path: (seen[path][1], seen[path][2][1], str(path))
    )

    def judged(word: str) -> list[Path]:
        return [path for path in files if seen[path][0] == word]

    return Look(
        ready=ready, unsettled=unsettled, later=judged("later"), held=judged("held"), refused=judged("refused"),
        published=len(judged("published")),
    )  # fmt: skip


def require_folder(inbox: Path) -> None:
    """Raises Refused where there is no such folder. A command asks before it begins a run, whose log would be a traceback."""
    if not inbox.is_dir():
        raise Refused(
            "no inbox", where=str(inbox), found="there is no such folder",
            advice=f"Make it, with folders {inbox}/<source>/<flow>, or give another.",
        )  # fmt: skip


def note_refusal(file: Path, refusal: Refused) -> None:
    """Leave a note beside a refused file: why, and what to do. It holds until the file or its declaration changes."""
    note = file.with_name(file.name + NOTE)
    note.write_text(
        f"{file.name} was refused and will not be tried again until it or its declaration changes.\n\n"
        f"where:  {refusal.where}\nfound:  {refusal.found}\nto do:  {refusal.advice}\n\nfingerprint {fingerprint(file)}\n",
        encoding="utf-8",
    )


def fingerprint(file: Path) -> str:
    """Hash of a file and of every paper in which something may be declared about it."""
    papers = [
        file.with_name(f"{file.name}.toml"),
        *(folder / DEFAULTS for folder in file.resolve().parents[:FOLDERS_UP]),
    ]
    parts = [file.read_bytes(), *(paper.read_bytes() for paper in papers if paper.is_file())]
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


def _is_release(path: Path) -> bool:
    return path.is_file() and not path.name.startswith(".") and not path.name.lower().endswith(NOT_A_RELEASE)


def _state(path: Path) -> State:
    try:
        found = path.stat()
    except FileNotFoundError:
        return (-1, -1, -1)
    return (found.st_size, found.st_mtime_ns, found.st_ctime_ns)


def _judge(path: Path, request: WatchRequest, store: Path, day: date) -> tuple[str, date]:
    """One word about a file, and the day by which it is sorted."""
    dropped = datetime.fromtimestamp(path.stat().st_mtime, UTC).date()
    try:
        declared = locate(ReleaseRequest(file=path, store=request.store))
    except Refused:
        return ("refused" if _was_refused(path) else "refusable"), dropped
    if (request.source or declared.source) != declared.source or (request.flow or declared.flow) != declared.flow:
        return "other", dropped
    released_on = declared.released_on or dropped
    if declared.released_on and declared.released_on > day:
        return "later", released_on
    release_id = release_id_of(_as_landed(declared))
    snapshot = open_snapshot(store)
    if snapshot is not None and release_id in snapshot.about["releases"]:
        return "published", released_on
    kept = hold.find(store, release_id)
    if kept is not None and (kept.decision is None or kept.decision.verdict == "reject"):
        return "held", released_on
    return ("refused" if _was_refused(path) else "ready"), released_on


def _as_landed(declared: Declared) -> Landed:
    """A file as it would land, to know the name that its release would have; nothing is kept."""
    raw = declared.file.read_bytes()
    said = declared.model_dump(exclude={"released_on"})
    return Landed(
        **said,
        released_on=declared.released_on or date.min,
        raw=declared.file,
        raw_sha256=hashlib.sha256(raw).hexdigest(),
        raw_bytes=len(raw),
    )


def _was_refused(path: Path) -> bool:
    note = path.with_name(path.name + NOTE)
    return note.is_file() and fingerprint(path) in note.read_text(encoding="utf-8", errors="replace")
