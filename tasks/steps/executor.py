"""Runs pure functions in parallel: local threads by default, or an injected executor.

Callers use `each` and do not depend on the executor. The pieces and their order are the same either way, so the output
is byte-identical.
"""

import os
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
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


def is_shared() -> bool:
    """Whether an injected executor runs the calls of `each`, perhaps on other machines."""
    return _lent.get() is not None


def each(work: Callable[[T], R], things: Collection[T]) -> Iterator[R]:
    """Apply `work` to every thing and yield results in input order, each as soon as it is available. A single thing
    runs here.
    """
    lent = _lent.get()
    if len(things) < 2:
        yield from map(work, things)
    elif lent is not None:
        yield from lent(work, things)
    else:
        # The expensive parts release the interpreter: Polars, and reading.
        count = min(len(things), os.cpu_count() or 1)
        with ThreadPoolExecutor(count) as threads:
            begun: deque[Future[R]] = deque()
            try:
                for thing in things:
                    # At most one more result than threads is started: the consumer sets the pace.
                    if len(begun) > count:
                        yield begun.popleft().result()
                    begun.append(threads.submit(work, thing))
                while begun:
                    yield begun.popleft().result()
            finally:
                for future in begun:
                    future.cancel()
