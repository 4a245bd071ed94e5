"""Which tables of the bulletin pages are read."""

import pytest
from release_pages import goods

from tasks.domain.errors import Refused
from tasks.sources import gacc_bulletin
from tasks.sources.gacc_bulletin import SOURCE, TOPICS
from tasks.sources.registry import SOURCES


@pytest.mark.parametrize(
    ("title", "topics"),
    [
        ("Major Export Commodities in Quantity and Value", ["exports"]), ("Main import commodities", ["imports"]),
        ("Imports and Exports by Country (Region) of Origin/Destination", ["countries"]), ("Major Exports by Quantity and Value", []),
        ("Imports and Exports by HS Division", []),
    ],
)  # fmt: skip
def test_a_title_fits_one_table_or_none(title: str, topics: list[str]) -> None:
    assert [name for name, words in TOPICS.items() if words.search(title)] == topics


def test_lines_and_spans_of_a_bulletin() -> None:
    assert SOURCES["gacc_bulletin"] is SOURCE
    assert (SOURCE.kind, SOURCE.code_list, SOURCE.has_lines, SOURCE.has_spans, SOURCE.says_day) == ("bulletin", "gacc_en", True, True, False)  # fmt: skip
    page = goods(title="(13) Major Export Commodities, May 2025 (in CNY)")
    assert gacc_bulletin.parse(page, "f.html").reported.height == 30


def test_a_table_of_the_preliminary_release_is_refused() -> None:
    with pytest.raises(Refused, match="This source reads exports, imports, countries"):
        gacc_bulletin.parse(goods(), "f.html")
