"""What the source of the bulletin is set to."""

from release_pages import goods

from tasks.sources import gacc_bulletin
from tasks.sources.gacc_bulletin import SOURCE
from tasks.sources.registry import SOURCES


def test_lines_and_spans_of_the_bulletin() -> None:
    assert SOURCES["gacc_bulletin"] is SOURCE
    assert (SOURCE.kind, SOURCE.code_list, SOURCE.has_lines, SOURCE.has_spans, SOURCE.says_day) == ("bulletin", "gacc_en", True, True, False)  # fmt: skip
    page = goods(title="(13) Major Export Commodities, May 2025 (in CNY)")
    assert gacc_bulletin.SOURCE.parse(page, "f.html").reported.height == 30
