"""Ranks, records and streaks on numbers of a year, each with the answer by hand."""

import pytest

from tasks.claims.order import check_extreme
from tests.unit.claims.in_memory import Ledger, claim, spot

YES, NO, OPEN = "supported", "contradicted", "not_checkable"
YEAR = {"1": 100, "2": 200, "3": 300, "4": 250, "5": 50, "6": 280, "7": 20, "8": 30, "9": 40, "10": 60, "11": 70, "12": 80}  # fmt: skip


def verdict(ledger: Ledger, kind: str, text: str, unit: str = "", month: str = "6", **other: object) -> tuple[str, str]:
    return check_extreme(ledger, claim(text, unit, kind, spot(month), **other))


@pytest.mark.parametrize(
    ("month", "rank", "expected"), [("3", "1", YES), ("6", "2", YES), ("6", "1", NO), ("6", "3", NO), ("7", "12", YES)]
)
def test_a_rank_within_a_year(month: str, rank: str, expected: str) -> None:
    assert verdict(Ledger(YEAR), "rank", rank, "rank within 2025", month)[0] == expected


def test_a_missing_month_leaves_a_rank_open_but_a_higher_one_refutes_it() -> None:
    most = {month: level for month, level in YEAR.items() if month != "12"}
    assert verdict(Ledger(most), "rank", "2", "rank within 2025")[0] == OPEN
    found = verdict(Ledger(most), "rank", "1", "rank within 2025")
    assert found[0] == NO
    assert "at least 1 are higher" in found[1]
    assert verdict(Ledger({}), "rank", "1", "rank within 2025")[1] == (
        "Not checkable: no release at hand gives the level of China's exports of 99999999 to XXX, June 2025."
    )


@pytest.mark.parametrize(
    ("text", "unit", "month", "expected"),
    [
        ("2025-03", "highest", "6", YES), ("2025-02", "highest", "6", NO), ("2025-03", "lowest", "6", NO),
        ("2025-01", "lowest", "5", NO), ("three-month high", "", "6", YES), ("four-month high", "", "6", NO),
        ("five-month low", "", "5", YES), ("2024-12", "highest", "3", OPEN), ("2025-07", "highest", "6", OPEN),
    ],
)  # fmt: skip
def test_records_since_a_month(text: str, unit: str, month: str, expected: str) -> None:
    """June, 280, is below March, 300, and above April and May; May, 50, is the lowest of five months."""
    assert verdict(Ledger(YEAR), "since", text, unit, month)[0] == expected


@pytest.mark.parametrize(
    ("text", "unit", "month", "expected"),
    [
        ("2", "consecutive monthly rises", "3", YES), ("3", "consecutive monthly rises", "3", OPEN), ("3", "consecutive monthly rises", "4", NO),
        ("2", "consecutive monthly falls", "5", YES), ("3", "consecutive monthly declines", "5", NO), ("5", "consecutive monthly gains", "12", YES),
        ("0", "consecutive monthly gains", "12", OPEN), ("1000", "consecutive monthly gains", "12", OPEN), ("1", "wins", "12", OPEN),
    ],
)  # fmt: skip
def test_streaks(text: str, unit: str, month: str, expected: str) -> None:
    """January to March rise, April and May fall, July to December rise."""
    assert verdict(Ledger(YEAR), "streak", text, unit, month)[0] == expected
