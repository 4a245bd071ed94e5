"""A year to date that says more than the published months: by how much, of which goods and partners, and when it cannot
be known."""

from datetime import date
from typing import Any

import pytest

from tasks.checks.declared import earlier_months
from tests.unit.census_archive import Row, archive
from tests.unit.checks.found import find

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows", "experimental_sources_are_trusted")

BULK: dict[str, Any] = {"source": "us_census_bulk", "flow": None, "partners": None}
JAPAN = "5880"


def month(number: int, *rows: Row) -> tuple[bytes, dict[str, Any]]:
    """The archive of a month of 2025, which came out two months later."""
    data = archive(*rows, period=f"2025-{number:02d}")
    return data, BULK | {"released_on": date(2025, number + 2, 5)}


# January 1,000 and February 400 of China; January 70 of Japan and nothing in February.
JANUARY = month(1, Row(value=1_000), Row(country=JAPAN, value=70))
FEBRUARY = month(2, Row(value=400, year_value=1_400), Row(country=JAPAN, value=0, charges=0, quantity=0, year_value=70))


def of_march(*rows: Row, before: Any = (JANUARY, FEBRUARY)) -> list[str]:
    data, declared = month(3, *rows)
    found = find(data, *before, **declared).filter(check="earlier_months_revised")
    assert {*found["severity"]} <= {"info"}, "it is about no published number"
    return found["observed"].to_list()


def test_the_correction_is_the_year_to_date_less_all_published_months() -> None:
    """China: 1,900 so far, 300 of March, 1,400 published: 200 more. Japan: 60 so far, 5 of March, 70: 15 less."""
    (observed,) = of_march(Row(value=300, year_value=1_900), Row(country=JAPAN, value=5, charges=0, year_value=60))
    assert observed.startswith(
        "the year to date says that 2025-01 to 2025-02 were corrected by +185 in all, in 2 sums of 2 of a good and a"
        " partner whose months are all known (0 are not)"
    )
    china = "8505110070 CHN +200 (1,900 so far, 300 of the month, 1,400 published of the months before)"
    japan = "8505110070 JPN -15 (60 so far, 5 of the month, 70 published of the months before)"
    assert observed.endswith(f"the largest: {china}; {japan}")


def test_a_year_to_date_without_trade_in_the_month_counts_too() -> None:
    """Of Japan nothing came in March, and the year to date says that January was 90."""
    (observed,) = of_march(
        Row(value=300, year_value=1_700), Row(country=JAPAN, value=0, charges=0, quantity=0, year_value=90)
    )
    assert "corrected by +20 in all, in 1 sum of 2" in observed
    assert "JPN +20 (90 so far, 0 of the month, 70 published" in observed


def test_a_partner_without_a_row_in_an_archive_of_all_goods_is_zero_there() -> None:
    (observed,) = of_march(Row(value=300, year_value=1_700), Row(country="4280", value=8, charges=0, year_value=20))
    assert "DEU +12 (20 so far, 8 of the month, 0 published of the months before)" in observed


@pytest.mark.parametrize(
    ("rows", "before"),
    [
        pytest.param([Row(value=300, year_value=1_700)], (JANUARY, FEBRUARY), id="nothing was corrected"),
        pytest.param([Row(value=300, year_value=1_900)], (JANUARY,), id="a month is not known"),
        pytest.param([Row(value=300, year_value=1_900)], (), id="no month is known"),
    ],
)
def test_nothing_is_said_where_nothing_follows(rows: list[Row], before: Any) -> None:
    assert of_march(*rows, before=before) == []


def test_january_has_no_earlier_months() -> None:
    data, declared = JANUARY
    assert find(data, **declared).filter(check="earlier_months_revised").is_empty()
    assert earlier_months.CELL == ["product", "partner"]
