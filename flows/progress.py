"""Shows the progress of long work: a bar on the caller's terminal, and a bar in the Prefect UI."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from prefect.context import FlowRunContext

from flows import announce
from tasks.reports import prefect_pages

Hear = Callable[[int, int, str], None]
_listener: ContextVar[Hear | None] = ContextVar("listener", default=None)


@contextmanager
def listening(hear: Hear) -> Iterator[None]:
    """Call `hear` with the number done, the total, and the current item."""
    token = _listener.set(hear)
    try:
        yield
    finally:
        _listener.reset(token)


@contextmanager
def progress(title: str) -> Iterator[Hear]:
    """Yield a function that takes the number done, the total, and the current item; inside a Prefect run a bar shows
    them.
    """
    hear = _listener.get()
    bar = prefect_pages.Bar(title) if FlowRunContext.get() is not None else None

    def tell(done: int, total: int, name: str) -> None:
        if hear is not None:
            hear(done, total, name)
        if bar is not None:
            announce.attempt(lambda: bar.show(done / total if total else 1.0, f"{title}: {done} of {total}"))

    yield tell
