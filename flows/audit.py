"""Defines the flow that audits the store, on a schedule or on request.

A flow of one step: it fails and names the files if any check of the audit fails.
"""

from pathlib import Path

from prefect import flow

from schemas.forms.form import StoreAddress
from schemas.forms.outcome import AuditReport
from tasks.domain.errors import NothingPublished
from tasks.steps import catalog as step
from tasks.store.bucket.working_copy import at_hand
from tasks.store.places.reporters import stores_of


@flow(name="audit", flow_run_name="audit of {store}")
def audit(store: StoreAddress = Path("store"), sample: int = 25) -> AuditReport:
    """Hash every published and every raw file of each reporter's store again and trace a sample of figures back to the
    raw records; and hash the tables that are made of these stores, and say where they rest on older figures.

    Args:
        store: the published tables: a folder, or s3://bucket/prefix
        sample: figures of each reporter to trace back and compute again
    """
    addresses = [*stores_of(store).values()] or [store]
    reports, empty = [], None
    for address in addresses:
        try:
            reports.append(step.audit(at_hand(address), sample))
        except NothingPublished as nothing:
            # A reporter whose first release is held has a store and no tables.
            empty = nothing
    if empty is not None and not reports:
        raise empty
    of_stores = [problem for report in reports for problem in report.problems]
    together = AuditReport(
        store=", ".join(report.store for report in reports),
        # What rests on damaged figures is looked at when these are whole.
        problems=of_stores or [problem for address in addresses for problem in step.audit_tables(address).problems],
        traced=sum(report.traced for report in reports),
    )
    return step.require_sound(together)
