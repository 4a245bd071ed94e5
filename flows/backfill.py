"""Defines the flow that ingests a folder of old downloads, oldest first, with progress.

Published, held and refused files are recognised by their bytes and their declaration (`tasks/inbox/inbox.py`), so a
backfill that was killed, or stopped by a full disk, continues where it was when it is started again, and a held file
does not block the others. Processes of this machine, or the workers of a Dask scheduler, derive portions of the
figures.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from prefect import flow

from flows import announce
from flows.watch import take
from schemas.forms.form import StoreAddress
from schemas.forms.watch import BackfillRequest, WatchReport, WatchRequest
from tasks.derive.executor import lending
from tasks.derive.processes import helping
from tasks.domain import clock
from tasks.domain.errors import Refused
from tasks.ingest.raw_store import as_downloads
from tasks.steps import catalog as step
from tasks.store.bucket.working_copy import at_hand, folder_of
from tasks.store.files.temporary import folder_next_to
from tasks.store.places.reporters import store_of

if TYPE_CHECKING:
    from tasks.derive.cluster import Cluster


@flow(name="backfill", flow_run_name="backfill {request.title}")
def backfill(request: BackfillRequest) -> WatchReport:
    """Ingest every new file of a folder, oldest first.

    Args:
        request: which folder, into which store, whether to look only, who helps
    """
    with as_downloads(request.folder) as folder:
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
            )
    if not request.dry_run:
        # A run that was killed may have published files and not the tables that are made of them.
        done = {outcome.reporter for outcome in report.outcomes}
        for reporter in looked.reporters:
            if reporter not in done:
                step.update_tables(at_hand(store_of(request.store, reporter)))
    announce.pictured(report)
    return announce.watched(report)


@contextmanager
def _helped(scheduler: str | None, store: StoreAddress) -> Iterator[None]:
    """Inside, the workers of `scheduler`, or processes of this machine where none is named, derive portions of the
    figures."""
    if scheduler is None:
        with helping():
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
