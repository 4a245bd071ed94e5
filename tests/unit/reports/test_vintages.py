"""Each value that a figure has had; what was published on a day is made up here."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tasks.reports import vintages as module
from tasks.reports.vintages import vintages

MAY, JUNE = date(2025, 5, 1), date(2025, 6, 1)
FIRST, SECOND, THIRD = date(2025, 7, 20), date(2025, 8, 20), date(2025, 9, 20)
Stood = dict[date, list[tuple[date, float | None, str]]]


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> Callable[[Stood], list[tuple[Any, ...]]]:
    def of(stood: Stood) -> list[tuple[Any, ...]]:
        days = [*stood]
        words = pl.DataFrame({"known_from": days, "known_until": [*days[1:], None][: len(days)]}, schema={"known_from": pl.Date, "known_until": pl.Date})  # fmt: skip
        monkeypatch.setattr(module.query, "open_published", lambda _: None)
        monkeypatch.setattr(module, "_statements", lambda *_: words)
        monkeypatch.setattr(module, "_values_on", lambda *given: stood[given[-1]])
        monkeypatch.setattr(module, "_releases_by_day", lambda *_: {FIRST: "june.csv", SECOND: "again.csv"})
        rows = vintages(Path("store"), "export", "85051110", "USA", (MAY, JUNE), "quantity_kg")
        return rows.select("period", "known_from", "known_until", "value", "status", "change", "change_pct", "releases").rows()  # fmt: skip

    return of


def test_a_value_stands_until_it_changes(found: Callable[[Stood], list[tuple[Any, ...]]]) -> None:
    stood: Stood = {FIRST: [(JUNE, 100.0, "reported")], SECOND: [(JUNE, 125.0, "reported")], THIRD: [(JUNE, 125.0, "reported")]}  # fmt: skip
    assert found(stood) == [
        (JUNE, FIRST, SECOND, 100, "reported", None, None, "june.csv"), (JUNE, SECOND, None, 125, "reported", 25, 25, "again.csv"),
    ]  # fmt: skip


def test_what_was_withdrawn_is_missing_with_a_reason(found: Callable[[Stood], list[tuple[Any, ...]]]) -> None:
    rows = found({FIRST: [(JUNE, 100.0, "reported")], SECOND: [], THIRD: [(JUNE, 100.0, "reported")]})
    assert [row[3:6] for row in rows] == [(100, "reported", None), (None, "not_covered", None), (100, "reported", None)]
    assert [row[2] for row in rows] == [SECOND, THIRD, None]
    assert rows[2][7] is None


def test_another_status_of_the_same_value_is_a_vintage(found: Callable[[Stood], list[tuple[Any, ...]]]) -> None:
    rows = found({FIRST: [(JUNE, 5.0, "sum")], SECOND: [(JUNE, 5.0, "reported")]})
    assert [(row[4], row[5], row[6]) for row in rows] == [("sum", None, None), ("reported", 0, 0)]


def test_a_figure_that_nobody_published_has_no_vintage(found: Callable[[Stood], list[tuple[Any, ...]]]) -> None:
    assert found({}) == []
    assert found({FIRST: []}) == []
