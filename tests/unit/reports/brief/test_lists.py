"""The lists of a brief."""

import pytest

from tasks.reports.brief.lists import decision_lines


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_decision_is_listed_with_who_made_it_when_and_why(language: str) -> None:
    decision = {"kind": "withdrawn", "release_id": "gacc_query-1", "title": "june.csv", "decided_on": "2025-08-01", "decided_by": "Li Wei", "reason": "wrong file"}  # fmt: skip
    (line,) = decision_lines([decision], language)
    assert all(said in line for said in ("gacc_query-1", "june.csv", "2025-08-01", "Li Wei", "wrong file"))
