"""Runs pure functions in parallel: threads of this process, or an engine that was lent: processes of this machine
(`processes`), workers of a cluster (`cluster`).

Callers use `each` and do not depend on who does a piece. The pieces and their order are the same either way, so the
output is byte-identical; this process does what an engine does not finish. Belongs here: the order of the pieces, and
what every engine must have in common with us. Does not belong here: what a piece is.
"""

import contextlib
import functools
import logging
import os
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from typing import Any, TypeVar

from tasks.domain.hashing import code_sha256, json_sha256, versions

T = TypeVar("T")
R = TypeVar("R")
# Seconds between two looks at a piece that is not done, and those that the end of a run waits for pieces that run.
LOOK_EVERY_SECONDS = 2
END_SECONDS = 30
log = logging.getLogger("tidewaiter.pieces")


class WorkerVersionMismatch(RuntimeError):
    """A worker has other code, code tables or libraries."""


class Engine(ABC):
    """Processes or workers that do pieces. `name` is for people."""

    def __init__(self, name: str) -> None:
        self.name, self.is_lost = name, False

    def each(self, work: Callable[[Any], Any], things: Iterable[Any], *, rows: int | None = None) -> Iterator[Any]:
        """Yield `work` of every thing in order. `rows` is how much work it is together, None where that is not known.
        Raises what the work raises."""
        waiting = deque((thing, self.submit(work, thing)) for thing in things)
        try:
            while waiting:
                thing, future = waiting.popleft()
                result = self.result(work, thing, future)
                title = getattr(thing, "title", None)
                # A lost engine did not do it.
                if title is not None and not self.is_lost:
                    log.info("%s: done (%s)", title, self.name)
                yield result
        finally:
            self.end([future for _, future in waiting if future is not None and not future.done()])

    @abstractmethod
    def pieces_at_once(self, rows: int) -> int:
        """Return how many pieces it does at once when their work is `rows` rows; 1 where dividing them does not pay."""

    @abstractmethod
    def submit(self, work: Callable[[Any], Any], thing: Any) -> Any:
        """Give a piece away; None where nobody takes it."""

    @abstractmethod
    def result(self, work: Callable[[Any], Any], thing: Any, future: Any) -> Any:
        """Return the result of a piece, done here where nobody finishes it."""

    @abstractmethod
    def end(self, futures: list[Any]) -> None:
        """Cancel what has not begun, and wait for the rest: its files would come after the run has deleted those of
        others."""

    def lose(self, why: str) -> None:
        """Give no piece away any more: this process does the rest."""
        self.is_lost = True
        log.warning("%s: %s; this process does the rest. What is published does not differ.", self.name, why)


_lent: ContextVar[Engine | None] = ContextVar("tidewaiter_lent", default=None)


@contextlib.contextmanager
def lending(engine: Engine) -> Iterator[None]:
    """Use an engine for all calls of `each` inside the context."""
    token = _lent.set(engine)
    try:
        yield
    finally:
        _lent.reset(token)


def current_engine() -> Engine | None:
    """Return the engine that does the pieces of this run; None: threads of this process do."""
    return _lent.get()


def pieces_at_once(rows: int) -> int:
    """Return how many pieces the current engine does at once when their work is `rows` rows; 1 without an engine."""
    engine = _lent.get()
    return 1 if engine is None else engine.pieces_at_once(rows)


def each(work: Callable[[T], R], things: Collection[T], *, rows: int | None = None) -> list[R]:
    """Apply `work` to every thing and return the results in input order; `rows` is how much work it is together. A
    single thing runs here."""
    engine = _lent.get()
    if len(things) < 2:
        return [work(thing) for thing in things]
    return in_threads(work, things) if engine is None else [*engine.each(work, things, rows=rows)]


def in_threads(work: Callable[[T], R], things: Collection[T]) -> list[R]:
    """Apply `work` to every thing in threads of this process."""
    # The expensive parts release the interpreter: Polars, and reading.
    with ThreadPoolExecutor(max(1, min(len(things), os.cpu_count() or 1))) as threads:
        return [*threads.map(work, things)]


@functools.cache
def fingerprint() -> str:
    """Hash our code, our code tables and the libraries that shape a result: whoever does a piece must have the same."""
    return json_sha256({**versions(), "code": code_sha256()})


def with_same_code(expected: str, work: Callable[[Any], Any], thing: Any) -> Any:
    """Run work where its caller's `fingerprint` is expected. Raises WorkerVersionMismatch."""
    if fingerprint() != expected:
        raise WorkerVersionMismatch(f"process {os.getpid()} has other code, code tables or libraries")
    return work(thing)
