"""The brief of June 2025: what it says is what the ledger says, in both languages, and a wrong digit is seen."""

import copy
import re
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest

from flows.release import release
from schemas.brief import Fact, Facts
from schemas.held import Decision, HeldFinding, HeldRelease
from schemas.observation import Observation
from schemas.request import ReleaseRequest
from tasks import brief, brief_facts, brief_words
from tasks.brief_charts import sparkline
from tasks.brief_facts import gather
from tasks.chart import chart, lines, on_calendar, svg
from tasks.ledger import last_word
from tasks.plot import draw
from tasks.reading import query
from tasks.snapshot import Snapshot, open_snapshot
from tasks.tables import read_table
from tasks.trace import NoFigure

ROOT = Path(__file__).parent.parent.parent
MAGNETS = "basket:rare_earth_magnets"
JUNE = date(2025, 6, 1)
STORY = ("353 t", "660 %", "3,188 t", "157.5 %", "1,238 t", "38.1 %", "22,319 t", "18.9 %")


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    store = tmp_path_factory.mktemp("brief") / "store"
    release.fn(ReleaseRequest(file=ROOT / "flows" / "examples" / "published_figures.csv", store=store))
    found = open_snapshot(store)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def facts(snapshot: Snapshot) -> Facts:
    return gather(snapshot, snapshot.store, MAGNETS, "export", JUNE)


@pytest.fixture(scope="module")
def ledger(snapshot: Snapshot) -> dict[tuple[str, str, str, str], int]:
    rows = last_word(read_table(snapshot, Observation)).filter(product="85051110")
    return {
        (row["partner"], f"{row['period_start']:%Y-%m}", f"{row['period_end']:%Y-%m}", row["measure"]): row["value"]
        for row in rows.iter_rows(named=True)
    }


class Sources(HTMLParser):
    """The rows of the table of sources: what a figure shows, its whole value, and the ledger numbers beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: dict[str, list[tuple[str, str]]] = {}
        self.links: list[tuple[str, str]] = []
        self._row = self._value = self._link = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        if tag == "tr":
            self._row = said.get("id")
        if tag == "data":
            self._value = said["value"]
        if tag == "a" and said.get("class") == "n":
            self._link = (said.get("href") or "").removeprefix("#")

    def handle_data(self, data: str) -> None:
        if self._value is not None and self._row:
            self.rows.setdefault(self._row, []).append((self._value, data))
            self._value = None
        if self._link:
            self.links.append((self._link, data))
            self._link = None


def disagreements(page: str, facts: Facts, ledger: dict[tuple[str, str, str, str], int]) -> list[str]:
    """Every place where the page says another number than the ledger: shown, whole, source, and each link to them."""
    read, wrong = Sources(), []
    read.feed(page)
    known = {fact.id: fact for fact in facts.facts()}
    for anchor, fact in known.items():
        whole, *numbers = read.rows.get(anchor, [("", "")])
        assert fact.trace is not None
        again = fact.trace.recomputed
        if (
            (whole[0] != again)
            if isinstance(again, str)
            else abs(float(whole[0]) - float(again or 0)) > 1e-9 * max(1, abs(float(again or 0)))
        ):
            wrong.append(f"{anchor}: {whole[0]} is not {again}")
        if whole[1] != brief_words.shown(fact):
            wrong.append(f"{anchor}: shows {whole[1]}")
        wrong += [
            f"{anchor}: {value} is not in the ledger"
            for value, text in numbers
            if int(value) not in ledger.values() or not text.startswith(f"{int(value):,} ")
        ]
    for anchor, text in read.links:
        if text.strip("+− %t") != brief_words.shown(known[anchor]).strip("+− %t"):
            wrong.append(f"{anchor}: {text} is said, {brief_words.shown(known[anchor])} is the source")
    return wrong


def test_the_page_states_the_eight_figures_of_the_story_as_the_ledger_has_them(
    facts: Facts, ledger: dict[tuple[str, str, str, str], int]
) -> None:
    month, before, half = ("2025-06", "2025-06"), ("2025-05", "2025-05"), ("2025-01", "2025-06")
    usa, usa_before, world, world_before, ytd = (
        ledger["USA", *month, "quantity_kg"], ledger["USA", *before, "quantity_kg"], ledger["WLD", *month, "quantity_kg"],
        ledger["WLD", *before, "quantity_kg"], ledger["WLD", *half, "quantity_kg"],
    )  # fmt: skip
    said = (
        f"{usa / 1000:,.0f} t", f"{round((usa / usa_before - 1) * 10) * 10} %", f"{world / 1000:,.0f} t", f"{(world / world_before - 1) * 100:.1f} %",
        f"{world_before / 1000:,.0f} t", f"{-ledger['WLD', *month, 'quantity_kg_yoy'] / 100:.1f} %", f"{ytd / 1000:,.0f} t",
        f"{-ledger['WLD', *half, 'quantity_kg_yoy'] / 100:.1f} %",
    )  # fmt: skip
    assert said == STORY
    for language in brief.LANGUAGES:
        for text in (brief.page(facts, language), brief.markdown(facts, language)):
            for figure in STORY:
                assert figure in text, (language, figure)


def test_every_number_on_the_page_is_that_of_the_ledger(
    facts: Facts, ledger: dict[tuple[str, str, str, str], int]
) -> None:
    page = brief.page(facts)
    read = Sources()
    read.feed(page)
    assert len(read.rows) == len(facts.facts()) >= 15
    assert len(read.links) >= 25
    assert disagreements(page, facts, ledger) == []


def test_one_wrong_digit_in_any_row_of_the_sources_is_seen(
    facts: Facts, ledger: dict[tuple[str, str, str, str], int]
) -> None:
    page = brief.page(facts)
    cells = list(re.finditer(r"<data value=\"([^\"]*)\">([^<]*)</data>", page))
    assert len(cells) > 40
    for match in cells:
        for group in (1, 2):
            place = next(
                at for at in range(match.start(group), match.end(group)) if page[at].isdigit() and page[at] != "0"
            )
            digit = str(int(page[place]) % 9 + 1)
            changed = page[:place] + digit + page[place + 1 :]
            assert disagreements(changed, facts, ledger), match.group(0)


def test_every_figure_is_traced_and_agrees(facts: Facts) -> None:
    for fact in facts.facts():
        assert fact.trace is not None
        assert fact.trace.agrees, fact
        assert brief_words.source_line(fact)


def test_words_follow_the_numbers(facts: Facts) -> None:
    said = " ".join(sentence.text for sentence in brief_words.headlines(facts, "en"))
    assert "to the United States rose 660 % to 353 t, more than seven times as much" in said
    assert "six times" not in said
    assert "down 38.1 % from June 2024" in said
    assert "highest month since March 2025" in said
    chinese = " ".join(sentence.text for sentence in brief_words.headlines(facts, "zh"))
    assert "对美国出口环比增长660 %，是上月的7倍多，至353 t" in chinese
    assert "6倍" not in chinese


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
    assert words in brief_words.times(fact, "en")
    assert bool(brief_words.times(fact, "en")) == bool(words)


def test_a_fall_is_told_as_a_fall_and_no_change_as_none(facts: Facts) -> None:
    other = copy.deepcopy(facts)
    other.partners[1].mom.value = -12.3
    other.partners[1].mom.step = 0.1
    other.partners[2].mom.value = 0.0
    said = " ".join(sentence.text for sentence in brief_words.headlines(other, "en"))
    assert "to Germany fell 12.3 % to 764 t" in said
    assert "to the United States did not change" in said
    assert "0.0 %" not in said


def test_it_says_what_is_not_comparable_what_is_mixed_and_what_is_held(
    facts: Facts, tmp_path: Path, snapshot: Snapshot
) -> None:
    (tmp_path / "held").mkdir()
    doubt = HeldFinding(check="row cap", subject="file", observed="10,000 rows", expected="fewer", advice="Ask again.")
    waits = HeldRelease(
        release_id="gacc_query-1", raw=Path("raw/x"), raw_sha256="0" * 64, name="cut.csv", source="gacc_query", reporter="CHN", flow="export",
        partners="all", products=None, months=None, released_on=JUNE, title="cut.csv <b>", held_since=date(2025, 7, 20), findings=(doubt,),
    )  # fmt: skip
    decision = Decision(verdict="reject", by="somebody", reason="cut off", decided_at=datetime(2025, 7, 21, tzinfo=UTC))
    decided = waits.model_copy(update={"release_id": "gacc_query-2", "title": "decided.csv", "decision": decision})
    for one in (waits, decided):
        (tmp_path / "held" / f"{one.release_id}.json").write_text(one.model_dump_json(), encoding="utf-8")
    (tmp_path / "held" / "broken.json").write_text("{", encoding="utf-8")
    other = gather(snapshot, tmp_path, MAGNETS, "export", JUNE)
    page = brief.page(other)
    assert (
        "cut.csv &lt;b&gt;</strong>, held since 2025-07-20: <code>tidewaiter approve gacc_query-1 or reject</code>"
        in page
    )
    assert "row cap (file): 10,000 rows; expected fewer. Ask again." in page
    assert "<strong>broken</strong>" in page
    assert "decided.csv" not in page
    assert "the figure to compare with is not covered: y/y (Germany, the United States)" in page
    assert "HS 85051110 holds controlled and free magnets alike" in page
    assert "Announcement 18 of 2025" in page
    assert "2025年第18号公告" in brief.page(other, "zh")
    assert "shares moved by" not in page, "there is no unit value that a change of the mix could explain"


PARTNERS = {"USA": ("502", "美国"), "DEU": ("304", "德国"), "JPN": ("116", "日本")}
TONNES = {
    "202405": (150, 300, 100), "202406": (200, 300, 100), "202504": (100, 300, 200), "202505": (100, 300, 200), "202506": (400, 300, 100),
}  # fmt: skip
DOLLARS_PER_KG = {"202506": (60, 50, 50)}


def query_file(place: Path, months: list[str], **other: tuple[int, int, int]) -> Path:
    lines = [
        '"数据年月","商品编码","商品名称","贸易伙伴编码","贸易伙伴名称","第一数量","第一计量单位","第二数量","第二计量单位","美元",'
    ]
    for month in months:
        prices = DOLLARS_PER_KG.get(month, (50, 50, 50))
        for (code, name), tonnes, price in zip(
            PARTNERS.values(), other.get(f"m{month}", TONNES[month]), prices, strict=True
        ):
            kilograms = tonnes * 1000
            lines.append(
                f'"{month}","85051110","稀土的永磁铁","{code}","{name}","{kilograms}","千克","0","?","{kilograms * price:,}",'
            )
    place.write_bytes(("\n".join(lines) + "\n").encode("gb18030"))
    return place


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    """A month of which every partner is known, and a month before of which a number was revised."""
    folder = tmp_path_factory.mktemp("whole")
    first, then = (folder / name for name in ("may.csv", "june.csv"))
    query_file(first, ["202405", "202406", "202504", "202505"], m202505=(100, 290, 200))
    query_file(then, ["202405", "202406", "202504", "202505", "202506"])
    for file, day in ((first, date(2025, 6, 20)), (then, date(2025, 7, 20))):
        release.fn(
            ReleaseRequest(
                file=file, store=folder / "store", source="gacc_query", flow="export", partners="all", released_on=day
            ),
            date(2025, 8, 1),
        )
    found = open_snapshot(folder / "store")
    assert found is not None
    return gather(found, found.store, MAGNETS, "export", JUNE)


def test_ranks_unit_value_and_mix_of_a_month_of_which_all_is_known(whole: Facts) -> None:
    said = [sentence.text for sentence in brief_words.headlines(whole, "en")]
    assert said[0] == (
        "China's exports of rare earth magnets were 800 t in June 2025, up 33.3 % from 600 t in May and up 33.3 % from June 2024."
    )
    assert (
        "Exports to the United States rose 300.0 % to 400 t, four times as much, up 100.0 % on the year; that is 50.0 % of the total, "
        "rank 1 after rank 3 the month before."
    ) in said
    assert (
        "Exports to Germany did not change from 300 t; that is 37.5 % of the total, rank 2 after rank 1 the month before."
        in said
    )
    chinese = [sentence.text for sentence in brief_words.headlines(whole, "zh")]
    assert (
        "对美国出口环比增长300.0 %，是上月的4倍，至400 t，同比增长100.0 %，占50.0 %，居第1位（上月第3位）。" in chinese
    )
    page = brief.page(whole)
    # 400 t at 60 and 400 t at 50 dollars a kilogram, after 50.
    assert re.search(r">55\.00</a> US dollars per kilogram, <a[^>]*>\+10\.0 %</a> on the month", page)
    # |50 - 16.7| + |37.5 - 50| + |12.5 - 33.3|, halved
    assert "shares moved by 33.3 percentage points" in page
    assert "and 6 more for ytd 2025-06, world (tidewaiter trace lists them)" in page, "three partners in three months"
    assert "rests on a base" not in page, "nothing here does"
    assert all(fact.trace is not None and fact.trace.agrees for fact in whole.facts())


def test_what_was_revised_since_the_month_before_came_out(whole: Facts) -> None:
    assert whole.revised_since == date(2025, 6, 20)
    lines = [line for line, _ in brief_words.revised_lines(whole, "en")]
    assert "2025-05, Germany, quantity kg: 290,000 kg → 300,000 kg (changed, 2025-07-20)" in lines
    assert all(line.startswith("2025-05, Germany") for line in lines)
    assert "2025-05, 德国, 数量: 290,000 kg → 300,000 kg (变更, 2025-07-20)" in brief.page(whole, "zh")
    assert {row.old_release_id == row.new_release_id for row in whole.revised} == {False}


def test_the_page_needs_no_network_and_no_script(facts: Facts) -> None:
    page = brief.page(facts)
    assert "<script" not in page
    assert not re.findall(r"(?:src|srcset)=|@import|url\(http", page)
    assert page.count("<h1") == 1
    assert len(set(re.findall(r' id="([^"]+)"', page))) == len(re.findall(r' id="([^"]+)"', page))


def test_an_unknown_month_or_product_says_what_there_is(snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NoFigure, match="there is 2024-01 to 2026-03"):
        gather(snapshot, snapshot.store, MAGNETS, "export", date(2031, 1, 1))
    with pytest.raises(NoFigure, match="products are 85, 8505"):
        gather(snapshot, snapshot.store, "99999999", "export", JUNE)
    # Of a full cube there are ten thousand.
    monkeypatch.setattr(brief_facts, "PRODUCTS_NAMED", 2)
    with pytest.raises(NoFigure, match=r"products are [^,]+, [^,]+, and more$"):
        gather(snapshot, snapshot.store, "99999999", "export", JUNE)


def test_a_line_without_partners_has_a_brief_too(snapshot: Snapshot) -> None:
    page = brief.page(gather(snapshot, snapshot.store, "line:rare_earths", "export", JUNE))
    assert "7,742 t" in page
    assert 'id="partner_chart"' not in page
    assert "85051110" not in page


def test_a_sparkline_breaks_where_a_month_is_missing() -> None:
    drawn = sparkline([1.0, 2.0, None, 3.0])
    assert drawn.count("<polyline") == 1
    assert drawn.count("<circle") == 1
    assert sparkline([None, None]) == ""


def test_plot_draws_png_and_svg_and_says_what_it_cannot(snapshot: Snapshot) -> None:
    rows = query(snapshot.store, "metric", flow="export", product=MAGNETS)
    assert draw(rows, MAGNETS, ["WLD", "USA"], "quantity_kg", ".png").startswith(b"\x89PNG")
    svg = draw(rows, MAGNETS, ["WLD"], "quantity_kg", ".svg").decode()
    assert "Announcement 18 of 2025" in svg
    assert "controlled and free magnets" in svg
    with pytest.raises(NoFigure, match="partners DEU, IND"):
        draw(rows, MAGNETS, ["FRA"], "quantity_kg", ".png")
    with pytest.raises(ValueError, match="no picture that can be drawn"):
        draw(rows, MAGNETS, ["WLD"], "quantity_kg", ".bmp")
    assert isinstance(rows, pl.DataFrame)


def test_no_line_is_drawn_across_a_month_without_a_figure(snapshot: Snapshot) -> None:
    rows = query(snapshot.store, "metric", flow="export", product=MAGNETS).filter(measure="quantity_kg")
    values = on_calendar(rows, ["WLD"], {"WLD": "World"}, 1e-3)
    by_month = {row["month"][:7]: row["value"] for row in values}
    assert len(values) == 26, "February 2024 to March 2026"
    assert (by_month["2024-10"], by_month["2024-11"], by_month["2024-12"], by_month["2025-06"]) == (
        4725,
        None,
        None,
        3188,
    )
    (path,) = re.findall(r'aria-roledescription="line mark"[^>]* d="([^"]*)"', svg(lines(values)).decode())
    there = "".join("0" if row["value"] is None else "1" for row in values)
    assert path.count("M") == len(re.findall("1+", there)) == 4


def test_the_picture_of_a_release_is_a_png_with_or_without_partners(snapshot: Snapshot) -> None:
    rows = query(snapshot.store, "metric", flow="export", product=MAGNETS).filter(measure="quantity_kg")
    names = {partner: partner for partner in rows["partner"].unique()}
    both, alone = (chart(part, names, "t", 1e-3) for part in (rows.filter(period=JUNE), rows.filter(partner="WLD")))
    assert both.startswith(b"\x89PNG")
    assert alone.startswith(b"\x89PNG")
    assert both != alone


def test_the_picture_of_a_release_needs_no_world_total(snapshot: Snapshot) -> None:
    """Where not all partners were asked for there is none, and often nobody else to name it."""
    rows = query(snapshot.store, "metric", flow="export", product=MAGNETS).filter(measure="quantity_kg")
    rows = rows.filter(pl.col("partner") != "WLD", period=JUNE)
    names = {partner: partner for partner in rows["partner"].unique()}
    assert chart(rows, names, "t", 1e-3).startswith(b"\x89PNG")
