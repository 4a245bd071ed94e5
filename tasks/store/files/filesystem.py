"""Makes every change that a store makes on disk.

Belongs here: the primitive calls that change a store, each as small as one system call, so that a test can kill the
process, fill the disk or drop a write at the N-th of them. Does not belong here: any knowledge of the store's layout,
any retry or clean-up. No publication writes, links, renames or deletes in any other way; only `pending_files` writes
files by itself, which have no name until they are linked here.
"""

import ctypes
import fcntl
import os
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SYNCS_AT_ONCE = 8
# More folders than these are synced with their disk: that also waits for what other programs have written there.
SYNCS_APART_MAX = 64
# Of Linux; Python has no name for it.
_syncfs = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)


class FileSystem:
    """POSIX calls on local disk. Every method raises the OSError of the kernel."""

    def read_bytes(self, path: Path) -> bytes:
        """The whole file."""
        return path.read_bytes()

    def list_directory(self, path: Path) -> list[str]:
        """Names in a folder, sorted."""
        return sorted(os.listdir(path))

    def create(self, path: Path, mode: int) -> int:
        """A descriptor of a new, empty file; FileExistsError where the name is taken."""
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)

    def write(self, descriptor: int, data: memoryview) -> int:
        """Number of bytes written, which may be fewer than given."""
        return os.write(descriptor, data)

    def write_file(self, path: Path, data: bytes, mode: int = 0o444) -> None:
        """Write a new file completely. It is durable after `fsync_file` of it and `fsync_directory` of its folder."""
        descriptor = self.create(path, mode)
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[self.write(descriptor, rest) :]
        finally:
            os.close(descriptor)

    def fsync_file(self, path: Path) -> None:
        """Make the bytes of a file durable."""
        _fsync(path, os.O_RDONLY)

    def fsync_directory(self, path: Path) -> None:
        """Make the names in a folder durable; the files need a sync of their own."""
        _fsync(path, os.O_RDONLY | os.O_DIRECTORY)

    def fsync_directories(self, paths: Iterable[Path]) -> None:
        """`fsync_directory` of each; of many by one sync of their disk, where there is one: each waits for the cache of
        the drive."""
        folders = [*paths]
        if len(folders) > SYNCS_APART_MAX and _syncfs is not None:
            _sync_disk(folders[0])
            return
        # Several at a time, because the journal of a file system takes them together.
        with ThreadPoolExecutor(SYNCS_AT_ONCE) as threads:
            list(threads.map(self.fsync_directory, folders))

    def link(self, source: Path, target: Path) -> None:
        """A second name for the same inode."""
        os.link(source, target)

    def symlink(self, text: str, path: Path) -> None:
        """A symbolic link at `path` with target `text`; a relative target keeps a store movable."""
        os.symlink(text, path)

    def rename(self, source: Path, target: Path) -> None:
        """Move to a name that is free."""
        os.rename(source, target)

    def replace(self, source: Path, target: Path) -> None:
        """Move to a name that may be taken: atomic for readers of `target`."""
        os.replace(source, target)

    def make_directory(self, path: Path) -> None:
        """One folder; its parent must exist."""
        os.mkdir(path)

    def remove(self, path: Path) -> None:
        """One name of a file or a link."""
        os.unlink(path)

    def remove_directory(self, path: Path) -> None:
        """One empty folder."""
        os.rmdir(path)

    def lock(self, path: Path) -> int:
        """Wait for the exclusive lock on `path`; returns a descriptor for `unlock`. A dead process holds no lock."""
        # Append, because truncation would change the mtime, and a re-run must change nothing.
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def unlock(self, descriptor: int) -> None:
        """Release the lock."""
        # Explicitly, because closing alone keeps the lock while a forked child still has the descriptor.
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        os.close(descriptor)


def _sync_disk(path: Path) -> None:
    """Make everything durable that was written to the disk of `path`."""
    assert _syncfs is not None
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        if _syncfs(descriptor) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(path))
    finally:
        os.close(descriptor)


def _fsync(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags | os.O_CLOEXEC)
    try:
        if sys.platform == "darwin":
            # On macOS fsync stops at the drive's cache; only this call goes through it.
            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
        else:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


LOCAL = FileSystem()
