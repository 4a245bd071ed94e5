"""Defines the flow that ingests a folder of old downloads, oldest first, with progress.

Published, held and refused files are recognised by their bytes and their declaration (`tasks/ingest/inbox.py`), so a
backfill that was killed, or stopped by a full disk, continues where it was when it is started again, and a held file
does not block the others. With a Dask scheduler, workers derive portions of the figures.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from prefect import flow

from flows import announce
from flows.progress import progress
from flows.taking import take
from schemas.forms.address import StoreAddress
from schemas.forms.watch import BackfillRequest, WatchReport, WatchRequest
from tasks.domain import clock
from tasks.steps import catalog as step


@flow(name="backfill", flow_run_name="backfill {request.title}")
def backfill(request: BackfillRequest) -> WatchReport:
    """Ingest every new file of a folder, oldest first.

    Args:
        request: which folder, into which store, whether to look only, who helps
    """
    with step.otherwise(request.declaration), step.as_downloads(request.folder) as folder:
        looked = step.look(
            WatchRequest(
                inbox=folder,
                store=request.store,
                source=request.source,
                flow=request.flow,
                reporter=request.reporter,
                settle_seconds=0,
            ),
            clock.today(),
        )
        scheduler = request.dask if looked.ready and not request.dry_run else None
        with _helped(scheduler, request.store), progress(f"Files of {request.folder}") as show:
            # Nobody looks at the pictures of ten years; each takes as long as the figures of a few products.
            report = take(
                looked,
                request.store,
                dry_run=request.dry_run,
                show=show,
                pictures=False,
                notes=request.notes,
                together=True,
            )
    announce.pictured(request.store, report)
    return announce.watched(report)


@contextmanager
def _helped(scheduler: str | None, store: StoreAddress) -> Iterator[None]:
    """Inside, the workers of `scheduler`, if one is named, derive portions of the figures."""
    if scheduler is None:
        yield
    else:
        with step.exchanging(store) as place, step.workers_of(scheduler, place):
            yield
