"""The page on detours in both languages and both forms, and the picture of the three flows."""

from pathlib import Path

import pytest

from schemas.questions.detours import Detours
from tasks.answers.measures.detours import DetoursAnswer, detours
from tasks.pages.measures import detours_page
from tasks.pages.text.document import DocumentPage, TablePart
from tests.unit.detour_stores import detour_stores


@pytest.fixture(scope="module")
def answer(tmp_path_factory: pytest.TempPathFactory) -> DetoursAnswer:
    root = detour_stores(tmp_path_factory.mktemp("detours"))
    return detours(Detours("850511", from_="CHN", to="USA", since="2025-04", store=root))


@pytest.mark.parametrize(
    ("language", "fires", "rates"),
    [
        ("en", "South Korea fires: an estimate of", "all of the loss sold by others"),
        ("zh", "韩国触发：估计经其", "所失贸易全由他方厂商替代"),
    ],
)
def test_the_page_says_what_fires_how_sure_that_is_and_what_both_sides_say(
    language: str, fires: str, rates: str, answer: DetoursAnswer, tmp_path: Path
) -> None:
    made = detours_page.document_of(answer, language)
    place = DocumentPage("detours", made).save(tmp_path / "page.html")
    html, text = place.read_text(), place.with_suffix(".md").read_text()
    for page in (html, text):
        assert fires in page
        assert rates in page
        assert "smuggl" not in page
    assert {"en": "China customs, as known on", "zh": "来源：中国海关，截至"}[language] in text
    assert "<svg" in html
    assert 'src="http' not in html, "nothing from the network"
    tables = [part for section in made.parts for part in getattr(section, "parts", ()) if isinstance(part, TablePart)]
    assert [len(table.columns) for table in tables] == [12, 5, 4]


def test_a_picture_is_drawn_in_either_form_and_no_other(answer: DetoursAnswer, tmp_path: Path) -> None:
    svg = detours_page.write_picture(answer, tmp_path / "flows.svg", "en").read_bytes()
    png = detours_page.write_picture(answer, tmp_path / "flows.png", "en").read_bytes()
    assert svg.startswith(b"<svg")
    assert png.startswith(b"\x89PNG")
    with pytest.raises(ValueError, match="no picture that can be drawn"):
        detours_page.write_picture(answer, tmp_path / "flows.gif", "en")
    with pytest.raises(ValueError, match="the page is HTML"):
        DocumentPage("detours", detours_page.document_of(answer, "en")).save(tmp_path / "page.md")
