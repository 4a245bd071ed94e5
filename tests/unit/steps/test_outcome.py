"""The outcome of a run that ended well."""

from pathlib import Path
from typing import cast

import polars as pl

from tasks.domain.doubt.findings import finding, gather
from tasks.ingest.normalise import Normalised
from tasks.steps.outcome import report
from tasks.store.files.snapshot import Snapshot
from tests.unit.builders import detail_table, number, release, release_table


def test_a_release_that_was_entered_is_described_by_its_statements_and_findings_are_lines_by_severity() -> None:
    of = release(months="2025-05..2025-06") | {"records": 9, "records_observed": 7, "records_quarantined": 2}
    rows = [number(of, "USA", "2025-06", 1), number(of, "DEU", "2025-05", 1, product="01012100")]
    empty = pl.DataFrame()
    told = cast("Normalised", Normalised(detail_table(*rows), empty, empty, release_table(of), empty))  # type: ignore[arg-type]
    raised = [
        finding(check, severity, "f.csv", observed="a", expected="b", advice="Look.")
        for check, severity in (("gaps", "warning"), ("said_twice", "info"), ("sums", "error"))
    ]
    found = report(told, gather("r1", raised), Snapshot(Path("store"), "000001-a", 1, None, {}, ()))
    assert (found.status, found.months, found.products) == ("entered", ["2025-05", "2025-06"], ["01012100", "85051110"])
    assert (found.store, found.snapshot_id, found.records, found.healed) == (Path("store"), "000001-a", 9, [])
    assert (found.warnings, found.notes) == (
        ["gaps (f.csv): a; expected b. Look."],
        ["said_twice (f.csv): a; expected b. Look."],
    )
