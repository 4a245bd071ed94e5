"""What a whole process costs: seconds, processor seconds, and memory of it and of everything that it started.

Linux alone: the memory of a tree of processes stands in /proc and nowhere else.
"""

import functools
import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from schemas import settings

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
LOOK_EVERY_SECONDS = 0.05


class Cost(NamedTuple):
    """What one run took; `ended` is its exit code, negative where a signal ended it."""

    wall_seconds: float
    cpu_seconds: float
    peak_bytes: int
    ended: int


@functools.cache
def trusted_sources() -> dict[str, str]:
    """The environment in which no release waits because its source is experimental: nobody compares drawn files."""
    from tasks.sources.registry import SOURCES

    return {settings.EXPERIMENTAL: " ".join(name for name, source in SOURCES.items() if source.experimental)}


def run(command: Sequence[str], folder: Path, log: Path, environment: Mapping[str, str] | None = None) -> Cost:
    """Run a command in a folder to its end, its output in `log`.

    The peak is the largest sum of resident memory over the session of the command at one look, or the most that one of
    its processes ever had by the kernel's own mark, which misses nothing between two looks. `ru_maxrss` will not do: it
    starts from the memory of the process that started the command. The environment has `trusted_sources`.
    """
    with log.open("wb") as out:
        begun = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=folder,
            stdout=out,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            env={**trusted_sources(), **os.environ, **(environment or {})},
        )
        peak = 0
        while True:
            found, status, used = os.wait4(process.pid, os.WNOHANG)
            if found:
                break
            peak = max(peak, resident_bytes(process.pid))
            time.sleep(LOOK_EVERY_SECONDS)
    seconds = time.perf_counter() - begun
    process.returncode = os.waitstatus_to_exitcode(status)
    return Cost(seconds, used.ru_utime + used.ru_stime, peak, process.returncode)


def resident_bytes(session: int) -> int:
    """Resident memory of all processes of a session now, or the most that one of them has had, whichever is more."""
    total = most = 0
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            # The name of the program stands in brackets and may hold blanks.
            fields = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()
            if int(fields[3]) != session:
                continue
            marks = (entry / "status").read_text(errors="replace").partition("VmHWM:")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        total += int(fields[21]) * PAGE_BYTES
        # A process that has ended and is not yet waited for has no memory and no mark.
        most = max(most, int(marks[0]) * 1024 if marks else 0)
    return max(total, most)
