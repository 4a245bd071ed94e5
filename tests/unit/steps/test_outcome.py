"""The outcome of a run that ended well."""

from pathlib import Path
from typing import cast

import polars as pl
import pytest

from tasks.domain.findings import finding, gather
from tasks.ingest.normalise import Normalised
from tasks.steps.outcome import report
from tasks.store.publish import Publication
from tests.unit.builders import detail_table, number, release, release_table


@pytest.mark.parametrize(("changed", "status"), [(True, "published"), (False, "nothing new")])
def test_a_release_that_changes_nothing_is_nothing_new_and_findings_are_lines_by_severity(
    changed: bool, status: str
) -> None:
    of = release(months="2025-05..2025-06") | {"records": 9, "records_observed": 7, "records_quarantined": 2}
    rows = [number(of, "USA", "2025-06", 1), number(of, "DEU", "2025-05", 1, product="01012100")]
    empty = pl.DataFrame()
    told = cast("Normalised", Normalised(detail_table(*rows), empty, empty, release_table(of), empty))  # type: ignore[arg-type]
    snapshot = type("Snapshot", (), {"id": "000001-a", "store": Path("store")})()
    raised = [
        finding(check, severity, "f.csv", observed="a", expected="b", advice="Look.")
        for check, severity in (("gaps", "warning"), ("said_twice", "info"), ("sums", "error"))
    ]
    found = report(Publication(snapshot, changed, ()), told, gather("r1", raised))
    assert (found.status, found.months, found.products) == (status, ["2025-05", "2025-06"], ["01012100", "85051110"])
    assert (found.warnings, found.notes) == (
        ["gaps (f.csv): a; expected b. Look."],
        ["said_twice (f.csv): a; expected b. Look."],
    )
