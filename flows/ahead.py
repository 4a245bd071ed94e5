"""Reads files before their turn: the next one in a thread, or several on the workers of a Dask scheduler.

Parsing a file depends on no other file, so bytes become statements ahead of time and elsewhere. Publication depends on
what is published by then: it runs one file after another, oldest first, where the store is. The records of steps that
ran elsewhere come back with their results, so the lineage is the same wherever they ran.
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
from typing import TYPE_CHECKING, NamedTuple

from schemas.forms.address import StoreAddress
from schemas.forms.request import Landed
from tasks.domain import clock
from tasks.ingest.normalise import Normalised
from tasks.steps import catalog as step
from tasks.steps.done import Done, set_down
from tasks.steps.serialise import packed, unpacked

if TYPE_CHECKING:  # Dask is imported only if a scheduler was named
    from tasks.steps.cluster import Cluster, Piece

Read = Callable[[Landed, date], Normalised]
_ahead: ContextVar[Ahead | NextOne | None] = ContextVar("tidewaiter_ahead", default=None)
log = logging.getLogger("tidewaiter.ahead")


@contextmanager
def reading(scheduler: str | None, store: StoreAddress, read: Read) -> Iterator[None]:
    """Read the files of `in_turn` ahead on the workers of `scheduler`, which also derive figures; without a
    scheduler in a local thread.
    """
    with _reader(scheduler, store, read) as reader:
        token = _ahead.set(reader)
        try:
            yield
        finally:
            _ahead.reset(token)


@contextmanager
def _reader(scheduler: str | None, store: StoreAddress, read: Read) -> Iterator[Ahead | NextOne]:
    if scheduler is None:
        thread = ThreadPoolExecutor(1, "tidewaiter-ahead", step.declare_otherwise, (step.declared_otherwise(),))
        try:
            yield NextOne(thread, store, read)
        finally:
            thread.shutdown(cancel_futures=True)
    else:
        with step.workers_of(scheduler) as cluster:
            yield Ahead(cluster, store, read)


def in_turn(files: Sequence[Path]) -> Iterator[Path]:
    """Yield each file at its turn; the next ones are read meanwhile."""
    ahead = _ahead.get()
    return iter(files) if ahead is None else ahead.in_turn(files)


def taken(landed: Landed, today: date) -> Normalised | None:
    """Return the statements of a file that was read ahead; None if it was not. Raises what reading it raised."""
    ahead = _ahead.get()
    return None if ahead is None else ahead.take(landed, today)


class NextOne:
    """The next file, read by a thread: Polars releases the interpreter.

    Only one, because each file is as large in memory as the current one; nothing of it is in the store before its turn.
    """

    def __init__(self, thread: ThreadPoolExecutor, store: StoreAddress, read: Read) -> None:
        self.thread, self.store, self.read = thread, store, read
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
        made: Normalised = step.adopt(unpacked(found.done))
        return made

    def _read(self, file: Path) -> Understood | None:
        today = clock.today()
        kept = step.keep_in_mind(file, self.store, today)
        if kept is None:
            return None
        landed, raw = kept
        try:
            done = read_there(self.read, landed, today, raw)
        except OSError as problem:
            # There is no room for a copy: the file is read from its own place in its turn.
            log.info("%s is not read ahead: %s", file, problem)
            return None
        return None if done is None else Understood(landed, today, packed(done))


class Understood(NamedTuple):
    """A file that was read: the file as landed, the day, and the packed result, because memory is needed for the
    figures of another month until its turn.
    """

    landed: Landed
    today: date
    done: bytes


class Begun(NamedTuple):
    """A file that is being read: the inputs of the workers, and the pending result."""

    landed: Landed
    today: date
    piece: Piece


class Ahead:
    """The files that are read before their turn: enough to keep the workers busy, and no more."""

    def __init__(self, cluster: Cluster, store: StoreAddress, read: Read) -> None:
        self.cluster, self.store, self.read = cluster, store, read
        self.sends_bytes = False
        self._begun: dict[Path, Begun | None] = {}

    def in_turn(self, files: Sequence[Path]) -> Iterator[Path]:
        """Yield each file at its turn, after starting to read those after it."""
        for place, file in enumerate(files):
            near = files[place : place + self.cluster.window]
            self._begun = {
                name: self._begun[name] if name in self._begun else self._begin(name)
                for name in near
                if name in self._begun or not self.cluster.is_lost
            }
            yield file

    def take(self, landed: Landed, today: date) -> Normalised | None:
        """Return the statements of a file as soon as it is read; None if reading was not started, or the file has
        changed since.
        """
        begun = self._begun.get(landed.file)
        if begun is None or (begun.landed, begun.today) != (landed, today):
            return None
        done = self.cluster.result(begun.piece)
        if done is None:
            if not self.sends_bytes:
                log.info("workers of %s do not see %s: the bytes of each file travel", self.cluster.address, self.store)
            self.sends_bytes = True
            done = self.cluster.result(self._give(landed, today))
        made: Normalised = step.adopt(done)
        return made

    def _begin(self, file: Path) -> Begun | None:
        today = clock.today()
        landed = step.land_ahead(file, self.store, today)
        return None if landed is None else Begun(landed, today, self._give(landed, today))

    def _give(self, landed: Landed, today: date) -> Piece:
        raw = landed.raw.read_bytes() if self.sends_bytes else None
        there = landed.model_copy(update={"raw": landed.raw.resolve()})
        return self.cluster.begin(read_there, self.read, there, today, raw, name=f"read {landed.file.name}")


def read_there(read: Read, landed: Landed, today: date, raw: bytes | None) -> Done | None:
    """Read a file on a worker and return its statements with the records of the steps; None if neither its bytes
    arrived nor the store is reachable.

    Raw bytes are stored under their hash, so a file with that name has the right bytes.
    """
    if raw is None:
        return set_down(lambda: read(landed, today)) if landed.raw.is_file() else None
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / landed.raw_sha256
        copy.write_bytes(raw)
        return set_down(lambda: read(landed.model_copy(update={"raw": copy}), today))
