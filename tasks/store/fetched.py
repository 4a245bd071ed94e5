"""Keeps files that this process has fetched from a bucket, in a temporary folder of bounded size.

A worker may live for months and read files of many stores. Files that were used longest ago are deleted first. A file that
was asked for a moment ago stays: its reader may not have opened it yet.
"""

import atexit
import functools
import hashlib
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from tasks.store.temporary import temporary_folder, write_at_once

PREFIX = "tidewaiter-"
BYTES_MAX = 2**30
IN_USE_SECONDS = 600.0


class Fetched:
    """Files by name, each with its size and the moment of its last use; safe for several threads."""

    def __init__(self, folder: Path, bytes_max: int = BYTES_MAX, in_use_seconds: float = IN_USE_SECONDS) -> None:
        self.folder, self.bytes_max, self.in_use_seconds = folder, bytes_max, in_use_seconds
        self._used: dict[str, tuple[float, int]] = {}
        self._guard = threading.Lock()

    def path(self, name: str, fetch: Callable[[], bytes | None]) -> Path:
        """Return the file of `name`, fetched unless it is here; there is none where `fetch` finds nothing."""
        path = self.folder / hashlib.sha256(name.encode()).hexdigest()
        with self._guard:
            is_here = path.name in self._used
            if is_here:
                self._use(path.name, self._used[path.name][1])
        data = None if is_here else fetch()
        if data is not None:
            write_at_once(path, data, sync=False)
            with self._guard:
                self._use(path.name, len(data))
                self._trim()
        return path

    def _use(self, name: str, size: int) -> None:
        # The last one used stands last.
        self._used.pop(name, None)
        self._used[name] = (time.monotonic(), size)

    def _trim(self) -> None:
        total, now = sum(size for _, size in self._used.values()), time.monotonic()
        for name, (used, size) in [*self._used.items()]:
            if total <= self.bytes_max or now - used < self.in_use_seconds:
                break
            (self.folder / name).unlink(missing_ok=True)
            del self._used[name]
            total -= size


@functools.cache
def of_this_process() -> Fetched:
    """The files that this process has fetched; deleted when it ends, and after a kill by the next process."""
    stack = ExitStack()
    atexit.register(stack.close)
    return Fetched(stack.enter_context(temporary_folder(Path(tempfile.gettempdir()), PREFIX)))
