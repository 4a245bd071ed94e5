"""The brief of June 2025: what it says is what the ledger says, in both languages, and a wrong digit is seen."""

import copy
import re
from datetime import UTC, date, datetime
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import polars as pl
import pytest

from schemas.forms.brief import Fact, Facts
from schemas.forms.outcome import HoldDecision
from tasks.domain.classification import members
from tasks.domain.errors import NoFigure
from tasks.domain.reporter import Reporter
from tasks.ledger.merge import current_statements
from tasks.pages.brief import facts as brief_facts
from tasks.pages.brief import render
from tasks.pages.brief.facts import gather
from tasks.pages.brief.lists import numbers_that_matter
from tasks.pages.charts.charts import sparkline
from tasks.pages.charts.plot import DrawnLines, draw
from tasks.pages.text import sentences, wording
from tasks.pages.text.document import as_html, as_markdown
from tasks.pages.text.page_templates import LANGUAGES
from tasks.reading.query import open_published, query
from tasks.store.files.snapshot import Snapshot
from tasks.store.snapshots.parquet import read_table
from tests.unit import builders
from tests.unit.builders import MAGNETS as CODE
from tests.unit.published_stores import china, press, query_bytes

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows")

CHINA = Reporter("CHN", "HS8")
MAGNETS = "basket:rare_earth_magnets"
JUNE = date(2025, 6, 1)


@pytest.fixture(scope="module")
def snapshot(sample_store: Path) -> Snapshot:
    return open_published(sample_store)


@pytest.fixture(scope="module")
def facts(snapshot: Snapshot) -> Facts:
    return gather(snapshot, snapshot.store, MAGNETS, "export", JUNE)


@pytest.fixture(scope="module")
def ledger(snapshot: Snapshot) -> set[int]:
    return {*current_statements(read_table(snapshot, "observation")).filter(product="85051110")["value"]}


ROW = re.compile(r'<tr id="([^"]*)">(.*?)</tr>', re.DOTALL)
DATA = re.compile(r'<data value="([^"]*)">([^<]*)</data>')
LINK = re.compile(r'<a class="n" href="#([^"]*)"[^>]*>([^<]*)</a>')


def disagreements(page: str, facts: Facts, ledger: set[int]) -> list[str]:
    """Every place where the page says another number than the ledger: shown, whole, source, and each link to them."""
    # Of each row of the sources what it shows with its whole value, and the ledger numbers next to it.
    rows, wrong = {anchor: DATA.findall(row) for anchor, row in ROW.findall(page)}, list[str]()
    known = {fact.id: fact for fact in facts.facts()}
    for anchor, fact in known.items():
        whole, *numbers = rows.get(anchor, [("", "")])
        assert fact.trace is not None
        again = fact.trace.recomputed
        is_text = isinstance(again, str)
        if whole[0] != again if is_text else float(whole[0]) != pytest.approx(float(again or 0), rel=1e-9, abs=1e-9):
            wrong.append(f"{anchor}: {whole[0]} is not {again}")
        if whole[1] != wording.marked(fact, "en"):
            wrong.append(f"{anchor}: shows {whole[1]}")
        wrong += [
            f"{anchor}: {value} is not in the ledger"
            for value, text in numbers
            if int(value) not in ledger or not text.startswith(f"{int(value):,} ")
        ]
    for anchor, text in LINK.findall(page):
        if text.strip("+− %t!") != wording.shown(known[anchor]).strip("+− %t"):
            wrong.append(f"{anchor}: {text} is said, {wording.shown(known[anchor])} is the source")
    return wrong


def test_every_number_on_the_page_is_that_of_the_ledger_and_one_wrong_digit_is_seen(
    facts: Facts, ledger: set[int]
) -> None:
    page = as_html(render.document_of(facts))
    assert len(ROW.findall(page)) == len(facts.facts()) >= 15
    assert len(LINK.findall(page)) >= 25
    assert disagreements(page, facts, ledger) == []
    assert all(fact.trace is not None and fact.trace.agrees for fact in facts.facts())
    cells = list(DATA.finditer(page))
    assert len(cells) > 40
    for match in cells:
        for group in (1, 2):
            place = match.start(group) + re.search("[1-9]", match[group]).start()  # type: ignore[union-attr]
            changed = page[:place] + str(int(page[place]) % 9 + 1) + page[place + 1 :]
            assert disagreements(changed, facts, ledger), match.group(0)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_figure_that_does_not_agree_is_marked_on_the_page_and_in_markdown(facts: Facts, language: str) -> None:
    level = facts.partners[0].level
    assert level.trace is not None
    wrong = level.model_copy(update={"trace": level.trace.model_copy(update={"agrees": False})})
    rows = [facts.partners[0].model_copy(update={"level": wrong}), *facts.partners[1:]]
    mark = wording.texts(language)["differs"]
    for write in (as_html, as_markdown):
        assert mark not in write(render.document_of(facts, language))
        assert mark in write(render.document_of(facts.model_copy(update={"partners": rows}), language))


@pytest.mark.parametrize(("start", "months"), [(date(2025, 1, 1), 0), (date(2024, 4, 1), 0), (date(2024, 3, 1), 12)])
def test_a_record_of_a_series_is_told_from_a_year_on_and_says_how_long_it_is(
    snapshot: Snapshot, start: date, months: int
) -> None:
    february = gather(snapshot, snapshot.store, MAGNETS, "export", date(2025, 2, 1)).model_copy(
        update={"series_start": start}
    )
    said = [
        [line for line in headlines(february, language) if word in line]
        for language, word in (("en", "unbroken"), ("zh", "连续数据"))
    ]
    assert said == (
        [
            [f"February was the lowest month of their unbroken series, {months} months that begin in {start:%B %Y}."],
            [f"2月为{start.year}年{start.month}月有连续数据以来（共{months}个月）最低。"],
        ]
        if months
        else [[], []]
    )


@pytest.mark.parametrize(
    ("growth", "words"),
    [
        (99.9, ""),
        (100.0, ", twice as much"),
        (300.0, ", four times as much"),
        (157.5, "more than twice"),
        (199.9, "more than twice"),
        (660.8, "more than seven times"),
        (-50.0, ""),
    ],
)
def test_a_growth_of_so_many_per_cent_is_one_more_in_times(growth: float, words: str) -> None:
    fact = Fact(id="s1", partner="USA", month=JUNE, figure="mom_pct", value=growth, status="computed")
    assert words in wording.times(fact, "en")
    assert bool(wording.times(fact, "en")) == bool(words)


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """Two months of whole tonnes a year apart, from an address that is none of the web."""
    levels = {
        "2024-05": {"WLD": 21, "USA": 2, "DEU": 19},
        "2024-06": {"WLD": 26, "USA": 5, "DEU": 3},
        "2025-05": {"WLD": 60, "USA": 30},
        "2025-06": {"WLD": 62, "USA": 31},
    }
    rows = [
        (partner, month, "quantity", str(tonnes), "t", "2025-07-20")
        for month, said in levels.items()
        for partner, tonnes in said.items()
    ]
    return press(tmp_path_factory.mktemp("printed"), *rows, address="javascript:alert(1)")


def test_rounded_tonnages_make_no_growth_no_sure_multiple_and_no_decimal_of_a_share(printed: Snapshot) -> None:
    """5 t after 2 t: from 4.5 after 2.5 to 5.5 after 1.5, so +80 % to +267 %, and 5 of 26 t are 17 to 22 %."""
    facts = brief_of(printed, month=date(2024, 6, 1))
    said = headlines(facts)
    assert "were 26 t in June 2024, up from 21 t in May." in said[0]
    assert "Those to the United States rose from 2 t to 5 t; that is 19 % of the total." in said
    assert "Those to Germany fell from 19 t to 3 t; that is 12 % of the total." in said
    assert [wording.percent(row.mom) for row in facts.partners] == ["24", "84", "150"]


def test_a_small_growth_of_round_numbers_is_not_rounded_away(printed: Snapshot) -> None:
    facts = brief_of(printed)
    said = " ".join(headlines(facts))
    assert "were 62 t in June 2025, up from 60 t in May" in said
    assert "to the United States rose from 30 t to 31 t" in said
    assert "环比增加（上月60吨）" in " ".join(headlines(facts, "zh"))
    assert ">from 60 t</a>" in section(as_html(render.document_of(facts)), "partners")
    assert [wording.percent(row.mom) for row in facts.partners] == ["3", "3"]


def test_an_address_that_is_none_of_the_web_is_shown_and_leads_nowhere(printed: Snapshot, facts: Facts) -> None:
    page = as_html(render.document_of(brief_of(printed)))
    assert "javascript:alert(1)" in page
    assert not re.search(r'href="(?!https?:|#|data:)', page)
    assert '<a href="https://' in section(as_html(render.document_of(facts)), "sources")


def test_it_says_what_is_not_comparable_what_is_mixed_and_what_is_held(tmp_path: Path, snapshot: Snapshot) -> None:
    (tmp_path / "held").mkdir()
    waits = builders.held_release(name="cut.csv", title="cut.csv <b> [x](y)", released_on=JUNE)
    decision = HoldDecision(
        verdict="reject", by="somebody", reason="cut off", decided_at=datetime(2025, 7, 21, tzinfo=UTC)
    )
    decided = waits.model_copy(update={"release_id": "gacc_query-2", "title": "decided.csv", "decision": decision})
    there = waits.model_copy(update={"release_id": snapshot.about["releases"][0], "title": "published.csv"})
    soybeans = waits.model_copy(
        update={"release_id": "gacc_query-3", "title": "soybeans.csv", "goods": ("12019011", "12019019")}
    )
    asked = waits.model_copy(update={"release_id": "gacc_query-4", "title": "lamps.csv", "products": ("9405",)})
    import_of = waits.model_copy(update={"release_id": "gacc_query-5", "title": "bought.csv", "flow": "import"})
    heading = waits.model_copy(update={"release_id": "gacc_query-6", "title": "chapter.csv", "goods": ("8504", "8505")})
    for one in (waits, decided, there, soybeans, asked, import_of, heading):
        (tmp_path / "held" / f"{one.release_id}.json").write_text(one.model_dump_json(), encoding="utf-8")
    (tmp_path / "held" / "broken.json").write_text("{", encoding="utf-8")
    other = gather(snapshot, tmp_path, MAGNETS, "export", JUNE)
    page = as_html(render.document_of(other))
    for said in (
        (
            "cut.csv &lt;b&gt; [x](y)</strong>, held since 2025-07-20: <code>tidewaiter approve gacc_query-1 or"
            " reject</code>"
        ),
        "row_cap (the file): 10,000 rows; expected fewer. Ask again.",
        "<strong>broken</strong>",
        "the figure to compare with is not covered: y/y (Germany, the United States)",
        "HS 85051110 holds controlled and free magnets alike",
        "Announcement 18 of 2025",
    ):
        assert said in page, said
    chinese = as_html(render.document_of(other, "zh"))
    assert "2025年第18号公告" in chinese
    assert (
        '<li>记录数是网站下载上限的倍数，文件疑似被截断<br><span class="soft" lang="en">row_cap (the file)' in chinese
    )
    assert "**cut.csv &lt;b&gt; \\[x\\](y)**, held since 2025-07-20" in as_markdown(render.document_of(other))
    assert "decided.csv" not in page
    assert "chapter.csv" in section(page, "held")
    assert not [name for name in ("soybeans", "lamps", "bought") if name in page], "a hold of other goods"
    assert "published.csv" not in section(page, "held"), "what is published is not held"
    assert "shares moved by" not in page, "there is no unit value that a change of the mix could explain"


def test_figures_as_csv_have_the_whole_series_that_is_drawn_with_its_doubts(facts: Facts, snapshot: Snapshot) -> None:
    address = re.findall(r'href="(data:text/csv[^"]*)"', unescape(as_html(render.document_of(facts))))[0]
    rows = pl.read_csv(unquote(address).partition(",")[2].encode(), infer_schema=False).filter(
        figure="level", measure=facts.measure
    )
    drawn = {
        f"{month:%Y-%m}": level for month, level in zip(facts.months, facts.world, strict=True) if level is not None
    }
    world = rows.filter(pl.col("value").is_not_null(), partner="WLD")
    assert {month: float(value) for month, value in world.select("period", "value").rows()} == drawn
    assert len(drawn) > 2
    assert not rows.select("partner", "period").is_duplicated().any()
    assert "doubt" in rows.columns


TONNES = {"202405": (150, 300, 100), "202406": (200, 300, 100), "202504": (110, 310, 190), "202505": (100, 300, 200)}
WHOLE = TONNES | {"202506": (400, 300, 100)}


def of_partners(tonnes: dict[str, tuple[int, int, int]]) -> bytes:
    """Magnets to three partners at 50 dollars a kilogram, and 60 to the United States in June 2025."""
    return query_bytes([
        (month, CODE, partner, mass * 1000, mass * 1000 * (60 if (month, partner) == ("202506", "USA") else 50))
        for month, masses in tonnes.items() for partner, mass in zip(("USA", "DEU", "JPN"), masses, strict=True)
    ])  # fmt: skip


def test_ranks_unit_value_and_mix_of_a_month_of_which_all_is_known(tmp_path: Path) -> None:
    """Every partner is known, and in the month before a number was revised."""
    china(tmp_path, of_partners(TONNES | {"202505": (100, 290, 200)}), date(2025, 6, 20))
    whole = brief_of(china(tmp_path, of_partners(WHOLE)), MAGNETS)
    said = headlines(whole)
    assert (
        said[0]
        == "China's exports of rare earth magnets were 800 t in June 2025, up 33.3 % from 600 t in May and up 33.3 %"
        " from June 2024."
    )
    assert (
        "Those to the United States rose 300.0 % to 400 t, four times as much, up 100.0 % on"
        " the year; that is 50.0 % of the total, rank 1 after rank 3 the month before." in said
    )
    assert (
        "Those to Japan fell 50.0 % to 100 t; that is 12.5 % of the total, rank 3 after rank 2"
        " the month before." in said
    )
    assert len(said) == 5
    assert not [sentence for sentence in said if "Germany" in sentence], "it moved nothing, and is in the table"
    assert (
        "其中对美国环比增长300.0%，是上月的4倍，至400吨，同比增长100.0%，占50.0%，居第1位（上月第3位）。"
        in headlines(whole, "zh")
    )
    page = as_html(render.document_of(whole))
    # 400 t at 60 and 400 t at 50 dollars a kilogram, after 50.
    assert re.search(r">55\.00</a> US dollars per kilogram \(FOB\), <a[^>]*>\+10\.0 %</a> on the month", page)
    # |50 - 16.7| + |37.5 - 50| + |12.5 - 33.3|, halved
    assert "shares moved by 33.3 percentage points" in page
    assert "; and 6 more</td>" in page, "three partners in three months, three of them shown"
    in_june = [("USA", "2025-06"), ("DEU", "2025-06")]
    for fact, behind in (
        (whole.partners[0].mom, [*in_june, ("DEU", "2025-05"), ("USA", "2025-05")]),
        (next(row.share for row in whole.partners if row.partner == "USA"), in_june),
    ):
        assert [(number.partner, number.period) for number in numbers_that_matter(fact)[0]] == behind, fact.figure
    assert "rests on a base" not in page, "nothing here does"
    assert all(fact.trace is not None and fact.trace.agrees for fact in whole.facts())


def test_the_page_needs_no_network_and_is_read_without_its_script(facts: Facts) -> None:
    page = as_html(render.document_of(facts))
    before, script = page.split("<script>")
    assert before.rstrip().endswith("</main>")
    assert not re.findall(r"(?:src|srcset)=|@import|url\(http", before)
    assert not re.findall(r"fetch\(|XMLHttpRequest|import\(|https?://", script)
    assert page.count("<h1") == 1
    assert len(set(re.findall(r' id="([^"]+)"', page))) == len(re.findall(r' id="([^"]+)"', page))


def test_an_unknown_month_or_product_says_what_there_is(snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NoFigure, match="there is 2024-01 to 2026-03"):
        brief_of(snapshot, MAGNETS, date(2031, 1, 1))
    with pytest.raises(NoFigure, match="products are 85, 8505"):
        brief_of(snapshot, "99999999")
    # Of a full cube there are ten thousand.
    monkeypatch.setattr(brief_facts, "PRODUCTS_NAMED", 2)
    with pytest.raises(NoFigure, match=r"products are [^,]+, [^,]+, and more$"):
        brief_of(snapshot, "99999999")


def test_a_sparkline_breaks_where_a_month_is_missing() -> None:
    drawn = sparkline([1.0, 2.0, None, 3.0])
    assert (drawn.count("<polyline"), drawn.count("<circle")) == (1, 1)
    assert sparkline([None, None]) == ""


def test_plot_draws_png_and_svg_and_says_what_it_cannot(snapshot: Snapshot) -> None:
    rows = query(snapshot.store, "metric", flow="export", product=MAGNETS)
    assert draw([DrawnLines(rows, [MAGNETS], ["WLD", "USA"], CHINA)], "quantity_kg", ".png").startswith(b"\x89PNG")
    svg = draw([DrawnLines(rows, [MAGNETS], ["WLD"], CHINA)], "quantity_kg", ".svg").decode()
    assert "Announcement 18 of 2025" in svg
    assert "controlled and free magnets" in svg
    with pytest.raises(NoFigure, match="partners DEU, IND"):
        draw([DrawnLines(rows, [MAGNETS], ["FRA"], CHINA)], "quantity_kg", ".png")
    with pytest.raises(ValueError, match="no picture that can be drawn"):
        draw([DrawnLines(rows, [MAGNETS], ["WLD"], CHINA)], "quantity_kg", ".bmp")


def brief_of(snapshot: Snapshot, product: str = CODE, month: date = JUNE) -> Facts:
    return gather(snapshot, snapshot.store, product, "export", month)


def headlines(facts: Facts, language: str = "en") -> list[str]:
    return [sentence.text for sentence in sentences.headlines(facts, language)]


def section(page: str, name: str) -> str:
    found = re.search(rf'<(?:h2|details) id="{name}".*?</section>', page, re.DOTALL)
    assert found is not None
    return found.group(0)


TWO_MONTHS = [("202505", CODE, "USA", 100_000, 5_000_000), ("202506", CODE, "USA", 100_000, 5_500_000)]
YEAR_AND_A_HALF = [f"{year}{month:02d}" for year in (2024, 2025) for month in range(1, 13)][:18]
SAME, LESS, SAND = "85051190", "85051900", "25059000"
GERMANIUM = tuple(members("basket:germanium")[:2])


@pytest.fixture(scope="module")
def goods(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """Magnets of two months, goods that did not change or hardly so, kilograms of germanium, cheap sand; in July other
    goods alone."""
    rows: list[tuple[Any, ...]] = [
        *TWO_MONTHS,
        ("202506", SAND, "USA", 100_000_000, 300_000),
        ("202507", SAME, "USA", 100_000_000, 5_000_000),
    ]
    # Not every number of a month is that of the month before: customs' site would have answered for another month.
    for place, month in enumerate(YEAR_AND_A_HALF):
        less = {"202406": 500, "202505": 0, "202506": -1_000}.get(month, (place + 1) * 1_000)
        rows += [(month, code, "USA", 100_000_000 + more, 5_000_000) for code, more in ((SAME, 0), (LESS, less))]
    # In all at most 720 kg a month, or 12 kg, whose ticks have three decimals.
    for code, parts in zip(GERMANIUM, ({"USA": 60, "DEU": 40, "JPN": 20}, {"USA": 1, "DEU": 1}), strict=True):
        rows += [
            (f"2025{month:02d}", code, partner, mass * month, 1000)
            for month in range(1, 7)
            for partner, mass in parts.items()
        ]
    asked = {"products": sorted({row[1] for row in rows}), "months": "2024-01..2025-07"}
    return china(tmp_path_factory.mktemp("goods"), query_bytes(sorted(rows)), date(2025, 8, 20), **asked)


def test_a_unit_value_is_in_the_money_that_is_known(tmp_path: Path) -> None:
    facts = brief_of(china(tmp_path, query_bytes(TWO_MONTHS, "人民币")))
    assert "55.00</a> yuan per kilogram (FOB), <a" in section(as_html(render.document_of(facts)), "value")
    assert "55.00元/千克（FOB），环比+10.0%" in as_markdown(render.document_of(facts, "zh"))
    assert "55.00 CNY/kg" in section(as_html(render.document_of(facts)), "sources")
    assert all(fact.trace is not None and fact.trace.agrees for fact in facts.facts())


def test_a_month_without_any_trade_has_a_brief(goods: Snapshot) -> None:
    facts = brief_of(goods, month=date(2025, 7, 1))
    assert "were 0 t in July 2025, down 100.0 % from 100 t in June" in headlines(facts)[0]
    assert facts.mix_moved_pp is None
    assert ">0吨<" in as_html(render.document_of(facts, "zh"))


@pytest.mark.parametrize(
    ("code", "level", "en", "zh"),
    [(SAME, "100,000", "unchanged", "持平"), (LESS, "99,999", "little changed", "基本持平")],
)
def test_no_change_is_no_fall(goods: Snapshot, code: str, level: str, en: str, zh: str) -> None:
    facts = brief_of(goods, code)
    said = headlines(facts)
    assert f"were {level} t in June 2025, {en} from 100,000 t in May and {en} from June 2024." in said[0]
    assert said[1].endswith(f", {en} on the year.")
    assert f"出口{level}吨，环比{zh}（上月100,000吨），同比{zh}。" in headlines(facts, "zh")[0]
    everything = " ".join([*said, *headlines(facts, "zh")])
    assert not re.search(r"(down|fell|下降|\b0\.0 %)", everything), everything
    assert "hardly changed, at 99,999 t" in everything or "did not change from 100,000 t" in everything
    assert "−0.0 %" not in as_html(render.document_of(facts))


@pytest.mark.parametrize("code", GERMANIUM)
def test_the_axes_of_a_few_kilograms_tell_their_ticks_apart(goods: Snapshot, code: str) -> None:
    page = as_html(render.document_of(brief_of(goods, code)))
    for name in ("chart", "partner_chart"):
        for chart in section(page, name).split("<svg ")[1:]:
            labels = re.findall(r"<t(?:ext|span)[^>]*>([\d.]+)</t(?:ext|span)>", chart)
            assert len(labels) >= 5
            assert len({*labels}) == len(labels), labels


def test_without_kilograms_a_brief_is_about_money(tmp_path: Path) -> None:
    rows = [("202505", "8505", "USA", None, 1_600_000), ("202506", "8505", "USA", None, 5_000_000)]
    facts = brief_of(china(tmp_path, query_bytes(rows)), "8505")
    assert facts.measure == "value_usd"
    for language, says, title in (
        (
            "en",
            ("were USD 5.00 million in June 2025", "from USD 1.60 million", "rose 212.5 %"),
            "Thirty-six months, million USD",
        ),
        ("zh", ("500.0万美元", "上月160.0万美元"), "近三十六个月（百万美元）"),
    ):
        for page in (as_html(render.document_of(facts, language)), as_markdown(render.document_of(facts, language))):
            text = re.sub(r"<[^>]*>", "", page)
            assert [said for said in says if said not in text] == []
            assert re.search(r"\d (t|kg)\b|\d吨", text) is None, "a page about money has no mass"
        assert title in re.sub(r"<[^>]*>", "", as_html(render.document_of(facts, language)))


def test_where_the_union_reports_its_own_members_count_and_the_page_says_so(facts: Facts) -> None:
    assert not facts.within_union
    union = facts.model_copy(update={"within_union": True})
    assert "count trade between members of the European Union as well" in as_html(render.document_of(union))
    assert "包括欧盟成员国之间的贸易" in as_markdown(render.document_of(union, "zh"))


def test_without_a_world_the_first_sentence_names_the_goods_and_the_month_and_without_any_figure_says_why(
    facts: Facts,
) -> None:
    alone = copy.deepcopy(facts)
    for fact in (alone.partners[0].level, alone.partners[0].ytd, alone.highest_since, alone.lowest_since):
        fact.value, fact.status = None, "not_covered"
    said = headlines(alone)
    assert said[0].startswith(
        "China's exports of rare earth magnets to Germany rose 266 % to 764 t in June 2025, more than"
    )
    assert said[1].startswith("Those to")
    assert headlines(alone, "zh")[0].startswith("2025年6月中国稀土永磁体出口，对德国环比增长266%")
    del alone.partners[1:]
    assert headlines(alone) == [
        "There is no figure of China's exports of rare earth magnets to all partners together in June 2025: no release"
        " at hand covers it."
    ]
    (chinese,) = headlines(alone, "zh")
    assert (chinese[:11], chinese[-13:]) == ("没有2025年6月中国", "手头没有任何发布涵盖该数。")


def test_months_that_share_what_they_rest_on_have_the_facts_that_each_has_alone(goods: Snapshot) -> None:
    behind = brief_facts.ProductTraces(goods, CODE, "export")
    about = (goods, goods.store, CODE, "export")
    months = [JUNE, date(2025, 5, 1)]
    shared = [gather(*about, month, behind=behind) for month in months]
    assert shared == [gather(*about, month) for month in months]
    assert [page.partners[0].level.month for page in shared] == months


def test_goods_counted_in_pieces_alone_have_no_brief_and_it_is_said_what_there_is(goods: Snapshot) -> None:
    found = brief_facts.Gatherer(brief_facts.ProductTraces(goods, CODE, "export"), JUNE)
    found.rows = found.rows.with_columns(measure=pl.lit("quantity_item"))
    with pytest.raises(NoFigure) as refused:
        found._measure()
    assert (
        str(refused.value)
        == f"no export of {CODE} in 2025-06 is counted in kilograms or in money, of which a brief is made; there is no"
        f" such month. What there is, quantity_item, is shown by tidewaiter read metric --product {CODE} --flow"
        " export --month 2025-06"
    )


@pytest.mark.parametrize(
    ("value", "measure", "en", "zh"),
    [
        (353_000, "quantity_kg", "353 t", "353吨"),
        (0.4, "quantity_kg", "0.0004 t", "0.0004吨"),
        (720, "quantity_kg", "0.720 t", "0.720吨"),
        (570, "value_usd", "USD 570", "570美元"),
        (2_163_555, "value_usd", "USD 2.16 million", "216.4万美元"),
        (99_400, "value_eur", "EUR 99,400", "9.94万欧元"),
        (1_234_500_000, "value_jpy", "JPY 1.23 billion", "12.35亿日元"),
        (456_789_000, "value_cny", "CNY 456.8 million", "4.57亿元"),
        (0, "value_gbp", "GBP 0", "0英镑"),
    ],
)
def test_amounts_of_mass_and_of_money_in_both_languages(value: float, measure: str, en: str, zh: str) -> None:
    fact = Fact(
        id="s1", partner="WLD", month=JUNE, figure="level", measure=measure, value=float(value), status="reported"
    )
    assert (wording.shown(fact, "en"), wording.shown(fact, "zh")) == (en, zh)


def test_small_prices_keep_their_digits(goods: Snapshot) -> None:
    page = as_html(render.document_of(brief_of(goods, SAND)))
    assert "0.003</a> US dollars per kilogram" in page
    assert "0.003 USD/kg" in section(page, "sources")
