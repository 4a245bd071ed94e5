"""Keeps a store in a bucket: immutable files, a manifest for each snapshot, and one pointer that is swapped.

Belongs here: the keys, the order of the writes, what is verified and what is deleted. Does not belong here: single
requests (`tasks.store.bucket.s3`), the local folder that works on the store (`tasks.store.bucket.working_copy`).

    current.json                                      the only object that ever gets other bytes, by If-Match
    snapshots/<id>/manifest.json                      the same bytes and hence the same <id> as in a store on a disk
    .files/_<table>/<partition>/<sha16>.parquet       shared by snapshots; the partition is in the key, for readers
    raw/, held/, lineage/                             as in a store on a disk

Files are written first, then the manifest, then the pointer: a writer that dies leaves unreferenced files. A reader
reads the pointer once and then the files of that manifest; a listing of `.files/` mixes snapshots.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeVar

from schemas.store_address import S3Url
from tasks.domain.clock import CUSTOMS_TIME
from tasks.domain.errors import BrokenStore, Outpaced, StoreError, UnknownSnapshot
from tasks.domain.text import counted
from tasks.store.bucket.s3 import Bucket
from tasks.store.files.manifest import FileEntry, other_version
from tasks.store.files.readme import NO_TABLE, NO_TABLE_NAME, README, README_NAME
from tasks.store.files.snapshot import Snapshot, history, is_snapshot_id, object_path, parse_manifest, sequence_of
from tasks.store.files.verify import FileProblem
from tasks.store.snapshots.retention import Retired, expired

T = TypeVar("T")
R = TypeVar("R")
POINTER, FILES = "current.json", ".files"
# Of the pointer alone; the manifest that it names has a format of its own.
POINTER_FORMAT = 2
GUIDES = {README_NAME: README, f"{FILES}/{NO_TABLE_NAME}": NO_TABLE}
AT_ONCE = 8
# For this long an unreferenced file is kept: its pointer may still follow.
GRACE_DAYS = 7
# raw/<ab>/<sha256>
RAW_DEPTH = 2
_REPAIR = "Restore the object from a version or a copy of the bucket"


@dataclass(frozen=True)
class Pointer:
    """The id of the current snapshot, the pointer's etag, and the pointer's whole content."""

    id: str
    etag: str
    content: bytes


class Remote:
    """A store in a bucket."""

    def __init__(self, url: S3Url) -> None:
        self.url, self.bucket, self._has_conditions = url, Bucket(url), False

    def pointer(self) -> Pointer | None:
        """The pointer, None where nothing was published yet. Raises BrokenStore where it is missing but must exist."""
        stored = self.bucket.get(POINTER)
        if stored is not None:
            try:
                content = json.loads(stored[0])
                name = str(content["snapshot"])
            except (ValueError, KeyError, TypeError):
                name = ""
            if not is_snapshot_id(name):
                raise BrokenStore(f"{self.url}/{POINTER}: {stored[0][:100]!r} is no pointer. {_REPAIR}.")
            if content.get("format") != POINTER_FORMAT:
                problem = f"format {content.get('format')}, and this version reads {POINTER_FORMAT}"
                raise BrokenStore(other_version(f"{self.url}/{POINTER}", problem, "COPY"))
            return Pointer(name, stored[1], stored[0])
        lost = [name for name in self.snapshot_ids() if sequence_of(name) > 1]
        if lost:
            raise BrokenStore(
                f"{self.url}/{POINTER}: the pointer is missing next to {counted(len(lost), 'later snapshot')}. Restore"
                f" it as {pointer_bytes(lost[-1]).decode()!r}"
            )
        return None

    def snapshot_ids(self) -> list[str]:
        """Names of all manifests by sequence, published or left by a run that died; foreign objects are ignored."""
        return _ids(item["path"] for item in self.bucket.list("snapshots"))

    def manifest(self, name: str) -> bytes:
        """The manifest of a snapshot, unchecked. Raises UnknownSnapshot."""
        stored = self.bucket.get(manifest_key(name))
        if stored is None:
            raise UnknownSnapshot(
                f"{self.url}: no snapshot {name!r}. Ask for one of: {', '.join(self.snapshot_ids()) or 'none'}."
            )
        return stored[0]

    def snapshot(self, name: str) -> Snapshot:
        """A snapshot, verified by the hash in its name. It lies in no folder: only its list of files may be used."""
        where = f"{self.url}/{manifest_key(name)}"
        return parse_manifest(Path(self.url.bucket), name, self.manifest(name), where)

    def fetch(self, entries: Sequence[FileEntry]) -> Iterator[bytes]:
        """The bytes of files in their order, a few at a time. Raises BrokenStore where they do not match their hash."""
        return _at_once(self._fetch, entries)

    def _fetch(self, entry: FileEntry) -> bytes:
        stored = self.bucket.get(file_key(entry))
        if stored is None or hashlib.sha256(stored[0]).hexdigest() != entry.sha256:
            what = "no such object" if stored is None else "other bytes than its manifest says"
            raise BrokenStore(f"{self.url}/{file_key(entry)}: {what}. {_REPAIR}.")
        return stored[0]

    def publish(self, snapshot: Snapshot, parent: Snapshot | None) -> None:
        """Make a snapshot in a local folder the current one in the bucket, as the successor of `parent`. Raises
        Outpaced where another one is current, and then nothing refers to the uploaded files; BucketError where the
        server does not enforce conditions.
        """
        before = self.pointer()
        if (before and before.id) != snapshot.parent:
            raise Outpaced(self._outpaced(before, snapshot))
        stored = {file_key(entry) for entry in parent.every} if parent else set()
        new = [
            (file_key(entry), object_path(snapshot.store, entry.sha256))
            for entry in snapshot.every
            if file_key(entry) not in stored
        ]

        def upload(place: tuple[str, Path]) -> bool:
            return self.bucket.keep(place[0], place[1].read_bytes())

        if parent is None:
            for key, text in GUIDES.items():
                self.bucket.keep(key, text)
        was_there = [place for place, known in zip(new, _at_once(upload, new), strict=True) if known]
        manifest = (snapshot.path / "manifest.json").read_bytes()
        self.bucket.keep(manifest_key(snapshot.id), manifest)
        if not self._has_conditions:
            self.bucket.require_conditions(manifest_key(snapshot.id), manifest)
            self._has_conditions = True
        # A retention may have listed existing files as unreferenced, and deleted them after they were written again.
        for _ in _at_once(upload, was_there):
            pass
        try:
            self.bucket.swap(POINTER, pointer_bytes(snapshot.id), before.etag if before else None)
        except Outpaced:
            now = self.pointer()
            if not self._descends(now, snapshot):
                raise Outpaced(self._outpaced(now, snapshot)) from None

    def _descends(self, now: Pointer | None, snapshot: Snapshot) -> bool:
        """Whether this snapshot became current and others already succeeded it, before the reply came."""
        name = now.id if now else None
        while name is not None and sequence_of(name) > snapshot.sequence:
            name = self.snapshot(name).parent
        return name == snapshot.id

    def _outpaced(self, now: Pointer | None, snapshot: Snapshot) -> str:
        return (
            f"{self.url}: current is {now.id if now else None}, not {snapshot.parent}, from which {snapshot.id} was"
            " derived: another machine published meanwhile. Run the same again."
        )

    def retain(self, *, today: date, months: int) -> Retired:
        """Delete snapshots by the rule of a store on a disk, and unreferenced files that are GRACE_DAYS old."""
        pointer = self.pointer()
        if pointer is None:
            return Retired((), 0)
        manifests = {item["path"]: item["last_modified"] for item in self.bucket.list("snapshots")}
        present = {name: self.snapshot(name) for name in _ids(manifests)}
        if pointer.id not in present:
            raise BrokenStore(f"{self.url}/{manifest_key(pointer.id)}: no such object, and it is current. {_REPAIR}.")
        chain = history(present[pointer.id], present, present.__getitem__)
        days = {one.id: manifests[manifest_key(one.id)].astimezone(CUSTOMS_TIME).date() for one in chain}
        old = expired(chain, list(present.values()), days, today=today, months=months)
        kept = [other for name, other in present.items() if name not in old]
        needed = {*GUIDES, *(file_key(entry) for other in kept for entry in other.every)}
        # Manifests first: a reader of an old snapshot gets an error, never a part of it.
        self.bucket.delete(map(manifest_key, old))
        # Looked up at the last moment, because a writer may rewrite what it finds there.
        stale = today - timedelta(days=GRACE_DAYS)
        litter = [
            item["path"]
            for item in self.bucket.list(FILES)
            if item["path"] not in needed and item["last_modified"].date() < stale
        ]
        self.bucket.delete(litter)
        return Retired(tuple(old), len(litter))

    def audit(self) -> list[FileProblem]:
        """Problems in the bucket: the pointer, any manifest, any file that one refers to, any raw file. Every byte is
        hashed."""
        problems: list[FileProblem] = []
        try:
            pointer = self.pointer()
            if pointer is not None and pointer.id not in self.snapshot_ids():
                problems.append(self._problem(POINTER, f"{pointer.id}, which is missing", "an existing snapshot"))
            if pointer is not None and pointer.content != (whole := pointer_bytes(pointer.id)):
                problems.append(self._problem(POINTER, repr(pointer.content[:300]), repr(whole)))
        except BrokenStore as error:
            problems.append(self._problem(POINTER, str(error), "the name of a snapshot"))
        named: dict[str, str] = {}
        for name in self.snapshot_ids():
            try:
                named |= {file_key(entry): entry.sha256 for entry in self.snapshot(name).every}
            except StoreError as error:
                problems.append(self._problem(manifest_key(name), str(error), "a manifest that hashes to its id"))
        for item in self.bucket.list("raw"):
            # The folder marker of a console has no bytes, and fewer name parts than a raw file.
            key = item["path"]
            if not key.endswith(".json") and (item["size"] or key.count("/") >= RAW_DEPTH):
                named[key] = key.rpartition("/")[2]
        for key, seen in zip(named, _at_once(self._sha256, [*named]), strict=True):
            if seen != named[key]:
                actual = f"sha256 {seen}" if seen else "no such object"
                problems.append(self._problem(key, actual, f"sha256 {named[key]}"))
        return problems

    def _sha256(self, key: str) -> str | None:
        stored = self.bucket.get(key)
        return hashlib.sha256(stored[0]).hexdigest() if stored else None

    def _problem(self, key: str, actual: str, expected: str) -> FileProblem:
        return FileProblem(f"{self.url}/{key}", actual, expected, _REPAIR)


def _ids(keys: Iterable[str]) -> list[str]:
    names = {key.split("/")[1] for key in keys if key.count("/") == 2}
    return sorted(filter(is_snapshot_id, names), key=lambda name: (sequence_of(name), name))


def file_key(entry: FileEntry) -> str:
    """Key of the bytes of a file; it contains their hash, so a key never gets other bytes."""
    return f"{FILES}/{entry.path}" if entry.table else f"{FILES}/.guides/{entry.sha256[:16]}/{entry.path}"


def manifest_key(name: str) -> str:
    """Key of the manifest of a snapshot."""
    return f"snapshots/{name}/manifest.json"


def pointer_bytes(name: str) -> bytes:
    """The pointer to a snapshot."""
    content: dict[str, Any] = {"format": POINTER_FORMAT, "manifest": manifest_key(name), "snapshot": name}
    return json.dumps(content, sort_keys=True).encode()


def _at_once(work: Callable[[T], R], things: Sequence[T]) -> Iterator[R]:
    """`work` of each, some at a time, in their order; no more than those are in memory."""
    with ThreadPoolExecutor(AT_ONCE) as threads:
        for start in range(0, len(things), AT_ONCE):
            yield from threads.map(work, things[start : start + AT_ONCE])
