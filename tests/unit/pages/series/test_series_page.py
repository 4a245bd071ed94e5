"""The page of a series without its script: figures, sources, doubts, and names that mean no markup."""

import csv
import io
import json
import re
from dataclasses import replace
from datetime import date
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest

from schemas.forms.doubt import NumberDoubt
from tasks.pages.series import data, page
from tasks.pages.series.data import PageSeries
from tasks.pages.text.page_templates import LANGUAGES, words
from tasks.reading.query import open_published
from tasks.reading.resolver import Resolver
from tests.unit.customs import Store
from tests.unit.few_partners import CODE, FEW

DAY = date(2026, 6, 30)
HOSTILE = "<img src=x onerror=alert(1)>\"'&\u202e</script>"


class Elements(HTMLParser):
    """The elements of a page, and attributes that run a script."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.handlers: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element."""
        self.found.append(tag)
        self.handlers += [name for name, value in attrs if name.startswith("on") or "javascript:" in (value or "")]


def rendered(series: PageSeries, language: str = "en", below: pl.DataFrame | None = None, **place: object) -> str:
    """The page of a series."""
    about = page.PagePlace(**place)  # type: ignore[arg-type]
    return page.render(series, language, about, pl.DataFrame() if below is None else below, page.stem_of(series))


@pytest.fixture(scope="module")
def series(sample_store: Path) -> PageSeries:
    return data.gather(Resolver(open_published(sample_store)), "basket:rare_earth_magnets", "export", DAY)


@pytest.fixture(scope="module")
def doubted(few_partners: Store) -> PageSeries:
    return data.gather(Resolver(few_partners.snapshot), CODE, "export", DAY)


@pytest.mark.parametrize(("language", "level", "growth"), [("en", "5,240 t", "−1.6 %"), ("zh", "5,240吨", "−1.6%")])
def test_the_newest_month_stands_first_in_three_digits_and_whole_in_its_title_and_table(
    series: PageSeries, language: str, level: str, growth: str
) -> None:
    text = rendered(series, language)
    whole = level.replace("5,240", "5,238")
    assert f'<dd title="{whole}">{level}</dd>' in text
    assert f">{whole}</td>" in text[text.index('id="partners"') :]
    values = re.findall(r"<dd[^>]*>([^<]*)</dd>", text)
    assert values[0] == level
    assert growth in values
    assert text.index("<dl>") < text.index('id="live"') < text.index('id="partners"')


def test_a_page_loads_nothing_but_files_beside_it_and_runs_no_text(series: PageSeries) -> None:
    text = unescape(rendered(series))
    assert "script-src 'self';" in text
    assert not re.search(r"<script(?![^>]* src=)", text)
    assert not [one for one in re.findall(r'(?:src|<link[^>]*href)="([^"]*)"', text) if re.match(r"https?:|//", one)]


def test_the_doubt_of_the_newest_month_is_said_at_the_figure_in_the_table_and_in_the_file(doubted: PageSeries) -> None:
    text = rendered(doubted)
    lead = text[text.index('<section class="lead"') : text.index("</section>")]
    assert f"In doubt: {FEW}." in lead
    assert re.search(r'<td class="r" title="In doubt: few partners[^"]*">▲ 2,700 t</td>', text)
    rows = [*csv.DictReader(io.StringIO(page.whole_series(doubted).decode()))]
    june = [row for row in rows if row["measure"] == "quantity_kg" and row["period"] == "2025-06"]
    told = {(row["partner"], row["doubt"]) for row in june}
    assert {("WLD", FEW), ("USA", "")} <= told
    assert "存疑" in rendered(doubted, "zh")


def test_every_figure_in_doubt_is_marked_in_the_table_and_the_doubt_stands_once(doubted: PageSeries) -> None:
    text = rendered(doubted)
    table = text[text.index('id="partners"') : text.index("</section>", text.index('id="partners"'))]
    rows = {
        row[0]: re.findall(r">([^<>]*)</td>", row[1])
        for row in re.findall(r"<tr.*?row\">([^<]*)</th>(.*?)</tr>", table)
    }
    # The level of a partner is as it is printed, and its share is of a sum that is in doubt.
    level, *_, share = rows["United States"]
    assert (level, share[:2]) == ("900 t", "▲ ")
    assert rows["All countries"][0] == "▲ 2,700 t"
    assert text.count(f"▲ In doubt: {FEW}") == 1
    assert "note doubt" not in table


def test_a_doubt_that_is_not_of_the_total_stands_below_its_table(doubted: PageSeries) -> None:
    first = (doubted.measure, "WLD", doubted.last)
    other = replace(doubted, every_doubt={key: text for key, text in doubted.every_doubt.items() if key != first})
    text = rendered(other)
    assert text.count("note doubt") == 2  # That below the chart is filled by a script.
    assert f'<p class="note doubt">▲ In doubt: {FEW}' in text[text.index('id="partners"') :]


def test_the_key_of_a_basket_is_for_commands_alone(series: PageSeries, doubted: PageSeries) -> None:
    heads = [
        re.sub("<[^>]*>", "", rendered(one).partition("</h1>")[2].partition("</header>")[0])
        for one in (series, doubted)
    ]
    assert "HS 85051110" in heads[0]
    assert "basket" not in heads[0]
    assert "85051110" in heads[1]


def test_the_file_of_the_series_has_every_published_figure_with_all_its_digits(series: PageSeries) -> None:
    rows = [*csv.DictReader(io.StringIO(page.whole_series(series).decode()))]
    levels = {(row["measure"], row["partner"], row["period"]): row["level"] for row in rows}
    assert float(levels["quantity_kg", "WLD", "2025-06"]) == 3_188_000
    known = series.rows.drop_nulls("level")
    assert sum(bool(value) for value in levels.values()) == known.height


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_that_look_like_markup_are_text_in_every_place(series: PageSeries, language: str) -> None:
    texts = dict.fromkeys(("document", "body", "goods"), HOSTILE)
    event = {**series.events[0], **texts, "address": f"javascript:{HOSTILE}"}
    releases = series.stated.with_columns(release_id=pl.lit(series.stated["release_id"][0]))
    other = replace(
        series, names=(HOSTILE, HOSTILE), product=f"basket:{HOSTILE}", codes=(HOSTILE,), events=[event],
        stated=releases, breaks=[(series.months[3], HOSTILE)],
        every_doubt={("quantity_kg", "WLD", series.months[-1]): [NumberDoubt(HOSTILE, (), (), 24314, 24314)]},
    )  # fmt: skip
    plain = Elements(rendered(series, language))
    text = rendered(other, language, address="https://x.org", months=("2026-03",))
    elements = Elements(text)
    assert elements.handlers == []
    assert set(elements.found) <= {*plain.found, "p", "ol", "img"} - {"img"} | {"h3"}
    assert text.count("&lt;img src=x onerror=alert(1)&gt;") > 5
    script = data.as_script(other)
    assert "<" not in script
    assert json.loads(script.partition("=")[2])["sentences"]["en"] == [f"{HOSTILE}, 2026-03"]
    assert "</script" not in page.script_words(language)


def test_a_text_of_a_file_is_no_formula_in_a_spreadsheet(series: PageSeries) -> None:
    other = replace(
        series,
        every_doubt={("quantity_kg", "WLD", series.months[-1]): [NumberDoubt("=HYPERLINK(1)", (), (), 24314, 24314)]},
    )
    assert "'=HYPERLINK(1)" in page.whole_series(other).decode()


def test_both_languages_have_the_same_words() -> None:
    def keys(one: dict[str, object]) -> set[str]:
        return {f"{name}.{inner}" for name, said in one.items() for inner in (said if isinstance(said, dict) else [""])}

    for name in ("series", "partner", "site"):
        assert keys(words(name, "en")) == keys(words(name, "zh"))
