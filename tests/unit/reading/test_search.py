"""Searching names, the best first; and why a query has no rows, and what there is instead."""

import polars as pl
import pytest

from tasks.domain.name_match import BEGINNINGS, EXACT, INSIDE, WHOLE_WORDS
from tasks.reading.search import search_names, search_products

NAMES = [
    # product, name, printed in Chinese
    ("12", "Oil seeds", "含油子仁"),
    ("1201", "Soya beans, whether or not broken", "大豆"),
    ("12019010", "Soya beans, seed", "种用大豆"),
    ("15071000", "Soya-bean oil, crude", "初榨的豆油"),
    ("basket:soybeans", "Soybeans", None),
    ("85051110", None, "稀土永磁铁"),
]
TABLE = pl.DataFrame(NAMES, schema=["product", "name", "printed_zh"], orient="row")


@pytest.mark.parametrize(
    ("text", "hits"),
    [
        ("soya bean", [("12019010", WHOLE_WORDS), ("15071000", WHOLE_WORDS), ("1201", WHOLE_WORDS)]),
        ("crude oil soya", [("15071000", WHOLE_WORDS)]),
        ("大豆", [("1201", EXACT), ("12019010", INSIDE)]),
        ("永磁", [("85051110", INSIDE)]),
        ("soybean", [("basket:soybeans", EXACT)]),
        ("basket:soybeans", [("basket:soybeans", EXACT)]),
        ("sey", []),
        ("oil see", [("12", BEGINNINGS)]),
        ("", []),
        (" - ", []),
        # By code, the finer one first among equals.
        ("1201", [("1201", EXACT), ("12019010", WHOLE_WORDS)]),
        ("1201.90.10", [("12019010", EXACT)]),
        ("HS 12", [("12", EXACT), ("12019010", WHOLE_WORDS), ("1201", WHOLE_WORDS)]),
        ("99", []),
    ],
)
def test_a_name_or_a_code_finds_the_best_first(text: str, hits: list[tuple[str, int]]) -> None:
    assert [(hit.code, hit.grade) for hit in search_names(TABLE, text)] == hits


def test_a_term_of_the_press_finds_its_product_and_the_codes_below_it(monkeypatch: pytest.MonkeyPatch) -> None:
    words = pl.DataFrame(
        [("soy", "1201"), ("nothing of ours", ""), ("Soys", "basket:soybeans")],
        schema=["word", "product"],
        orient="row",
    )
    monkeypatch.setattr("tasks.reading.search.code_table", lambda _: words)
    assert [(hit.code, hit.grade) for hit in search_products(TABLE, "soys")] == [
        ("1201", EXACT),
        ("basket:soybeans", EXACT),
        ("12019010", WHOLE_WORDS),
        ("15071000", BEGINNINGS),
    ]
    assert search_products(TABLE, "nothing of ours") == []


def test_a_heading_of_one_code_is_found_as_that_code_alone() -> None:
    names = pl.DataFrame(
        {"product": ["010121", "01012100", "010129"], "name": ["Breeding horses", "Breeding horses", "Breeding horses"]}
    )
    assert [hit.code for hit in search_names(names, "breeding horses")] == ["01012100", "010129"]
    assert [hit.code for hit in search_names(names, "0101")] == ["01012100", "010121", "010129"]
