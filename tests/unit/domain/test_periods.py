"""Months as numbers, compared with the calendar of the standard library."""

import itertools
from datetime import date

import polars as pl
import pytest

from tasks.domain.periods import Month, first_day, january_of, month_index, month_name, month_number, year_of

DAYS = [date(year, month, 1) for year, month in itertools.product((1900, 1999, 2000, 2025, 2199), range(1, 13))]


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_a_month_is_what_the_calendar_says(day: date) -> None:
    month = Month.of(day.year, day.month)
    assert month == month_number(day)
    assert (month.year, month.number, month.pair) == (day.year, day.month, (day.year, day.month))
    assert month.first_day == first_day(month) == day
    assert month.text == month_name(month) == f"{day:%Y-%m}"
    assert (month.january.text, month.december.text) == (f"{day.year}-01", f"{day.year}-12")
    assert month.is_january == (day.month == 1)
    assert month.partition("import") == ("import", day.year, day.month)


def test_months_are_added_across_years_and_stay_months() -> None:
    month = Month.of(2025, 11)
    assert [(month + later).text for later in (-23, -11, 0, 1, 2, 14)] == [
        "2023-12",
        "2024-12",
        "2025-11",
        "2025-12",
        "2026-01",
        "2027-01",
    ]
    assert month - Month.of(2024, 11) == 12
    assert sorted([month, 5, month + 1]) == [5, month, month + 1]


def test_columns_of_months_are_plain_numbers_and_say_the_same() -> None:
    frame = pl.DataFrame({"day": DAYS}).with_columns(month=month_index("day"))
    months = [Month(number) for number in frame["month"]]
    found = frame.select(year=year_of(pl.col("month")), january=january_of(pl.col("month")))
    assert found["year"].to_list() == [month.year for month in months]
    assert found["january"].to_list() == [month.january for month in months]
    assert pl.DataFrame({"month": months}).schema == {"month": pl.Int64}
    assert frame.filter(pl.col("month").is_in(months[:3])).height == 3
