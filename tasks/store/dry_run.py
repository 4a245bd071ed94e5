"""A store to try something out on: the published state, linked aside, and gone afterwards.

What a release would do is found out by doing it there, so that a rehearsal says the truth and no second code must agree
with the first. The store itself is only read.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tasks.store.filesystem import LOCAL
from tasks.store.snapshot import object_path, open_snapshot

PREFIX = ".rehearsal-"
MARK = ".lock"


@contextmanager
def rehearsal(store: Path) -> Iterator[Path]:
    """A store in the state of `store`, in a folder beside it, because links do not reach other disks."""
    beside = store.absolute().parent
    beside.mkdir(parents=True, exist_ok=True)
    _sweep(beside)
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir=beside) as folder, _held(Path(folder)):
        aside = Path(folder) / store.name
        aside.mkdir()
        snapshot = open_snapshot(store)
        if snapshot is not None:
            shutil.copytree(snapshot.path, aside / "snapshots" / snapshot.id, copy_function=_link)
            for sha256 in {entry.sha256 for entry in snapshot.files}:
                target = object_path(aside, sha256)
                target.parent.mkdir(parents=True, exist_ok=True)
                _link(object_path(store, sha256), target)
            (aside / "current").symlink_to(f"snapshots/{snapshot.id}")
        # What people decided, and on which day bytes came first: a release depends on these too.
        for note in [*store.glob("held/*.json"), *store.glob("raw/*/*.json")]:
            target = aside / note.relative_to(store)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(note, target)
        yield aside


@contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Hold the folder, so that nobody sweeps it; a dead process holds nothing."""
    descriptor = LOCAL.lock(folder / f"{MARK}-new")
    # Under its name only when it is locked, or another run could take it for left.
    os.rename(folder / f"{MARK}-new", folder / MARK)
    try:
        yield
    finally:
        LOCAL.unlock(descriptor)


def _sweep(beside: Path) -> None:
    """Delete what rehearsals left that were killed; what cannot be opened is another's, or gone by now."""
    for mark in beside.glob(f"{PREFIX}*/{MARK}"):
        try:
            descriptor = os.open(mark, os.O_RDWR | os.O_CLOEXEC)
        except OSError:
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(mark.parent, ignore_errors=True)
        except BlockingIOError:
            pass
        finally:
            os.close(descriptor)


def _link(source: str | Path, target: str | Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
