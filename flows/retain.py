"""Defines the flow that removes old published states, on a schedule or on request.

A store whose states are kept for ever grows with each release by what changed; what was known on a day is in the ledger
of the current state, so nothing of it is lost.
"""

import logging
from pathlib import Path
from typing import Annotated

from prefect import flow
from pydantic import Field

from schemas.forms.form import StoreAddress
from tasks.analysis.after.after_release import update_forms
from tasks.domain import clock
from tasks.steps import catalog as step
from tasks.store.bucket.working_copy import at_hand
from tasks.store.files.snapshot import open_snapshot
from tasks.store.places.reporters import stores_of
from tasks.store.places.verify_on_read import refuse_another_version
from tasks.store.snapshots.retention import Retired

log = logging.getLogger("tidewaiter.retain")


@flow(name="retain", flow_run_name="retain {months} months of {store}")
def retain(store: StoreAddress = Path("store"), months: Annotated[int, Field(ge=24, le=1200)] = 24) -> Retired:
    """Remove the published states of each reporter that are older; the current one and all it needs always stay.

    Args:
        store: the published tables: a folder, or s3://bucket/prefix
        months: states that were published within so many months are kept
    """
    today, gone = clock.today(), list[Retired]()
    folders = [at_hand(one) for one in stores_of(store).values()]
    for folder in folders:
        refuse_another_version(open_snapshot(folder))
    for folder in folders:
        gone.append(step.retain(folder, today=today, months=months))
        for problem in update_forms(folder):
            log.warning("%s", problem)
    snapshots = tuple(name for retired in gone for name in retired.snapshots)
    return Retired(snapshots, sum(retired.objects for retired in gone))
