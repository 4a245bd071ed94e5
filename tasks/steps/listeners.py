"""Calls functions with the name of each step as it begins: for progress on a terminal, and to stop between two
steps.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_listener: ContextVar[Callable[[str], None] | None] = ContextVar("tidewaiter_listener", default=None)


@contextmanager
def listening(hear: Callable[[str], None]) -> Iterator[None]:
    """Call `hear` with the name of each step that begins inside, after the listeners around this one."""
    around = _listener.get()

    def hear_both(step: str) -> None:
        around(step)  # type: ignore[misc]
        hear(step)

    token = _listener.set(hear_both if around else hear)
    try:
        yield
    finally:
        _listener.reset(token)


def tell_begin(step: str) -> None:
    """Notify the listeners; each step calls this as it begins."""
    hear = _listener.get()
    if hear is not None:
        hear(step)
