"""Which tables of the preliminary pages are read."""

import pytest
from release_pages import goods

from tasks.domain.errors import Refused
from tasks.sources import gacc_preliminary
from tasks.sources.gacc_preliminary import SOURCE, TOPICS
from tasks.sources.registry import SOURCES


@pytest.mark.parametrize(
    ("title", "topics"),
    [
        ("China's Major Exports by Quantity and Value", ["exports"]), ("MAJOR IMPORTS BY QUANTITY AND VALUE", ["imports"]),
        ("China's Total Export & Import Values by Country/Region", ["countries"]), ("Imports and Exports by Major Country (Region)", ["countries"]),
        ("China's Total Export & Import Values", []), ("Major Export Commodities", []), ("by Trade Mode", []),
    ],
)  # fmt: skip
def test_a_title_fits_one_table_or_none(title: str, topics: list[str]) -> None:
    assert [name for name, words in TOPICS.items() if words.search(title)] == topics


def test_lines_and_spans_of_a_preliminary_release() -> None:
    assert SOURCES["gacc_preliminary"] is SOURCE
    assert (SOURCE.kind, SOURCE.code_list, SOURCE.has_lines, SOURCE.has_spans, SOURCE.says_day) == ("preliminary", "gacc_en", True, True, False)  # fmt: skip
    assert gacc_preliminary.parse(goods(), "f.html").reported.height == 30


def test_a_table_of_the_bulletin_is_refused() -> None:
    with pytest.raises(Refused, match="This source reads exports, imports, countries"):
        gacc_preliminary.parse(goods(title="(13) Major Export Commodities, May 2025 (in CNY)"), "f.html")
