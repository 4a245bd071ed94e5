"""The days on which a figure changed, and what it was until then."""

from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from tasks.reading import vintages as stood_on
from tasks.reading.vintages import vintages

MAY, JUNE = date(2025, 5, 1), date(2025, 6, 1)
FIRST, SECOND, THIRD = date(2025, 7, 20), date(2025, 8, 20), date(2025, 9, 20)


@pytest.mark.parametrize(
    ("stood", "rows"),
    [
        # A value stands until it changes.
        ({FIRST: [(JUNE, 100.0, "reported")], SECOND: [(JUNE, 125.0, "reported")], THIRD: [(JUNE, 125.0, "reported")]},
            [(JUNE, FIRST, SECOND, 100, "reported", None, None, "june.csv"),
                (JUNE, SECOND, None, 125, "reported", 25, 25, "again.csv")]),
        # What was withdrawn is missing with a reason; the next month is a series of its own.
        (
            {FIRST: [(MAY, 7.0, "reported"), (JUNE, 100.0, "reported")], SECOND: [(MAY, 7.0, "reported")],
                THIRD: [(MAY, 7.0, "reported"), (JUNE, 100.0, "reported")]},
            [(MAY, FIRST, None, 7, "reported", None, None, "june.csv"),
                (JUNE, FIRST, SECOND, 100, "reported", None, None, "june.csv"),
                (JUNE, SECOND, THIRD, None, "not_covered", None, None, "again.csv"),
                (JUNE, THIRD, None, 100, "reported", None, None, None)]),
        # Another status of the same value is a vintage.
        ({FIRST: [(JUNE, 5.0, "sum")], SECOND: [(JUNE, 5.0, "reported")]},
            [(JUNE, FIRST, SECOND, 5, "sum", None, None, "june.csv"),
                (JUNE, SECOND, None, 5, "reported", 0, 0, "again.csv")]),
        # A figure that nobody published has none.
        ({}, []),
        ({FIRST: []}, []),
    ],
)  # fmt: skip
def test_a_value_stands_until_it_or_its_status_changes(
    stood: dict[date, list[tuple[date, float, str]]], rows: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    kinds = {"period": pl.Date, "level": pl.Float64, "level_status": pl.String}
    known = {
        day: pl.DataFrame(told, kinds, orient="row").with_columns(
            measure=pl.lit("quantity_kg"), figures_in_doubt=pl.lit(None, pl.String)
        )
        for day, told in stood.items()
    }
    days = pl.DataFrame(
        {"known_from": [*stood], "known_until": [*stood][1:] + [None] * bool(stood)},
        dict.fromkeys(("known_from", "known_until"), pl.Date),
    )
    monkeypatch.setattr(stood_on.query, "open_published", lambda _: None)
    monkeypatch.setattr(stood_on.query, "query", lambda *_, as_of, **__: known[as_of])
    monkeypatch.setattr(stood_on.query, "doubts_of", lambda *_: SimpleNamespace(of=lambda *_: []))
    monkeypatch.setattr(stood_on, "_statements", lambda *_: days)
    monkeypatch.setattr(stood_on, "_releases_by_day", lambda *_: {FIRST: "june.csv", SECOND: "again.csv"})
    found = vintages(Path("store"), "export", "85051110", "USA", (MAY, JUNE), "quantity_kg").drop("doubt")
    assert (
        found.select(
            "period", "known_from", "known_until", "value", "status", "change", "change_pct", "releases"
        ).rows()
        == rows
    )
