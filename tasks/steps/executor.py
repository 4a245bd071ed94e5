"""Where pure work may run: here, unless somebody lent other processes for it.

Whoever computes asks for `each` and does not know who does it. The pieces and their order are the same either way, so what
is made of them is the same to the byte.
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
    """`lent` does what is asked of `each` inside."""
    token = _lent.set(lent)
    try:
        yield
    finally:
        _lent.reset(token)


def is_lent() -> bool:
    """Whether others than this process do what is asked of `each`."""
    return _lent.get() is not None


def each(work: Callable[[T], R], things: Collection[T]) -> Iterator[R]:
    """`work` of every thing, in their order, each as soon as it is there. A single thing is not worth a journey."""
    lent = _lent.get()
    if len(things) < 2:
        yield from map(work, things)
    elif lent is not None:
        yield from lent(work, things)
    else:
        # What takes the time lets go of the interpreter: compiled loops, Polars, and reading.
        count = min(len(things), os.cpu_count() or 1)
        with ThreadPoolExecutor(count) as threads:
            begun: deque[Future[R]] = deque()
            try:
                for thing in things:
                    # One result more than there are threads is begun and no further: whoever takes them sets the pace.
                    if len(begun) > count:
                        yield begun.popleft().result()
                    begun.append(threads.submit(work, thing))
                while begun:
                    yield begun.popleft().result()
            finally:
                for future in begun:
                    future.cancel()
