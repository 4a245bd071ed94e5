"""Opens the record of a run, and the store of a release within it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path

from schemas.forms.request import Declared
from schemas.reference.code_tables import require_valid_tables
from tasks.lineage.emit import emit
from tasks.lineage.records import Run, recording
from tasks.steps.step import flow_run_id
from tasks.store.bucket.working_copy import at_hand
from tasks.store.files.snapshot import open_snapshot
from tasks.store.files.temporary import sweep_beside, temporary_copy
from tasks.store.places.reporters import store_of
from tasks.store.places.verify_on_read import refuse_another_version


@contextmanager
def recorded(*, dry_run: bool = False, entered: Sequence[Run] = ()) -> Iterator[Run]:
    """Record the steps inside; at the end the records become OpenLineage events under `lineage` of the store of the
    run.

    A run that changed nothing leaves no file. A run that failed leaves one, named by the bytes of its input and the
    step that failed. A dry run leaves none, because it publishes nothing. The publication of a batch leaves the
    records of the releases that `entered` it too. Raises BrokenTable where a row of a code table breaks its model.
    """
    require_valid_tables()
    run = Run(flow_run_id=flow_run_id())
    with recording(run):
        try:
            yield run
        finally:
            # Before a file has landed there is nothing to name the events by.
            if run.store is not None and not dry_run:
                sweep_beside(run.store)
                emit(run, run.store, *(entered if run.outcome is not None else ()))


@contextmanager
def opened(declared: Declared, run: Run, *, dry_run: bool) -> Iterator[Path]:
    """Open the store that `run` records, or for a dry run a copy of it."""
    folder = at_hand(store_of(declared.store, declared.reporter))
    # Nothing is written into such a store, not even that the run has failed.
    refuse_another_version(open_snapshot(folder))
    run.store = folder
    with temporary_copy(run.store) if dry_run else nullcontext(run.store) as store:
        yield store
