"""Makes temporary folders that are gone when their process ends, even if it is killed, and in one of them a store for a
dry run.

A folder is locked by its process. A process that is killed holds no lock, so the next one that makes a folder of the
same kind deletes what it left, and never the folder of a living process, however old that is. A dry run publishes into
its store with the same code as a real run, so both give the same result; the store itself is only read.
"""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from tasks.store.files.filesystem import LOCAL
from tasks.store.files.snapshot import POINTER, SNAPSHOTS, object_path, open_snapshot

MARK = ".lock"
PREFIX = ".copy-"
# Seconds between the making of a folder and its mark.
BEGINS_WITHIN = 3600


def write_at_once(place: Path, data: bytes, *, sync: bool = True, mode: int = 0o644) -> None:
    """Write a file under another name and then rename it, so that nobody sees half of it; with `sync` its bytes are
    durable then. Until it has its `mode`, its owner alone may read it.
    """
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=f".{place.name[:40]}.", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as sink:
            sink.write(data)
            sink.flush()
            if sync:
                os.fsync(sink.fileno())
        Path(name).chmod(mode)
        Path(name).replace(place)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@contextmanager
def temporary_folder(parent: Path, prefix: str) -> Iterator[Path]:
    """Make a folder in `parent`, deleted at the end; those of killed processes with this prefix are deleted too."""
    _sweep(parent, prefix)
    with tempfile.TemporaryDirectory(prefix=prefix, dir=parent, ignore_cleanup_errors=True) as name:
        folder = Path(name)
        descriptor = LOCAL.lock(folder / f"{MARK}-new")
        # The mark gets its name only once it is locked, or another run could take the folder for abandoned.
        os.rename(folder / f"{MARK}-new", folder / MARK)
        try:
            yield folder
        finally:
            LOCAL.unlock(descriptor)


def is_in_use(folder: Path) -> bool:
    """Whether a living process has the temporary folder, or the file, at this path."""
    try:
        descriptor = os.open(folder / MARK, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def sweep_beside(store: Path) -> None:
    """Delete the temporary folders that killed processes left beside a store: in the folder that it is in, and in the
    one above, where they were made before that was there."""
    for folder in store.absolute().parents[:2]:
        _sweep(folder, PREFIX)


def _sweep(parent: Path, prefix: str) -> None:
    """Delete the folders of killed processes; a folder that cannot be opened belongs to another user or is gone."""
    for folder in parent.glob(f"{prefix}*/"):
        if folder.is_symlink():
            continue
        # Its process was killed before the mark had its name: a living one needs a moment for that.
        unmarked = not os.path.lexists(folder / MARK)
        mark = folder / (f"{MARK}-new" if unmarked else MARK)
        try:
            if unmarked and time.time() - folder.stat().st_mtime < BEGINS_WITHIN:
                continue
            descriptor = os.open(mark, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        except OSError:
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(folder, ignore_errors=True)
        except BlockingIOError:
            pass
        finally:
            os.close(descriptor)


@contextmanager
def temporary_copy(store: Path) -> Iterator[Path]:
    """A store in the state of `store`, on its disk because of the hard links, in the nearest folder above that
    exists."""
    with folder_next_to(store) as folder:
        aside = folder / store.name
        aside.mkdir()
        snapshot = open_snapshot(store)
        if snapshot is not None:
            shutil.copytree(snapshot.path, aside / SNAPSHOTS / snapshot.id, copy_function=_link)
            for place in {object_path(store, entry.sha256) for entry in snapshot.every}:
                target = aside / place.relative_to(store)
                target.parent.mkdir(parents=True, exist_ok=True)
                _link(place, target)
            (aside / POINTER).symlink_to(f"{SNAPSHOTS}/{snapshot.id}")
        # A release also depends on past decisions and on the days of first landing.
        for note in [*store.glob("held/*.json"), *store.glob("raw/*/*.json")]:
            target = aside / note.relative_to(store)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(note, target)
        yield aside


def folder_next_to(store: Path) -> AbstractContextManager[Path]:
    """Make a temporary folder on the disk of a store, deleted at the end; those of killed runs are deleted too."""
    return temporary_folder(next(folder for folder in store.absolute().parents if folder.is_dir()), PREFIX)


def _link(source: str | Path, target: str | Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
