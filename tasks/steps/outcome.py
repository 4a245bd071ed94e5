"""Describes the outcome of a run."""

import polars as pl

from schemas.forms.outcome import Outcome
from schemas.frames import Decision, Finding
from schemas.names import finding_line
from tasks.domain.decisions import decision_text
from tasks.domain.periods import Month, month_index, month_runs
from tasks.domain.text import counted
from tasks.ingest.normalise import Normalised
from tasks.store.files.snapshot import Snapshot
from tasks.store.snapshots.parquet import read_table


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
    rows = read_table(state, "revision", where=pl.col("new_release_id") == row["decision_id"])
    columns = {"decision": decision_text(row), "changed": numbers_changed(rows)}
    return outcome.model_copy(update={"release_id": row["release_id"], **columns})


def numbers_changed(revision: pl.DataFrame) -> str:
    """Say how many numbers ended by a decision, how many count again, and of which months, from its rows of
    `revision`."""
    ended, again = revision["old_value"].count(), revision["new_value"].count()
    if not revision.height:
        return "No number of the ledger changed"
    parts = [
        *([f"{counted(ended, 'number')} ended"] if ended else []),
        *([f"{counted(again, 'number')} {'counts' if again == 1 else 'count'} again"] if again else []),
    ]
    runs = month_runs(revision.select(month_index("period_end")).to_series())
    spans = [Month(first).text + (f" to {Month(last).text}" if last > first else "") for first, last in runs]
    return f"{', '.join(parts)}, of {', '.join(spans)}"
