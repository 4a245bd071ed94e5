"""Calls functions with the name of each step as it begins, and with how far a run over many files is: for progress on
the terminal, and to stop between two steps.

A terminal and its signals belong to the process, and so do the listeners. Nothing that is published depends on them.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

HearStep = Callable[[str], None]
HearFile = Callable[[int, int, str], None]
_of_steps: list[HearStep] = []
_of_files: list[HearFile] = []


@contextmanager
def listening(step: HearStep | None = None, file: HearFile | None = None) -> Iterator[None]:
    """Call `step` with the name of each step that begins inside, and `file` with the number done, the total and the
    current file."""
    added = [(listeners, hear) for listeners, hear in ((_of_steps, step), (_of_files, file)) if hear is not None]
    for listeners, hear in added:
        listeners.append(hear)  # type: ignore[arg-type]  # each list has listeners of its kind
    try:
        yield
    finally:
        for listeners, _ in added:
            listeners.pop()


def tell_begin(step: str) -> None:
    """Notify the listeners; each step calls this as it begins."""
    for hear in _of_steps:
        hear(step)


def tell_file(done: int, total: int, name: str) -> None:
    """Notify the listeners; a run over many files calls this before each."""
    for hear in _of_files:
        hear(done, total, name)
