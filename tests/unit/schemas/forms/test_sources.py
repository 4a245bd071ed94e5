"""The row that a page shows of a source."""

from datetime import UTC, date, datetime

import pytest

from schemas.forms.sources import REASON_MAX, SourceState

FAILED = datetime(2026, 8, 13, 4, tzinfo=UTC)


def row(**given: object) -> dict[str, str]:
    return SourceState.model_validate({"source": "hmrc_ots", "reporters": ["GBR"], **given}).row


def test_a_source_of_which_nothing_is_in_has_an_empty_row() -> None:
    assert row(reporters=[]) == {
        "source": "hmrc_ots", "reporters": "", "last month in": "none", "released on": "", "next due": "", "overdue": "", "failing since": "",
    }  # fmt: skip


def test_a_day_that_is_estimated_is_marked() -> None:
    due = {"next_month": "2026-07", "next_due": date(2026, 9, 15)}
    assert row(**due)["next due"] == "2026-07 on 2026-09-15"
    assert row(**due, is_estimated=True)["next due"] == "2026-07 on about 2026-09-15"


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


def test_a_long_path_does_not_push_out_why_the_source_failed() -> None:
    """Eurostat has the question in the path."""
    asked = f"https://example.org/data/{'+'.join(['850511'] * 60)}?format=SDMX-CSV: ConnectError: Name not known after 4 attempts"
    assert row(reason=asked)["failing since"] == (
        "not asked: https://example.org/…: ConnectError: Name not known after 4 attempts"
    )
