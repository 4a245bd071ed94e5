"""File systems that fail on purpose at the N-th call of the seam.

Without a real fsync: a killed process loses nothing that the kernel has, so these runs need none. What a power
failure loses is modelled in `power.py`.
"""

import errno
import os
import signal
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tasks.store.files.filesystem import FileSystem

READS = {"read_bytes", "list_directory"}
GROWS = {"create", "write", "link", "symlink", "rename", "replace", "make_directory", "fsync_file", "fsync_directory"}
SHRINKS = {"remove", "remove_directory"}
LOCKS = {"lock", "unlock"}
PRIMITIVES = READS | GROWS | SHRINKS | LOCKS

# Which calls each fault may hit. `lost` does the work and then reports a failure, as a network disk does.
FAULTS: dict[str, set[str]] = {
    "kill": PRIMITIVES,
    "torn": {"write"},
    "stop": PRIMITIVES,
    "short": {"write"},
    "ENOSPC": GROWS,
    "EIO": PRIMITIVES,
    "lost": GROWS | SHRINKS,
}


class Stopped(BaseException):
    """The process ends here; nothing after it touches the disk."""


class FaultyFileSystem(FileSystem):
    """Does what `fault` says at call number `at`, or at the first after it that it can hit; never where `at` is 0."""

    def __init__(self, fault: str = "stop", at: int = 0) -> None:
        self.fault, self.at = fault, at
        self.names: list[str] = []
        self.fired, self.dead = False, False

    def fsync_directories(self, paths: Iterable[Path]) -> None:
        """One after another, so that the N-th call is the same call in every run."""
        for path in paths:
            self.fsync_directory(path)

    def effect(self, name: str, *arguments: Any) -> Any:
        """The call as the kernel would do it."""
        if name.startswith("fsync"):
            return None
        return getattr(super(), name)(*arguments)

    def call(self, name: str, *arguments: Any) -> Any:
        if self.dead:
            if name == "unlock":
                return self.effect(name, *arguments)
            raise Stopped
        self.names.append(name)
        due = 0 < self.at <= len(self.names) and not self.fired
        if not due or name not in FAULTS[self.fault]:
            return self.effect(name, *arguments)
        self.fired = True
        return self.fail(name, *arguments)

    def fail(self, name: str, *arguments: Any) -> Any:
        if self.fault in {"torn", "short", "ENOSPC"} and name == "write":
            descriptor, data = arguments
            written = self.effect(name, descriptor, data[: max(1, len(data) // 2)])
            if self.fault == "short":
                return written
        if self.fault in {"kill", "torn"}:
            os.kill(os.getpid(), signal.SIGKILL)
        if name == "unlock" or self.fault == "lost":
            self.effect(name, *arguments)
        if self.fault == "stop":
            self.dead = True
            raise Stopped
        code = errno.ENOSPC if self.fault == "ENOSPC" else errno.EIO
        raise OSError(code, os.strerror(code), name)


def _counted(name: str) -> Callable[..., Any]:
    def method(self: FaultyFileSystem, *arguments: Any) -> Any:
        return self.call(name, *arguments)

    return method


for _name in PRIMITIVES:
    setattr(FaultyFileSystem, _name, _counted(_name))
