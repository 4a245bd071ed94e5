"""Reads the next file of a run over many files in a thread, while the one at hand is checked, derived and published.

Parsing depends on no other file; Polars releases the interpreter. Only one file is read ahead, because each is as large in
memory as the one at hand, and nothing of it is in the store before its turn.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date
from pathlib import Path
from typing import NamedTuple

from schemas.forms.address import StoreAddress
from schemas.forms.request import Landed
from tasks.domain import clock
from tasks.ingest.normalise import Normalised
from tasks.lineage.records import Run, recording
from tasks.steps import catalog as step

Read = Callable[[Landed, date], Normalised]
_ahead: ContextVar[Ahead | None] = ContextVar("tidewaiter_ahead", default=None)
log = logging.getLogger("tidewaiter.ahead")


@contextmanager
def reading(store: StoreAddress, read: Read) -> Iterator[None]:
    """Inside, the files of `in_turn` are read ahead by `read`."""
    with tempfile.TemporaryDirectory(prefix="tidewaiter-ahead-") as folder:
        thread = ThreadPoolExecutor(1, "tidewaiter-ahead", step.declare_otherwise, (step.declared_otherwise(),))
        token = _ahead.set(Ahead(thread, store, read, Path(folder)))
        try:
            yield
        finally:
            _ahead.reset(token)
            thread.shutdown(cancel_futures=True)


def in_turn(files: Sequence[Path]) -> Iterator[Path]:
    """Yield each file at its turn; the next one is read meanwhile."""
    ahead = _ahead.get()
    return iter(files) if ahead is None else ahead.in_turn(files)


def taken(landed: Landed, today: date) -> Normalised | None:
    """Return the statements of a file that was read ahead; None if it was not. Raises what reading it raised."""
    ahead = _ahead.get()
    return None if ahead is None else ahead.take(landed, today)


class Understood(NamedTuple):
    """A file that was read: the file as landed, the day, the records of the steps, and what they made or raised."""

    landed: Landed
    today: date
    run: Run
    made: Normalised | Exception


class Ahead:
    """The next file; `folder` has its bytes, because its own place may get others before its turn."""

    def __init__(self, thread: ThreadPoolExecutor, store: StoreAddress, read: Read, folder: Path) -> None:
        self.thread, self.store, self.read, self.folder = thread, store, read, folder
        self._at_hand: Future[Understood | None] | None = None

    def in_turn(self, files: Sequence[Path]) -> Iterator[Path]:
        """Yield each file at its turn, after starting to read the next one."""
        following: Future[Understood | None] | None = None
        for place, file in enumerate(files, start=1):
            self._at_hand = following
            following = self.thread.submit(self._read, files[place]) if place < len(files) else None
            yield file

    def take(self, landed: Landed, today: date) -> Normalised | None:
        """Return the statements of a file, once; None if reading was not started, or the file has changed since."""
        begun, self._at_hand = self._at_hand, None
        found = None if begun is None else begun.result()
        if found is None or (found.landed.model_copy(update={"raw": landed.raw}), found.today) != (landed, today):
            return None
        return step.adopt(found.run, found.made)

    def _read(self, file: Path) -> Understood | None:
        today = clock.today()
        kept = step.keep_in_mind(file, self.store, today)
        if kept is None:
            return None
        landed, raw = kept
        copy = self.folder / landed.raw_sha256
        try:
            copy.write_bytes(raw)
            return self._understood(landed, copy, today)
        except OSError as problem:
            # There is no room for a copy: the file is read from its own place in its turn.
            log.info("%s is not read ahead: %s", file, problem)
            return None
        finally:
            copy.unlink(missing_ok=True)

    def _understood(self, landed: Landed, copy: Path, today: date) -> Understood:
        with recording(Run()) as run:
            try:
                made: Normalised | Exception = self.read(landed.model_copy(update={"raw": copy}), today)
            except OSError:
                raise
            except Exception as problem:
                made = problem
        return Understood(landed, today, run, made)
