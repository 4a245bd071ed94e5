"""Runs pure work on the workers of a Dask scheduler; work that they do not finish is done here.

Belongs here: connecting, what a worker must have in common with us, and what becomes of lost work. Does not belong
here: what the work is. The only module that knows Dask; it is imported only if a scheduler was named.

The scheduler repeats work that failed or whose worker died, and gives work to others once a worker has been silent for
its `worker-ttl`. If several workers die over one piece, no worker is left, or the scheduler is gone, the work is done
in this process.
"""

import asyncio
import contextlib
import contextvars
import logging
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import distributed
from distributed.client import ClosedClientError
from distributed.comm.core import connect

from tasks.derive.executor import (
    END_SECONDS,
    LOOK_EVERY_SECONDS,
    Engine,
    WorkerVersionMismatch,
    fingerprint,
    with_same_code,
)
from tasks.domain.errors import Refused
from tasks.domain.text import clip
from tasks.store.files import exchange

CONNECT_SECONDS = 10
PATIENCE_SECONDS = 60
RETRIES = 2
START = "dask scheduler, then dask worker ADDRESS for each process"
GONE = (OSError, RuntimeError, ClosedClientError)  # the connection is closed
log = logging.getLogger("tidewaiter.cluster")


class Cluster(Engine):
    """The workers of one scheduler. In a Prefect flow each piece is a task run named by its `title`."""

    def __init__(self, address: str, client: Any) -> None:
        super().__init__(address)
        self.client = client

    def pieces_at_once(self, rows: int) -> int:
        """As of every engine: a piece for each thread of a worker."""
        try:
            return 1 if self.is_lost else max(1, sum(self.client.ncores().values()))
        except GONE:
            return 1

    def submit(self, work: Callable[[Any], Any], thing: Any) -> Any:
        """Give a piece to the scheduler."""
        if self.is_lost:
            return None
        try:
            return _outside_task(
                lambda: self.client.submit(_task_of(thing), fingerprint(), work, thing, pure=False, retries=RETRIES)
            )
        except GONE:
            self.lose("the scheduler is gone")
            return None

    def result(self, work: Callable[[Any], Any], thing: Any, future: Any) -> Any:
        """As of every engine."""
        seen = time.monotonic()
        while future is not None and not self.is_lost:
            try:
                return future.result(timeout=LOOK_EVERY_SECONDS)
            except WorkerVersionMismatch as error:
                self.lose(str(error))
            except distributed.KilledWorker:
                log.warning("%s: several workers died over one piece; it is done here.", self.name)
                break
            except Exception:
                # The work failed, or its result is not there yet, or the worker that had it died.
                if future.status == "error":
                    raise future.exception() from None
                if future.status == "cancelled" or self.client.status == "closed":
                    self.lose("the scheduler is gone")
                elif self._has_workers():
                    seen = time.monotonic()
                elif time.monotonic() - seen > PATIENCE_SECONDS:
                    self.lose(f"no worker for {PATIENCE_SECONDS} s")
        return work(thing)

    def _has_workers(self) -> bool:
        try:
            return bool(self.client.sync(self.client.scheduler.ncores, callback_timeout=CONNECT_SECONDS))
        except (*GONE, AttributeError):  # it does not answer in time, or the client has no scheduler any more
            return False

    def end(self, futures: list[Any]) -> None:
        """As of every engine."""
        if self.is_lost or not futures:
            return
        with contextlib.suppress(*GONE):
            begun = {key for keys in self.client.processing().values() for key in keys}
            self.client.cancel([future for future in futures if future.key not in begun])
            running = [future for future in futures if future.key in begun]
            distributed.wait(running, timeout=END_SECONDS)  # type: ignore[no-untyped-call]


@contextlib.contextmanager
def lent_by(address: str, place: Path) -> Iterator[Cluster]:
    """Open the workers of the scheduler at `address`. Raises Refused if there is no scheduler, no worker, or a
    worker with other code, code tables or libraries, or one that cannot read and write in `place`.
    """
    from prefect_dask.client import PrefectDaskClient

    try:
        # A client whose peer speaks another protocol cannot be closed, so the peer is asked before a client is made.
        asyncio.run(_connect_once(address))
        settings: dict[str, Any] = {"timeout": CONNECT_SECONDS, "set_as_default": False}
        client = PrefectDaskClient(address, **settings)  # type: ignore[no-untyped-call]
    except Exception as error:
        raise _is_absent("scheduler", address, error) from error
    with client:
        try:
            client.wait_for_workers(1, timeout=PATIENCE_SECONDS)
        except OSError as error:
            raise _is_absent("worker", address, error) from error
        _refuse_unfit(client, place)
        yield Cluster(address, client)


async def _connect_once(address: str) -> None:
    secured = distributed.Security().get_connection_args("client")  # type: ignore[no-untyped-call]
    answered = await connect(address, timeout=CONNECT_SECONDS, **secured)  # type: ignore[no-untyped-call]
    await answered.close()


def _refuse_unfit(client: Any, place: Path) -> None:
    """Ask every worker which Tidewaiter it has and whether it sees the store."""
    name, until = exchange.put(place, b"seen by every worker"), time.monotonic() + PATIENCE_SECONDS
    probes = {worker: client.submit(_probe, place, name, workers=[worker], pure=False) for worker in client.ncores()}
    for worker, future in probes.items():
        try:
            theirs, problem = future.result(timeout=max(0.1, until - time.monotonic()))
        except Exception as error:
            if future.status == "error":  # it cannot import what it is asked for
                raise _is_another(worker, str(error)) from error
            raise Refused(
                "a Dask worker that is silent",
                where=worker,
                found=f"it does not answer within {PATIENCE_SECONDS} s",
                advice=(
                    "See whether it hangs (its log, or the dashboard of the scheduler), end it, and start this again."
                ),
            ) from error
        if theirs != fingerprint():
            raise _is_another(worker)
        if problem:
            raise Refused(
                "a Dask worker that does not see the store",
                where=worker,
                found=problem,
                advice=(
                    "Mount the folder of the store (of a bucket: that of TIDEWAITER_CACHE) there under the same path,"
                    " writable."
                ),
            )


def _probe(place: Path, name: str) -> tuple[str, str]:
    """On a worker: return its fingerprint, and what is wrong with reading and writing parts there."""
    try:
        exchange.put(place, exchange.get(place, name))
    except Exception as problem:
        return fingerprint(), clip(f"{type(problem).__name__}: {problem}", 200)
    return fingerprint(), ""


def _is_absent(what: str, address: str, error: Exception) -> Refused:
    return Refused(
        f"no Dask {what}",
        where=address,
        found=f"no {what} answers there ({clip(str(error), 200)})",
        advice=f"Start it ({START}), correct the address, or leave out --dask.",
    )


def _is_another(where: str, difference: str = "its code, code tables or libraries differ from those here") -> Refused:
    return Refused(
        "another Tidewaiter",
        where=where,
        found=f"a worker that would make other results: {difference}",
        advice="Install the same version of Tidewaiter there, with the same lock file, and start the worker again.",
    )


def _task_of(thing: Any) -> Any:
    """Return `with_same_code`, inside a Prefect flow as a task named by the title of `thing`."""
    from prefect import task
    from prefect.cache_policies import NO_CACHE
    from prefect.context import FlowRunContext

    title = getattr(thing, "title", None)
    if FlowRunContext.get() is None or title is None:
        return with_same_code
    # A text would be a template, and a title has names of files, which may hold braces.
    options: dict[str, Any] = {"task_run_name": lambda: title, "cache_policy": NO_CACHE, "persist_result": False}
    return task(name=title.partition(" ")[0], **options)(with_same_code)


def _outside_task(submit: Callable[[], Any]) -> Any:
    """Submit from the flow and not from the task at hand, whose context has its inputs: frames, which would go with
    each piece."""
    from prefect.context import FlowRunContext, SettingsContext

    def submitted() -> Any:
        with contextlib.ExitStack() as stack:
            for context in contexts:
                stack.enter_context(context.model_copy())
            return submit()

    contexts = [context for kind in (SettingsContext, FlowRunContext) if (context := kind.get()) is not None]
    return contextvars.Context().run(submitted)
