"""The row that a page shows of a source."""

from datetime import UTC, datetime

import pytest

from schemas.forms.sources import REASON_MAX, SourceState

FAILED = datetime(2026, 8, 13, 4, tzinfo=UTC)


def row(**given: object) -> dict[str, str]:
    return SourceState.model_validate({"source": "hmrc_ots", "reporters": ["GBR"], **given}).row


def test_a_source_of_which_nothing_is_in_has_an_empty_row() -> None:
    assert row(reporters=[]) == {
        "source": "hmrc_ots", "reporters": "", "last month in": "none", "released on": "", "next due": "", "overdue": "", "failing since": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("months", "shown"),
    [
        (["2026-01", "2026-02", "2026-03"], "2026-01, 2026-02, 2026-03: 9 days"),
        (["2026-01", "2026-02", "2026-03", "2026-04"], "4 months from 2026-01 to 2026-04: 9 days"),
    ],
)
def test_of_many_overdue_months_the_first_and_the_last_are_shown(months: list[str], shown: str) -> None:
    assert row(overdue=months, days_overdue=9)["overdue"] == shown


def test_a_reason_is_shown_without_the_question_and_cut() -> None:
    asked = "https://example.org/data?product=850511&month=202606: 503"
    assert row(reason=asked) == {**row(), "failing since": "not asked: https://example.org/data?…: 503"}
    assert (
        row(reason=asked, failing_since=FAILED)["failing since"] == "2026-08-13 04:00: https://example.org/data?…: 503"
    )
    assert len(row(reason="x" * 999, failing_since=FAILED)["failing since"]) == REASON_MAX
