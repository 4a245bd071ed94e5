"""Describes the outcome of a run."""

from schemas.forms.outcome import Outcome
from schemas.frames import Decision, Finding
from schemas.names import finding_line
from tasks.domain.decisions import decision_text
from tasks.ingest.normalise import Normalised
from tasks.store.files.snapshot import Snapshot


def report(release: Normalised, findings: Finding, state: Snapshot) -> Outcome:
    """Return the outcome of a release that was entered into a batch, whose `state` is not published yet."""
    row = release.release.row(0, named=True)
    detail = release.detail
    lines = {
        severity: [finding_line(finding) for finding in findings.filter(severity=severity).iter_rows(named=True)]
        for severity in ("warning", "info")
    }
    return Outcome(
        status="entered",
        release_id=row["release_id"],
        title=row["title"],
        store=state.store,
        reporter=row["reporter"],
        snapshot_id=state.id,
        flows=detail["flow"].unique().sort().to_list(),
        months=detail["period_end"].dt.strftime("%Y-%m").unique().sort().to_list(),
        products=detail["product"].unique().sort().to_list(),
        records=row["records"],
        records_observed=row["records_observed"],
        records_quarantined=row["records_quarantined"],
        warnings=lines["warning"],
        notes=lines["info"],
        healed=[],
    )


def report_decision(release: Normalised, decided: Decision, state: Snapshot) -> Outcome:
    """Return the outcome of a decision about a published release; its numbers are those of all editions."""
    row = decided.row(0, named=True)
    outcome = report(release, release.findings, state)
    return outcome.model_copy(update={"release_id": row["release_id"], "decision": decision_text(row)})
