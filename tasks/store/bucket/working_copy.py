"""Keeps the local working copy of a store that lies in a bucket.

The bucket is authoritative. Its working copy is a store like any other, in the state of the bucket's pointer, so every
step, lock and reader is the same for both; a note in the copy names its bucket. The copy is updated before anything is
read or derived. Published files go to the bucket before the pointer of the copy moves, so the copy is never ahead. It
may be deleted at any time.

Belongs here: when files are fetched and sent. For a store without a bucket every function works on the folder alone.
Does not belong here: keys and requests (`tasks.store.bucket.s3_store`, `tasks.store.bucket.s3`).
"""

import functools
import hashlib
import json
import os
import random
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

from schemas import settings
from schemas.store_address import COPY_NOTE, S3Url
from tasks.domain.errors import BrokenStore, Outpaced
from tasks.store.bucket.s3 import endpoint
from tasks.store.bucket.s3_store import Remote
from tasks.store.files.snapshot import Snapshot, current_id, open_snapshot, snapshot_ids
from tasks.store.files.verify import FileProblem
from tasks.store.snapshots import publish, retention
from tasks.store.snapshots.objects import keep_bytes
from tasks.store.snapshots.retention import Retired

P = ParamSpec("P")
R = TypeVar("R")
HELD = "held"
ATTEMPTS = 8
READABLE_CHARACTERS = 80
KEPT = 2


def at_hand(address: Path | S3Url) -> Path:
    """The folder of a store, or its working copy, updated. Raises BucketError, or BrokenStore where the bucket breaks
    the protocol."""
    folder = folder_of(address)
    if isinstance(address, Path) and not (folder / COPY_NOTE).is_file():
        return folder
    with publish.exclusive(folder):
        if isinstance(address, S3Url) and not (folder / COPY_NOTE).is_file():
            _write_note(folder, {"url": address, "endpoint": _mark(endpoint()), "held": {}})
        remote = _remote(folder)
        assert remote is not None
        _refresh(folder, remote)
        # The current state stays, and the one before it, which a reader of this machine may still use.
        if len(snapshot_ids(folder)) > KEPT:
            retention.retain(folder, today=date.max, least=KEPT)
        _fetch_held(folder, remote)
    return folder


def folder_of(address: Path | S3Url) -> Path:
    """The folder of a store, or that of its working copy: the same bucket at another server is another store."""
    if isinstance(address, Path):
        return address
    cache = settings.value(settings.CACHE) or os.path.join(
        settings.value(settings.XDG_CACHE_HOME) or Path.home() / ".cache", "tidewaiter"
    )
    # The hash alone makes the name unique; the rest is for people, and names of folders have a maximum length.
    readable = f"{address.bucket}-{address.prefix.replace('/', '-')}"[:READABLE_CHARACTERS]
    return Path(cache).absolute() / f"{readable}-{_mark(f'{endpoint()} {address}')}"


def address_of(store: Path) -> Path | S3Url:
    """The public address of the store in this folder."""
    note = _note(store)
    return store if note is None else S3Url(note["url"])


@contextmanager
def exclusive(store: Path) -> Iterator[None]:
    """`publish.exclusive`; the parent opened inside is the bucket's current one."""
    with publish.exclusive(store):
        if (remote := _remote(store)) is not None:
            _refresh(store, remote)
        yield


def announcement(store: Path) -> Callable[[Snapshot], None] | None:
    """A function that sends a snapshot to the bucket before it becomes current here, or raises Outpaced; None without a
    bucket."""
    if (remote := _remote(store)) is None:
        return None
    return lambda snapshot: remote.publish(snapshot, open_snapshot(store, snapshot.parent) if snapshot.parent else None)


def again_if_outpaced(work: Callable[P, R]) -> Callable[P, R]:
    """Repeat `work` where another machine published first, at most ATTEMPTS times; finally raises Outpaced. It starts
    from the beginning, because a lineage with the steps of two attempts would differ from that of one.
    """

    @functools.wraps(work)
    def patient(*args: P.args, **kwargs: P.kwargs) -> R:
        for attempt in range(1, ATTEMPTS):
            try:
                return work(*args, **kwargs)
            except Outpaced:
                # A random pause, or both machines would collide again.
                time.sleep(random.uniform(0, 0.2 * 2**attempt))
        return work(*args, **kwargs)

    return patient


def first_landing(store: Path, raw: Path, note: Path, new_note: bytes) -> bytes:
    """The note of the first landing, here or elsewhere, else `new_note`; the bytes at `raw` are sent before it, and
    again if lost."""
    remote, note_here = _remote(store), note.read_bytes() if note.exists() else new_note
    if remote is None:
        return note_here
    data, stored = raw.read_bytes(), remote.bucket.get(_key(store, raw))
    if stored is None or stored[0] != data:
        remote.bucket.swap(_key(store, raw), data, stored[1] if stored else None)
    kept = remote.bucket.get(_key(store, note))
    return kept[0] if kept else remote.bucket.first(_key(store, note), note_here)


def share(store: Path, place: Path, data: bytes) -> None:
    """Send to the bucket the bytes that replace those at `place`. Raises Outpaced where it has others, which must be
    read first."""
    if (remote := _remote(store)) is None:
        return
    stored = remote.bucket.get(_key(store, place))
    before = place.read_bytes() if place.exists() else None
    if stored is not None and stored[0] not in (before, data):
        raise Outpaced(
            f"{remote.url}/{_key(store, place)}: somebody else wrote it meanwhile. Look at it and decide again."
        )
    if stored is None or stored[0] != data:
        remote.bucket.swap(_key(store, place), data, stored[1] if stored else None)


def share_once(store: Path, place: Path, data: bytes) -> None:
    """Send bytes for `place` to the bucket, unless it has some there already."""
    if (remote := _remote(store)) is not None:
        remote.bucket.first(_key(store, place), data)


def fetched(store: Path, place: Path) -> Path:
    """`place`, with its bytes fetched if only the bucket has them. Raises BrokenStore where they are nowhere."""
    remote = _remote(store)
    if place.is_file():
        return place
    if remote is None:
        raise BrokenStore(f"{place}: no such file. Restore it from a copy of the store.")
    with publish.exclusive(store):
        _renew(store, place, remote)
    if not place.is_file():
        raise BrokenStore(f"{remote.url}/{_key(store, place)}: no such object. Restore it from a copy of the bucket.")
    return place


def renew(store: Path, place: Path) -> None:
    """Update `place` from the bucket, under `exclusive`; does nothing without a bucket."""
    if (remote := _remote(store)) is not None:
        _renew(store, place, remote)


def _renew(store: Path, place: Path, remote: Remote) -> None:
    stored = remote.bucket.get(_key(store, place))
    if stored is None:
        place.unlink(missing_ok=True)
    elif not (place.is_file() and place.read_bytes() == stored[0]):
        keep_bytes(store, place, stored[0])


def missing(store: Path, places: Iterable[Path]) -> dict[Path, str]:
    """Those of `places` whose bytes the store lacks (a bucket, where there is one), each with the name where they
    should be."""
    wanted = {place: _key(store, place) for place in places}
    if (remote := _remote(store)) is None:
        return {place: key for place, key in wanted.items() if not place.is_file()}
    folders = {key.partition("/")[0] for key in wanted.values()}
    stored = {item["path"] for folder in folders for item in remote.bucket.list(folder)}
    return {place: f"{remote.url}/{key}" for place, key in wanted.items() if key not in stored}


def audit(store: Path) -> list[FileProblem]:
    """Problems in the bucket, with every byte fetched and hashed; empty without a bucket."""
    remote = _remote(store)
    return remote.audit() if remote is not None else []


def retain(store: Path, *, today: date, months: int) -> Retired:
    """`retention.retain` under the lock of the store, in the bucket too; returns what was removed there."""
    with exclusive(store):
        gone, remote = retention.retain(store, today=today, months=months), _remote(store)
        return gone if remote is None else remote.retain(today=today, months=months)


def _refresh(folder: Path, remote: Remote) -> None:
    """Set the copy to the state of the bucket's pointer. Anything else in the copy was never published."""
    pointer = remote.pointer()
    try:
        current = current_id(folder)
    except BrokenStore:
        current = None  # a run died while it made the copy
    if pointer is None and current is not None:
        raise BrokenStore(
            f"{remote.url}: nothing is published there, but it was when {current} was fetched: the bucket was emptied"
            f" or lost. Restore it; or, if it is meant to start empty, delete its working copy {folder}."
        )
    if pointer is not None and pointer.id != current:
        publish.adopt(folder, pointer.id, remote.manifest(pointer.id), remote.fetch)


def _fetch_held(folder: Path, remote: Remote) -> None:
    """Fetch held releases and decisions about them that changed in the bucket."""
    note = _note(folder)
    assert note is not None
    known, etags = note["held"], {item["path"]: item["e_tag"] for item in remote.bucket.list(HELD)}
    for key, etag in etags.items():
        if known.get(key) != etag or not (folder / key).is_file():
            _renew(folder, folder / key, remote)
    for path in sorted((folder / HELD).glob("*.json")):
        if _key(folder, path) not in etags:
            path.unlink()
    if known != etags:
        _write_note(folder, {**note, "held": etags})


def _remote(store: Path) -> Remote | None:
    note = _note(store)
    if note is None:
        return None
    if note["endpoint"] != _mark(endpoint()):
        raise BrokenStore(
            f"{store}: a working copy of {note['url']} at another S3 server than the one in AWS_ENDPOINT_URL. Set the "
            "variable as it was, or give the address of the store instead of this folder."
        )
    return _connected(S3Url(note["url"]), settings.of_bucket())


@functools.lru_cache(maxsize=8)
def _connected(url: S3Url, environment: tuple[tuple[str, str], ...]) -> Remote:
    """One connection pool for all steps, as long as the environment names the same server and credentials."""
    return Remote(url)


def _note(store: Path) -> dict[str, Any] | None:
    try:
        content: dict[str, Any] = json.loads((store / COPY_NOTE).read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    return content


def _write_note(folder: Path, note: dict[str, Any]) -> None:
    keep_bytes(folder, folder / COPY_NOTE, json.dumps(note, indent=1, sort_keys=True).encode())


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _key(store: Path, place: Path) -> str:
    return place.relative_to(store).as_posix()
