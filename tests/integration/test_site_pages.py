"""Pages of the site in a browser without a network: chart, choices, keys, earlier days, pictures and copies, with the
doubt of a figure wherever the figure goes."""

import json
from collections.abc import Iterator
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from bad_inputs.download import csv_bytes
from shown_page import shown

from tasks.pages.site.site import SitePlan, build
from tasks.reading.query import query
from tests.unit.customs import MAY, Store
from tests.unit.few_partners import FEW, THREE

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows")

DAY = date(2026, 6, 30)
MAGNETS = "CHN/basket-rare_earth_magnets"


@pytest.fixture(scope="module")
def site(sample_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of the sample, for which magnets are watched."""
    folder, watched = tmp_path_factory.mktemp("site"), tmp_path_factory.mktemp("watched") / "watch_list.csv"
    watched.write_text("reporter,product,flow,reason\nCHN,basket:rare_earth_magnets,export,a\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIDEWAITER_WATCH_LIST", str(watched))
        build(sample_store.parent, SitePlan(folder, DAY))
    return folder


@pytest.fixture(scope="module")
def doubted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of a file of three partners that was declared as all of them."""
    store = Store(tmp_path_factory.mktemp("root"))
    store.ingest(csv_bytes([*MAY, *THREE]))
    folder = tmp_path_factory.mktemp("doubted")
    root = store.store.parent if store.store.name.startswith("reporter=") else store.store
    build(root, SitePlan(folder, DAY))
    return folder


@pytest.fixture
def page_of(browser: Any) -> Iterator[Any]:
    """Opens a page with its chart drawn, which complains of nothing and asks for nothing."""
    opened = []

    def _open(file: Path, width: int = 1000, scheme: str = "light", media: str = "screen", end: str = "") -> Any:
        page = shown(browser, file, width, scheme, media)
        if end:
            page.goto(file.as_uri() + end)
            page.reload()
        page.wait_for_selector("body.live #live svg", state="attached")
        opened.append(page)
        return page

    yield _open
    for page in opened:
        assert page.heard == []
        page.context.close()


def product(site: Path) -> Path:
    """The page of the only product of a site that has HS8."""
    return next(iter(sorted((site / "CHN").glob("85051110.en.html"))))


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (390, "dark"), (360, "light")])
def test_the_page_of_a_series_is_readable_light_dark_wide_and_narrow(
    site: Path, page_of: Any, language: str, width: int, scheme: str
) -> None:
    page = page_of(site / f"{MAGNETS}.{language}.html", width, scheme)
    assert page.locator("#live svg").is_visible()
    assert not page.locator(".still").is_visible()
    # A reader of screens is told by the slider around it.
    assert page.locator("#live svg").get_attribute("aria-hidden") == "true"
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("#point tbody tr").count() == 1


def test_keys_move_by_a_month_and_say_value_status_record_and_day(site: Path, page_of: Any) -> None:
    page = page_of(site / f"{MAGNETS}.en.html", end="#p=WLD.USA")
    live = page.locator("#live")
    live.focus()
    for _ in range(9):
        live.press("ArrowLeft")
    assert page.locator("#month").text_content() == "2025-06"
    assert "All countries 3,188 tonnes; United States 353 tonnes" in live.get_attribute("aria-valuetext")
    page.wait_for_selector("#point tbody a")
    origin = page.locator("#point tbody tr").first.locator("td").last.text_content()
    # The record of the sample that prints 3,188 t, and its day.
    assert origin == "2025-07-21, record 83"
    live.press("Home")
    assert page.locator("#month").text_content() == "2024-02"
    live.press("End")
    page.locator("select[name=figure]").select_option("yoy_pct")
    assert page.locator("#point tbody tr").first.locator("td").first.text_content() == "−1.6 %"


def test_a_growth_is_the_published_one_and_one_on_an_implied_base_is_marked(site: Path, page_of: Any) -> None:
    page = page_of(site / f"{MAGNETS}.en.html", end="#f=yoy_pct")
    page.locator("#live").focus()
    for _ in range(9):
        page.locator("#live").press("ArrowLeft")
    cells = page.locator("#point tbody tr").first.locator("td").all_text_contents()
    assert cells[0] == "−38.1 %*!"
    assert "rests on a base that no source at hand prints" in cells[1]


def test_a_pointer_on_the_chart_chooses_a_month(site: Path, page_of: Any) -> None:
    from playwright.sync_api import expect

    page = page_of(site / f"{MAGNETS}.en.html")
    box = page.locator("#live svg").bounding_box()
    page.mouse.move(box["x"] + box["width"] / 3, box["y"] + 120)
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 120)
    expect(page.locator("#month")).to_contain_text("2025-")


def test_an_earlier_day_shows_what_was_known_then(site: Path, page_of: Any, sample_store: Path) -> None:
    from playwright.sync_api import expect

    page = page_of(site / f"{MAGNETS}.en.html")
    page.locator("#past summary").click()
    expect(page.locator("#day")).to_be_enabled()
    days = page.evaluate("PAST.map((one) => one.day)")
    assert days == sorted(days, reverse=True)
    assert len(days) > 5
    for _ in range(4):
        page.locator("#day").press("ArrowLeft")
    expect(page.locator("#label")).to_contain_text(f"as known on {days[4]}")
    page.locator("#table summary").click()
    expect(page.locator("#table tbody tr")).to_have_count(26)
    cells = "(row) => [row.cells[0].textContent, row.cells[1].textContent]"
    table = dict(page.evaluate(f"[...document.querySelectorAll('#table tbody tr')].map({cells})"))
    about = {"flow": "export", "product": "basket:rare_earth_magnets", "partner": "WLD", "measure": "quantity_kg"}
    rows = query(sample_store, "metric", **about, as_of=date.fromisoformat(days[4]))
    known = {f"{row['period']:%Y-%m}": row["level"] for row in rows.iter_rows(named=True)}
    assert {month: "–" if known.get(month) is None else f"{known[month] / 1000:,.0f}" for month in table} == table
    assert next(iter(table.values())) == "–"


@pytest.mark.parametrize("kind", ["lines", "bars", "small"])
@pytest.mark.parametrize("figure", ["level", "mom_pct", "yoy_pct", "index", "share_pct"])
def test_every_choice_is_drawn_without_a_complaint(site: Path, page_of: Any, kind: str, figure: str) -> None:
    from playwright.sync_api import expect

    lines = "WLD" if kind == "bars" else "WLD.USA.DEU"
    page = page_of(site / f"{MAGNETS}.en.html", end=f"#f={figure}&k={kind}&p={lines}")
    page.locator("#table summary").click()
    # The still table has fewer months, until the script has filled it.
    expect(page.locator("#table tbody tr")).to_have_count(26)
    assert page.locator("#live svg path").count() > 5


def test_a_doubt_goes_with_the_figure_to_chart_table_copy_picture_and_embedded_page(
    doubted: Path, page_of: Any
) -> None:
    page = page_of(product(doubted))
    told = f"In doubt: {FEW}"
    # It stands above the chart, and is not said again below it.
    assert told in page.locator(".lead .doubt").first.text_content()
    assert told not in page.locator("#doubts").text_content()
    assert told in page.locator("#point tbody").text_content()
    assert told in page.locator("#live").get_attribute("aria-valuetext")
    assert told in page.locator("#point").get_attribute("data-text")
    page.locator("#table summary").click()
    assert "▲" in page.locator("#table tbody").text_content()
    with page.expect_download() as saved:
        page.locator("#save_svg").click()
    picture = Path(saved.value.path()).read_text(encoding="utf-8")
    assert "few partners for a file of all partners" in picture
    assert "Source: China customs" in picture
    with page.expect_download() as saved:
        page.locator("#save_png").click()
    assert Path(saved.value.path()).read_bytes().startswith(b"\x89PNG")
    embedded = page_of(product(doubted), end="?embed")
    assert embedded.locator("#doubts").is_visible()
    assert embedded.locator("#cited").is_visible()
    assert not embedded.locator("#partners").is_visible()
    front = (doubted / "index.html").read_text(encoding="utf-8")
    assert "▲" in front
    # On paper and under a finger a title is not seen: it stands once, above the marks.
    assert "▲" in page.locator("section[aria-labelledby=partners] tbody").text_content()
    stated = page.locator(".note.doubt:visible", has_text=FEW)
    assert [one.text_content() for one in stated.all()] == [f"▲ {told}."]
    assert stated.locator("xpath=ancestor::section[@class='lead']").count() == 1
    texts = [one.read_text(encoding="utf-8") for one in (doubted / "CHN").glob("partner-*.en.html")]
    marked = [text for text in texts if f'title="{told}' in text]
    assert len(marked) >= 1
    assert all(f'<p class="note doubt">▲ {told}' in text for text in marked)


def test_without_a_script_and_on_paper_the_still_chart_and_the_table_are_there(site: Path, browser: Any) -> None:
    context = browser.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto((site / f"{MAGNETS}.en.html").as_uri())
    assert page.locator(".still svg.broad").is_visible()
    assert page.locator("#choices select").first.is_hidden()
    assert page.locator("#save_png").is_hidden()
    context.close()
    printed = shown(browser, site / f"{MAGNETS}.en.html", 800, "light", "print")
    printed.wait_for_selector("body.live", state="attached")
    assert printed.locator(".still svg.broad").is_visible()
    assert not printed.locator("#live").is_visible()
    printed.context.close()


def test_a_page_is_light_and_is_drawn_soon(site: Path) -> None:
    for language in ("en", "zh"):
        parts = [site / f"{MAGNETS}.{language}.html", site / f"{MAGNETS}.js"]
        assert sum(part.stat().st_size for part in parts) <= 60_000
    assert (
        json.loads((site / f"{MAGNETS}.js").read_text(encoding="utf-8").removeprefix("SERIES="))["partners"][0] == "WLD"
    )


class Reader:
    """Somebody with a question, who begins on the front page and has a pointer: counts the clicks."""

    def __init__(self, page: Any) -> None:
        self.page, self.clicks = page, 0

    def click(self, selector: str, place: dict[str, float] | None = None) -> None:
        self.page.locator(selector).first.click(position=place)
        self.clicks += 1

    def series(self, name: str = "rare earth magnets") -> None:
        """The page of a product, by the search."""
        self.click("#asked")
        self.page.keyboard.type(name)
        self.click("#found a")
        self.page.wait_for_selector("body.live #live svg", state="attached")

    def month(self, month: str) -> None:
        """Click where the month is on the chart: the ground of its panel is as wide as its months."""
        ground = self.page.locator("[class*=panel] > g > path.background").first.bounding_box()
        chart = self.page.locator("#live").bounding_box()
        count = int(self.page.locator("#live").get_attribute("aria-valuemax")) + 1
        year, number = map(int, month.split("-"))
        place = year * 12 + number - 1 - self.page.evaluate("SERIES.first")
        across = ground["x"] - chart["x"] + ground["width"] * (place + 0.5) / count
        self.click("#live", {"x": across, "y": ground["y"] - chart["y"] + ground["height"] / 2})
        assert self.page.locator("#month").text_content() == month

    def cells(self, row: str) -> list[str]:
        """The figure of a partner in the table of the chosen month, what is remarked, and where it is from."""
        self.page.wait_for_selector("#point tbody a")
        partner = self.page.locator("#point tbody tr", has=self.page.locator("th", has_text=row))
        return [text or "" for text in partner.locator("td").all_text_contents()]


@pytest.fixture
def reader(site: Path, browser: Any) -> Iterator[Reader]:
    page = shown(browser, site / "index.html", 1200, "light")
    yield Reader(page)
    assert page.heard == []
    page.context.close()


def test_what_went_to_one_country_in_a_month_takes_four_clicks(reader: Reader) -> None:
    reader.series()
    reader.click("label:has(input[value=USA])")
    reader.month("2025-06")
    # As printed in July 2025: 353 t to the United States, 3,188 t to all.
    assert reader.cells("United States")[0] == "353 tonnes"
    assert reader.cells("All countries")[0] == "3,188 tonnes"
    assert reader.clicks <= 4


def test_where_a_number_is_from_takes_five_clicks(reader: Reader) -> None:
    reader.series()
    reader.month("2025-06")
    assert reader.cells("All countries")[2] == "2025-07-21, record 83"
    reader.click("#point tbody a")
    reader.click("#files summary")
    assert reader.page.locator("#files tr:target").count() == 1
    assert reader.clicks <= 5


def test_how_a_month_compares_with_the_year_before_takes_four_clicks(reader: Reader) -> None:
    reader.series()
    reader.page.locator("select[name=figure]").select_option("yoy_pct")
    reader.clicks += 1
    reader.month("2025-06")
    figure, remark, _ = reader.cells("All countries")
    assert figure == "−38.1 %*!"
    assert "rests on a base that no source at hand prints" in remark
    assert reader.clicks <= 4


def test_what_was_known_on_an_earlier_day_takes_four_clicks(reader: Reader) -> None:
    from playwright.sync_api import expect

    reader.series()
    reader.click("#past summary")
    expect(reader.page.locator("#day")).to_be_enabled()
    reader.click("#day", {"x": 5, "y": 5})
    oldest = reader.page.evaluate("PAST.at(-1).day")
    expect(reader.page.locator("#label")).to_contain_text(f"as known on {oldest}")
    # Its newest month was not known then.
    assert reader.page.locator("#point tbody td").first.text_content() == "–"
    assert reader.clicks <= 4


def test_whether_a_number_is_in_doubt_takes_two_clicks(doubted: Path, browser: Any) -> None:
    page = shown(browser, doubted / "index.html", 1200, "light")
    reader = Reader(page)
    reader.series("85051110")
    assert f"In doubt: {FEW}" in (page.locator(".lead .doubt").first.text_content() or "")
    assert reader.clicks <= 2
    assert page.heard == []
    page.context.close()


@pytest.mark.parametrize("name", ["index.html", "index.zh.html", "CHN/index.en.html", "CHN/partner-USA.en.html"])
@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (360, "dark")])
def test_other_pages_are_readable_and_ask_for_nothing(
    site: Path, browser: Any, name: str, width: int, scheme: str
) -> None:
    page = shown(browser, site / name, width, scheme)
    assert page.heard == []
    page.context.close()


# A file may be called anything; its name stands in the source line of each page, in feeds, pictures and scripts.
HOSTILE = "\"'><img src=x onerror=alert(1)>&amp;{{7*7}}`${1}` <b> " + "very long " * 8 + ".csv"


class Elements(HTMLParser):
    """The elements of a page and the attributes that run something."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.running: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.running += [name for name, _ in attrs if name.startswith("on")]


def test_a_hostile_name_of_a_file_is_text_in_every_place_of_every_page(tmp_path: Path, browser: Any) -> None:
    store = Store(tmp_path / "root")
    store.ingest(csv_bytes([*MAY, *THREE]), name=HOSTILE)
    site = tmp_path / "site"
    build(store.store.parent, SitePlan(site, DAY, 'https://example.org/a"><img>'))
    pages = sorted(site.rglob("*.html"))
    assert len(pages) >= 10
    assert any("onerror" in page.read_text(encoding="utf-8") for page in pages)
    for page in pages:
        elements = Elements()
        elements.feed(page.read_text(encoding="utf-8"))
        assert (elements.tags & {"img", "b", "iframe"}, elements.running) == (set(), []), page.name
    for feed in site.glob("*.atom"):
        ElementTree.fromstring(feed.read_text(encoding="utf-8"))
    for page in (product(site), site / "index.html"):
        opened = shown(browser, page, 1000, "light")
        if page.name != "index.html":
            opened.wait_for_selector("body.live #live svg", state="attached")
            opened.locator("#files summary").click()
        assert opened.locator("img").count() == 0
        assert opened.heard == []
        opened.context.close()
