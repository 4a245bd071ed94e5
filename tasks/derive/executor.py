"""Runs pure functions in parallel: threads of this process, or an engine that was lent: processes of this machine
(`processes`), workers of a cluster (`cluster`).

Callers use `each` and do not depend on who does a piece. The pieces and their order are the same either way, so the
output is byte-identical; this process does what an engine does not finish. Belongs here: the order of the pieces, and
what every engine must have in common with us. Does not belong here: what a piece is.
"""

import contextlib
import functools
import itertools
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
        with contextlib.closing(Pieces(self, work, things)) as pieces:
            yield from pieces

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


class Pieces(Iterator[Any]):
    """What an engine makes of things, in their order; at most `ahead` of them are given away before they are asked
    for, None: all."""

    def __init__(
        self, engine: Engine, work: Callable[[Any], Any], things: Iterable[Any], ahead: int | None = None
    ) -> None:
        self._engine, self._work, self._ahead = engine, work, ahead
        self._rest, self._waiting = iter(things), deque[tuple[Any, Any]]()
        self._submit()

    def __next__(self) -> Any:
        """Return the next result. Raises what the work raises."""
        if not self._waiting:
            raise StopIteration
        thing = self._waiting[0][0]
        try:
            result = self._engine.result(self._work, *self._waiting[0])
        except Exception:
            self._go_on()
            raise
        title = getattr(thing, "title", None)
        # Without a result nothing was done, and a lost engine did not do it.
        if title is not None and result is not None and not self._engine.is_lost:
            log.info("%s: done (%s)", title, self._engine.name)
        self._go_on()
        return result

    def _go_on(self) -> None:
        """The first has ended: give the next one away."""
        self._waiting.popleft()
        self._submit()

    def close(self) -> None:
        """End what nobody asks for any more."""
        futures = [future for _, future in self._waiting if future is not None and not future.done()]
        self._waiting.clear()
        self._engine.end(futures)

    def _submit(self) -> None:
        few = None if self._ahead is None else self._ahead - len(self._waiting)
        for thing in itertools.islice(self._rest, few):
            self._waiting.append((thing, self._engine.submit(self._work, thing)))


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


def pieces_ahead(work: Callable[[Any], Any], things: Collection[Any], *, rows: int) -> Pieces | None:
    """Let the current engine work ahead of a caller that takes one result after another, on as many things as it does
    at once; None where that does not pay. The caller closes the pieces."""
    engine = _lent.get()
    if engine is None or (count := engine.pieces_at_once(rows)) < 2:
        return None
    return Pieces(engine, work, things, ahead=count)


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
