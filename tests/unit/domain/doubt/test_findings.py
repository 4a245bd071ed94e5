"""What a finding is about stands in its columns, and no text of it is read."""

from datetime import date
from typing import Any

import polars as pl
import pytest

from tasks.domain.doubt.findings import SHOWN_LENGTH, THE_FILE, declared, finding, found_in, gather, of_records, shown
from tasks.domain.periods import month_number
from tests.unit.builders import detail_table, number, release

JUNE = month_number(date(2025, 6, 1))
TEXTS = {"observed": 3, "expected": None, "advice": "c"}


def test_findings_are_sorted_numbered_and_without_repetitions() -> None:
    rows = [
        finding(check, "error", place, **TEXTS)
        for check, place in (("sums", "z"), ("gaps", "b"), ("sums", "z"), ("gaps", "a"))
    ]
    assert (rows[0]["observed"], rows[0]["expected"], rows[0]["products"]) == ("3", "None", [])
    found = gather("r1", rows).select("release_id", "number", "check", "subject").rows()
    assert found == [("r1", 1, "gaps", "a"), ("r1", 2, "gaps", "b"), ("r1", 3, "sums", "z")]


def test_texts_of_a_file_are_short_and_plain() -> None:
    texts = pl.DataFrame({"text": ["a\x1b[31mb", "line\u2028break\n", None, "x" * 61, "数据"]})
    assert texts.select(shown("text")).to_series().to_list() == [
        "a?[31mb",
        "line?break?",
        "",
        "x" * SHOWN_LENGTH,
        "数据",
    ]


@pytest.mark.parametrize(
    ("subject", "kept"),
    [("a.csv", THE_FILE), ("a.csv, row 3", "row 3"), ("", THE_FILE), ("row 3 of a.csv", "row 3 of a.csv")],
)
def test_the_name_of_the_file_is_no_part_of_a_finding(subject: str, kept: str) -> None:
    assert gather("r1", [finding("sums", "error", subject, **TEXTS)], "a.csv")["subject"].to_list() == [kept]


@pytest.mark.parametrize(
    ("about", "scope"),
    [
        ({}, "none"),
        ({"partners": ["USA"]}, "none"),
        ({"flow": "export"}, "numbers"),
        ({"products": ["8505"]}, "numbers"),
        ({"products": ["8505"], "scope": "gaps"}, "gaps"),
    ],
)
def test_a_finding_that_says_nothing_of_its_scope_is_about_the_numbers_that_it_names(
    about: dict[str, Any], scope: str
) -> None:
    assert gather("r1", [finding("sums", "error", **TEXTS, **about)])["scope"].to_list() == [scope]


def test_a_check_declares_what_its_findings_leave_open() -> None:
    rows = [
        finding("sums", "error", **TEXTS, flow="export", measure=measure, of_trade=of_trade)
        for measure, of_trade in (("value_usd", False), ("quantity_kg", None))
    ]
    for row in rows:
        declared(row, "sums", all_measures=True, of_trade=True, both_sides=True)
    assert [(row["scope"], row["measure"], row["of_trade"], row["both_sides"]) for row in rows] == [
        ("sums", None, False, True),
        ("sums", "quantity", True, True),
    ]


def test_rows_say_what_their_findings_are_about() -> None:
    rows = pl.DataFrame(
        {
            "flow": ["export"],
            "product": ["85051110"],
            "partner": ["USA"],
            "month": [JUNE],
            "value": [5],
            "gone": [["DEU"]],
        }
    )
    (row,) = found_in(
        rows, "sums", "error", "product", "partner", "month", "measure", measure="value_usd",
        values=("value", "least", "value_usd"), least=7.0, partners="gone", listed="gone",
        observed="{value} in {at}", expected="{least:g}", advice="look",
    )  # fmt: skip
    assert (row["subject"], row["observed"], row["expected"]) == ("85051110 USA 2025-06 value_usd", "5 in 2025-06", "7")
    assert (row["flow"], row["products"], row["partners"], row["listed"]) == ("export", ["85051110"], ["DEU"], ["DEU"])
    assert (row["first_month"], row["last_month"], row["measure"]) == (date(2025, 6, 1), date(2025, 6, 1), "value_usd")
    assert (row["observed_value"], row["expected_value"], row["unit"]) == (5.0, 7.0, "value_usd")


def test_a_finding_about_records_is_about_the_numbers_that_they_became() -> None:
    row = release(months="2025-05..2025-06")
    numbers = [
        number(row, partner, month, 5) | {"record": record, "product": product}
        for record, partner, month, product in (
            (1, "USA", "2025-05", "85051110"),
            (2, "DEU", "2025-06", "85051110"),
            (3, "DEU", "2025-06", "85051190"),
            (4, "KOR", "2025-06", "85051190"),
        )
    ]
    detail = detail_table(*numbers)

    def named(*records: int) -> list[tuple[Any, ...]]:
        found = of_records([finding("sums", "error", "row 1", **TEXTS, records=records)], detail)
        names = ("flow", "products", "partners", "first_month", "last_month", "scope")
        return [tuple(row[name] for name in names) for row in found]

    may, june = date(2025, 5, 1), date(2025, 6, 1)
    assert named(1, 2) == [("export", ["85051110"], ["DEU", "USA"], may, june, "numbers")]
    assert named(2, 3) == [("export", ["85051110", "85051190"], ["DEU"], june, june, "numbers")]
    # The pairs of records, and no others.
    assert named(1, 4) == [
        ("export", ["85051110"], ["USA"], may, may, "numbers"),
        ("export", ["85051190"], ["KOR"], june, june, "numbers"),
    ]
    # Records that were set aside became no number.
    assert [one[-1] for one in named(9)] == ["none"]
