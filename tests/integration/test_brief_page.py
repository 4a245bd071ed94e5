"""The commands of release day, those that publish in a process of their own, and the page in a browser without a
network."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from commands import STORE, said
from shown_page import _light, shown

FIGURES = ("353 t", "660 %", "3,188 t", "157.5 %", "1,238 t", "38.1 %", "22,319 t", "18.9 %")
CLAIMS = """commodity,flow,partner,period,metric,value,unit,qualifier,who
rare earth magnets,export,US,2025-06,level_t,353,t,,a
rare earth magnets,export,US,2025-06,mom_pct,667,%,,b
rare earth magnets,export,World,2025-06,level_t,3818,t,,c
gallium,export,World,2025-06,level_t,4.26,t,,d
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the sample was run with the watch list as it is, with two briefs and the site."""
    folder = tmp_path_factory.mktemp("brief")
    told = said("run --no-prefect", folder)
    assert "brief, in the store: briefs/2026-03/basket-rare_earth_magnets.zh.html" in told.out
    assert (folder / STORE / "briefs" / "2026-05" / "line-rare_earths.en.md").is_file()
    assert said("site --output public", folder).code == 0
    for language in ("en", "zh"):
        command = f"brief basket:rare_earth_magnets --month 2025-06 --language {language} --output {language}.html"
        done = said(command, folder)
        assert done.code == 0, done.err
    return folder


def test_claims_check_gives_a_row_for_each_row_and_publishes_them_once(home: Path) -> None:
    (home / "claims.csv").write_text(CLAIMS, encoding="utf-8")
    store = home / STORE
    done = said("claims check claims.csv --publish --format csv", home)
    assert done.code == 0, done.err
    rows = list(csv.DictReader(io.StringIO(done.out)))
    assert [(row["who"], row["verdict"]) for row in rows] == [
        ("a", "supported"), ("b", "right_number_wrong_place"), ("c", "contradicted"), ("d", "not_checkable"),
    ]  # fmt: skip
    assert all(row["reason"] for row in rows)
    assert (store / "reports" / "claims-claims.csv").is_file()
    kept = pl.read_parquet(store / "current" / "claim" / "*.parquet")
    assert kept.select("record", "verdict", "further").rows() == [
        (number, row["verdict"], json.dumps({"who": row["who"]})) for number, row in enumerate(rows, 1)
    ]
    assert kept["product"].to_list() == [*["basket:rare_earth_magnets"] * 3, "basket:gallium"]
    assert ["free magnets share this code" in (note or "") for note in kept["note"]] == [True, True, True, False]
    read = said("read claim --product basket:gallium --format csv", home)
    assert [row["verdict"] for row in csv.DictReader(io.StringIO(read.out))] == ["not_checkable"]
    again = said("claims check claims.csv --publish", home).out
    assert "4 claims: 1 supported, 0 not_excluded, 1 contradicted, 1 right_number_wrong_place, 1 not_checkable" in again
    assert "published already" in again
    steps = pl.read_parquet(store / "current" / "lineage" / "*.parquet").filter(
        pl.col("release_id").str.starts_with("claims-")
    )
    assert steps.sort("position")["step"].to_list() == ["read_claims", "check_claims", "publish_claims"]
    refused = said("claims check nowhere.csv", home)
    assert (refused.code, "there is no such file" in refused.err) == (2, True)


def test_events_brief_and_plot_by_command(home: Path) -> None:
    shown = said("events windows basket:rare_earth_magnets --event mofcom-gacc-2025-18", home)
    assert all(words in shown.out for words in ("-45.0", "-74.3", "controlled and free magnets"))
    assert said("events --on 2026-06-01", home).out.count("never in force") == 4
    lapsed = said("events --on 2026-11-11 --format csv", home).out
    assert lapsed.count(",lapsed_unrecorded,2026-11-11,mofcom-gacc-2025-70,2026-11-10") == 7
    assert said("plot 85051110 --output magnets.png", home).code == 0
    assert (home / "magnets.png").read_bytes().startswith(b"\x89PNG")
    # A page is sent by mail.
    assert max((home / f"{language}.html").stat().st_size for language in ("en", "zh")) <= 102_400
    assert (home / "en.md").read_text(encoding="utf-8").startswith("# China's exports of rare earth magnets, June 2025")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    ("width", "scheme", "media"), [(900, "light", "screen"), (390, "dark", "screen"), (800, "light", "print")]
)
def test_a_browser_without_a_network_shows_the_page_light_dark_narrow_and_printed(
    home: Path, browser: Any, language: str, width: int, scheme: str, media: str
) -> None:
    from playwright.sync_api import expect

    page = shown(browser, home / f"{language}.html", width, scheme, media)
    # On a wide screen every column of the partners is in sight.
    table = page.evaluate("(one => [one.scrollWidth, one.clientWidth])(document.querySelector('.wide'))")
    assert width < 700 or table[0] <= table[1], (width, table)
    # The chart of the other width is not shown.
    assert page.locator("figure svg:visible").count() == 2
    assert page.locator(f"figure svg.{'narrow' if width < 640 else 'broad'}:visible").count() == 2
    if media == "screen":
        page.locator(".said + button").first.click()
        # The browser copies in its own time.
        expect(page.locator(".said + button").first).to_have_text("copied" if language == "en" else "已复制")
        with page.expect_download() as saved:
            page.locator("figcaption button").first.click()
        assert Path(saved.value.path()).read_bytes().startswith(b"\x89PNG")
    assert page.locator("a.n").count() > 20
    for figure in FIGURES:
        text = figure if language == "en" else figure.replace(" t", "吨").replace(" %", "%")
        assert page.locator("main a.n", has_text=text).first.is_visible(), (language, text)
    assert (_light(page.evaluate("getComputedStyle(document.body).backgroundColor")) > 0.5) == (scheme == "light")
    assert page.locator("figure:not([aria-label])").count() == 0
    page.locator("a.n").first.click()
    assert page.evaluate("document.querySelector(':target').tagName") == "TR"
    assert page.heard == []


@pytest.mark.parametrize(
    ("name", "width", "scheme", "asked", "leads_to"),
    [
        ("index.html", 1000, "light", "rare magnets", "basket-rare_earth_magnets.en.html"),
        ("index.zh.html", 390, "dark", "稀土永磁体", "basket-rare_earth_magnets.zh.html"),
    ],
)
def test_the_front_page_opens_from_a_folder_and_its_search_leads_to_the_page_of_a_product(
    home: Path, browser: Any, name: str, width: int, scheme: str, asked: str, leads_to: str
) -> None:
    page = shown(browser, home / "public" / name, width, scheme)
    page.locator("#asked").click()
    page.keyboard.type(asked)
    # Each key asks anew: the list is that of the whole text where its first line leads to the product.
    link = page.locator(f"#found tr:first-child a[href$='{leads_to}']").first
    row = link.element_handle()
    page.keyboard.type(" ")
    assert row.evaluate("row => row.isConnected"), "the script replaced rows that had not changed"
    _follow(page, link, leads_to)
    assert page.locator("header nav a").count() == 3
    page.locator("header nav a").first.click()
    page.wait_for_url("**/index*.html")
    assert page.heard == []


def _follow(page: Any, link: Any, leads_to: str) -> None:
    """Press a link until its page is there: a browser on a busy machine may lose a click."""
    from playwright.sync_api import TimeoutError as Late

    def is_there(address: str) -> bool:
        # The page writes what is chosen behind its address.
        return address.partition("#")[0].endswith(f"/{leads_to}")

    for _ in range(3):
        try:
            if not is_there(page.url):
                link.click(timeout=20_000)
            page.wait_for_url(is_there, timeout=20_000)
        except Late:
            continue
        return
    raise AssertionError(f"the link was pressed three times, and the page is {page.url}")
