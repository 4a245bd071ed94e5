"""Defines the flow that ingests a folder of old downloads, oldest first, with progress.

Published, held and refused files are recognised by their bytes and their declaration (`tasks/inbox/inbox.py`), so a
backfill that was killed, or stopped by a full disk, continues where it was when it is started again, and a held file
does not block the others. Processes of this machine, or the workers of a Dask scheduler, derive portions of the
figures; with a work pool, each reporter has a run of its own (`flows.pool`).
"""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from prefect import flow

from flows import announce
from flows.pool import over_pool
from flows.watch import take
from schemas.forms.form import StoreAddress
from schemas.forms.pool import PoolReport
from schemas.forms.watch import BackfillRequest, WatchReport, WatchRequest
from tasks.derive.executor import fingerprint, lending
from tasks.derive.processes import local_processes
from tasks.domain import clock
from tasks.domain.errors import Refused
from tasks.inbox.in_bucket import fetched
from tasks.inbox.placing import reporter_of_file
from tasks.ingest.raw_store import as_downloads
from tasks.steps import catalog as step
from tasks.store.bucket.working_copy import at_hand, folder_of
from tasks.store.files.temporary import folder_next_to
from tasks.store.places.reporters import store_of

if TYPE_CHECKING:
    from tasks.derive.cluster import Cluster


@flow(name="backfill", flow_run_name="backfill {request.title}")
def backfill(request: BackfillRequest) -> WatchReport | PoolReport:
    """Ingest every new file of a folder, oldest first; over a work pool by a run like this for each reporter.

    Args:
        request: which folder, into which store, whether to look only, who helps
    """
    if request.pool is not None:
        return over_pool(request, backfill)
    _require_code(request)
    return _ingest(request)


def _require_code(request: BackfillRequest) -> None:
    """Raises Refused where the run is for other code than this machine has: its store would differ from the others."""
    if request.code is not None and request.code != (here := fingerprint()):
        raise Refused(
            "other code",
            where=socket.gethostname(),
            found=f"code and libraries here are {here[:12]}, and those of who started the run {request.code[:12]}",
            advice="Install the same version of Tidewaiter, and of its dependencies, on each machine.",
        )


def _ingest(request: BackfillRequest) -> WatchReport:
    """Ingest the files in this process, and report."""
    is_needed = partial(_may_be_of, request)
    with fetched(request.folder, is_needed) as place, as_downloads(place) as folder:
        looking = WatchRequest(
            inbox=folder,
            store=request.store,
            source=request.source,
            flow=request.flow,
            reporter=request.reporter,
            settle_seconds=0,
            otherwise=request.declaration,
        )
        looked = step.inbox_state(looking, clock.today())
        scheduler = request.dask if looked.ready and not request.dry_run else None
        with _helped(scheduler, request.store), announce.shown(f"Files of {request.folder}") as show:
            report = take(
                looked,
                request.store,
                dry_run=request.dry_run,
                show=show,
                together=True,
                otherwise=request.declaration,
                tables=request.tables,
            )
    if not request.dry_run:
        # A run that was killed may have published files and not the tables that are made of them.
        done = {outcome.reporter for outcome in report.outcomes}
        for reporter in looked.reporters:
            if reporter not in done:
                step.update_tables(at_hand(store_of(request.store, reporter)), request.tables)
    announce.pictured(report)
    if request.reporter is not None and not request.dry_run:
        announce.counted_files(request.reporter, report, at_hand(store_of(request.store, request.reporter)))
    return announce.watched(report)


def _may_be_of(request: BackfillRequest, file: Path) -> bool:
    """Whether a file may have figures of the reporter that is asked for, by what is declared about it."""
    if request.reporter is None:
        return True
    return reporter_of_file(file, request.store, request.declaration) in (request.reporter, None)


@contextmanager
def _helped(scheduler: str | None, store: StoreAddress) -> Iterator[None]:
    """Inside, the workers of `scheduler`, or processes of this machine where none is named, derive portions of the
    figures."""
    if scheduler is None:
        with local_processes():
            yield
    else:
        folder = folder_of(store)
        if not isinstance(store, Path):
            # Workers see the folder of working copies, which need not be there yet.
            folder.parent.mkdir(parents=True, exist_ok=True)
        with folder_next_to(folder) as place, workers_of(scheduler, place):
            yield


@contextmanager
def workers_of(scheduler: str, place: Path) -> "Iterator[Cluster]":
    """Lend portions to the workers of a Dask scheduler, which exchange parts in `place`. Raises Refused if there are
    none."""
    try:
        from tasks.derive.cluster import lent_by
    except ModuleNotFoundError as error:
        raise Refused(
            "no Dask",
            where=scheduler,
            found=f"the package {error.name} is not installed",
            advice="Install tidewaiter[dask] here and where the workers run, or leave out --dask.",
        ) from error
    with lent_by(scheduler, place) as cluster, lending(cluster):
        yield cluster
