"""Stores bytes under their hash, and stages them in a folder until they are durable.

Belongs here: store/.objects and store/tmp, and restoring damaged files. Does not belong here: when a snapshot is built
or becomes current (`tasks.store.snapshots.publish`).

A name proves nothing after a crash: an object counts as present only where the disk has its exact bytes.
"""

import errno
import hashlib
import os
import stat
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from tasks.domain.errors import BrokenStore, DamagedStore
from tasks.store.files.filesystem import LOCAL, FileSystem
from tasks.store.files.manifest import FileEntry
from tasks.store.files.readme import NO_TABLE, NO_TABLE_NAME, README, README_NAME
from tasks.store.files.snapshot import (
    OBJECTS,
    SNAPSHOTS,
    Snapshot,
    object_name,
    object_path,
    open_snapshot,
    snapshot_ids,
)
from tasks.store.files.temporary import is_in_use
from tasks.store.files.verify import FileProblem, Hashes, check_file

_CANNOT_LINK = {errno.EMLINK, errno.EPERM, errno.EOPNOTSUPP}


class Stage:
    """store/tmp, created and swept at the first change and not before: a no-op must not touch it."""

    def __init__(self, store: Path, fs: FileSystem) -> None:
        self.store, self.fs = store, fs
        self._open = False
        self._waiting: dict[str, Path] = {}

    @property
    def folder(self) -> Path:
        """The folder, empty at the first call."""
        if not self._open:
            for name in (OBJECTS, SNAPSHOTS, "tmp"):
                if not (self.store / name).is_dir():
                    self.fs.make_directory(self.store / name)
            self.sweep()
            self._guide(self.store / README_NAME, README)
            self._guide(self.store / SNAPSHOTS / NO_TABLE_NAME, NO_TABLE)
            self.fs.fsync_directory(self.store)
            self._open = True
        return self.store / "tmp"

    def _guide(self, path: Path, text: bytes) -> None:
        """Write a text for readers, unless it is there."""
        if not _holds(self.fs, path, text):
            waiting = self.store / "tmp" / path.name
            self.fs.write_file(waiting, text)
            self.fs.fsync_file(waiting)
            self.fs.replace(waiting, path)
            self.fs.fsync_directory(path.parent)

    def sweep(self) -> None:
        """Delete what earlier runs left in tmp: files of killed runs, and files moved aside for deletion. A folder of a
        living process stays."""
        for name in self.fs.list_directory(self.store / "tmp"):
            if not is_in_use(self.store / "tmp" / name):
                _delete(self.fs, self.store / "tmp" / name)

    def give_up(self) -> None:
        """Delete the staged files, as far as the disk allows; nothing where none were staged."""
        if self._open:
            with suppress(OSError):
                self.sweep()

    def add(self, data: bytes, sha256: str | None = None) -> str:
        """Write the bytes into tmp unless their object has them already; returns their SHA-256, which may be passed if
        it is known."""
        sha256 = sha256 or hashlib.sha256(data).hexdigest()
        if sha256 not in self._waiting and not _holds(self.fs, object_path(self.store, sha256), data):
            self._waiting[sha256] = self.folder / f"{sha256}.parquet"
            self.fs.write_file(self._waiting[sha256], data)
        return sha256

    def take(self, path: Path, sha256: str, size: int) -> None:
        """Link the file at `path`, on the disk of the store, into tmp, unless its object has the same bytes already."""
        target = object_path(self.store, sha256)
        is_there = target.is_file() and target.stat().st_size == size and Hashes().of(target) == sha256
        if sha256 not in self._waiting and not is_there:
            self._waiting[sha256] = self.folder / f"{sha256}.parquet"
            link_or_copy(self.fs, path, self._waiting[sha256])

    def settle(self) -> list[str]:
        """Make objects of all staged bytes; returns the names of damaged files that were restored."""
        fs, store = self.fs, self.store
        for path in self._waiting.values():
            fs.fsync_file(path)
        damaged = {sha256: path for sha256, path in self._waiting.items() if object_path(store, sha256).exists()}
        # Snapshots first, the object last: a kill between them leaves the object damaged, so the next run repeats it
        # all.
        healed = [name for other in snapshot_ids(store) for name in relink(self, other, damaged)] if damaged else []
        for sha256, path in self._waiting.items():
            target = object_path(store, sha256)
            if sha256 in damaged:
                fs.link(target, self.folder / f"corrupt-{target.name}")
                healed.append(target.relative_to(store).as_posix())
            elif not target.parent.is_dir():
                fs.make_directory(target.parent)
            fs.replace(path, target)
        return healed


def mend(stage: Stage, snapshot: Snapshot) -> list[str]:
    """Restore damaged or missing files of the current snapshot from the objects; intact files are not touched."""
    hashes, lost = Hashes(), {}
    for entry in snapshot.every:
        problem = check_link(snapshot, entry, hashes)
        if problem is not None:
            stored = object_path(snapshot.store, entry.sha256)
            if not stored.is_file() or hashes.of(stored) != entry.sha256:
                raise DamagedStore(str(problem))
            lost[entry.sha256] = stored
    return relink(stage, snapshot.id, lost) if lost else []


def check_link(snapshot: Snapshot, entry: FileEntry, hashes: Hashes) -> FileProblem | None:
    """Check one link; the hash is computed only where the link to the object is gone, as in a copied store."""
    # A store of ten years has thousands of these, so each takes two system calls and no more, and names are text.
    try:
        path = os.lstat(f"{snapshot.store}/{SNAPSHOTS}/{snapshot.id}/{entry.path}")
        stored = os.lstat(f"{snapshot.store}/{object_name(entry.sha256)}")
    except OSError:
        return check_file(snapshot, entry, hashes)
    is_same = (path.st_dev, path.st_ino) == (stored.st_dev, stored.st_ino) and stat.S_ISREG(path.st_mode)
    return None if is_same and path.st_size == entry.bytes else check_file(snapshot, entry, hashes)


def relink(stage: Stage, name: str, sources: Mapping[str, Path]) -> list[str]:
    """Replace files of one snapshot by the intact bytes in `sources` (by SHA-256), one atomic replace each."""
    fs, store, healed = stage.fs, stage.store, []
    try:
        snapshot = open_snapshot(store, name)
    except BrokenStore:
        # Other damage, which the audit of the store names, must not stop the repair of the rest.
        return []
    for entry in snapshot.every if snapshot is not None else ():
        path = store / SNAPSHOTS / name / entry.path
        if entry.sha256 not in sources:
            continue
        if path.is_file() and not path.is_symlink() and path.samefile(sources[entry.sha256]):
            continue
        spare = stage.folder / "relink"
        link_or_copy(fs, sources[entry.sha256], spare)
        make_directories(fs, path.parent)
        fs.replace(spare, path)
        fs.fsync_directory(path.parent)
        healed.append(path.relative_to(store).as_posix())
    return healed


def link_or_copy(fs: FileSystem, source: Path, target: Path) -> None:
    """A hard link, or a durable copy where the disk refuses one."""
    try:
        fs.link(source, target)
    except OSError as error:
        if error.errno not in _CANNOT_LINK:
            raise
        # Too many links to one inode, an object of another user, or a disk without links: a copy works too.
        fs.write_file(target, fs.read_bytes(source))
        fs.fsync_file(target)


def make_directories(fs: FileSystem, path: Path) -> list[Path]:
    """Create `path` and its missing parents, also while others do; returns the created folders, outermost first."""
    missing = []
    for folder in (path, *path.parents):
        if folder.is_dir():
            break
        missing.append(folder)
    for folder in missing[::-1]:
        with suppress(FileExistsError):
            fs.make_directory(folder)
    return missing[::-1]


def keep_bytes(store: Path, place: Path, data: bytes) -> None:
    """Write under a temporary name, make it durable, then rename: a name never refers to half a file. The same bytes
    stay."""
    waiting = store / "tmp" / f"landing-{place.name}"
    if not (place.is_file() and place.read_bytes() == data):
        for folder in (waiting.parent, place.parent):
            for directory in make_directories(LOCAL, folder):
                LOCAL.fsync_directory(directory.parent)
        if waiting.exists():
            LOCAL.remove(waiting)
        LOCAL.write_file(waiting, data)
        LOCAL.fsync_file(waiting)
        LOCAL.replace(waiting, place)
    # Sync existing names too, up to the store: a killed run may have created names without making them durable.
    for folder in place.relative_to(store).parents:
        LOCAL.fsync_directory(store / folder)


def sync_objects(fs: FileSystem, store: Path, entries: Iterable[FileEntry]) -> None:
    """Make the names of objects durable, also of those left by a run that died before it did so."""
    for folder in sorted({object_path(store, entry.sha256).parent for entry in entries}):
        fs.fsync_directory(folder)
    if (store / OBJECTS).is_dir():
        fs.fsync_directory(store / OBJECTS)


def _holds(fs: FileSystem, path: Path, data: bytes) -> bool:
    return path.is_file() and path.stat().st_size == len(data) and fs.read_bytes(path) == data


def _delete(fs: FileSystem, path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        for name in fs.list_directory(path):
            _delete(fs, path / name)
        fs.remove_directory(path)
    else:
        fs.remove(path)
