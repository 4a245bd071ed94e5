"""Runs pure functions in parallel: local threads by default, or an injected executor.

Callers use `each` and do not depend on the executor. The pieces and their order are the same either way, so the output
is byte-identical.
"""

import os
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

T = TypeVar("T")
R = TypeVar("R")
Lent = Callable[[Callable[[Any], Any], Collection[Any]], Iterable[Any]]
_lent: ContextVar[Lent | None] = ContextVar("tidewaiter_lent", default=None)


@contextmanager
def lending(lent: Lent) -> Iterator[None]:
    """Use `lent` for all calls of `each` inside the context."""
    token = _lent.set(lent)
    try:
        yield
    finally:
        _lent.reset(token)


def each(work: Callable[[T], R], things: Collection[T]) -> list[R]:
    """Apply `work` to every thing and return the results in input order. A single thing runs here."""
    lent = _lent.get()
    if len(things) < 2:
        return [work(thing) for thing in things]
    if lent is not None:
        return [*lent(work, things)]
    # The expensive parts release the interpreter: Polars, and reading.
    with ThreadPoolExecutor(min(len(things), os.cpu_count() or 1)) as threads:
        return [*threads.map(work, things)]
