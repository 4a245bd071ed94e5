"""Defines the flow that writes what a monitor watches: of each reporter and source what is in, due, overdue, held and
failing, as a file that Prometheus' node exporter reads.
"""

from datetime import UTC, datetime
from pathlib import Path

from prefect import flow

from schemas.forms.form import StoreAddress
from tasks.answers.inventory.status import is_late, prometheus
from tasks.answers.inventory.status import status as status_of
from tasks.domain.clock import today
from tasks.store.snapshots.outside import write_outside


@flow(name="status", flow_run_name="status of {store}")
def status(
    store: StoreAddress = Path("store"),
    inboxes: tuple[Path, ...] = (Path("inbox"),),
    output: Path = Path("status.prom"),
) -> str:
    """Write the state of every reporter and source to a file, at once.

    Args:
        store: the published tables: a folder, or s3://bucket/prefix
        inboxes: folders into which fetches write
        output: the file; its folder is the one that the node exporter reads
    """
    rows = status_of(store, inboxes, today())
    write_outside(output, prometheus(rows, datetime.now(UTC)).encode())
    return f"{rows.height} written to {output}, {'something is overdue or fails' if is_late(rows) else 'all in time'}"
