"""Lists every step and its policy, one per line; the flows are made of these steps.

Steps that touch the disk are retried when the disk fails; steps that judge are never retried.
"""

from tasks.analysis.after import after_release, table_audit, watch_rules
from tasks.analysis.mirror import publication as mirroring
from tasks.answers.inventory import sources
from tasks.checks.frame import approval as holding
from tasks.checks.frame import registry as checks
from tasks.claims import check as claiming
from tasks.controls import tables
from tasks.derive import derivation
from tasks.domain.errors import Held
from tasks.inbox import division, inbox
from tasks.lineage import audit as auditing
from tasks.pages.brief import watched as briefing
from tasks.pages.site import requested_site
from tasks.publication import assemble, batch, claims, contradicted, open_published, publication, withdrawal
from tasks.steps import outcome as reporting
from tasks.steps.reading import PATIENCE, amend, correct, declare, land, normalise, parse
from tasks.steps.step import Step
from tasks.store.bucket import working_copy

__all__ = ["amend", "correct", "declare", "land", "normalise", "parse"]
open_known = Step(open_published.open_known, retries=3, retry_delay_seconds=PATIENCE)
check = Step(checks.check_release, name="check")
hold_on_errors = Step(holding.hold_on_errors, answers=(Held,))
merge = Step(assemble.merge)
widen = Step(assemble.widen_ledger, name="widen")
revise = Step(assemble.revise)
derive = Step(derivation.derive)
mark_events = Step(tables.mark_events)
trail = Step(batch.trail)
publish = Step(publication.publish_tables, name="publish")
report = Step(reporting.report)
brief = Step(briefing.write_briefs, name="brief")
grade_rules = Step(watch_rules.grade_rules)
publish_mirror = Step(mirroring.publish_pair, name="publish_mirror", retries=3, retry_delay_seconds=PATIENCE)
update_downstream = Step(after_release.update_downstream)
update_tables = Step(after_release.update_tables)
update_shared = Step(after_release.update_shared)
recall_contradicted = Step(contradicted.recall_contradicted, retries=3, retry_delay_seconds=PATIENCE)
recall = Step(withdrawal.recall, retries=3, retry_delay_seconds=PATIENCE)
withdraw = Step(withdrawal.withdraw)
report_decision = Step(reporting.report_decision)
rewrite_briefs = Step(briefing.rewrite_briefs)
divide = Step(division.divide)
inbox_state = Step(inbox.inbox_state, retries=3, retry_delay_seconds=PATIENCE)
source_states = Step(sources.source_states)
read_claims = Step(claiming.read_claims)
check_claims = Step(claiming.check_claims)
publish_claims = Step(claims.publish_claims)
retain = Step(working_copy.retain, retries=3, retry_delay_seconds=PATIENCE)
audit = Step(auditing.audit)
audit_tables = Step(table_audit.audit_tables)
require_sound = Step(auditing.require_sound)
site_states = Step(requested_site.published_states, name="site_states", retries=3, retry_delay_seconds=PATIENCE)
publish_site = Step(requested_site.publish_requested, name="publish_site")
