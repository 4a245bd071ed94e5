"""Lists every step and its policy, one per line; the flows are made of these steps.

Steps that touch the disk are retried when the disk fails; steps that judge are never retried.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from schemas.reference.code_tables import require_valid_tables
from tasks.checks import approval as holding
from tasks.checks import registry as checks
from tasks.claims import check as claims
from tasks.claims import publish as claim_table
from tasks.controls import tables
from tasks.domain.errors import Held, Refused
from tasks.ingest import calendar, corrections, inbox, placing
from tasks.ingest import declaration as locating
from tasks.ingest import normalise as normalising
from tasks.ingest import parse as parsing
from tasks.ingest import raw_store as landing
from tasks.lineage import audit as auditing
from tasks.lineage import records as lineage
from tasks.lineage.emit import emit
from tasks.reports import outcome as reporting
from tasks.reports import sources
from tasks.reports.brief import rewritten as rewriting
from tasks.reports.brief import watched as briefing
from tasks.steps import assemble, batch, derivation, open_published, publication, withdrawal
from tasks.steps.executor import lending
from tasks.steps.step import Step, flow_run_id
from tasks.store import dry_run as rehearsing
from tasks.store import exchange, mirror, reporters
from tasks.store.exchange import PartStore

if TYPE_CHECKING:
    from tasks.steps.cluster import Cluster

PATIENCE = (1.0, 5.0, 20.0)

locate = Step(locating.locate)
land = Step(landing.land, retries=3, retry_delay_seconds=PATIENCE)
parse = Step(parsing.parse)
correct = Step(corrections.correct)
normalise = Step(normalising.normalise)
open_known = Step(open_published.open_known, retries=3, retry_delay_seconds=PATIENCE)
check = Step(checks.check_release, name="check")
hold_on_errors = Step(holding.hold_on_errors, answers=(Held,))
merge = Step(assemble.merge)
widen = Step(assemble.widen_ledger, name="widen")
revise = Step(assemble.revise)
derive = Step(derivation.derive)
mark_events = Step(tables.mark_events)
trail = Step(lineage.trail)
publish = Step(publication.publish_release, name="publish")
ledger_of_batch = Step(batch.ledger_of, name="ledger_of_batch")
publish_batch = Step(batch.publish, name="publish_batch")
enter = Step(publication.enter_release, name="enter")
report = Step(reporting.report)
brief = Step(briefing.write_briefs, name="brief")
recall = Step(withdrawal.recall, retries=3, retry_delay_seconds=PATIENCE)
withdraw = Step(withdrawal.withdraw)
report_decision = Step(reporting.report_decision)
rewrite_briefs = Step(rewriting.rewrite_briefs)
look = Step(inbox.look, retries=3, retry_delay_seconds=PATIENCE)
expect = Step(calendar.expect)
source_states = Step(sources.source_states)
read_claims = Step(claims.read_claims)
check_claims = Step(claims.check_claims)
publish_claims = Step(claim_table.publish_claims)
audit = Step(auditing.audit)
require_sound = Step(auditing.require_sound)

at_hand = mirror.at_hand
exchanging = exchange.next_to
store_of = reporters.store_of
stores_of = reporters.stores_of
otherwise = locating.otherwise
as_downloads = landing.as_downloads
again_if_outpaced = mirror.again_if_outpaced
exclusive = mirror.exclusive
placed = placing.placed
reporter_of = placing.reporter_of
store_of_published = placing.store_of_published
store_of_held = placing.store_of_held
opened_batch = batch.opened
current_batch = batch.current_batch
rehearsal = rehearsing.rehearsal


@contextmanager
def on_record(store: Path, *, rehearsed: bool = False, of: batch.Batch | None = None) -> Iterator[lineage.Run]:
    """Record the steps inside; at the end the records become OpenLineage events under `store/lineage`.

    A run that changed nothing leaves no file. A run that failed leaves one, named by the bytes of its input and the
    step that failed. A rehearsal leaves none, because it publishes nothing. The publication of a batch leaves the
    records of its releases too. Raises BrokenTable where a row of a code table breaks its model.
    """
    require_valid_tables()
    run = lineage.Run(flow_run_id=flow_run_id())
    with lineage.recording(run):
        try:
            yield run
        finally:
            if not rehearsed:
                emit(run, store, *(of.entered if of is not None and run.outcome is not None else ()))


@contextmanager
def workers_of(scheduler: str, place: PartStore) -> Iterator[Cluster]:
    """Open the workers of a Dask scheduler, which exchange parts in `place`; inside the context, portions are computed
    there. Raises Refused if there are none.
    """
    try:
        from tasks.steps.cluster import lent_by
    except ModuleNotFoundError as error:
        raise Refused(
            "no Dask", where=scheduler, found=f"the package {error.name} is not installed",
            advice="Install tidewaiter[dask] here and where the workers run, or leave out --dask.",
        ) from error  # fmt: skip
    with lent_by(scheduler, place) as cluster, lending(cluster.each):
        yield cluster
