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
        ("202507.csv", True, []), ("202508.csv", False, []),
    ],
)  # fmt: skip
def test_another_month(name: str, says_months: bool, found: list[tuple[str, str]]) -> None:
    assert doubts(name, says_months=says_months) == found


def test_another_direction_is_an_error_only_where_one_is_declared_and_one_is_named() -> None:
    assert doubts("Imports.csv") == [("error", "import in the name")]
    assert doubts("进口.csv", flow="import") == []
    assert doubts("imports.csv", flow=None) == []
    assert doubts("important.csv") == []


def test_another_currency_is_a_warning_only_where_the_file_has_money() -> None:
    assert doubts("rmb.csv") == [("warning", "CNY in the name")]
    assert doubts("rmb.csv", measures=("value_usd", "value_cny")) == []
    assert doubts("rmb.csv", measures=("quantity_kg",)) == []
    assert doubts("usd rmb.csv") == []


def test_the_expected_months_are_named() -> None:
    (found,) = doubt_file_name(landed(file=Path("202301.csv")), (), JUNE - 1, JUNE, says_months=False)
    assert (found["subject"], found["expected"]) == ("202301.csv", "2025-05..2025-06, as declared")
