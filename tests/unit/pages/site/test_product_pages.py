"""The files of a product: its page, its data, its months with their neighbours, and what it is made of."""

import re
from datetime import date
from pathlib import Path

import pytest

from tasks.pages.series import data
from tasks.pages.series.page import PagePlace
from tasks.pages.site import product_pages
from tasks.reading.query import open_published
from tasks.reading.resolver import Resolver

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows")

DAY = date(2026, 6, 30)
STEM = "basket-rare_earth_magnets"


@pytest.fixture(scope="module")
def resolver(sample_store: Path) -> Resolver:
    return Resolver(open_published(sample_store))


def made(resolver: Resolver, folder: Path, *, in_words: bool = True, address: str = "") -> dict[str, str | bytes]:
    """The files of the basket."""
    series = data.gather(resolver, "basket:rare_earth_magnets", "export", DAY)
    place = PagePlace(products=frozenset(["85051110"]), address=address)
    return product_pages.files_of(resolver, series, place, DAY, folder, in_words=in_words, with_past=False).files


def test_a_month_leads_to_the_one_before_to_the_one_after_and_to_the_whole_series(
    resolver: Resolver, tmp_path: Path
) -> None:
    (tmp_path / STEM).mkdir()
    (tmp_path / STEM / "2025-11.en.html").write_text("of an earlier state")
    files = made(resolver, tmp_path)
    links = {
        month: re.findall(r'href="([^"#:]+)"', str(files[f"{STEM}/{month}.en.html"]))
        for month in ("2026-02", "2026-03")
    }
    assert {f"../{STEM}.en.html", "2025-11.en.html", "2026-03.en.html", "2026-02.zh.html"} <= {*links["2026-02"]}
    assert "2026-02.en.html" in links["2026-03"]
    assert "2026-04.en.html" not in links["2026-03"]
    page = str(files[f"{STEM}.en.html"])
    assert [f"{STEM}/{month}.en.html" in page for month in ("2026-03", "2026-02", "2025-11")] == [True] * 3


def test_a_month_in_words_runs_its_own_scripts_alone(resolver: Resolver, tmp_path: Path) -> None:
    text = str(made(resolver, tmp_path)[f"{STEM}/2026-03.en.html"])
    assert "'sha256-" in text
    assert text.index("Content-Security-Policy") < text.index("<title>")


def test_a_product_leads_to_what_it_is_made_of(resolver: Resolver, tmp_path: Path) -> None:
    page = str(made(resolver, tmp_path, in_words=False)[f"{STEM}.en.html"])
    assert re.search(r'<a href="85051110\.en\.html">85051110 [^<]+</a></th><td class="r">5,238 t</td>', page)


def test_a_picture_for_links_is_made_where_the_site_has_an_address(resolver: Resolver, tmp_path: Path) -> None:
    files = made(resolver, tmp_path, in_words=False, address="https://trade.example.org/")
    assert bytes(files[f"{STEM}.en.png"]).startswith(b"\x89PNG")  # type: ignore[arg-type]
    assert f'content="https://trade.example.org/CHN/{STEM}.en.png"' in str(files[f"{STEM}.en.html"])
