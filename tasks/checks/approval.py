"""Holds releases with errors under `store/held`, and records the decision of a person about each.

An approval is bound to the findings that the person saw. If a later run finds anything else, the release is held again.
The decision is stored with the release, so a run that is killed after the decision can be repeated, and no server is
needed to decide.
"""

from datetime import date
from pathlib import Path

import polars as pl

from schemas.forms.held import Decision, HeldFinding, HeldRelease
from schemas.forms.request import Landed
from schemas.table import DataFrame
from schemas.tables.release import Finding
from tasks.domain.clock import CUSTOMS_TIME
from tasks.domain.errors import Held, Rejected
from tasks.domain.findings import finding, gather
from tasks.ingest.editions import release_id_of
from tasks.ingest.held import find, keep, place_of
from tasks.ledger.published_state import Known
from tasks.store.mirror import renew


def hold_on_errors(
    findings: DataFrame[Finding], landed: Landed, known: Known, store: Path, today: date
) -> DataFrame[Finding]:
    """Return the findings with the decision of a person, if there is one. Raises Held if an error needs a decision.

    The caller holds the lock of the store. A release that is already published is not held: its findings were judged
    when it came.
    """
    release_id = release_id_of(landed)
    errors = findings.filter(pl.col("severity") == "error")
    if not errors.height or release_id in known.releases["release_id"]:
        return findings
    seen = tuple(
        HeldFinding(**{name: row[name] for name in HeldFinding.model_fields}) for row in errors.iter_rows(named=True)
    )
    # Somebody may have decided otherwise, on another machine, since the run began.
    renew(store, place_of(store, release_id))
    before = find(store, release_id)
    # A finding that the person did not see needs a new decision; a finding that is gone does not.
    is_decided = before is not None and before.decision is not None and all(entry in before.findings for entry in seen)
    if before is None or not (is_decided or before.findings == seen):
        since = before.held_since if before else today
        before = _describe(landed, store, seen, since)
        keep(store, before)
    decision = before.decision
    if decision is None:
        raise Held(release_id, [entry.line for entry in seen])
    if decision.verdict == "reject":
        raise Rejected(release_id, [*(entry.line for entry in seen), _rejected(decision)])
    approved = finding(
        "approved", "info", before.title, observed=f"approved by {decision.by}: {decision.reason}",
        expected=f"no errors; there were {errors.height}: {', '.join(errors['check'].unique().sort())}",
        advice="Read the errors of this release before you cite it.",
    )  # fmt: skip
    return gather(release_id, [*findings.drop("release_id").to_dicts(), approved])


def _rejected(decision: Decision) -> str:
    return f"rejected by {decision.by} on {decision.decided_at.astimezone(CUSTOMS_TIME):%Y-%m-%d}: {decision.reason}"


def _describe(landed: Landed, store: Path, findings: tuple[HeldFinding, ...], since: date) -> HeldRelease:
    first, last = landed.first_month, landed.last_month
    return HeldRelease.model_validate({
        **landed.model_dump(include={"raw_sha256", "source", "reporter", "flow", "partners", "products", "released_on", "title"}),
        "release_id": release_id_of(landed),
        "raw": landed.raw.relative_to(store),
        "name": landed.file.name,
        "months": f"{first:%Y-%m}..{last:%Y-%m}" if first and last else None,
        "held_since": since,
        "findings": findings,
    })  # fmt: skip
