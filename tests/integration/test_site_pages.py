"""Pages of the site in a browser without a network: chart, choices, keys, earlier days, pictures and copies, with the
doubt of a figure wherever the figure goes."""

import json
from collections.abc import Iterator
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import polars as pl
import pytest
from bad_inputs.download import csv_bytes
from shown_page import shown

from schemas.reference.code_tables import code_table
from tasks.pages.site.site import SitePlan, build
from tasks.reading.query import query
from tests.unit import published_stores
from tests.unit.customs import MAY, Store
from tests.unit.few_partners import FEW, THREE
from tests.unit.graphite import CODE as GRAPHITE
from tests.unit.graphite import complaint, graphite_store

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows")

DAY = date(2026, 6, 30)
TWELVE = ["USA", "DEU", "JPN", "KOR", "VNM", "IND", "FRA", "ITA", "GBR", "BRA", "MEX", "HUN"]
# The distance in points between a place and an element.
AWAY = """([x, y]) => {
  const box = document.getElementById("tip").getBoundingClientRect();
  const away = Math.hypot(Math.max(box.left - x, 0, x - box.right), Math.max(box.top - y, 0, y - box.bottom));
  return [away, box.left, box.right];
}"""
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
def doubted(few_partners: Store, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of a file of three partners that was declared as all of them."""
    folder = tmp_path_factory.mktemp("doubted")
    build(few_partners.folder, SitePlan(folder, DAY))
    return folder


@pytest.fixture(scope="module")
def graphite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of a growth that is not to be quoted, and of one that is quoted with care."""
    store, folder = graphite_store(tmp_path_factory.mktemp("graphite")), tmp_path_factory.mktemp("graphite_site")
    build(store.folder, SitePlan(folder, DAY))
    return folder


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of twelve partners and two products over 30 months, of which one grows to many times in a month."""
    root, folder = tmp_path_factory.mktemp("wide_root"), tmp_path_factory.mktemp("wide")
    table = code_table("partners").filter(pl.col("iso3").is_in(TWELVE), pl.col("valid_to") == "")
    partners = {row["iso3"]: (row["gacc_code"], row["name_zh"]) for row in table.iter_rows(named=True)}
    assert len(partners) == len(TWELVE)
    rows = [
        (f"{year}{month:02}", code, partner, mass, mass * 40)
        for year, month in [(2023 + place // 12, place % 12 + 1) for place in range(30)]
        for code, least in (("85051110", 1000), ("28053012", 10))
        for number, partner in enumerate(TWELVE, 1)
        for mass in [
            least * (1300 - 100 * number + 10 * month + 7 * (year - 2023)) * (4 if (year, month) == (2025, 2) else 1)
        ]
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(published_stores, "PARTNERS", partners)
        published_stores.china(root, published_stores.query_bytes(rows))
    build(root / "store", SitePlan(folder, DAY))
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


def until(page: Any, condition: str) -> None:
    """Wait until the page says so: the driver's own way evaluates a text, which the policy of the page forbids."""
    for _ in range(200):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"{condition}; the address is {page.url}")


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


@pytest.mark.parametrize("width", [1440, 3840])
def test_the_values_of_every_line_stand_beside_the_pointer(wide: Path, page_of: Any, width: int) -> None:
    page = page_of(wide / "CHN/85051110.en.html", width, end="#p=WLD.DEU")
    page.evaluate("document.getElementById('live').scrollIntoView()")
    ground = page.locator("[class*=panel] > g > path.background").first.bounding_box()
    for across, down in ((0.01, 0.1), (0.45, 0.9), (0.99, 0.5)):
        place = [ground["x"] + ground["width"] * across, ground["y"] + ground["height"] * down]
        page.mouse.move(*place)
        away, left, right = page.evaluate(AWAY, place)
        assert away <= 60
        assert 0 <= left < right <= width
    # Of the last month: 12 partners with 1,000 kg times 1,300 - 100 n + 60 + 14; Germany is the second.
    assert page.locator("#tip").text_content() == "2025-06All countries 8,688 tonnesGermany 1,174 tonnes"
    page.locator("#live").focus()
    page.keyboard.press("ArrowLeft")
    assert (page.locator("#tip").text_content() or "").startswith("2025-05All countries 8,568 tonnes")


def test_on_a_phone_the_values_stand_in_a_line_above_the_chart_and_follow_a_finger(wide: Path, page_of: Any) -> None:
    page = page_of(wide / "CHN/85051110.en.html", 390)
    tip, chart = page.locator("#tip").bounding_box(), page.locator("#live").bounding_box()
    assert tip["y"] + tip["height"] <= chart["y"]
    assert page.locator("#tip").is_visible()
    page.locator("#live").dispatch_event("pointerdown", {"clientX": chart["x"] + 70, "clientY": chart["y"] + 90})
    assert (page.locator("#tip").text_content() or "").startswith("2023-")


@pytest.mark.parametrize(
    ("end", "period", "checked"),
    [
        ("", "2023-01 to 2025-06", ["0"]),
        ("#t=12", "2024-07 to 2025-06", ["12"]),
        ("#t=2023-03_2023-09", "2023-03 to 2023-09", []),
    ],
)
def test_the_period_is_chosen_by_button_and_brush_and_kept_in_the_address(
    wide: Path, page_of: Any, end: str, period: str, checked: list[str]
) -> None:
    from playwright.sync_api import expect

    page = page_of(wide / "CHN/85051110.en.html", end=end)
    assert page.locator("#period").text_content() == period
    assert page.locator("input[name=span]:checked").evaluate_all("(all) => all.map((one) => one.value)") == checked
    page.locator("label:has(input[name=span][value='12'])").click()
    until(page, "location.hash.endsWith('t=12')")
    page.locator("#from").press("ArrowRight")
    until(page, "location.hash.endsWith('t=11')")
    page.locator("#until").press("ArrowLeft")
    until(page, "location.hash.endsWith('t=2024-08_2025-05')")
    page.locator("#table summary").click()
    expect(page.locator("#table tbody tr")).to_have_count(10)


def test_any_partner_comes_into_the_chart_by_name_and_from_its_row_and_a_product_beside_it(
    wide: Path, page_of: Any
) -> None:
    page = page_of(wide / "CHN/85051110.en.html")
    assert page.locator("input[name=partner]").count() == 9
    page.locator("tr[data-partner=HUN] button").click()
    until(page, "location.hash.includes('p=WLD.HUN')")
    for typed, key in (("mexico", "MEX"), ("dysprosium", "%4028053012")):
        page.locator("#add").fill(typed)
        page.locator("#add").press("Enter")
        until(page, f"location.hash.includes('{key}')")
    # Hungary is the twelfth: 1,000 kg times 1,300 - 1,200 + 74. Of dysprosium the sum of twelve, in kilograms times 10.
    texts = page.locator("#tip span").all_text_contents()
    assert texts[1] == "Hungary 174 tonnes"
    assert texts[2:] == ["Mexico 274 tonnes", "Dysprosium, not intermixed or interalloyed 28053012 86.9 tonnes"]
    page.locator("#add").fill("atlantis")
    page.locator("#add").press("Enter")
    until(page, "document.getElementById('add_said').textContent")
    assert page.locator("#add_said").text_content() == "Nothing with figures is called atlantis."
    again = page_of(wide / "CHN/85051110.zh.html", end=page.evaluate("location.hash"))
    assert again.locator("#tip span").all_text_contents()[1] == "匈牙利 174吨"
    # A growth that is far above the others is cut off and says its number: 32,832 t after 8,124 t.
    drawn = " ".join(again.locator("#live svg text").all_text_contents())
    assert "↑304" in drawn


def test_a_saved_picture_has_its_key_and_the_title_that_somebody_gave_it(wide: Path, page_of: Any) -> None:
    page = page_of(wide / "CHN/28053012.en.html", end="#p=HUN&h=A+title+of+my+own")
    with page.expect_download() as saved:
        page.locator("#save_svg").click()
    picture = "".join(ElementTree.fromstring(Path(saved.value.path()).read_text(encoding="utf-8")).itertext())
    assert "A title of my own" in picture
    assert "Hungary, Weight" in picture
    assert "1  2025-04-04 MOFCOM and GACC: Announcement 18 of 2025" in picture


@pytest.mark.parametrize("height", [300, 480])
def test_an_embedded_chart_fits_its_frame_and_tells_its_height(
    wide: Path, browser: Any, tmp_path: Path, height: int
) -> None:
    host, source = tmp_path / "host.html", (wide / "CHN/85051110.en.html").as_uri()
    host.write_text(
        "<script>addEventListener('message', ({ data }) => { window.told = data; });</script>"
        f"<iframe src='{source}?embed#p=USA' width='600' height='{height}'></iframe>"
    )
    context = browser.new_context(viewport={"width": 800, "height": 700})
    page = context.new_page()
    page.goto(host.as_uri())
    until(page, "window.told")
    assert page.evaluate("told") == {"tidewaiter": "85051110", "height": height}
    frame = page.frames[1]
    for part in ("h1", "#live svg", "#cited"):
        box = frame.locator(part).bounding_box()
        assert box["y"] + box["height"] <= page.locator("iframe").bounding_box()["y"] + height
    context.close()


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    "end", [f"f={figure}&p={who}" for figure in ("mom_pct", "level") for who in ("USA", "WLD.USA")]
)
def test_an_embedded_chart_says_the_verdict(graphite: Path, page_of: Any, language: str, end: str) -> None:
    page = page_of(graphite / f"CHN/{GRAPHITE}.{language}.html", end=f"?embed#{end}")
    said = [
        page.locator("main").inner_text(),
        *page.locator("[title]").evaluate_all("all => all.map(one => one.title)"),
    ]
    assert complaint(" ".join(said)) == ""


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


@pytest.mark.parametrize(
    ("typed", "first", "said"),
    [
        ("magnets", ["CHN", "exports", ""], ""),
        ("2805", ["CHN", "exports", "28053012"], ""),
        ("germany", ["CHN", "", "DEU"], ""),
        ("atlantis", [], "Nothing is called atlantis. Try a code of customs, such as 8505, or another word."),
    ],
)
def test_the_search_finds_by_name_code_and_word_or_says_that_there_is_nothing(
    wide: Path, browser: Any, typed: str, first: list[str], said: str
) -> None:
    page = shown(browser, wide / "index.html", 1200, "light")
    page.locator("#asked").fill(typed)
    until(page, "!document.getElementById('found').hidden || !document.getElementById('nothing').hidden")
    assert page.locator("#found tbody tr:first-child td").all_text_contents()[:3] == first
    assert page.locator("#nothing").text_content() == said
    page.context.close()


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
