"""The front page as a morning paper: the first story, what readers are told of what is due, and names as text."""

import re
from datetime import date
from pathlib import Path

import pytest

from schemas.forms.doubt import NumberDoubt
from schemas.forms.fetch import SourceState
from schemas.forms.site import FrontCard
from tasks.answers.trade.read import with_names
from tasks.ledger.doubts import Doubts
from tasks.pages.brief.facts import gather as facts_of
from tasks.pages.release import changes_since_release as changes
from tasks.pages.series import data
from tasks.pages.site import front
from tasks.pages.text.page_templates import LANGUAGES
from tasks.reading.query import open_published
from tasks.reading.resolver import Resolver

DAY = date(2026, 6, 30)
MAGNETS = "basket:rare_earth_magnets"
HOSTILE = "<img src=x onerror=alert(1)>\"'&\u202e"
LATE = SourceState(
    source="us_census", reporters=["USA"], last_month="2026-04", next_month="2026-06", next_due=date(2026, 8, 4),
    overdue=["2026-05"], days_overdue=447,
)  # fmt: skip


@pytest.fixture(scope="module")
def resolver(sample_store: Path) -> Resolver:
    return Resolver(open_published(sample_store))


@pytest.fixture(scope="module")
def card(resolver: Resolver) -> FrontCard:
    series = data.gather(resolver, MAGNETS, "export", DAY)
    facts = facts_of(resolver.snapshot, resolver.snapshot.store, MAGNETS, "export", series.last, DAY)
    return front.card_of(series, facts, "CHN/basket-rare_earth_magnets")


def trade_of(resolver: Resolver, card: FrontCard, language: str = "en") -> front.Trade:
    """What the page says of China's exports."""
    news = front.news_of(resolver.snapshot, "export")
    return front.Trade.of(resolver, "CHN", "export", language, news, [card], frozenset([MAGNETS]), "cited")


def test_the_first_story_is_a_sentence_with_its_page_and_a_chart(resolver: Resolver, card: FrontCard) -> None:
    text = front.page([trade_of(resolver, card)], DAY, front.Desk([], [], [], shown=False), "en", "")
    story = text[text.index('<article class="story">') : text.index("</article>")]
    assert 'href="CHN/basket-rare_earth_magnets.en.html"' in story
    # No line ends between a number and its sign or unit.
    whole = "were 5,238\u00a0t in March 2026, down 1.6\u00a0% from March 2025."
    assert whole in re.sub(r"<[^>]+>", "", story)
    assert story.count("<svg") == 2


def test_what_moved_has_its_change_and_its_part_of_the_total(resolver: Resolver) -> None:
    news = front.news_of(resolver.snapshot, "export")
    assert news is not None
    lines = changes.largest(with_names(news.rows, resolver), front.finest(news.rows), Doubts(resolver.snapshot))
    row = news.rows.filter(product="line:rare_earths", kind="product").row(0, named=True)
    # 5,490.4 t in May 2026 against 5,864.6 t a year before.
    assert (row["level"], row["before"]) == (5_490_400, 5_864_600)
    said = next(one.sentence for one in lines if one.product == "line:rare_earths")
    assert said.startswith("−374 t (−6.4 %), −6.4 percentage points of the total")


@pytest.mark.parametrize(("shown", "told"), [(False, 0), (True, 1)])
def test_only_the_desk_is_told_for_how_long_something_is_overdue(*, shown: bool, told: int) -> None:
    text = front.page([], DAY, front.Desk([LATE], [], [], shown=shown), "en", "")
    assert text.count("447 days") == told
    assert text.count("2026-06 on 2026-08-04") == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_and_doubts_of_the_front_page_are_text(resolver: Resolver, card: FrontCard, language: str) -> None:
    doubt = NumberDoubt(HOSTILE, (), (), 24309, 24309)
    line = changes.Line(MAGNETS, HOSTILE, HOSTILE, [doubt])
    story = front.Story(HOSTILE, [(HOSTILE, (doubt,))], "CHN/x.en.html", "")
    section = changes.Section(HOSTILE, {"": [HOSTILE], HOSTILE: ["-1"]}, [HOSTILE], [MAGNETS])
    trade = trade_of(resolver, card, language)._replace(
        title=HOSTILE, cited=HOSTILE, month=HOSTILE, lead=story, cards=[story], moved=[line], unusual=[line],
        revised=[line], sections=[section],
    )  # fmt: skip
    text = front.page([trade], DAY, front.Desk([], [], [HOSTILE], shown=False), language, "https://x.org")
    assert "<img" not in text
    assert text.count("&lt;img src=x onerror=alert(1)&gt;") >= 20


def test_a_doubt_of_several_sentences_stands_once_and_each_sentence_is_marked(
    resolver: Resolver, card: FrontCard
) -> None:
    may = NumberDoubt("row_cap", (), (), 24304, 24304)
    long = NumberDoubt("an unknown check " * 20, (), (), 24304, 24304)
    sentences = [
        ("First.", (may, may._replace(check="few; partners"))),
        ("Second.", (may,)),
        ("Third.", (long,)),
        ("Sound.", ()),
    ]
    story = front.Story("magnets", sentences, "CHN/x.en.html", "")
    trade = trade_of(resolver, card, "en")._replace(lead=story, cards=[])
    text = front.page([trade], DAY, front.Desk([], [], [], shown=False), "en", "")
    assert text.count("the download limit, so the file may be cut off, 2025-05") == 1
    # A doubt is one thing, whatever signs are in its words.
    assert [doubt.check for doubt in story.doubts] == ["row_cap", "few; partners", long.check]
    assert "In doubt: few; partners, 2025-05." in text
    assert "First.</a> ▲" in text
    assert "Second. ▲" in text
    assert "Sound.</p>" in text
    # A long one is folded, and whole inside.
    assert f"</summary>In doubt: {long.check}, 2025-05.</details>" in text


@pytest.mark.parametrize(
    ("address", "root"), [("", "/"), ("https://trade.example.org/site/", "https://trade.example.org/site/")]
)
def test_the_page_for_what_is_not_there_leads_to_both_front_pages_from_any_depth(address: str, root: str) -> None:
    text = front.missing_page(address)
    assert re.findall(r'href="([^"]+)"', text) == [
        "data:,",
        f"{root}site.css",
        f"{root}index.html",
        f"{root}index.zh.html",
    ]
    assert re.findall(r'<section lang="([^"]+)"', text) == ["en", "zh-CN"]
    assert "There is no such page" in text
    assert "没有此页" in text
