"""Where pure work may run: here, unless somebody lent other processes for it.

Whoever computes asks for `each` and does not know who does it. The pieces and their order are the same either way, so what
is made of them is the same to the byte.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

T = TypeVar("T")
R = TypeVar("R")
Lent = Callable[[Callable[[Any], Any], Sequence[Any]], list[Any]]
_lent: ContextVar[Lent | None] = ContextVar("tidewaiter_lent", default=None)


@contextmanager
def lending(lent: Lent) -> Iterator[None]:
    """`lent` does what is asked of `each` inside."""
    token = _lent.set(lent)
    try:
        yield
    finally:
        _lent.reset(token)


def is_lent() -> bool:
    """Whether others than this process do what is asked of `each`."""
    return _lent.get() is not None


def each(work: Callable[[T], R], things: Sequence[T]) -> list[R]:
    """`work` of every thing, in their order. A single thing is not worth a journey."""
    lent = _lent.get()
    if len(things) < 2:
        return [work(thing) for thing in things]
    if lent is not None:
        return lent(work, things)
    # What takes the time lets go of the interpreter: compiled loops, Polars, and reading.
    with ThreadPoolExecutor(min(len(things), os.cpu_count() or 1)) as threads:
        return list(threads.map(work, things))
