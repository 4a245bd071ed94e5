"""When releases are due, and the last month that the query had open."""

from datetime import date

import polars as pl
import pytest

from tasks.ingest import calendar
from tasks.ingest.calendar import last_opened


@pytest.mark.parametrize(
    ("day", "month"),
    [
        (date(2025, 7, 19), date(2025, 5, 1)), (date(2025, 7, 20), date(2025, 6, 1)), (date(2025, 7, 31), date(2025, 6, 1)),
        # January comes with February, on 20 March.
        (date(2025, 3, 19), date(2024, 12, 1)), (date(2025, 3, 20), date(2025, 2, 1)), (date(2025, 2, 20), date(2024, 12, 1)),
        (date(2026, 1, 1), date(2025, 11, 1)),
        # Years without rows: the same rule.
        (date(2019, 7, 19), date(2019, 5, 1)), (date(2019, 7, 20), date(2019, 6, 1)), (date(2019, 3, 19), date(2018, 12, 1)),
        (date(2019, 3, 20), date(2019, 2, 1)),
    ],
)  # fmt: skip
def test_a_month_opens_on_the_20th_of_the_next(day: date, month: date) -> None:
    assert last_opened(day) == month


def test_a_row_of_the_calendar_goes_before_the_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    late = pl.DataFrame({"year": ["2019"], "month": ["6"], "kind": ["query"], "expected_on": ["2019-07-25"]})
    monkeypatch.setattr(calendar, "code_table", lambda _: late)
    assert last_opened(date(2019, 7, 24)) == date(2019, 5, 1)
    assert last_opened(date(2019, 7, 25)) == date(2019, 6, 1)
