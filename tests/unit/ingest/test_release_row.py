"""A release as a row: its months, its scope, and what it lost."""

from datetime import date
from typing import Any

import polars as pl
import pytest

from schemas.forms.request import Amended, Landed
from schemas.table import polars_schema
from tasks.ingest import release_row
from tasks.ingest.release_row import describe, doubt_months, last_opened, months_of, places_of
from tests.unit.ingest.file_codes import COLLECTED, GERMANY, amounts_of, codes_of, landed, parsed

VALUE = {"value": "1", "currency": "USD"}
KILOGRAMS = {"quantity": "5", "quantity_unit": "千克"}
NONE_LOST = pl.DataFrame(schema={"product": pl.String, "period_end": pl.Date})


def row(
    *records: dict[str, Any], of: Landed | None = None, lost: pl.DataFrame = NONE_LOST, aside: int = 0
) -> dict[str, Any]:
    of = of or landed()
    keys, measures = codes_of(*records, of=of).keys, amounts_of(*records).read["measure"]
    rows = [{"release_id": "r1", "record": place, "reasons": ["x"], "printed": "{}"} for place in range(1, aside + 1)]
    quarantine = pl.DataFrame(rows, schema=polars_schema("quarantine"))
    found = describe(of, parsed(*records), keys, measures, quarantine, lost, "r1")  # type: ignore[arg-type]
    return found.row(0, named=True)


def test_a_partner_code_that_no_list_names_is_there_with_its_months() -> None:
    found = row(VALUE, VALUE | {"partner": "888"}, VALUE | {"partner": "199", "period": "202505"})
    assert found["unlisted"] == ["gacc:888 2025-06"]


def test_the_scope_is_what_the_records_say_where_nothing_is_declared() -> None:
    found = row(VALUE | KILOGRAMS, VALUE | {"partner": GERMANY, "period": "202504"})
    assert (found["first_month"], found["last_month"], found["by_month"]) == (date(2025, 4, 1), date(2025, 6, 1), True)
    assert (found["products"], found["partner_list"], found["measures"]) == (["85051110"], ["DEU", "USA"], ["quantity", "value_usd"])  # fmt: skip
    assert (found["flow"], found["classification"], found["partners"], found["kind"]) == ("export", "HS8", "listed", "query")  # fmt: skip
    assert (found["records"], found["records_observed"], found["records_quarantined"], found["lost"]) == (2, 2, 0, [])


def test_a_declared_scope_is_wider_than_the_records() -> None:
    found = row(VALUE, of=landed(products=("8505", "01"), partners="all", first_month=date(2025, 1, 1), last_month=date(2025, 6, 1)))  # fmt: skip
    assert (found["products"], found["partners"], found["first_month"]) == (["01", "8505"], "all", date(2025, 1, 1))


@pytest.mark.parametrize(
    ("asked", "last", "doubts"), [(date(2025, 12, 1), date(2025, 6, 1), 1), (date(2025, 6, 1), date(2025, 6, 1), 0), (None, date(2025, 6, 1), 0)]
)  # fmt: skip
def test_months_that_were_not_open_yet_are_outside_the_scope(asked: date | None, last: date, doubts: int) -> None:
    """On 20 July the query has June."""
    of = landed(first_month=date(2025, 5, 1), last_month=asked)
    may = VALUE | {"period": "202505"}
    assert row(may, VALUE, of=of)["last_month"] == last
    found = doubt_months(of, codes_of(may, VALUE, of=of).keys, "f.csv")
    assert [one["check"] for one in found] == ["months_not_opened"] * doubts


def test_a_collected_file_has_the_day_of_its_last_print_and_no_scope() -> None:
    prints = [VALUE | {"flow": flow, "published_on": day} for flow, day in (("export", "2025-07-10"), ("import", "2025-07-12"))]  # fmt: skip
    found = row(*prints, of=COLLECTED)
    assert (found["released_on"], found["flow"], found["classification"], found["partners"]) == (date(2025, 7, 12), None, None, "keys")  # fmt: skip


def test_lost_places_are_named_once_and_in_order() -> None:
    lost = pl.DataFrame(
        {
            "product": ["85051110", None, "85051110"],
            "period_end": [date(2025, 6, 30), date(2025, 6, 30), date(2025, 6, 30)],
        }
    )
    assert row(VALUE, lost=lost)["lost"] == ["* 2025-06", "85051110 2025-06"]


def test_an_edition_speaks_of_what_the_one_before_it_spoke_of() -> None:
    before = Amended(
        products=("85051900",), partner_list=("DEU",), measures=("value_cny",), first_month=date(2025, 3, 1), last_month=date(2025, 5, 1)
    )  # fmt: skip
    found = row(VALUE, of=landed(amends=before))
    assert (found["products"], found["partner_list"], found["measures"]) == (["85051110", "85051900"], ["DEU", "USA"], ["value_cny", "value_usd"])  # fmt: skip
    assert (found["first_month"], found["last_month"]) == (date(2025, 3, 1), date(2025, 6, 1))


def test_months_and_places_of_records() -> None:
    codes = codes_of({"period": "202412"}, {"period": "x", "product": "y"}, {})
    assert months_of(codes.keys) == (2024 * 12 + 11, 2025 * 12 + 5)
    places = places_of(pl.Series([1, 0, 1]), codes.keys).rows()
    assert sorted(places, key=str) == [("85051110", date(2024, 12, 31)), (None, None)]


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
    monkeypatch.setattr(release_row, "code_table", lambda _: late)
    assert last_opened(date(2019, 7, 24)) == date(2019, 5, 1)
    assert last_opened(date(2019, 7, 25)) == date(2019, 6, 1)
