"""Makes temporary folders that are gone when their process ends, even if it is killed.

A folder is locked by its process. A process that is killed holds no lock, so the next one that makes a folder of the same
kind deletes what it left, and never the folder of a living process, however old that is.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tasks.store.filesystem import LOCAL

MARK = ".lock"


def write_at_once(place: Path, data: bytes, *, sync: bool = True, mode: int = 0o644) -> None:
    """Write a file under another name and then rename it, so that nobody sees half of it; with `sync` its bytes are durable then.
    Until it has its `mode`, its owner alone may read it.
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
    with (
        tempfile.TemporaryDirectory(prefix=prefix, dir=parent, ignore_cleanup_errors=True) as folder,
        _locked(Path(folder)),
    ):
        yield Path(folder)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Lock the folder, so that no other run sweeps it; a dead process holds no lock."""
    descriptor = LOCAL.lock(folder / f"{MARK}-new")
    # The folder gets its name only once it is locked, or another run could take it for abandoned.
    os.rename(folder / f"{MARK}-new", folder / MARK)
    try:
        yield
    finally:
        LOCAL.unlock(descriptor)


def _sweep(parent: Path, prefix: str) -> None:
    """Delete the folders of killed processes; a folder that cannot be opened belongs to another user or is gone."""
    for mark in parent.glob(f"{prefix}*/{MARK}"):
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
