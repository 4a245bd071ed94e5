"""Defines the flow that audits the store, on a schedule or on request.

A flow of one step: it fails and names the files if any check of the audit fails.
"""

from pathlib import Path

from prefect import flow

from schemas.forms.address import StoreAddress
from schemas.forms.outcome import AuditReport
from tasks.steps import catalog as step


@flow(name="audit", flow_run_name="audit of {store}")
def audit(store: StoreAddress = Path("store"), sample: int = 25) -> AuditReport:
    """Hash every published and every raw file of the store again and trace a sample of figures back to the raw records.

    Args:
        store: the published tables: a folder, or s3://bucket/prefix
        sample: figures to trace back and compute again
    """
    report = step.audit(step.at_hand(store), sample)
    return step.require_sound(report)
