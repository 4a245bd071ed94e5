"""The page of a partner and the list of all products: figures as published, links that lead on, names as text."""

import re
from datetime import date

import polars as pl
import pytest

from schemas.forms.doubt import NumberDoubt
from tasks.domain.doubt.doubt_words import as_cells
from tasks.pages.site import partner_pages
from tasks.pages.text.page_templates import LANGUAGES
from tasks.reading.query import open_published, query
from tasks.reading.resolver import Resolver
from tests.unit.soybean_store import GM, soybean_store

JUNE = date(2024, 6, 1)
HOSTILE = "<img src=x onerror=alert(1)>\"'&"


@pytest.fixture(scope="module")
def resolver(tmp_path_factory: pytest.TempPathFactory) -> Resolver:
    return Resolver(open_published(soybean_store(tmp_path_factory.mktemp("soybeans"))))


def pages(resolver: Resolver, cited: str = "cited") -> dict[str, str]:
    """The pages of all partners."""
    months = [partner_pages.newest(resolver, flow, JUNE) for flow in ("export", "import")]
    return partner_pages.partner_pages(
        resolver, "CHN", months, {"import": frozenset([GM])}, dict.fromkeys(LANGUAGES, cited)
    )


def test_a_partner_has_its_lines_of_both_directions_with_their_figures(resolver: Resolver) -> None:
    text = pages(resolver)["partner-USA.en.html"]
    assert "<h1>China and the United States</h1>" in text
    row = query(resolver.snapshot.store, "metric", flow="import", product=GM, partner="USA", measure="value_usd")
    known = row.filter(pl.col("period") == JUNE).row(0, named=True)
    # 700 thousand dollars against 640 in May.
    assert (known["level"], round(known["mom_pct"], 1)) == (700_000, 9.4)
    line = re.search(rf'<a href="{GM}-import\.en\.html#p=USA">{GM} [^<]*</a></th>(.*?)</tr>', text)
    assert line is not None
    assert re.findall(r">([^<>]+)</td>", line[1])[:2] == ["USD 700,000", "+9.4"]
    assert "China&#39;s exports" in text


def test_a_chapter_without_a_page_has_its_name_on_the_list(resolver: Resolver) -> None:
    cited = dict.fromkeys(LANGUAGES, "cited")
    text = partner_pages.list_page(resolver, "CHN", {"import": frozenset([GM])}, cited, ["USA"])["index.en.html"]
    assert f"<summary>Chapter {GM[:2]} Oil seeds" in text
    assert re.findall(r'<li><a href="([^"]*)"', text)[:1] == [f"{GM}-import.en.html"]
    assert f"{GM[:2]}-import.en.html" not in text


class OfShares:
    """Doubts about shares alone, as where another partner is missing and the total is in doubt."""

    def __init__(self, *_: object) -> None:
        pass

    def each_of_rows(self, rows: pl.DataFrame, figures: list[str]) -> pl.Series:
        few = NumberDoubt("few_partners", (), ("BRA",), 24293, 24293)
        return as_cells([[few] if figures == ["share_pct"] else []] * rows.height)


def test_a_share_of_a_total_in_doubt_is_marked_where_the_level_is_not(
    resolver: Resolver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(partner_pages, "Doubts", OfShares)
    text = pages(resolver)["partner-USA.en.html"]
    line = re.search(rf"{GM} [^<]*</a></th>(.*?)</tr>", text)
    assert line is not None
    cells = re.findall(r">([^<>]+)</td>", line[1])
    assert [cell.startswith("▲") for cell in cells] == [False] * 5 + [True]
    assert '<p class="note doubt">▲ In doubt: few partners for a file of all partners, 2024-06: only Brazil' in text


def test_a_partner_without_a_name_has_a_page_by_its_code(resolver: Resolver) -> None:
    made = pages(resolver)
    assert "partner-gacc-999.en.html" in made
    assert not [name for name in made if "WLD" in name]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_list_has_each_product_with_a_page_and_each_partner(resolver: Resolver, language: str) -> None:
    text = partner_pages.list_page(
        resolver, "CHN", {"import": frozenset([GM])}, dict.fromkeys(LANGUAGES, "cited"), ["USA", "gacc:999"]
    )
    page = text[f"index.{language}.html"]
    assert f'href="{GM}-import.{language}.html"' in page
    assert f'href="partner-gacc-999.{language}.html"' in page


def test_names_that_look_like_markup_are_text(resolver: Resolver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partner_pages, "with_names", lambda rows, *_: rows.with_columns(product_name=pl.lit(HOSTILE)))
    monkeypatch.setattr(partner_pages, "partner_label", lambda *_: HOSTILE)
    made = pages(resolver, HOSTILE)
    made |= partner_pages.list_page(
        resolver, "CHN", {"import": frozenset([GM])}, dict.fromkeys(LANGUAGES, HOSTILE), ["USA"]
    )
    for name, text in made.items():
        assert "<img" not in text, name
        assert "&lt;img" in text, name
