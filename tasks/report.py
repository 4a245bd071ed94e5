"""What came of a release, in words: the outcome of a run."""

from pathlib import Path

import polars as pl
from pandera.typing.polars import DataFrame

from schemas.outcome import Outcome
from schemas.release import Finding
from tasks.normalise import Normalised
from tasks.publish import Published


def finding_lines(findings: pl.DataFrame) -> list[str]:
    """One line a finding: check, about what, what was found, what was expected, what to do."""
    return [
        f"{row['check']} ({row['subject']}): {row['observed']}; expected {row['expected']}. {row['advice']}"
        for row in findings.iter_rows(named=True)
    ]


def report(published: Published, release: Normalised, findings: DataFrame[Finding]) -> Outcome:
    """The outcome of a published release, or of one that held nothing new."""
    row = release.release.row(0, named=True)
    detail = release.detail
    by_severity = {
        severity: finding_lines(findings.filter(pl.col("severity") == severity)) for severity in ("warning", "info")
    }
    return Outcome(
        status="published" if published.changed else "nothing new",
        release_id=row["release_id"],
        title=row["title"],
        snapshot_id=published.snapshot.id,
        flows=detail["flow"].unique().sort().to_list(),
        months=detail["period_end"].dt.strftime("%Y-%m").unique().sort().to_list(),
        products=detail["product"].unique().sort().to_list(),
        records=row["records"],
        records_observed=row["records_observed"],
        records_quarantined=row["records_quarantined"],
        warnings=by_severity["warning"],
        notes=by_severity["info"],
        healed=[Path(path).name for path in published.healed],
    )
