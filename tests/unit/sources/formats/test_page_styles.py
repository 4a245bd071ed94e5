"""Which text the style sheets of a page hide from its readers."""

import pytest

from tasks.sources.formats.page_styles import RULES_MAX, rules_of
from tasks.sources.formats.pages import read_page

CELL = '<td class="n">37<span class="note x" id="one">2</span></td>'
SHOWN, UNSEEN, UNKNOWN = "372", "37 | [2]", "37 | 2"


def cell_of(style: str, cell: str = CELL) -> str:
    raw = f"<!DOCTYPE html><html>{style}<body><table id='t'><tr>{cell}</tr></table></body></html>"
    (((text,),),) = read_page(raw.encode(), "f.html").tables
    return text


@pytest.mark.parametrize(
    ("sheet", "text"),
    [
        (".note{display:none}", UNSEEN),
        ("#one { DISPLAY : None }", UNSEEN),
        ("span { visibility: hidden }", UNSEEN),
        ("td .note, p { color: red; text-decoration: red line-through; }", UNSEEN),
        ("#t > tr span.note.x { text-decoration-line: line-through !important }", UNSEEN),
        ("/* a */ <!-- .n * { visibility: collapse } -->", UNSEEN),
        ("@charset 'utf-8'; .x { display: none }", UNSEEN),
        ("@media screen { .x { display: none } }", UNSEEN),
        # The more specific rule decides, and of equal ones the later.
        (".x { display: none } .x { display: inline }", SHOWN),
        ("span.x { display: none } .x { display: inline }", UNSEEN),
        (".x { display: none !important } #one { display: inline }", UNSEEN),
        # What is another element, a state of a browser or another medium hides nothing here.
        # Of a class that the page does not style, a style sheet elsewhere may say anything.
        (".notes { display: none }", UNKNOWN),
        (".x { opacity: 0.00 }", UNSEEN),
        (".x { opacity: 0.5 }", SHOWN),
        (".x { font-size: 0px !important }", UNSEEN),
        (".x { font-size: 10px }", SHOWN),
        (".x { mso-hide: all }", UNSEEN),
        ("th .note { display: none }", SHOWN),
        (".x:hover { display: none }", SHOWN),
        ("@media print { .x { display: none } }", SHOWN),
        ("@media (max-width: 600px) { .x { display: none } }", SHOWN),
        (".x { display: block; color: none }", SHOWN),
        (".x { display: none", SHOWN),
    ],
)
def test_text_is_hidden_by_the_rule_that_decides(sheet: str, text: str) -> None:
    assert cell_of(f"<style>{sheet}</style>") == text


def test_a_style_of_the_element_decides_and_a_sheet_for_paper_does_not_count() -> None:
    assert cell_of("<style>.x{display:none}</style>", "<td>37<b class=x style='display:inline'>2</b></td>") == SHOWN
    assert (
        cell_of("<style>.x{display:none!important}</style>", "<td>37<b class=x style='display:inline'>2</b></td>")
        == UNSEEN
    )
    assert cell_of("<style media='print'>.x{display:none}</style>") == SHOWN
    assert cell_of("<style media=screen>.x{display:none}</style>") == UNSEEN


def test_rules_are_read_in_a_moment_however_many_they_are() -> None:
    assert len(rules_of("<style>" + ".a{display:none}" * 20_000 + "{" * 50_000 + "</style>")) == RULES_MAX
