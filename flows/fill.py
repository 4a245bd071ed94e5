"""Defines the flow that fills the stores of several reporters at once, from one folder of old downloads.

Each store is filled by a flow run of its own, which a worker of the work pool `stores` takes, on this machine or on another
one. The runs share the folder of downloads and nothing else. A run that dies costs its store time alone: it is started again,
or the whole is, and goes on where it was, to the same snapshots.
"""

from pathlib import Path

from prefect import flow

from flows import announce, store_runs
from flows.progress import progress
from schemas.forms.fill import FillReport, FillRequest
from tasks.steps import catalog as step


@flow(name="fill", flow_run_name="fill {request.title}")
def fill(request: FillRequest) -> FillReport:
    """Fill the store of each reporter that has files in a folder, several at once.

    Args:
        request: which folder, into which stores, who helps, how often a run is started again after a crash
    """
    # The runs may have another current folder.
    store = request.store.absolute() if isinstance(request.store, Path) else request.store
    request = request.model_copy(update={"folder": request.folder.absolute(), "store": store})
    with step.otherwise(request.declaration):
        reporters, refused = step.reporters_in(request.folder, request.store)
    if request.reporter is not None:
        reporters = [reporter for reporter in reporters if reporter == request.reporter]
    with progress(f"Stores filled from {request.folder}") as show:
        stores = store_runs.filled(request, reporters, show)
    return announce.filled(FillReport(folder=request.folder, stores=stores, refused=refused))
