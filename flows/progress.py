"""How far long work has come: a bar on the terminal of whoever called, a bar in the Prefect UI for everybody else."""

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
    """`hear` is told how many of how many are done, and what is at hand."""
    token = _listener.set(hear)
    try:
        yield
    finally:
        _listener.reset(token)


@contextmanager
def progress(title: str) -> Iterator[Hear]:
    """To be called with how many of how many are done, and what is at hand; inside a Prefect run a bar shows it."""
    hear = _listener.get()
    bar = prefect_pages.Bar(title) if FlowRunContext.get() is not None else None

    def tell(done: int, total: int, name: str) -> None:
        if hear is not None:
            hear(done, total, name)
        if bar is not None:
            announce.attempt(lambda: bar.show(done / total if total else 1.0, f"{title}: {done} of {total}"))

    yield tell
