"""What the source of the preliminary is set to."""

from release_pages import goods

from tasks.sources import gacc_preliminary
from tasks.sources.gacc_preliminary import SOURCE
from tasks.sources.registry import SOURCES


def test_lines_and_spans_of_the_preliminary() -> None:
    assert SOURCES["gacc_preliminary"] is SOURCE
    assert (SOURCE.kind, SOURCE.code_list, SOURCE.has_lines, SOURCE.has_spans, SOURCE.says_day) == ("preliminary", "gacc_en", True, True, False)  # fmt: skip
    page = goods()
    assert gacc_preliminary.SOURCE.parse(page, "f.html").reported.height == 30
