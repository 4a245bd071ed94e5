"""Reads files before their turn: the next one in a thread, or several on the workers of a Dask scheduler.

Parsing a file depends on no other file, so bytes become statements ahead of time and elsewhere. Publication depends on
what is published by then: it runs one file after another, oldest first, where the store is. The records of steps that
ran elsewhere come back with their results, so the lineage is the same wherever they ran.
"""

from __future__ import annotations

import logging
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

if TYPE_CHECKING:  # Dask is imported only if a scheduler was named
    from tasks.steps.cluster import Cluster, Piece
    from tasks.store.exchange import PartStore

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
        with step.exchanging_here() as place:
            try:
                yield NextOne(thread, store, read, place)
            finally:
                thread.shutdown(cancel_futures=True)
    else:
        with step.exchanging(store) as place, step.workers_of(scheduler, place) as cluster:
            yield Ahead(cluster, store, read, place)


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

    def __init__(self, thread: ThreadPoolExecutor, store: StoreAddress, read: Read, place: PartStore) -> None:
        self.thread, self.store, self.read, self.place = thread, store, read, place
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
        return _taken(found.done, self.place)

    def _read(self, file: Path) -> Understood | None:
        today = clock.today()
        kept = step.keep_in_mind(file, self.store, today)
        if kept is None:
            return None
        landed, raw = kept
        try:
            self.place.put(raw)
            done = read_there(self.read, landed, today, self.place, self.place)
        except OSError as problem:
            # There is no room for a copy: the file is read from its own place in its turn.
            log.info("%s is not read ahead: %s", file, problem)
            return None
        return Understood(landed, today, done)


class Understood(NamedTuple):
    """A file that was read: the file as landed, the day, and the result, whose rows lie in the place until their turn,
    because memory is needed for the figures of another month.
    """

    landed: Landed
    today: date
    done: Done


class Begun(NamedTuple):
    """A file that is being read: the inputs of the workers, and the pending result."""

    landed: Landed
    today: date
    piece: Piece


class Ahead:
    """The files that are read before their turn: enough to keep the workers busy, and no more."""

    def __init__(self, cluster: Cluster, store: StoreAddress, read: Read, place: PartStore) -> None:
        self.cluster, self.store, self.read, self.place = cluster, store, read, place
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
        return _taken(self.cluster.result(begun.piece), self.place)

    def _begin(self, file: Path) -> Begun | None:
        today = clock.today()
        landed = step.land_ahead(file, self.store, today)
        if landed is None:
            return None
        work = (self.read, landed, today, step.place_of_raw(landed.raw), self.place)
        return Begun(landed, today, self.cluster.begin(read_there, *work, name=f"read {landed.file.name}"))


def read_there(read: Read, landed: Landed, today: date, raws: PartStore, place: PartStore) -> Done:
    """Read a file whose bytes lie in `raws`, here or on a worker; the rows of its statements are left in `place`, and
    their names returned with the records of the steps.
    """
    there = landed.model_copy(update={"raw": raws.path(landed.raw_sha256)})
    done = set_down(lambda: read(there, today))
    if done.problem is not None:
        return done
    return done._replace(made=[step.leave_frame(place, frame) for frame in done.made])


def _taken(done: Done, place: PartStore) -> Normalised:
    if done.problem is None:
        done = done._replace(made=Normalised._make(step.read_frame(place, name) for name in done.made))
    made: Normalised = step.adopt(done)
    return made
