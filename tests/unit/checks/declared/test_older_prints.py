"""An archive that is never corrected comes after answers that are."""

import json
from datetime import date
from typing import Any

import pytest

from tasks.checks.declared.older_prints import NUMBER
from tests.unit.census_archive import Row, archive
from tests.unit.checks.found import find, said

NAMES = ["CTY_CODE", "GEN_VAL_MO", "GEN_CIF_MO", "GEN_QY1_MO", "UNIT_QY1", "I_COMMODITY", "time", "COMM_LVL"]
API: dict[str, Any] = {
    "source": "us_census", "flow": "import", "partners": "all", "months": "2025-06", "released_on": date(2025, 9, 4)
}  # fmt: skip
BULK: dict[str, Any] = {"source": "us_census_bulk", "flow": None, "partners": None, "file": "IMDB2506.ZIP"}


def api(value: int) -> tuple[bytes, dict[str, Any]]:
    row = [Row().country, str(value), str(value + 50), "10", "NO", Row().code, "2025-06", "HS10"]
    return json.dumps([NAMES, row]).encode(), API


@pytest.mark.parametrize(
    ("before", "day", "expected"),
    [
        pytest.param(1_100, date(2026, 1, 5), "older_print error", id="a correction that the archive does not know"),
        pytest.param(1_000, date(2026, 1, 5), "", id="the same number"),
        pytest.param(1_100, date(2025, 8, 5), "", id="an archive with its own day, before the correction"),
        pytest.param(1_100, date(2025, 9, 4), "older_print error", id="an archive of the day of the correction"),
    ],
)
def test_what_differs_from_a_later_answer_is_held(before: int, day: date, expected: str) -> None:
    found = find(archive(Row()), api(before), **BULK, released_on=day)
    rows = found.filter(check="older_print")
    assert said(rows) == expected
    if expected:
        assert "2 numbers of 3 differ from us_census" in rows["observed"][0]
        assert "1,000 here, 1,100 known since 2025-09-04" in rows["observed"][0]


def test_partners_and_measures_are_compared_each_by_itself() -> None:
    assert {"partner", "measure"} < {*NUMBER}
    rows = (Row(), Row(country="5880", value=7))
    found = find(archive(*rows), api(1_000), **BULK, released_on=date(2026, 1, 5)).filter(check="older_print")
    assert found.is_empty()
