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

from tasks.domain.errors import BrokenStore, StoreError, UnknownSnapshot
from tasks.store.manifest import FileEntry
from tasks.store.snapshot import (
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
_NOTE = re.compile(r"([0-9a-f]{64})(\.[0-9a-f]{12})?\.json")
_AGAIN = "ingest the release of this month again with the version of Tidewaiter that made the file, or restore it from a copy"
_COPY = (
    "restore it from a copy of the store, or from one into which the same releases are ingested in the same order with the "
    "same version: there it has the same bytes"
)
_RAW = "restore it from a copy, or ingest the file that these bytes were once more: they are kept again"
_OBJECT = (
    "mend the file of a snapshot that bears its first 16 digits, or copy that file where it is whole; where no snapshot has "
    "one, move it out of the store"
)
_ADVICE = {OBJECTS: _OBJECT, "raw": _RAW}


@dataclass(frozen=True)
class Problem:
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


def audit_snapshot(snapshot: Snapshot) -> list[Problem]:
    """Differences between the disk and the manifest; every byte is read. Empty means verified."""
    return list(_audit_snapshot(snapshot, Hashes()))


def audit_store(store: Path) -> list[Problem]:
    """Problems in the pointer, in any snapshot, object or raw file. Every byte is read once.

    Nothing is locked: files that a retention removes meanwhile do not count, and the pointer is checked after the
    snapshots.
    """
    hashes = Hashes()
    problems = [problem for name in snapshot_ids(store) for problem in _audit_if_kept(store, name, hashes)]
    problems = [*_audit_pointer(store), *problems]
    for area, suffix in ((OBJECTS, ".parquet"), ("raw", "")):
        problems += _audit_named(store, area, suffix, hashes)
    return [*{problem.file: problem for problem in problems[::-1]}.values()][::-1]


def check_file(snapshot: Snapshot, entry: FileEntry, hashes: Hashes) -> Problem | None:
    """None where the file of `entry` has the right size and hash."""
    # An audit asks this of each file of each snapshot, so it makes one system call where the bytes were hashed before.
    name = f"{SNAPSHOTS}/{snapshot.id}/{entry.path}"
    path = f"{snapshot.store}/{name}"
    try:
        status = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        status = None
    if status is None or not stat.S_ISREG(status.st_mode):
        return Problem(name, "no such file", f"{entry.bytes} bytes", _mended(entry))
    if status.st_size != entry.bytes:
        return Problem(name, f"{status.st_size} bytes", f"{entry.bytes} bytes", _mended(entry))
    found = hashes.known.get((status.st_dev, status.st_ino)) or hashes.of(path)
    return None if found == entry.sha256 else Problem(name, f"sha256 {found}", f"sha256 {entry.sha256}", _mended(entry))


def _mended(entry: FileEntry) -> str:
    """How to restore the file of an entry. What a release publishes only once is not made again."""
    return _AGAIN if entry.partition and entry.table != "detail" else _COPY


def unknown_files(snapshot: Snapshot) -> Iterator[Problem]:
    """Files in the tree that the manifest does not name: a reader of the folder would read them too."""
    named = {"manifest.json", *(entry.path for entry in snapshot.every)}
    above = len(str(snapshot.path)) + 1
    for path in _files_below(str(snapshot.path)):
        if path[above:] not in named:
            where = f"{SNAPSHOTS}/{snapshot.id}/{path[above:]}"
            yield Problem(where, "a file", "nothing, the manifest does not name it", "move it out of the store")


def _files_below(folder: str) -> list[str]:
    """Everything below a folder that is no folder, links to folders too; nothing where the folder is gone."""
    found: list[str] = []
    for place, folders, files in os.walk(folder):
        links = [name for name in folders if os.path.islink(f"{place}/{name}")]
        found += [f"{place}/{name}" for name in (*files, *links)]
    return sorted(found)


def _audit_if_kept(store: Path, name: str, hashes: Hashes) -> list[Problem]:
    """Problems in the snapshot of that name; none where its folder is gone at the end."""
    folder, found = store / SNAPSHOTS / name, list[Problem]()
    try:
        found += _audit_files(load_snapshot(store, name), hashes)
    except BrokenStore as error:
        found.append(_broken_manifest(name, error))
    except (UnknownSnapshot, FileNotFoundError):
        if folder.is_dir():
            raise
    if os.path.lexists(folder) and not folder.is_dir():
        return [Problem(f"{SNAPSHOTS}/{name}", "no folder", "the folder of a snapshot", "move it out of the store")]
    return found if folder.is_dir() else []


def _broken_manifest(name: str, error: StoreError) -> Problem:
    """A manifest that cannot be read."""
    return Problem(f"{SNAPSHOTS}/{name}/manifest.json", str(error), "a manifest that hashes to its id", REPAIR)


def _audit_snapshot(snapshot: Snapshot, hashes: Hashes) -> Iterator[Problem]:
    try:
        load_snapshot(snapshot.store, snapshot.id)
    except StoreError as error:
        yield _broken_manifest(snapshot.id, error)
    yield from _audit_files(snapshot, hashes)


def _audit_files(snapshot: Snapshot, hashes: Hashes) -> Iterator[Problem]:
    for entry in snapshot.every:
        problem = check_file(snapshot, entry, hashes)
        if problem is not None:
            yield problem
        where = object_name(entry.sha256)
        if not os.path.isfile(f"{snapshot.store}/{where}"):
            yield Problem(where, "no such file", f"{entry.bytes} bytes for {snapshot.id}/{entry.path}", _mended(entry))
    yield from unknown_files(snapshot)


def _audit_pointer(store: Path) -> Iterator[Problem]:
    try:
        name = current_id(store)
    except BrokenStore as error:
        yield Problem(POINTER, str(error), f"a relative link to {SNAPSHOTS}/<id>", "see what was found")
        return
    if name is not None and name not in snapshot_ids(store):
        yield Problem(POINTER, f"{SNAPSHOTS}/{name}, which is missing", "an existing snapshot", REPAIR)
    for table in sorted(os.listdir(store / READERS)) if (store / READERS).is_dir() else ():
        path, link = store / READERS / table, table_link(table)
        found = os.readlink(path) if path.is_symlink() else "no link"
        if found != link:
            advice = f"move it out of the store, then: ln -s {link} {path}"
            yield Problem(f"{READERS}/{table}", found, f"a link to {link}", advice)


def _audit_named(store: Path, area: str, suffix: str, hashes: Hashes) -> Iterator[Problem]:
    """Check files named by their hash: <area>/<ab>/<sha256><suffix>, with its notes next to a raw file."""
    for path in sorted(path for path in (store / area).rglob("*") if not path.is_dir()):
        where, sha256 = path.relative_to(store).as_posix(), path.name.removesuffix(suffix)
        if area == "raw" and (note := _NOTE.fullmatch(path.name)):
            if not (path.parent / note[1]).is_file():
                yield Problem(
                    where, "no file next to it", f"the raw file {note[1]}", "restore the raw file from a copy"
                )
            continue
        if where != f"{area}/{sha256[:2]}/{sha256}{suffix}" or not _SHA256.fullmatch(sha256):
            yield Problem(where, "a foreign name", f"{area}/<ab>/<sha256>{suffix}", "move it out of the store")
            continue
        try:
            found = hashes.of(path)
        except FileNotFoundError:
            # A name that is gone by now was removed by a retention.
            if path.is_symlink():
                yield Problem(where, "a link to nothing", f"a file of sha256 {sha256}", "restore it from a copy")
            continue
        if found != sha256:
            yield Problem(where, f"sha256 {found}", f"sha256 {sha256}", _ADVICE[area])
