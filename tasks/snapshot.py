"""The read side of a store: one published release as one list of files, and the proof that they are whole.

Belongs here: the form of a manifest, the pointer, opening, listing and auditing. Nothing here changes a store. Does
not belong here: what the tables mean; a snapshot knows paths, hashes, bytes and rows.

A reader resolves the pointer once, through `open_snapshot`, and reads the paths of that snapshot for as long as it
likes: a published path never gets other bytes.

    store/current -> snapshots/<id>                            the only thing that moves
    store/snapshots/<id>/manifest.json                         <id> is <sequence>-<12 hex of sha256(manifest.json)>
    store/snapshots/<id>/<table>/<partition>/<sha16>.parquet   hard link to
    store/objects/<ab>/<sha256>.parquet                        never changed
"""

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FORMAT_VERSION = 1
_ID = re.compile(r"(\d{6,})-[0-9a-f]{12}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class StoreError(RuntimeError):
    """The store cannot do what was asked; the message says what, where and what to do."""


class UnknownSnapshot(StoreError):
    """No snapshot of that id is in the store."""


class BrokenStore(StoreError):
    """A pointer or a manifest is not what the protocol writes, so nothing that follows from it can be trusted."""


@dataclass(frozen=True)
class FileEntry:
    """One file of a snapshot; `path` is relative to the snapshot."""

    table: str
    partition: str
    path: str
    sha256: str
    bytes: int
    rows: int
    schema_sha256: str


@dataclass(frozen=True)
class Snapshot:
    """One published release: immutable, complete, in the order of `sequence`."""

    store: Path
    id: str
    sequence: int
    parent: str | None
    about: dict[str, Any]
    files: tuple[FileEntry, ...]

    @property
    def path(self) -> Path:
        """The folder of this snapshot, without the pointer."""
        return self.store / "snapshots" / self.id

    def entries(self, table: str, flow: str | None = None) -> tuple[FileEntry, ...]:
        """Files of one table, of one flow where asked, ordered by path."""
        return tuple(
            entry
            for entry in self.files
            if entry.table == table and (flow is None or f"flow={flow}" in entry.partition.split("/"))
        )

    def paths(self, table: str, flow: str | None = None) -> list[Path]:
        """Where the files of `entries` are."""
        return [self.path / entry.path for entry in self.entries(table, flow)]


@dataclass(frozen=True)
class Problem:
    """One file that is not what the store says it is."""

    file: str
    found: str
    expected: str
    advice: str

    def __str__(self) -> str:
        return f"{self.file}: found {self.found}; expected {self.expected}; {self.advice}"


def object_path(store: Path, sha256: str) -> Path:
    """Where the bytes of that hash are kept."""
    return store / "objects" / sha256[:2] / f"{sha256}.parquet"


def encode_manifest(sequence: int, parent: str | None, about: Mapping[str, Any], files: Iterable[FileEntry]) -> bytes:
    """Canonical bytes, one file a line: equal content gives equal bytes, hence an equal id."""
    ordered = sorted(files, key=lambda entry: entry.path)
    lines = ",\n".join(_canonical(vars(entry)) for entry in ordered)
    head = f'"about":{_canonical(dict(about))},\n"files":[\n{lines}\n]'
    return f'{{{head},\n"format":{FORMAT_VERSION},"parent":{_canonical(parent)},"sequence":{sequence}}}\n'.encode()


def manifest_id(sequence: int, manifest: bytes) -> str:
    """The id of the snapshot with these canonical bytes for a manifest."""
    return f"{sequence:06d}-{hashlib.sha256(manifest).hexdigest()[:12]}"


def current_id(store: Path) -> str | None:
    """What the pointer says, None where nothing was published yet."""
    pointer = store / "current"
    try:
        text = os.readlink(pointer)
    except FileNotFoundError:
        lost = [name for name in snapshot_ids(store) if sequence_of(name) > 1]
        if not lost:
            return None
        raise BrokenStore(
            f"{pointer}: the pointer is missing though the store has {len(lost)} later snapshots. "
            f"Restore it with: ln -s snapshots/{lost[-1]} {pointer}"
        ) from None
    except OSError as error:
        raise BrokenStore(
            f"{pointer}: not a symbolic link ({error.strerror}). The store was probably copied by a tool that follows "
            f"links; copy it again with rsync -aH or cp -a."
        ) from error
    folder, _, name = text.partition("/")
    if folder != "snapshots" or not is_snapshot_id(name):
        raise BrokenStore(
            f"{pointer}: points to {text!r}, not to snapshots/<id>. Point it to one of {snapshot_ids(store)}."
        )
    return name


def snapshot_ids(store: Path) -> list[str]:
    """Names of all snapshot folders by sequence, published or left by a run that died before it moved the pointer."""
    folder = store / "snapshots"
    names = os.listdir(folder) if folder.is_dir() else []
    return sorted((name for name in names if is_snapshot_id(name)), key=lambda name: (sequence_of(name), name))


def open_snapshot(store: Path, snapshot_id: str | None = None) -> Snapshot | None:
    """The snapshot of that id, or the current one; None where nothing was published yet.

    The pointer is read once, so that what comes back is one release however long the reading takes.
    Raises UnknownSnapshot, or BrokenStore where the manifest's hash is not the one in its id.
    """
    wanted = current_id(store) if snapshot_id is None else snapshot_id
    return None if wanted is None else _load(store, wanted)


def list_snapshots(store: Path) -> list[Snapshot]:
    """All published snapshots, oldest first."""
    newest = open_snapshot(store)
    return [] if newest is None else history(newest, snapshot_ids(store), lambda name: _load(store, name))


def history(newest: Snapshot, names: Iterable[str], load: Callable[[str], Snapshot]) -> list[Snapshot]:
    """The snapshots from which `newest` came, oldest first, as far as they are among `names`; itself last."""
    known, chain = set(names), [newest]
    while chain[-1].parent in known:
        chain.append(load(str(chain[-1].parent)))
    # Below the oldest of the chain only those are left that a retention kept by name.
    pinned = [load(name) for name in sorted(known, reverse=True) if sequence_of(name) < chain[-1].sequence]
    return [*chain, *pinned][::-1]


def audit_snapshot(snapshot: Snapshot) -> list[Problem]:
    """What differs between the disk and the manifest; every byte is read. Empty means proven."""
    return list(_audit_snapshot(snapshot, Hashes()))


def audit_store(store: Path) -> list[Problem]:
    """What is wrong in the pointer, in any snapshot, any object, any raw file. Every byte is read once.

    Nothing is locked: what a retention takes meanwhile is no problem, and the pointer is looked at after the snapshots.
    """
    hashes = Hashes()
    problems = [problem for name in snapshot_ids(store) for problem in _audit_if_kept(store, name, hashes)]
    problems = [*_audit_pointer(store), *problems]
    return [*problems, *_audit_named(store, "objects", ".parquet", hashes), *_audit_named(store, "raw", "", hashes)]


@dataclass
class Hashes:
    """SHA-256 by inode, so that a file linked into a hundred snapshots is read once."""

    known: dict[tuple[int, int], str] = field(default_factory=dict)

    def of(self, path: Path) -> str:
        """The hash of the file, read from the disk the first time."""
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            key = (status.st_dev, status.st_ino)
            if key not in self.known:
                self.known[key] = hashlib.file_digest(file, "sha256").hexdigest()
            return self.known[key]


_REPAIR = "restore it from a copy, or point `current` to the snapshot before and publish the same releases again"
_HEAL = "publish the release again with the bytes of this partition (or restore the file from a copy)"


def check_file(snapshot: Snapshot, entry: FileEntry, hashes: Hashes) -> Problem | None:
    """None where the file of `entry` has its size and its hash."""
    path, name = snapshot.path / entry.path, f"snapshots/{snapshot.id}/{entry.path}"
    if path.is_symlink() or not path.is_file():
        return Problem(name, "no such file", f"{entry.bytes} bytes", _HEAL)
    size = path.stat().st_size
    if size != entry.bytes:
        return Problem(name, f"{size} bytes", f"{entry.bytes} bytes", _HEAL)
    found = hashes.of(path)
    return None if found == entry.sha256 else Problem(name, f"sha256 {found}", f"sha256 {entry.sha256}", _HEAL)


def unknown_files(snapshot: Snapshot) -> Iterator[Problem]:
    """Files in the tree that the manifest does not name: a reader of the folder would read them too."""
    named = {"manifest.json", *(entry.path for entry in snapshot.files)}
    above = len(str(snapshot.path)) + 1
    for root, folders, names in os.walk(snapshot.path):
        links = [name for name in folders if os.path.islink(os.path.join(root, name))]
        for name in sorted(names + links):
            relative = os.path.join(root, name)[above:]
            if relative not in named:
                where = f"snapshots/{snapshot.id}/{relative}"
                yield Problem(where, "a file", "nothing, the manifest does not name it", "move it out of the store")


def _audit_if_kept(store: Path, name: str, hashes: Hashes) -> list[Problem]:
    """What is wrong in the snapshot of that name; nothing where its folder is gone at the end."""
    folder, found = store / "snapshots" / name, list[Problem]()
    try:
        found += _audit_snapshot(_load(store, name), hashes)
    except BrokenStore as error:
        found.append(
            Problem(f"snapshots/{name}/manifest.json", str(error), "a manifest that hashes to its id", _REPAIR)
        )
    except (UnknownSnapshot, FileNotFoundError):
        if folder.is_dir():
            raise
    if os.path.lexists(folder) and not folder.is_dir():
        return [Problem(f"snapshots/{name}", "no folder", "the folder of a snapshot", "move it out of the store")]
    return found if folder.is_dir() else []


def _audit_snapshot(snapshot: Snapshot, hashes: Hashes) -> Iterator[Problem]:
    manifest = snapshot.path / "manifest.json"
    try:
        _load(snapshot.store, snapshot.id)
    except StoreError as error:
        yield Problem(
            f"snapshots/{snapshot.id}/{manifest.name}", str(error), "a manifest that hashes to its id", _REPAIR
        )
    for entry in snapshot.files:
        problem = check_file(snapshot, entry, hashes)
        if problem is not None:
            yield problem
        stored = object_path(snapshot.store, entry.sha256)
        if not stored.is_file():
            where = stored.relative_to(snapshot.store).as_posix()
            yield Problem(where, "no such file", f"{entry.bytes} bytes for {snapshot.id}/{entry.path}", _HEAL)
    yield from unknown_files(snapshot)


def _audit_pointer(store: Path) -> Iterator[Problem]:
    try:
        name = current_id(store)
    except BrokenStore as error:
        yield Problem("current", str(error), "a relative link to snapshots/<id>", "see what was found")
        return
    if name is not None and name not in snapshot_ids(store):
        yield Problem("current", f"snapshots/{name}, which is missing", "an existing snapshot", _REPAIR)


def _audit_named(store: Path, area: str, suffix: str, hashes: Hashes) -> Iterator[Problem]:
    """Files that are named by their hash: <area>/<ab>/<sha256><suffix>, with <sha256>.json beside a raw file."""
    for path in sorted(path for path in (store / area).rglob("*") if not path.is_dir()):
        where, sha256 = path.relative_to(store).as_posix(), path.name.removesuffix(suffix)
        if area == "raw" and path.suffix == ".json" and _SHA256.fullmatch(path.stem):
            if not (path.parent / path.stem).is_file():
                yield Problem(
                    where, "no file beside it", f"the raw file {path.stem}", "restore the raw file from a copy"
                )
            continue
        if where != f"{area}/{sha256[:2]}/{sha256}{suffix}" or not _SHA256.fullmatch(sha256):
            yield Problem(where, "a foreign name", f"{area}/<ab>/<sha256>{suffix}", "move it out of the store")
            continue
        try:
            found = hashes.of(path)
        except FileNotFoundError:
            # A name that is gone by now is one that a retention took.
            if path.is_symlink():
                yield Problem(where, "a link to nothing", f"a file of sha256 {sha256}", "restore it from a copy")
            continue
        if found != sha256:
            yield Problem(
                where, f"sha256 {found}", f"sha256 {sha256}", _HEAL if area == "objects" else "restore it from a copy"
            )


def _load(store: Path, wanted: str) -> Snapshot:
    path = store / "snapshots" / wanted / "manifest.json"
    if not is_snapshot_id(wanted) or not path.parent.is_dir():
        known = ", ".join(snapshot_ids(store)) or "none"
        raise UnknownSnapshot(f"{store}: no snapshot {wanted!r}. Ask for one that exists: {known}.")
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise BrokenStore(f"{path}: the manifest is missing. Remedy: {_REPAIR}.") from None
    return parse_manifest(store, wanted, data, str(path))


def parse_manifest(store: Path, wanted: str, data: bytes, where: str) -> Snapshot:
    """The snapshot `wanted` of a store from the bytes of its manifest, which lie at `where`.

    Raises BrokenStore where their hash is not the one in its id.
    """
    if not is_snapshot_id(wanted) or manifest_id(sequence_of(wanted), data) != wanted:
        found = hashlib.sha256(data).hexdigest()[:12]
        raise BrokenStore(f"{where}: the manifest hashes to {found}, its id is {wanted}. Remedy: {_REPAIR}.")
    content = json.loads(data)
    if content["format"] != FORMAT_VERSION:
        raise BrokenStore(
            f"{where}: format {content['format']}; this version reads {FORMAT_VERSION}. Install a newer Tidewaiter."
        )
    if content["sequence"] != sequence_of(wanted):
        raise BrokenStore(
            f"{where}: sequence {content['sequence']} in a folder named {wanted}. Give the folder its name back."
        )
    files = tuple(FileEntry(**entry) for entry in content["files"])
    return Snapshot(store, wanted, content["sequence"], content["parent"], content["about"], files)


def is_snapshot_id(name: str) -> bool:
    """Whether a name is one that a snapshot can have."""
    return _ID.fullmatch(name) is not None


def sequence_of(name: str) -> int:
    """The place of a snapshot in the order of publication, from its id."""
    return int(name.partition("-")[0])


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
