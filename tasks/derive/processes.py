"""Does pieces in processes of this machine, each with one thread of Polars: a piece is some thousand small queries and
the Python between them, so that threads of one process wait for one another.

They are started by the first work that is large enough to pay for it and end with the run, also where it is killed.
Belongs here: how many processes, how they begin and end, and what becomes of lost work. Does not belong here: what the
work is.
"""

import contextlib
import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from types import ModuleType
from typing import Any

from schemas import settings
from tasks.derive.child import begin
from tasks.derive.executor import (
    END_SECONDS,
    LOOK_EVERY_SECONDS,
    Engine,
    WorkerVersionMismatch,
    current_engine,
    fingerprint,
    in_threads,
    lending,
    with_same_code,
)
from tasks.domain.errors import Refused

# Memory of a process that does a piece, a portion of the months of a full cube, and of the one that drives.
BYTES_OF_A_PROCESS = 1_500_000_000
# Rows of the ledger of the months that are derived together from which on processes pay: each takes a second to begin.
ROWS_THAT_PAY = 500_000
# So long no piece may be done before the processes are taken for dead.
PATIENCE_SECONDS = 900
ENVIRONMENT = {"POLARS_MAX_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
# The memory of the machine, the control groups of Linux that this process is in, and where these lie: a container, or
# a slice of systemd.
MEMORY, GROUPS_OF_PROCESS, GROUPS = Path("/proc/meminfo"), Path("/proc/self/cgroup"), Path("/sys/fs/cgroup")
# By the version of control groups the files of the limit and of the use, and the name of what of that the kernel gives
# back when somebody needs it: the pages of files.
FILES_OF_GROUP = {
    2: ("memory.max", "memory.current", "inactive_file"),
    1: ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file"),
}


class Processes(Engine):
    """Processes of this machine, `count` at most; none is started before there is work that pays."""

    def __init__(self, count: int) -> None:
        super().__init__(f"{count} processes")
        self.count, self.patience = count, PATIENCE_SECONDS
        self._pool: ProcessPoolExecutor | None = None
        self._begun: set[Any] = set()
        self._open: set[Future[Any]] = set()

    def each(self, work: Callable[[Any], Any], things: Iterable[Any], *, rows: int | None = None) -> Iterator[Any]:
        """As of every engine; a little work is done in threads of this process."""
        if self.pieces_at_once(ROWS_THAT_PAY if rows is None else rows) > 1:
            yield from super().each(work, things, rows=rows)
            return
        yield from in_threads(work, [*things])

    def pieces_at_once(self, rows: int) -> int:
        """As of every engine: it pays where they have begun, or where there is much to do."""
        return self.count if not self.is_lost and (self._pool is not None or rows >= ROWS_THAT_PAY) else 1

    def submit(self, work: Callable[[Any], Any], thing: Any) -> Any:
        """Give a piece to the next process that is free."""
        if self.is_lost:
            return None
        others = {*multiprocessing.active_children()}
        try:
            with contextlib.nullcontext() if len(self._begun) == self.count else _without_main():
                future = self._started().submit(with_same_code, fingerprint(), work, thing)
        except BrokenProcessPool:
            self.lose("a process died")
            return None
        except (OSError, NotImplementedError) as problem:
            self.lose(f"no process can be started ({problem})")
            return None
        self._begun |= {*multiprocessing.active_children()} - others
        self._open.add(future)
        return future

    def result(self, work: Callable[[Any], Any], thing: Any, future: Any) -> Any:
        """As of every engine."""
        since, left = time.monotonic(), len(self._open)
        while future is not None and not self.is_lost:
            try:
                result = future.result(timeout=LOOK_EVERY_SECONDS)
                self._open.discard(future)
                return result
            except WorkerVersionMismatch as problem:
                self.lose(str(problem))
            except BrokenProcessPool:
                self.lose("a process died")
            except TimeoutError:
                # It was done between the two looks, or raised a TimeoutError itself.
                if future.done():
                    self._open.discard(future)
                    return future.result()
                self._open = {one for one in self._open if not one.done()}
                if len(self._open) < left:
                    since, left = time.monotonic(), len(self._open)
                elif time.monotonic() - since > self.patience:
                    self.lose(f"no piece was done for {self.patience} s")
        return work(thing)

    def end(self, futures: list[Any]) -> None:
        """As of every engine."""
        running = [future for future in futures if not future.cancel()]
        if not self.is_lost:
            wait(running, timeout=END_SECONDS)

    def lose(self, why: str) -> None:
        """End all processes: a piece must not leave files after somebody else has done it."""
        super().lose(why)
        self._kill()

    def close(self) -> None:
        """End the processes, also those that are in the middle of a piece."""
        if self._pool is None:
            return
        if wait(self._open, timeout=0).not_done:
            self._kill()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _kill(self) -> None:
        for process in self._begun:
            process.kill()

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            # A fork of a process with threads of Polars would wait for them for ever.
            context = multiprocessing.get_context("spawn")
            self._pool = ProcessPoolExecutor(self.count, mp_context=context, initializer=begin, initargs=(ENVIRONMENT,))
        return self._pool


@contextlib.contextmanager
def _without_main() -> Iterator[None]:
    """Start processes inside that do not import the module which was run: a script would do its work again in each of
    them, and a run of Prefect would import Prefect."""
    name = "__main__"
    main, sys.modules[name] = sys.modules[name], ModuleType(name)
    try:
        yield
    finally:
        sys.modules[name] = main


@contextlib.contextmanager
def local_processes() -> Iterator[None]:
    """Inside, processes of this machine do the pieces, as many as it has cores and memory for, or as the setting says;
    where an engine is lent already, that one does, and a process that may start none does them itself."""
    if current_engine() is not None or multiprocessing.current_process().daemon:
        yield
        return
    engine = Processes(count())
    try:
        with lending(engine):
            yield
    finally:
        engine.close()


def count() -> int:
    """How many processes a run may have: as `TIDEWAITER_PROCESSES` says, else one for each core, and as many as fit
    beside this one into the memory that is free. Raises Refused for a setting that is no number."""
    if text := settings.text(settings.PROCESSES):
        if not text.isdecimal() or not int(text):
            raise Refused(
                "no number",
                where=settings.PROCESSES,
                found=f"{text!r} is no number of processes",
                advice="Write a whole number, 1 for this process alone, or nothing.",
            )
        return int(text)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, min([_free_of_machine(), *_free_of_groups()]) // BYTES_OF_A_PROCESS - 1))


def _free_of_machine() -> int:
    """Bytes of memory that programs of this machine can still have; where it does not say so, all that it has."""
    with contextlib.suppress(OSError, LookupError):
        return _entries(MEMORY)["MemAvailable:"] * 1024
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _entries(path: Path) -> dict[str, int]:
    """The lines of a file of the kernel that are a name and a whole number."""
    return {name: int(number) for name, number, *_ in map(str.split, path.read_text().splitlines())}


def _free_of_groups() -> Iterator[int]:
    """The bytes of memory that the control groups of this process, and those above them, may still have."""
    lines = GROUPS_OF_PROCESS.read_text().splitlines() if GROUPS_OF_PROCESS.is_file() else []
    for _, controllers, path in (line.split(":", 2) for line in lines):
        if not controllers:
            top, (limit, use, cached) = GROUPS, FILES_OF_GROUP[2]
        elif "memory" in controllers.split(","):
            top, (limit, use, cached) = GROUPS / "memory", FILES_OF_GROUP[1]
        else:
            continue
        # Inside a container the path may lead above what can be seen, whose top is the container.
        group = Path(os.path.normpath(path))
        for one in (group, *group.parents):
            place = top / one.relative_to("/")
            # A group without a limit says so with a word.
            with contextlib.suppress(OSError, ValueError):
                bound = int((place / limit).read_text())
                used = int((place / use).read_text()) - _entries(place / "memory.stat").get(cached, 0)
                yield bound - used
