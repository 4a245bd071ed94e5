"""When releases are due, and the last month that the query had open."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from schemas.reference.code_tables import code_table
from tasks.ingest import calendar
from tasks.ingest.calendar import expect, last_opened


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


def test_what_is_due_and_not_published_is_overdue_from_the_day_after(tmp_path: Path) -> None:
    store = tmp_path / "store"
    (found,) = expect(store, ["query"], date(2025, 7, 20)).kinds
    assert (found.months, found.due_on, found.missing, found.days_overdue) == (["2025-06"], date(2025, 7, 20), ["2025-06"], 0)  # fmt: skip
    (found,) = expect(store, ["query"], date(2025, 7, 23)).kinds
    assert found.days_overdue == 3
    assert found.lines == ["query of 2025-06 was due on 2025-07-20 and is not here"]


def test_a_year_that_the_calendar_lacks_is_a_warning_and_nothing_is_expected(tmp_path: Path) -> None:
    year = max(map(int, code_table("release_calendar")["year"])) + 1
    (found,) = expect(tmp_path / "store", ["query"], date(year, 2, 1)).kinds
    assert (found.months, found.days_overdue) == ([], 0)
    assert found.warnings == [
        f"the calendar has no query release for {year}: add its rows to schemas/reference/release_calendar.csv"
    ]
    # In January the releases are those of the year before.
    assert expect(tmp_path / "store", ["query"], date(year, 1, 31)).kinds[0].warnings == []
