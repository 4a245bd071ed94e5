"""Why a query has no rows, and what there is instead."""

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from schemas.table import empty_frame
from tasks.reports.suggestions import what_is_nearby
from tasks.store.parquet import encode_months
from tasks.store.publish import publish

TABLE = "record_level"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Exports of 85051110 to P0 and P1 in April and June, in dollars; imports from P0 in May."""
    series = (("export", "P0", 4), ("export", "P0", 6), ("export", "P1", 6), ("import", "P0", 5))
    rows = [
        {"flow": flow, "product": "85051110", "partner": partner, "period": date(2025, month, 1), "measure": "value_usd", "level": 1.0, "kinds": 2}
        for flow, partner, month in series
    ]  # fmt: skip
    frame = pl.DataFrame(rows, schema=empty_frame(TABLE).schema)
    publish(tmp_path, [*encode_months(TABLE, frame, lambda _: {})], carried=(), parent=None, about={"releases": []})
    return tmp_path


def said(store: Path, **asked: Any) -> str:
    return what_is_nearby(store, TABLE, **asked)


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"product": "01"}, "the table record_level has no product 01; there are products 85051110"),
        ({"flow": "import", "partner": ["P1", "P2"]}, "the table record_level has no partner P1, P2 of flow import; there are partners P0"),
        ({"product": "85051110", "measure": "quantity_kg"}, "the table record_level has no measure quantity_kg of product 85051110; there are measures value_usd"),
        ({"flow": "transit"}, "the table record_level has no flow transit; there are flows export, import"),
    ],
)  # fmt: skip
def test_the_first_condition_that_leaves_nothing_is_named_with_what_there_is(store: Path, asked: dict[str, Any], why: str) -> None:  # fmt: skip
    assert said(store, **asked) == why


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"flow": "export", "month": (2025, 5)}, "no month 2025-05 of flow export; there is 2025-04 to 2025-06, nearby 2025-04, 2025-06"),
        ({"partner": "P1", "month": [(2025, 4), (2025, 5)]}, "no month 2025-04..2025-05 of partner P1; there is 2025-06 to 2025-06, nearby 2025-06"),
        ({"month": (2026, 1)}, "no month 2026-01; there is 2025-04 to 2025-06, nearby 2025-05, 2025-06"),
    ],
)  # fmt: skip
def test_the_months_nearby_are_named(store: Path, asked: dict[str, Any], why: str) -> None:
    assert said(store, **asked) == f"the table record_level has {why}"


def test_what_is_there_was_not_known_on_the_day(store: Path) -> None:
    assert said(store, month=(2025, 6), as_of=date(2025, 1, 1)) == "on 2025-01-01 nothing of this was known; without a day there is something"  # fmt: skip
