"""Sorts the files of the inbox: new, still being written, or already processed.

The inbox has no memory. A file is known if the release of its bytes and declaration is published or held. A refused
file gets a note next to it, which the person who dropped it can read; the note is void once the file or its declaration
changes.
"""

import errno
import functools
import hashlib
import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NamedTuple

from schemas.forms.request import NOTHING, Declaration, Declared, ReleaseRequest
from schemas.forms.watch import InboxState, Problem, Shared, WatchRequest
from schemas.small_files import JSON_BYTES_MAX, read_small
from schemas.store_address import S3Url
from tasks.domain.errors import Refused
from tasks.inbox import held
from tasks.ingest.declaration import declaration_files, locate
from tasks.ingest.editions import amended, release_id_of
from tasks.ingest.raw_store import expected
from tasks.ingest.unpack import read_download
from tasks.sources.registry import SOURCES, read_file
from tasks.store.bucket.working_copy import at_hand
from tasks.store.files.snapshot import POINTER, open_snapshot
from tasks.store.files.temporary import write_at_once
from tasks.store.places.reporters import store_of

NOTE = ".refused.txt"
NOT_A_RELEASE = (
    ".toml",
    NOTE,
    ".part",
    ".partial",
    ".crdownload",
    ".download",
    ".tmp",
    ".swp",
    "~",
    "thumbs.db",
    "desktop.ini",
)
# Of a file that is read once more, to see whether it is worth a run.
SMALL_BYTES = 1 << 16
# Hidden files, and the lock files of office programs.
NOT_A_NAME = (".", "~$")
# Problems that depend on the clock, the store, the table of corrections or another file, and may be gone tomorrow for
# the same bytes.
NOT_OF_THE_FILE = (
    "release day",
    "another reporter",
    "another list of goods",
    "corrections",
    "correction expired",
    "correction does not fit",
    "misnamed sidecar",
)
State = tuple[int, int, int]
# The store of a reporter, and the releases in it.
Published = tuple[Path, frozenset[str]]


class FileState(NamedTuple):
    """The state of a file, the day by which it is sorted, its size and times, why its declaration is wrong, and whose
    figures it has."""

    outcome: str
    day: date
    state: State
    refusal: Refused | None = None
    reporter: str = ""


def inbox_state(request: WatchRequest, day: date, sleep: Callable[[float], None] = time.sleep) -> InboxState:
    """The files of the inbox by their state on `day`; those declared public later are left for a later run. Raises
    Refused where the inbox does not exist.
    """
    require_folder(request.inbox)
    files = sorted(downloads(request.inbox, request.store))
    published = functools.cache(lambda reporter: _published(request.store, reporter))
    seen = {path: _judge(path, request, day, published) for path in files}
    shared = _shared_problems(seen)
    apart = {path for problem in shared for path in problem.files}
    new = [path for path in files if seen[path].outcome in ("ready", "refusable") and path not in apart]
    if new and request.settle_seconds:
        sleep(request.settle_seconds)
    unsettled = [path for path in new if _state(path) != seen[path].state]
    ready = sorted(
        (path for path in new if path not in unsettled),
        key=lambda path: (seen[path].day, seen[path].state[1], str(path)),
    )

    words = ("later", "held", "rejected", "refused", "other")
    rest = {name: [path for path in files if seen[path].outcome == name] for name in words}
    published_files = [file_state for file_state in seen.values() if file_state.outcome == "published"]
    return InboxState(
        ready=ready,
        unsettled=unsettled,
        published=len(published_files),
        reporters=sorted({file_state.reporter for file_state in published_files}),
        shared=shared,
        **rest,
    )


def _shared_problems(seen: Mapping[Path, FileState]) -> list[Shared]:
    """Problems that several files share, such as a direction that is nowhere declared: one correction fixes all."""
    alike: dict[Problem, list[Path]] = {}
    for path, state in seen.items():
        if state.outcome == "refusable" and state.refusal:
            alike.setdefault(problem_of(path, state.refusal), []).append(path)
    return [Shared(problem=problem, files=having) for problem, having in alike.items() if len(having) > 1]


def problem_of(file: Path, refusal: Refused) -> Problem:
    """Why a file is refused, without its name: equal for two files with the same problem."""
    where = refusal.where.removeprefix(str(file)).removeprefix(file.name)
    return Problem(rule=refusal.rule, where=where.strip(", "), found=refusal.found, advice=refusal.advice)


def shared_refusals(looked: InboxState) -> Iterator[tuple[Path, Refused]]:
    """Each file of a shared problem, with its refusal."""
    for shared in looked.shared:
        for file in shared.files:
            yield file, Refused(**shared.problem.model_dump() | {"where": shared.problem.where or str(file)})


def require_folder(inbox: Path) -> None:
    """Raises Refused where the folder does not exist; asked before a run, whose log would be a traceback."""
    if not inbox.is_dir():
        raise Refused(
            "no inbox",
            where=str(inbox),
            found="a file" if inbox.is_file() else "there is no such folder",
            advice="Give the folder that holds it, or tidewaiter ingest for one file."
            if inbox.is_file()
            else f"Make it, with folders {inbox}/<source>/<flow>, or give another.",
        )


def note_refusal(file: Path, refusal: Refused, seen: str | None) -> str:
    """Report a refused file; if the file itself is at fault, write the message and its remedy to a note next to it.

    While the note is there the file is not tried again, until it or its declaration changes: `seen` is its fingerprint
    from before it was read, None where it could not be read. Where no note can be written, the file is tried again each
    time.
    """
    if seen is None or refusal.rule in NOT_OF_THE_FILE:
        return str(refusal)
    note = file.with_name(file.name + NOTE)
    text = (
        f"{file.name} was refused and will not be tried again until it or its declaration changes.\n\n"
        f"where:  {refusal.where}\nfound:  {refusal.found}\nto do:  {refusal.advice}\n\nfingerprint {seen}\n"
    )
    try:
        # A name in another encoding than this machine's has characters that text cannot hold.
        # Whatever lies there under the name of the note is replaced: a pipe would wait for its reader.
        write_at_once(note, text.encode(errors="backslashreplace"), sync=False)
    except OSError as problem:
        return f"{refusal} No note could be left next to it ({problem.strerror}), so it is tried again each time."
    return str(refusal)


def drop_note(file: Path) -> None:
    """Delete the note of a file that was refused earlier and is now accepted."""
    with suppress(OSError):
        file.with_name(file.name + NOTE).unlink(missing_ok=True)


def seen_before_reading(file: Path, otherwise: Declaration = NOTHING) -> str | None:
    """The fingerprint of a file before it is read; None where it cannot be read, which the reader then reports."""
    try:
        return fingerprint(file, otherwise)
    except OSError:
        return None


def is_unreadable(file: Path, request: ReleaseRequest) -> bool:
    """Whether a small file has no declaration or no form of its source, which a run of its own would only repeat; not
    of a larger one, which takes long to read."""
    try:
        if file.stat().st_size > SMALL_BYTES:
            return False
        declared = locate(request)
        raw = read_download(declared.file, is_archive=SOURCES[declared.source].is_archive)
        read_file(declared.source, raw, declared.file.name)
    except (Refused, OSError):
        return True
    return False


def fingerprint(file: Path, otherwise: Declaration = NOTHING) -> str:
    """Hash of a file and of all that can declare something about it, `otherwise` too. Raises OSError where it cannot be
    read."""
    if not file.is_file():
        # Reading a pipe waits for a writer without end, and a device may never end.
        raise FileNotFoundError(errno.ENOENT, "no regular file", str(file))
    parts = [file.read_bytes(), *(part.read_bytes() for part in declaration_files(file) if part.is_file())]
    if otherwise != NOTHING:
        parts.append(otherwise.model_dump_json().encode())
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


def _published(root: Path | S3Url, reporter: str) -> Published:
    """The store of a reporter and the releases in it, read once: a manifest grows with every publication."""
    store = at_hand(store_of(root, reporter))
    snapshot = open_snapshot(store)
    return store, frozenset(snapshot.about["releases"] if snapshot else ())


def downloads(inbox: Path, store: Path | S3Url) -> Iterator[Path]:
    """The possible releases of a folder, and paths that cannot be read; none in a store, or in a hidden folder of
    deleted files."""
    unreadable: list[Path] = []
    # Links may form a cycle.
    seen = {store.resolve()} if isinstance(store, Path) else set()
    for name, folders, files in os.walk(
        inbox, onerror=lambda error: unreadable.append(Path(error.filename)), followlinks=True
    ):
        folder = Path(name)
        if folder.resolve() in seen or (folder / POINTER).is_symlink():
            folders.clear()
            continue
        seen.add(folder.resolve())
        folders[:] = [below for below in folders if not below.startswith(".")]
        # Also a broken link and a pipe, which are refused: someone meant to put a file there.
        names = (file for file in files if not file.startswith(NOT_A_NAME) and not file.lower().endswith(NOT_A_RELEASE))
        yield from map(folder.joinpath, names)
    yield from unreadable


def _state(path: Path) -> State:
    try:
        status = path.stat()
    except OSError:
        return (-1, -1, -1)
    return (status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def _judge(path: Path, request: WatchRequest, day: date, published: Callable[[str], Published]) -> FileState:
    """The state of a file; `published` gives the store of a reporter."""
    state = _state(path)
    dropped = datetime.fromtimestamp(max(state[1], 0) / 10**9, UTC).date()
    try:
        declared = locate(ReleaseRequest(file=path, store=request.store, otherwise=request.otherwise))
    except (Refused, OSError) as problem:
        if request.reporter is not None:
            # Whose figures it has is not declared, so it is not one of those that are asked for.
            return FileState("other", dropped, state)
        refusal = problem if isinstance(problem, Refused) else None
        return FileState("refused" if _was_refused(path, request.otherwise) else "refusable", dropped, state, refusal)
    wanted = {name: getattr(request, name) for name in ("source", "flow", "reporter")}
    if any(value and value != getattr(declared, name) for name, value in wanted.items()):
        return FileState("other", dropped, state)
    released_on = declared.released_on or dropped
    if declared.released_on and declared.released_on > day:
        return FileState("later", released_on, state)
    outcome = _what_became(path, declared, published(declared.reporter), request.otherwise, day)
    return FileState(outcome, released_on, state, reporter=declared.reporter)


def _what_became(path: Path, declared: Declared, published: Published, otherwise: Declaration, day: date) -> str:
    """The state of a file that is due today, from its bytes and declaration."""
    store, releases = published
    try:
        landed = expected(declared, read_download(declared.file, is_archive=SOURCES[declared.source].is_archive), day)
        release_id = release_id_of(amended(landed, store, day, declared.released_on))
    except (Refused, OSError):
        # An unreadable or missing file is reported when it is processed.
        return "refusable"
    if release_id in releases:
        return "published"
    kept = held.find(store, release_id)
    if kept is not None and kept.decision is None:
        return "held"
    if kept is not None and kept.decision is not None and kept.decision.verdict == "reject":
        return "rejected"
    return "refused" if _was_refused(path, otherwise) else "ready"


def _was_refused(path: Path, otherwise: Declaration) -> bool:
    note = path.with_name(path.name + NOTE)
    try:
        return fingerprint(path, otherwise).encode() in read_small(note, JSON_BYTES_MAX)
    except (OSError, ValueError):
        return False
