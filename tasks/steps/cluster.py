"""Runs pure work on the workers of a Dask scheduler, collects the results, and repeats lost work.

Belongs here: connecting, what a worker must have in common with us, how much is under way at once, and recovery when a
worker or the scheduler dies. Does not belong here: what the work is. The only module that knows Dask; it is imported
only if a scheduler was named.

A worker that dies costs time: the scheduler gives its work to another. If the scheduler gives up, no worker is left, or
the scheduler is gone, the work is done in this process. Work that fails is never retried: it would fail again.
"""

import asyncio
import contextvars
import functools
import hashlib
import json
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import distributed
from distributed.client import ClosedClientError
from distributed.comm.core import connect

from schemas import code_files
from tasks.domain.errors import Refused
from tasks.domain.hashing import versions
from tasks.domain.text import clip
from tasks.store.exchange import PartStore

CONNECT_SECONDS = 10
PATIENCE_SECONDS = 60
SILENCE_SECONDS = 60
LOOK_EVERY_SECONDS = 2
BREATH_SECONDS = 0.1
# How long the end of a run that failed waits for what its workers still do.
END_SECONDS = 30
A_THREAD = 2  # pieces under way for each thread of the workers: one that is done and one that is next
OURS = ("flows", "tasks", "schemas")
CODE = (".py", ".csv")
DIFFERS = "its code, code tables or libraries differ from those here"
TTL = "distributed.scheduler.worker-ttl"
START = "dask scheduler, then dask worker ADDRESS for each process"
GONE = (OSError, RuntimeError, ClosedClientError)  # closed meanwhile
log = logging.getLogger("tidewaiter.cluster")


class StrangeWorker(RuntimeError):
    """A worker that joined later has other code, code tables or libraries."""


@dataclass(eq=False)
class Piece:
    """Submitted work, small as what it returns: rows lie in a place. `future` is None if it will be done here."""

    work: Callable[..., Any]
    given: tuple[Any, ...]
    name: str
    future: Any = None


class Cluster:
    """The workers of one scheduler."""

    def __init__(self, address: str, client: Any) -> None:
        self.address, self.client, self.is_lost = address, client, False
        self._silent: set[str] = set()
        self._under_way: set[Piece] = set()

    @property
    def window(self) -> int:
        """How many pieces may be under way, which bounds the memory."""
        return A_THREAD * max(1, sum(self._threads().values()))

    def begin(self, work: Callable[..., Any], *given: Any, name: str | None = None) -> Piece:
        """Submit work. With a `name`, inside a Prefect run, it is a task run of that name."""
        piece = Piece(work, given, name or "a portion of the figures")
        if not self.is_lost:
            try:
                piece.future = contextvars.copy_context().run(self._submit, work, given, name)
            except GONE:
                self._lose("the scheduler is gone")
        self._under_way.add(piece)
        return piece

    def _submit(self, work: Callable[..., Any], given: tuple[Any, ...], name: str | None) -> Any:
        does = _do if name is None else _as_task(name, "derive")
        return self.client.submit(does, fingerprint(), work, given, pure=False)

    def result(self, piece: Piece) -> Any:
        """Return the result of a piece; computed here if no worker is left. Raises at once what the work raised."""
        try:
            return self._result(piece)
        finally:
            self._under_way.discard(piece)

    def end(self) -> None:
        """Cancel the pieces that nobody waits for any more, and wait for those that a worker is doing: their parts would
        come after those of the run were deleted.
        """
        futures = {piece.future.key: piece.future for piece in self._under_way if piece.future is not None}
        if self.is_lost or not futures:
            return
        try:
            self.client.cancel([*futures.values()])
            until = time.monotonic() + END_SECONDS
            while any(self._asked(self.client._run, function=_does, keys={*futures}).values()):
                if time.monotonic() > until:
                    log.warning("%s: a worker still does a piece of a run that has ended.", self.address)
                    return
                time.sleep(BREATH_SECONDS)
        except (OSError, RuntimeError):  # it does not answer in time, or the connection is closed
            return

    def _result(self, piece: Piece) -> Any:
        began = seen = reported = time.monotonic()
        while piece.future is not None and not self.is_lost:
            try:
                return piece.future.result(timeout=LOOK_EVERY_SECONDS)
            except StrangeWorker as error:
                self._lose(str(error))
                break
            except distributed.KilledWorker:
                log.warning("%s: several workers died over one piece; it is done here.", self.address)
                break
            except Exception:
                # Either the work failed, or its result did not arrive in time, or the worker that had it died.
                if piece.future.status == "error":
                    raise piece.future.exception() from None
            # Results on a dead worker are lost and computed again; everything is cancelled if the scheduler does not
            # answer.
            if piece.future.status == "cancelled" or self.client.status == "closed":
                self._lose("the scheduler is gone")
                break
            time.sleep(BREATH_SECONDS)
            now = time.monotonic()
            if self._threads():
                seen = now
            elif now - seen > PATIENCE_SECONDS:
                self._lose(f"no worker for {PATIENCE_SECONDS} s")
            if now - reported > SILENCE_SECONDS and not self.is_lost:
                reported = now
                hangs = self._hanging(piece)
                log.warning(
                    "%s: still waiting for %s after %.0f s: %s",
                    self.address, piece.name, now - began, hangs or "its worker answers, or it has none yet.",
                )  # fmt: skip
                if hangs and not self._give_to_another(piece):
                    break
        return piece.work(*piece.given)

    def each(self, work: Callable[[Any], Any], things: Iterable[Any]) -> Iterator[Any]:
        """Apply `work` to every thing, in order, some at a time, before other submitted work. A piece has the `title` of
        its thing, if that has one.
        """
        begun: deque[Piece] = deque()
        window = self.window
        for thing in things:
            if len(begun) >= window:
                yield self.result(begun.popleft())
            begun.append(self.begin(work, thing, name=getattr(thing, "title", None)))
        while begun:
            yield self.result(begun.popleft())

    def _threads(self) -> dict[str, int]:
        """Return the threads of each worker; empty if the scheduler does not answer."""
        # A client that gave up has no scheduler any more.
        if self.is_lost or self.client.scheduler is None:
            return {}
        try:
            found: dict[str, int] = self.client.sync(self.client.scheduler.ncores, callback_timeout=CONNECT_SECONDS)
        except (OSError, RuntimeError):  # it does not answer in time, or the connection is closed
            return {}
        return found

    def _hanging(self, piece: Piece) -> str:
        """Say which worker has a piece and does not answer; empty if it answers."""
        try:
            at_work = self._asked(self.client.scheduler.processing, workers=None)
            known = self._asked(self.client.scheduler.identity, n_workers=-1)["workers"]
        except (OSError, RuntimeError):
            return ""
        # By the scheduler's clock, which may differ from ours.
        silent = {name: time.time() - worker["last_seen"] for name, worker in known.items()}
        self._silent = {name for name, seconds in silent.items() if seconds > SILENCE_SECONDS / 2}
        worker = next((name for name, keys in at_work.items() if piece.future.key in keys), None)
        if worker not in self._silent:
            return ""
        return (
            f"the worker {worker} has sent nothing for {silent[worker]:.0f} s. Its pieces are done elsewhere; end that process if "
            "it hangs."
        )

    def _give_to_another(self, piece: Piece) -> bool:
        """Submit a piece again, to the workers that answer; whether there is one. A piece that two workers do has one
        result: parts are named by their bytes.
        """
        others = [name for name in self._threads() if name not in self._silent]
        if others:
            piece.future = self.client.submit(
                _do, fingerprint(), piece.work, piece.given, pure=False, priority=1, workers=others
            )
        return bool(others)

    def _asked(self, what: Any, **given: Any) -> Any:
        return self.client.sync(what, **given, callback_timeout=CONNECT_SECONDS)

    def _lose(self, why: str) -> None:
        self.is_lost = True
        log.warning("%s: %s; this process does the rest. What is published does not differ.", self.address, why)


@contextmanager
def lent_by(address: str, place: PartStore) -> Iterator[Cluster]:
    """Open the workers of the scheduler at `address`. Raises Refused if there is no scheduler, no worker, or a
    worker with other code, code tables or libraries, or one that cannot read and write in `place`.
    """
    from prefect_dask.task_runners import DaskTaskRunner

    # Probe before a client is made: a client whose peer speaks another protocol cannot be closed, and complains when
    # the program ends. Such a peer may cause any error: the first bytes of a web server are taken for a length that
    # exceeds all memory.
    try:
        asyncio.run(_knock(address))
    except Exception as error:
        raise _is_absent("scheduler", address, error) from error
    with DaskTaskRunner(address=address, client_kwargs={"timeout": CONNECT_SECONDS}) as runner:
        try:
            client = runner.client
            client.wait_for_workers(1, timeout=PATIENCE_SECONDS)
        except (OSError, ValueError) as error:
            raise _is_absent("scheduler" if runner._client is None else "worker", address, error) from error
        _refuse_others(address, client)
        _refuse_blind(client, place)
        cluster = Cluster(address, client)
        try:
            yield cluster
        finally:
            cluster.end()


def fingerprint() -> str:
    """Hash our code, our code tables and the libraries that shape a result: a worker must have the same."""
    return _fingerprint()


@functools.cache
def _fingerprint() -> str:
    digest = hashlib.sha256(json.dumps(versions(), sort_keys=True).encode())
    home = Path(__file__).parents[2]
    for file in sorted(path for name in OURS for path in (home / name).rglob("*") if path.suffix in CODE):
        digest.update(f"{file.relative_to(home).as_posix()}\n".encode() + file.read_bytes())
    for name, file in code_files.table_files().items():
        digest.update(f"{name}\n".encode() + file.read_bytes())
    return digest.hexdigest()


async def _knock(address: str) -> None:
    """Raises if nothing answers at `address`, or something other than Dask."""
    secured = distributed.Security().get_connection_args("client")  # type: ignore[no-untyped-call]
    answered = await connect(address, timeout=CONNECT_SECONDS, **secured)  # type: ignore[no-untyped-call]
    await answered.close()


def _refuse_others(address: str, client: Any) -> None:
    try:
        found: dict[str, str] = client.sync(client._run, fingerprint, callback_timeout=PATIENCE_SECONDS)
    except TimeoutError as error:
        raise Refused(
            "a Dask worker that is silent", where=address,
            found=f"not every worker there says within {PATIENCE_SECONDS} s which Tidewaiter it has",
            advice="See which of them hangs (its log, or the dashboard of the scheduler), end it, and start this again.",
        ) from error  # fmt: skip
    except ImportError as error:
        raise _is_another(address, str(error)) from error
    for worker, theirs in found.items():
        if theirs != fingerprint():
            raise _is_another(worker, DIFFERS)


def _refuse_blind(client: Any, place: PartStore) -> None:
    name = place.put(b"seen by every worker")
    for worker, problem in client.sync(client._run, _sees, place, name, callback_timeout=PATIENCE_SECONDS).items():
        if problem:
            raise Refused(
                "a Dask worker that does not see the store", where=worker, found=problem,
                advice="Mount the folder of the store there under the same path, writable, or keep the store in a bucket (s3://...).",
            )  # fmt: skip


def _sees(place: PartStore, name: str) -> str:
    """Read what the driving process wrote and write a part; return what is wrong."""
    try:
        place.put(place.get(name))
    except Exception as problem:
        return clip(f"{type(problem).__name__}: {problem}", 200)
    return ""


def _is_absent(what: str, address: str, error: Exception) -> Refused:
    return Refused(
        f"no Dask {what}", where=address, found=f"no {what} answers there ({clip(str(error), 200)})",
        advice=f"Start it ({START}), correct the address, or leave out --dask.",
    )  # fmt: skip


def _is_another(where: str, found: str) -> Refused:
    return Refused(
        "another Tidewaiter", where=where, found=f"a worker that would make other results: {found}",
        advice="Install the same version of Tidewaiter there, with the same lock file, and start the worker again.",
    )  # fmt: skip


def _do(expected: str, work: Callable[..., Any], given: tuple[Any, ...]) -> Any:
    """Run work on the worker. A worker that joined later was not checked before."""
    if fingerprint() != expected:
        raise StrangeWorker(str(_is_another(distributed.get_worker().address, DIFFERS)))
    return work(*given)


def _does(keys: set[str], dask_worker: Any = None) -> bool:
    """Whether a worker is doing one of some pieces."""
    return any(task.key in keys for task in dask_worker.state.executing)


def _as_task(name: str, kind: str) -> Any:
    """Return `_do` as a Prefect task of the current flow run; without one unchanged. Call it in a context of its own.

    A piece may be submitted from inside a task, whose context has the inputs of that task: frames, which must not pass
    through the scheduler.
    """
    from prefect import task
    from prefect.cache_policies import NO_CACHE
    from prefect.context import FlowRunContext, TaskRunContext

    if FlowRunContext.get() is None:
        return _do
    TaskRunContext.__var__.set(None)  # type: ignore[arg-type]
    return task(name=kind, task_run_name=name, cache_policy=NO_CACHE, persist_result=False)(_do)
