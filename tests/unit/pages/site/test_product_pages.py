"""The files of a product: its page, its data, its months with their neighbours, and what it is made of."""

import re
from datetime import date
from pathlib import Path

import pytest
from bad_inputs.download import csv_bytes, magnets

from tasks.pages.series import data
from tasks.pages.series.page import PagePlace
from tasks.pages.site import product_pages
from tasks.reading.query import open_published
from tasks.reading.resolver import Resolver
from tasks.store.snapshots.parquet import read_table
from tests.unit.customs import LATER, RIGHT, Store

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


def test_the_page_of_a_withdrawn_month_says_so_and_leads_to_the_newest_one(tmp_path: Path) -> None:
    store, later = Store(tmp_path / "root"), date(2025, 9, 20)
    store.ingest(RIGHT)
    july = [magnets("502", "350000", "40,000,000", "202507"), magnets("304", "700000", "40,000,000", "202507")]
    store.ingest(csv_bytes(july), LATER, "july.csv", months="2025-07", released_on=LATER)

    def built() -> dict[str, str]:
        resolver = Resolver(store.snapshot)
        series = data.gather(resolver, "85051110", "export", later)
        about = (resolver, series, PagePlace(), later, tmp_path)
        files = product_pages.files_of(*about, in_words=True, with_past=True).files
        pages = {name: str(text) for name, text in files.items() if name.startswith("85051110/")}
        for name, text in pages.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_text(text, encoding="utf-8")
        return pages

    assert "Withdrawn" not in built()["85051110/2025-07.en.html"]
    release = read_table(store.snapshot, "release").filter(title="july.csv")["release_id"][0]
    store.withdraw(release, later)
    withdrawn = built()
    english, chinese = (withdrawn[f"85051110/2025-07.{one}.html"] for one in ("en", "zh"))
    assert "No figure of this month is left." in english
    assert f"Withdrawn on {later}" in english
    assert "july.csv" in english
    assert "june.csv" not in english
    assert '<a href="2025-06.en.html">newest month</a>' in english
    assert '<a href="2025-06.zh.html">最新月份</a>' in chinese
    assert "Content-Security-Policy" in english
    # Nothing is said of a month that was never there, and it has its page back when it counts again.
    assert {*withdrawn} == {f"85051110/2025-0{month}.{one}.html" for month in (5, 6, 7) for one in ("en", "zh")}
    store.withdraw(release, later, undo=True)
    assert "No figure of this month is left." not in built()["85051110/2025-07.en.html"]
