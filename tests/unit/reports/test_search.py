"""Searching names, the best first; and why a query has no rows, and what there is instead."""

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from schemas.table import empty_frame
from tasks.domain.name_match import BEGINNINGS, EXACT, INSIDE, WHOLE_WORDS
from tasks.reports.search import search_names, search_products, what_is_nearby
from tasks.store.parquet import encode_months
from tasks.store.publish import publish

NAMES = [
    # product, name, printed in Chinese
    ("12", "Oil seeds", "含油子仁"), ("1201", "Soya beans, whether or not broken", "大豆"), ("12019010", "Soya beans, seed", "种用大豆"),
    ("15071000", "Soya-bean oil, crude", "初榨的豆油"), ("basket:soybeans", "Soybeans", None), ("85051110", None, "稀土永磁铁"),
]  # fmt: skip
TABLE = pl.DataFrame(NAMES, schema=["product", "name", "printed_zh"], orient="row")


@pytest.mark.parametrize(
    ("text", "hits"),
    [
        ("soya bean", [("12019010", WHOLE_WORDS), ("15071000", WHOLE_WORDS), ("1201", WHOLE_WORDS)]), ("crude oil soya", [("15071000", WHOLE_WORDS)]),
        ("大豆", [("1201", EXACT), ("12019010", INSIDE)]), ("永磁", [("85051110", INSIDE)]), ("soybean", [("basket:soybeans", EXACT)]),
        ("basket:soybeans", [("basket:soybeans", EXACT)]), ("sey", []), ("oil see", [("12", BEGINNINGS)]), ("", []), (" - ", []),
        # By code, the finer one first among equals.
        ("1201", [("1201", EXACT), ("12019010", WHOLE_WORDS)]), ("1201.90.10", [("12019010", EXACT)]), ("HS 12", [("12", EXACT), ("12019010", WHOLE_WORDS), ("1201", WHOLE_WORDS)]),
        ("99", []),
    ],
)  # fmt: skip
def test_a_name_or_a_code_finds_the_best_first(text: str, hits: list[tuple[str, int]]) -> None:
    assert [(hit.code, hit.grade) for hit in search_names(TABLE, text)] == hits


def test_a_term_of_the_press_finds_its_product_and_the_codes_below_it(monkeypatch: pytest.MonkeyPatch) -> None:
    words = pl.DataFrame([("soy", "1201"), ("nothing of ours", ""), ("Soys", "basket:soybeans")], schema=["word", "product"], orient="row")  # fmt: skip
    monkeypatch.setattr("tasks.reports.search.code_table", lambda _: words)
    assert [(hit.code, hit.grade) for hit in search_products(TABLE, "soys")] == [("1201", EXACT), ("basket:soybeans", EXACT), ("12019010", WHOLE_WORDS), ("15071000", BEGINNINGS)]  # fmt: skip
    assert search_products(TABLE, "nothing of ours") == []


def test_a_heading_of_one_code_is_found_as_that_code_alone() -> None:
    names = pl.DataFrame(
        {"product": ["010121", "01012100", "010129"], "name": ["Breeding horses", "Breeding horses", "Breeding horses"]}
    )
    assert [hit.code for hit in search_names(names, "breeding horses")] == ["01012100", "010129"]
    assert [hit.code for hit in search_names(names, "0101")] == ["01012100", "010121", "010129"]


FILED = "record_level"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Exports of 85051110 to P0 and P1 in April and June, in dollars; imports from P0 in May."""
    series = (("export", "P0", 4), ("export", "P0", 6), ("export", "P1", 6), ("import", "P0", 5))
    rows = [
        {"flow": flow, "product": "85051110", "partner": partner, "period": date(2025, month, 1), "measure": "value_usd", "level": 1.0, "kinds": 2}
        for flow, partner, month in series
    ]  # fmt: skip
    frame = pl.DataFrame(rows, schema=empty_frame(FILED).schema)
    publish(tmp_path, [*encode_months(FILED, frame, lambda _: {})], carried=(), parent=None, about={"releases": []})
    return tmp_path


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        # The first condition that leaves nothing is named with what there is.
        ({"product": "01"}, "the table record_level has no product 01; there are products 85051110"),
        ({"flow": "import", "partner": ["P1", "P2"]}, "the table record_level has no partner P1, P2 of flow import; there are partners P0"),
        ({"product": "85051110", "measure": "quantity_kg"}, "the table record_level has no measure quantity_kg of product 85051110; there are measures value_usd"),
        ({"flow": "transit"}, "the table record_level has no flow transit; there are flows export, import"),
        ({"flow": "export", "month": (2025, 5)}, "the table record_level has no month 2025-05 of flow export; there is 2025-04 to 2025-06, nearby 2025-04, 2025-06"),
        ({"partner": "P1", "month": [(2025, 4), (2025, 5)]}, "the table record_level has no month 2025-04..2025-05 of partner P1; there is 2025-06 to 2025-06, nearby 2025-06"),
        ({"month": (2026, 1)}, "the table record_level has no month 2026-01; there is 2025-04 to 2025-06, nearby 2025-05, 2025-06"),
        ({"month": (2025, 6), "as_of": date(2025, 1, 1)}, "on 2025-01-01 nothing of this was known; without a day there is something"),
    ],
)  # fmt: skip
def test_a_question_without_rows_says_why(store: Path, asked: dict[str, Any], why: str) -> None:
    assert what_is_nearby(store, FILED, **asked) == why
