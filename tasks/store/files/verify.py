"""Verifies a store: every file on disk against the pointer, the manifests and the hashes in names.

Belongs here: which files are damaged, missing or foreign, and what to do about each. Nothing here changes a store. The
numbers inside the files are checked by `audit`, which traces a sample of them back.
"""

import hashlib
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tasks.domain.errors import BrokenStore, UnknownSnapshot
from tasks.store.files.manifest import FileEntry
from tasks.store.files.snapshot import (
    OBJECTS,
    POINTER,
    READERS,
    REPAIR,
    SNAPSHOTS,
    Snapshot,
    current_id,
    load_snapshot,
    object_name,
    snapshot_ids,
    table_link,
)

_SHA256 = re.compile(r"[0-9a-f]{64}")
# The name of a note next to a raw file.
NOTE = re.compile(r"([0-9a-f]{64})(\.[0-9a-f]{12})?\.json")
_AGAIN = (
    "ingest the release of this month again with the version of Tidewaiter that made the file, or restore it from a"
    " copy"
)
_COPY = (
    "restore it from a copy of the store, or from one into which the same releases are ingested in the same order with"
    " the same version: there it has the same bytes"
)
_ADVICE = {
    OBJECTS: (
        "mend the file of a snapshot that bears its first 16 digits, or copy that file where it is whole; where no"
        " snapshot has one, move it out of the store"
    ),
    "raw": "restore it from a copy, or ingest the file that these bytes were once more: they are kept again",
}


@dataclass(frozen=True)
class FileProblem:
    """One file that does not match the store's records."""

    file: str
    found: str
    expected: str
    advice: str

    def __str__(self) -> str:
        return f"{self.file}: found {self.found}; expected {self.expected}; {self.advice}"


@dataclass
class Hashes:
    """SHA-256 by inode, so that a file linked into a hundred snapshots is read once."""

    known: dict[tuple[int, int], str] = field(default_factory=dict)

    def of(self, path: Path | str) -> str:
        """The hash of the file, computed the first time."""
        with open(path, "rb") as file:
            status = os.fstat(file.fileno())
            key = (status.st_dev, status.st_ino)
            if key not in self.known:
                self.known[key] = hashlib.file_digest(file, "sha256").hexdigest()
            return self.known[key]


def audit_store(store: Path) -> list[FileProblem]:
    """Problems in the pointer, any snapshot, object or raw file; every byte is read once. Files that a retention
    removes meanwhile do not count."""
    hashes = Hashes()
    problems = [problem for name in snapshot_ids(store) for problem in audit_snapshot(store, name, hashes)]
    problems = [*audit_pointer(store), *problems]
    for area, suffix in ((OBJECTS, ".parquet"), ("raw", "")):
        problems += _audit_named(store, area, suffix, hashes)
    return [*{problem.file: problem for problem in problems[::-1]}.values()][::-1]


def check_file(snapshot: Snapshot, entry: FileEntry, hashes: Hashes) -> FileProblem | None:
    """None where the file of `entry` has the right size and hash."""
    # An audit asks this of each file of each snapshot, so it makes one system call where the bytes were hashed before.
    name, path = f"{SNAPSHOTS}/{snapshot.id}/{entry.path}", snapshot.located(entry)
    try:
        status = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        status = None
    if status is None or not stat.S_ISREG(status.st_mode):
        return FileProblem(name, "no such file", f"{entry.bytes} bytes", _mended(entry))
    if status.st_size != entry.bytes:
        return FileProblem(name, f"{status.st_size} bytes", f"{entry.bytes} bytes", _mended(entry))
    digest = hashes.known.get((status.st_dev, status.st_ino)) or hashes.of(path)
    return (
        None
        if digest == entry.sha256
        else FileProblem(name, f"sha256 {digest}", f"sha256 {entry.sha256}", _mended(entry))
    )


def _mended(entry: FileEntry) -> str:
    """How to restore the file of an entry. What a release publishes only once is not made again."""
    return _AGAIN if entry.partition and entry.table != "detail" else _COPY


def unknown_files(snapshot: Snapshot) -> Iterator[FileProblem]:
    """Files in the tree that the manifest does not name: a reader of the folder would read them too."""
    named = {"manifest.json", *(entry.path for entry in snapshot.every)}
    paths, above = list[str](), len(str(snapshot.path)) + 1
    for place, folders, files in os.walk(snapshot.path):
        links = (name for name in folders if os.path.islink(f"{place}/{name}"))
        paths += [f"{place}/{name}"[above:] for name in (*files, *links)]
    for name in sorted({*paths} - named):
        where = f"{SNAPSHOTS}/{snapshot.id}/{name}"
        yield FileProblem(where, "a file", "nothing, the manifest does not name it", "move it out of the store")


def audit_snapshot(store: Path, name: str, hashes: Hashes) -> list[FileProblem]:
    """Differences between the disk and the manifest of that name; none where its folder is gone at the end. Every byte
    is read."""
    folder, problems = store / SNAPSHOTS / name, list[FileProblem]()
    try:
        snapshot = load_snapshot(store, name)
        for entry in snapshot.every:
            if problem := check_file(snapshot, entry, hashes):
                problems.append(problem)
            where = object_name(entry.sha256)
            if not os.path.isfile(f"{store}/{where}"):
                problems.append(
                    FileProblem(where, "no such file", f"{entry.bytes} bytes for {name}/{entry.path}", _mended(entry))
                )
        problems += unknown_files(snapshot)
    except BrokenStore as error:
        where = f"{SNAPSHOTS}/{name}/manifest.json"
        problems.append(FileProblem(where, str(error), "a manifest that hashes to its id", REPAIR))
    except (UnknownSnapshot, FileNotFoundError):
        if folder.is_dir():
            raise
    if os.path.lexists(folder) and not folder.is_dir():
        return [FileProblem(f"{SNAPSHOTS}/{name}", "no folder", "the folder of a snapshot", "move it out of the store")]
    return problems if folder.is_dir() else []


def audit_pointer(store: Path) -> Iterator[FileProblem]:
    """Problems of the pointer and of the links for readers."""
    try:
        name = current_id(store)
    except BrokenStore as error:
        yield FileProblem(POINTER, str(error), f"a relative link to {SNAPSHOTS}/<id>", "see what was found")
        return
    if name is not None and name not in snapshot_ids(store):
        yield FileProblem(POINTER, f"{SNAPSHOTS}/{name}, which is missing", "an existing snapshot", REPAIR)
    for table in sorted(os.listdir(store / READERS)) if (store / READERS).is_dir() else ():
        path, link = store / READERS / table, table_link(table)
        target = os.readlink(path) if path.is_symlink() else "no link"
        if target != link:
            advice = f"move it out of the store, then: ln -s {link} {path}"
            yield FileProblem(f"{READERS}/{table}", target, f"a link to {link}", advice)


def _audit_named(store: Path, area: str, suffix: str, hashes: Hashes) -> Iterator[FileProblem]:
    """Check files named by their hash: <area>/<ab>/<sha256><suffix>, with its notes next to a raw file."""
    for path in sorted(path for path in (store / area).rglob("*") if not path.is_dir()):
        where, sha256 = path.relative_to(store).as_posix(), path.name.removesuffix(suffix)
        if area == "raw" and (note := NOTE.fullmatch(path.name)):
            if not (path.parent / note[1]).is_file():
                yield FileProblem(
                    where, "no file next to it", f"the raw file {note[1]}", "restore the raw file from a copy"
                )
            continue
        if where != f"{area}/{sha256[:2]}/{sha256}{suffix}" or not _SHA256.fullmatch(sha256):
            yield FileProblem(where, "a foreign name", f"{area}/<ab>/<sha256>{suffix}", "move it out of the store")
            continue
        try:
            digest = hashes.of(path)
        except FileNotFoundError:
            # A name that is gone by now was removed by a retention.
            if path.is_symlink():
                yield FileProblem(where, "a link to nothing", f"a file of sha256 {sha256}", "restore it from a copy")
            continue
        if digest != sha256:
            yield FileProblem(where, f"sha256 {digest}", f"sha256 {sha256}", _ADVICE[area])
