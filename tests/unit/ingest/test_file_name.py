"""What the name of a file says against what is in it."""

from pathlib import Path
from typing import Any

import pytest

from tasks.domain.periods import month_name
from tasks.ingest.file_name import doubt_file_name, months_named
from tests.unit.ingest.file_codes import landed

JUNE = 2025 * 12 + 5


def doubts(name: str, first: int = JUNE, last: int = JUNE, *, says_months: bool = True, measures: tuple[str, ...] = ("value_usd",), **of: Any) -> list[tuple[str, str]]:  # fmt: skip
    found = doubt_file_name(
        landed(file=Path("folder_2024-01") / name, **of), measures, first, last, says_months=says_months
    )
    return [(one["severity"], one["observed"]) for one in found]


@pytest.mark.parametrize(
    ("name", "months"),
    [
        ("2025年6月.csv", ["2025-06"]), ("2025年06月15日.csv", []), ("20250615.csv", []), ("2025-06-15.csv", []), ("12025-06.csv", []),
        ("2025.06.csv", ["2025-06"]), ("2025_13.csv", []), ("2009-11.csv", []), ("1.2025-06.csv", []), ("202506-202508.csv", ["2025-06", "2025-08"]),
        ("202506.csv", ["2025-06"]), ("magnets_2025-06.csv", ["2025-06"]), ("2025年06月出口.csv", ["2025-06"]),
        ("85051110_202506_v2.csv", ["2025-06"]), ("2025_06.csv", ["2025-06"]), ("2025 年 6 月.xlsx", ["2025-06"]), ("203101.csv", ["2031-01"]),
        # Days, codes of the HS, ranges within a year, years.
        ("200911.csv", []), ("8505.2012.csv", []), ("39221000_2026_01-06.xlsx", []), ("6910_2026_0102_as_of_2026-03-23.xlsx", []),
        ("39221000_2025.xlsx", []), ("85051110.csv", []), ("202513.csv", []), ("2025年1-6月.csv", []), ("84201206.csv", []),
        ("3920.2011.06.csv", []), ("2025年6月 20 日.csv", []),
    ],
)  # fmt: skip
def test_months_in_a_name(name: str, months: list[str]) -> None:
    assert [month_name(month) for month in months_named(name)] == months


def test_a_name_that_agrees_or_says_nothing_raises_no_doubt() -> None:
    for name in ("magnets.csv", "exports_202506_usd.csv", "出口 美元 2025年6月.csv", "imports and exports.csv"):
        assert doubts(name) == []


@pytest.mark.parametrize(
    ("name", "says_months", "found"),
    [
        ("202505.csv", True, [("warning", "2025-05 in the name")]), ("202505.csv", False, [("error", "2025-05 in the name")]),
        ("202505-202506.csv", True, []), ("202505-202506.csv", False, [("error", "2025-05, 2025-06 in the name")]),
        # The month of the download had not ended; the folder is no part of the name.
        ("202507.csv", True, []), ("202508.csv", False, []), ("2025-06 downloaded 2025-07.csv", False, []), ("20250510.csv", True, []),
        # A range whose end alone was declared: the figures may be those of the half-year.
        ("202501-202506.csv", False, [("error", "2025-01, 2025-06 in the name")]),
    ],
)  # fmt: skip
def test_another_month(name: str, says_months: bool, found: list[tuple[str, str]]) -> None:
    assert doubts(name, says_months=says_months) == found


@pytest.mark.parametrize(
    ("name", "flow", "held"),
    [
        ("magnets_import.csv", "export", True), ("永磁体进口.csv", "export", True), ("永磁体出口.csv", "import", True),
        ("Exports of magnets.csv", "import", True), ("magnets_export.csv", "export", False), ("进出口.csv", "export", False),
        ("import and export.csv", "import", False), ("important.csv", "export", False), ("exporters.csv", "import", False),
        ("imports.csv", "export", True), ("reimport.csv", "export", False), ("reexports.csv", "import", False), ("imports.csv", None, False),
    ],
)  # fmt: skip
def test_another_direction_is_an_error_only_where_one_is_declared_and_one_is_named(name: str, flow: str | None, held: bool) -> None:  # fmt: skip
    other = "import" if flow == "export" else "export"
    assert doubts(name, flow=flow) == ([("error", f"{other} in the name")] if held else [])


@pytest.mark.parametrize(
    ("name", "measures", "is_said"),
    [
        ("magnets_cny.csv", ("value_usd",), True), ("磁体_人民币.csv", ("value_usd",), True), ("magnets_rmb.csv", ("value_usd",), True),
        ("usda_rmb.csv", ("value_usd",), True), ("magnets_USD.csv", ("value_usd",), False), ("usd_and_rmb.csv", ("value_usd",), False),
        ("rmbs.csv", ("value_usd",), False), ("美元和人民币.csv", ("value_usd",), False), ("rmb.csv", ("value_usd", "value_cny"), False),
        ("rmb.csv", ("quantity_kg",), False),
    ],
)  # fmt: skip
def test_another_currency_is_a_warning_only_where_the_file_has_money(name: str, measures: tuple[str, ...], is_said: bool) -> None:  # fmt: skip
    assert doubts(name, measures=measures) == ([("warning", "CNY in the name")] if is_said else [])


def test_the_expected_months_are_named() -> None:
    (found,) = doubt_file_name(landed(file=Path("202301.csv")), (), JUNE - 1, JUNE, says_months=False)
    assert (found["subject"], found["expected"]) == ("202301.csv", "2025-05..2025-06, as declared")
