"""Publishes files: builds one immutable snapshot, then moves one pointer.

Belongs here: the order of the steps, which makes publication atomic, and adopting a snapshot published elsewhere. Does
not belong here: what the tables mean, how frames become bytes, how the built snapshot is audited
(`verify_before_publish`), what is removed in time (`retention`), any clock. The caller holds `exclusive` from before it
opens the parent until `publish` returns.

    objects durable -> snapshot built aside, durable -> renamed into place -> audited -> parent still current -> pointer

If the process is killed or the machine loses power anywhere in this line, the store has the old snapshot or the new
one, and the same call again ends in the new one. Publishing the same content again changes nothing: no byte, no inode,
no mtime.
"""

import functools
import hashlib
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from schemas.store_address import REPORTER_KEY
from tasks.domain.errors import DamagedStore, InvalidPublication, StaleParent, StoreError
from tasks.store.files.filesystem import LOCAL, FileSystem
from tasks.store.files.manifest import FileEntry, encode
from tasks.store.files.snapshot import (
    OBJECTS,
    POINTER,
    READERS,
    SNAPSHOTS,
    TABLE_PREFIX,
    Snapshot,
    current_id,
    manifest_id,
    object_name,
    object_path,
    parse_manifest,
    table_link,
)
from tasks.store.files.verify import Hashes, audit_snapshot
from tasks.store.snapshots.objects import Stage, link_or_copy, make_directories, mend, sync_objects
from tasks.store.snapshots.verify_before_publish import read_back

LOCK = ".lock"
_TABLE = re.compile(r"[a-z][a-z0-9_]*")
# Readers take zero-padded digits for numbers or for text, each in its own way, so no such key is published.
_PARTITION_KEY = re.compile(r"[a-z][a-z0-9_]*=(?!0\d)[A-Za-z0-9][A-Za-z0-9._-]*")


Fetch = Callable[[Sequence[FileEntry]], Iterable[bytes]]
Describe = Callable[[Sequence[FileEntry]], Mapping[str, bytes]]


@dataclass(frozen=True)
class NewFile:
    """One Parquet file to publish, as bytes; `partition` is a hive path, '' for a table of one part.

    With `is_added` its rows are added to those of the files carried for its partition; otherwise it replaces them.
    `known_sha256` is the hash of the bytes where it is known: large files are not hashed again, and a publication reads
    back what it wrote.
    """

    table: str
    partition: str
    data: bytes
    rows: int
    schema_sha256: str
    is_added: bool = False
    known_sha256: str | None = None

    @functools.cached_property
    def sha256(self) -> str:
        """Hash of the bytes, computed once."""
        return self.known_sha256 or hashlib.sha256(self.data).hexdigest()

    @property
    def bytes(self) -> int:
        """Number of bytes."""
        return len(self.data)

    def staged(self, stage: Stage) -> None:
        """Write the file into the stage."""
        stage.add(self.data, self.sha256)


@dataclass(frozen=True)
class PlacedFile:
    """One Parquet file to publish that lies at `path` on the disk of the store: it is linked, and not written again.

    The other fields are those of a `NewFile`; its hash was computed as it was written.
    """

    table: str
    partition: str
    path: Path
    sha256: str
    bytes: int
    rows: int
    schema_sha256: str
    is_added: bool = False

    def staged(self, stage: Stage) -> None:
        """Link the file into the stage."""
        stage.take(self.path, self.sha256, self.bytes)


@dataclass(frozen=True)
class Publication:
    """The current snapshot; `healed` names the damaged files of the store that were restored."""

    snapshot: Snapshot
    changed: bool
    healed: tuple[str, ...] = ()


@contextmanager
def exclusive(store: Path, fs: FileSystem = LOCAL) -> Iterator[None]:
    """Lock the store for reading, modifying and publishing; waits for another holder, and creates the folder. Raises
    StoreError where that holds the stores of reporters: one inside it may have been moved there while this process
    waited.
    """
    for folder in make_directories(fs, store):
        fs.fsync_directory(folder.parent)
    descriptor = fs.lock(store / LOCK)
    try:
        if inside := sorted(name for name in os.listdir(store) if name.startswith(REPORTER_KEY)):
            raise StoreError(
                f"{store}: a folder of several stores, {', '.join(inside)}. Nothing was written; run this again, or"
                " name one of them."
            )
        yield
    finally:
        fs.unlock(descriptor)


def publish(
    store: Path,
    new: Iterable[NewFile | PlacedFile],
    *,
    carried: Iterable[FileEntry] = (),
    parent: Snapshot | None,
    about: Mapping[str, Any],
    describe: Describe | None = None,
    audit: Callable[[Snapshot], None] | None = None,
    fs: FileSystem = LOCAL,
) -> Publication:
    """Publish `new` and the files `carried` from the parent as the successor of `parent`, under `exclusive`.

    `new` may be a generator: one file at a time is in memory, and of a `PlacedFile` nothing. `about` describes the
    snapshot: plain JSON, no clock, no host. `describe` makes guides of the list
    of files, name -> bytes, which lie beside the tables; where they alone differ, nothing is published. `audit` sees
    the snapshot before any reader, and refuses by raising. Raises InvalidPublication, StaleParent, DamagedStore,
    AuditFailed; after any of them the old snapshot is current.
    """
    stage = Stage(store, fs)
    try:
        return _publish(stage, new, list(carried), parent, dict(about), describe, audit)
    except OSError:
        # On a full disk the staged files would stop even the next file from landing.
        stage.give_up()
        raise


def _publish(
    stage: Stage,
    new: Iterable[NewFile | PlacedFile],
    kept: list[FileEntry],
    parent: Snapshot | None,
    about: dict[str, Any],
    describe: Describe | None,
    audit: Callable[[Snapshot], None] | None,
) -> Publication:
    store, fs = stage.store, stage.fs
    _refuse_stale(store, parent)
    written = _write(stage, new, kept)
    files = tuple(sorted([*written, *kept], key=lambda entry: entry.path))
    is_known = parent is not None and about == parent.about and _contents(files) == _contents(parent.files)
    # Those of a published state are written again where they are damaged, and never others.
    known = {entry.sha256 for entry in parent.guides} if parent is not None and is_known else None
    guides = _guides(stage, describe(files) if describe else {}, known)
    healed = stage.settle()
    if parent is not None and is_known:
        healed += mend(stage, parent)
        if healed:
            sync_objects(fs, store, written)
        # The run that moved the pointer may have been killed before this; a returned snapshot must be durable.
        fs.fsync_directory(store)
        return Publication(parent, False, tuple(healed))
    _refuse_damaged(store, kept)
    written += guides
    sync_objects(fs, store, written)
    sequence, parent_id = (1, None) if parent is None else (parent.sequence + 1, parent.id)
    manifest = encode(sequence, parent_id, about, files, guides)
    snapshot = Snapshot(store, manifest_id(sequence, manifest), sequence, parent_id, about, files, guides)
    built = not _exists_whole(stage, snapshot)
    if built:
        _build(stage, snapshot, manifest)
    fs.fsync_directory(snapshot.path.parent)
    try:
        read_back(snapshot, manifest, written)
        if audit is not None:
            audit(snapshot)
    except BaseException:
        if built:
            fs.rename(snapshot.path, stage.folder / f"rejected-{snapshot.id}")
        raise
    _refuse_stale(store, parent)
    _point(stage, snapshot)
    return Publication(snapshot, True, tuple(healed))


def _guides(stage: Stage, texts: Mapping[str, bytes], known: set[str] | None) -> tuple[FileEntry, ...]:
    """Stage the guides, those of `known` hashes alone where some are named; they belong to no table."""
    hashed = ((name, text, hashlib.sha256(text).hexdigest()) for name, text in sorted(texts.items()))
    return tuple(
        FileEntry("", "", name, stage.add(text, sha256), len(text), 0, "")
        for name, text, sha256 in hashed
        if known is None or sha256 in known
    )


def start_over(store: Path, fs: FileSystem = LOCAL) -> None:
    """Empty a store whose content can all be made again, under `exclusive`: what it has is moved into its tmp, which
    the next publication deletes. Until that one readers find nothing; a run that is killed here leaves a store that
    cannot be opened, or an empty one.
    """
    aside = Stage(store, fs).folder
    for area in (SNAPSHOTS, OBJECTS):
        for name in fs.list_directory(store / area):
            fs.rename(store / area / name, aside / f"{area}-{name}")
    # Last: while it leads to a snapshot that is gone, the store is seen to be broken.
    if os.path.lexists(store / POINTER):
        fs.rename(store / POINTER, aside / f"{POINTER}-before")
    fs.fsync_directory(store)


def adopt(store: Path, name: str, manifest: bytes, fetch: Fetch) -> Snapshot:
    """Make a snapshot published elsewhere the current one here, complete, under `exclusive`; `fetch` gives missing
    files in order."""
    stage = Stage(store, LOCAL)
    snapshot = parse_manifest(store, name, manifest, f"the manifest of {name}")
    wanted = {entry.sha256: entry for entry in snapshot.every}
    missing = [entry for entry in wanted.values() if not _is_stored(store, entry)]
    for entry, data in zip(missing, fetch(missing), strict=True):
        if stage.add(data) != entry.sha256:
            raise DamagedStore(f"{entry.path}: other bytes came than the manifest of {name} names")
    stage.settle()
    sync_objects(LOCAL, store, missing)
    if not _exists_whole(stage, snapshot):
        _build(stage, snapshot, manifest)
    LOCAL.fsync_directory(snapshot.path.parent)
    read_back(snapshot, manifest, missing)
    _point(stage, snapshot)
    return snapshot


def entry_of(file: NewFile | PlacedFile) -> FileEntry:
    """The entry of a file in the manifest. Raises InvalidPublication for names that readers take differently."""
    keys = file.partition.split("/") if file.partition else []
    if not _TABLE.fullmatch(file.table) or not all(_PARTITION_KEY.fullmatch(key) for key in keys):
        raise InvalidPublication(
            f"table {file.table!r}, partition {file.partition!r}: not a name that all readers take alike. "
            "Use lower-case key=value folders without padding, as in flow=export/year=2025/month=6."
        )
    path = "/".join([f"{TABLE_PREFIX}{file.table}", *keys, _file_name(file.sha256)])
    return FileEntry(file.table, file.partition, path, file.sha256, file.bytes, file.rows, file.schema_sha256)


def _write(stage: Stage, new: Iterable[NewFile | PlacedFile], carried: list[FileEntry]) -> list[FileEntry]:
    taken = {(entry.table, entry.partition) for entry in carried}
    paths = {entry.path for entry in carried}
    written: dict[str, FileEntry] = {}
    for file in new:
        entry = entry_of(file)
        file.staged(stage)
        if (
            entry.path in written
            or entry.path in paths
            or (not file.is_added and (file.table, file.partition) in taken)
        ):
            raise InvalidPublication(
                f"{file.table}/{file.partition}: given twice, so its rows would be counted twice. "
                "Carry only files of partitions that are not published again."
            )
        written[entry.path] = entry
    return list(written.values())


def _file_name(sha256: str) -> str:
    """A name that changes with the bytes: a reader with an old listing finds the same bytes or nothing."""
    return f"{sha256[:16]}.parquet"


def _build(stage: Stage, snapshot: Snapshot, manifest: bytes) -> None:
    fs, tree = stage.fs, stage.folder / snapshot.id
    fs.make_directory(tree)
    folders = {"": tree}
    # Every folder that the files lie in, each after the one that it lies in.
    paths = (entry.path for entry in snapshot.files)
    for name in sorted({path[:end] for path in paths for end, sign in enumerate(path) if sign == "/"}):
        above, _, leaf = name.rpartition("/")
        folders[name] = folders[above] / leaf
        fs.make_directory(folders[name])
    for entry in snapshot.every:
        folder, _, leaf = entry.path.rpartition("/")
        link_or_copy(fs, object_path(snapshot.store, entry.sha256), folders[folder] / leaf)
    fs.write_file(tree / "manifest.json", manifest)
    fs.fsync_file(tree / "manifest.json")
    fs.fsync_directories([*folders.values()][::-1])
    fs.rename(tree, snapshot.path)


def _exists_whole(stage: Stage, snapshot: Snapshot) -> bool:
    """Whether a run that died left this exact snapshot, checked by hash; an incomplete one is moved aside."""
    if not snapshot.path.exists():
        return False
    if not audit_snapshot(snapshot.store, snapshot.id, Hashes()):
        return True
    stage.fs.rename(snapshot.path, stage.folder / f"corrupt-{snapshot.id}")
    return False


def _point(stage: Stage, snapshot: Snapshot) -> None:
    _link_tables(stage, sorted({entry.table for entry in snapshot.files}))
    spare = stage.folder / POINTER
    stage.fs.symlink(f"{SNAPSHOTS}/{snapshot.id}", spare)
    stage.fs.replace(spare, stage.store / POINTER)
    stage.fs.fsync_directory(stage.store)
    if snapshot.parent is None:
        # If this user created the store's folder, the parent is readable, or `exclusive` synced it. In another user's
        # folder the error does not matter.
        with suppress(PermissionError):
            stage.fs.fsync_directory(stage.store.parent)


def _link_tables(stage: Stage, tables: Iterable[str]) -> None:
    """Make the links of tables that readers follow, all of them through the pointer, so that it moves them at once."""
    folder = stage.store / READERS
    new = [table for table in tables if not (folder / table).is_symlink()]
    if not folder.is_dir():
        stage.fs.make_directory(folder)
        stage.fs.fsync_directory(stage.store)
    for table in new:
        stage.fs.symlink(table_link(table), folder / table)
    # Also where nothing is new: a killed run may have left names that are not durable.
    stage.fs.fsync_directory(folder)


def _refuse_stale(store: Path, parent: Snapshot | None) -> None:
    current, expected = current_id(store), None if parent is None else parent.id
    if current != expected:
        raise StaleParent(
            f"{store}: current is {current}, not {expected}, from which this publication was derived. "
            "Hold `exclusive`, open the parent again, derive again and publish."
        )


def _refuse_damaged(store: Path, carried: list[FileEntry]) -> None:
    if len({entry.path for entry in carried}) < len(carried):
        raise InvalidPublication(f"{store}: a file is carried twice. Carry each entry of the parent once.")
    for entry in carried:
        if not _is_stored(store, entry):
            raise DamagedStore(
                f"{object_path(store, entry.sha256)}: missing or not of {entry.bytes} bytes, so {entry.path} cannot be"
                " carried over. Publish that partition with its bytes, or restore the object from a copy."
            )


def _is_stored(store: Path, entry: FileEntry) -> bool:
    try:
        status = os.stat(f"{store}/{object_name(entry.sha256)}")
    except (FileNotFoundError, NotADirectoryError):
        return False
    return stat.S_ISREG(status.st_mode) and status.st_size == entry.bytes


def _contents(files: Iterable[FileEntry]) -> set[tuple[str, str]]:
    return {(entry.path, entry.sha256) for entry in files}
