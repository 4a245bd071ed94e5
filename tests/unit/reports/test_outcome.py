"""The outcome of a run that ended well."""

from pathlib import Path
from typing import cast

import polars as pl
import pytest

from tasks.domain.findings import finding, gather
from tasks.ingest.normalise import Normalised
from tasks.reports.outcome import report
from tasks.store.publish import Publication
from tests.unit.builders import detail_table, number, release, release_table

OF = release(months="2025-05..2025-06") | {
    "records": 9,
    "records_observed": 7,
    "records_quarantined": 2,
    "title": "June",
}


def outcome(changed: bool, *findings: dict[str, str], healed: tuple[str, ...] = ()):  # type: ignore[no-untyped-def]
    rows = [number(OF, "USA", "2025-06", 1), number(OF, "DEU", "2025-05", 1, product="01012100"), number(OF, "USA", "2025-06", 1, "value_usd")]  # fmt: skip
    empty = pl.DataFrame()
    told = cast("Normalised", Normalised(detail_table(*rows), empty, empty, release_table(OF), empty))  # type: ignore[arg-type]
    snapshot = type("Snapshot", (), {"id": "000001-a", "store": Path("store")})()
    return report(Publication(snapshot, changed, healed), told, gather("r1", findings))


@pytest.mark.parametrize(("changed", "status"), [(True, "published"), (False, "nothing new")])
def test_a_release_that_changes_nothing_is_nothing_new(changed: bool, status: str) -> None:
    assert outcome(changed).status == status


def test_findings_are_lines_by_severity() -> None:
    rows = [finding(check, severity, "f.csv", observed="a", expected="b", advice="Look.") for check, severity in (("gaps", "warning"), ("said_twice", "info"), ("sums", "error"))]  # fmt: skip
    found = outcome(True, *rows)
    assert found.warnings == ["gaps (f.csv): a; expected b. Look."]
    assert found.notes == ["said_twice (f.csv): a; expected b. Look."]
