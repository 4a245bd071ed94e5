"""Which figure of a published store is in doubt, and that no page shows one without it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from bad_inputs.download import Record, csv_bytes, magnets

from schemas.forms.doubt import NumberDoubt
from schemas.questions.read import Read
from schemas.questions.revisions import Revisions
from tasks.analysis.after.first_prints import first_prints
from tasks.answers.trade.read import read_store, with_doubts
from tasks.answers.trade.revisions import revisions
from tasks.checks.frame import bounded
from tasks.domain.doubt.doubt_words import as_text, doubt_sentences, doubt_text, once_each
from tasks.domain.errors import Held
from tasks.ledger.doubts import LIFTED, Doubts
from tasks.lineage.point import Point
from tasks.lineage.trace import Tracer
from tasks.pages.brief import render
from tasks.pages.brief.facts import gather
from tasks.pages.release.release_sections import revision_report
from tasks.pages.text.document import as_html, as_markdown
from tasks.reading.vintages import vintages
from tasks.store.snapshots.parquet import read_table
from tests.copied_store import copied
from tests.unit.customs import DAY, LATER, Store
from tests.unit.few_partners import CODE, FEW, THREE, july_of_june

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows")

JUNE, AUGUST_20 = 2025 * 12 + 5, date(2025, 8, 20)
OF_SHARE = f"share, rank and contributions: {FEW}"
OF_FEW = NumberDoubt("few_partners", (), ("DEU", "KOR", "USA"), JUNE - 1, JUNE, 3.0, None, "partners")


@pytest.mark.parametrize("goods", [CODE, "85051190"])
def test_a_month_that_a_file_lacks_is_no_trade_in_doubt_until_a_later_file_has_it(tmp_path: Path, goods: str) -> None:
    """Of one code no record has April; of two, one code has none."""
    months = [f"2024{month:02d}" for month in range(1, 13)]
    rows = [
        (month, code, *magnets(partner, f"{quantity + 977 * place}", f"{57 * (quantity + 977 * place):,}")[2:])
        for code in {CODE, goods}
        for place, month in enumerate(months)
        for partner, quantity in (("502", 353000), ("304", 764000), ("133", 412345), ("116", 148000), ("305", 96000))
    ]
    cut = csv_bytes([row for row in rows if row[:2] != ("202404", goods)])
    store = Store(tmp_path)
    with pytest.raises(Held, match="no record of 2024-04") as held:
        store.ingest(cut, months="2024-01..2024-12")
    store.approve(held.value.release_id)
    doubted = read_table(store.snapshot, "doubt").filter(product=goods, measure="quantity_kg")
    assert {*doubted["period"]} == {date(2024, 4, 1)}
    assert {*doubted["partner"]} == {"USA", "DEU", "KOR", "JPN", "FRA", "EU27", "WLD"}
    figures = read_table(store.snapshot, "metric").filter(
        product=goods, partner="WLD", measure="quantity_kg", flow="export"
    )
    in_doubt = {row["period"].month: (row["figures_in_doubt"] or "").split("+") for row in figures.to_dicts()}
    months_of = {
        name: [month for month, names in in_doubt.items() if name in names]
        for name in ("level", "mom_pct", "average_3m", "ytd")
    }
    # May grew from nothing, which is no growth.
    assert months_of == {"level": [4], "mom_pct": [4], "average_3m": [4, 5, 6], "ytd": [*range(4, 13)]}
    answer = store.ingest(csv_bytes(rows), LATER, name="whole.csv", months="2024-01..2024-12")
    assert answer.status == "published"
    assert read_table(store.snapshot, "doubt").is_empty()


REMOVED_DAYS = (date(2025, 7, 20), date(2025, 8, 20), date(2025, 9, 20))


@pytest.mark.parametrize("more", [0, 57], ids=["all else unchanged", "all else revised"])
@pytest.mark.parametrize("gone", ["502", "85051190"], ids=["a partner", "a product"])
def test_what_an_approved_release_removes_is_no_trade_in_doubt_until_it_is_back(
    tmp_path: Path, gone: str, more: int
) -> None:
    """A number that came unchanged is still one of the release before: the finding is of what is no longer there."""

    def file(more: int, without: str = "") -> bytes:
        return csv_bytes(
            [
                (
                    month,
                    code,
                    *magnets(partner, f"{quantity + more + place}", f"{57 * (quantity + more + place):,}")[2:],
                )
                for code in (CODE, "85051190")
                for month, place in (("202403", 411), ("202404", 0), ("202405", 977))
                for partner, quantity in (("502", 353000), ("304", 764000), ("133", 412345), ("116", 148000))
                if month != "202404" or without not in (partner, code)
            ]
        )

    store = Store(tmp_path)
    assert store.ingest(file(0), REMOVED_DAYS[0], months="2024-03..2024-05").status == "published"
    with pytest.raises(Held, match="no row") as held:
        store.ingest(file(more, gone), REMOVED_DAYS[1], name="less.csv", months="2024-03..2024-05")
    store.approve(held.value.release_id, REMOVED_DAYS[1])
    doubts = read_table(store.snapshot, "doubt").filter(pl.col("finding").cast(pl.String).str.ends_with("_removed"))
    assert {*doubts["period"]} == {date(2024, 4, 1)}
    assert {"quantity_kg", "value_usd"} <= {*doubts["measure"].cast(pl.String)}
    of_product = doubts.filter(product="85051190")
    if gone == "502":
        assert {*of_product["partner"]} == {"USA", "WLD"}
    else:
        assert {"USA", "DEU", "KOR", "JPN", "WLD"} <= {*of_product["partner"]}
        # The sum of both codes is short, and the other code is whole.
        assert doubts.filter(product=CODE).is_empty()
        assert "WLD" in {*doubts.filter(product="850511")["partner"]}
    assert (
        store.ingest(file(more + 1), REMOVED_DAYS[2], name="back.csv", months="2024-03..2024-05").status == "published"
    )
    assert (
        read_table(store.snapshot, "doubt")
        .filter(pl.col("finding").cast(pl.String).str.ends_with("_removed"))
        .is_empty()
    )


@pytest.mark.parametrize("partners", ["listed", "all"])
def test_a_query_for_some_partners_proves_nothing_about_how_many_there_are(tmp_path: Path, partners: str) -> None:
    def file(month: str) -> bytes:
        more = int(month)
        return csv_bytes(
            [
                magnets(partner, f"{800_000 + 31 * place + more}", f"{80_000_000 + 999 * place + 57 * more:,}", month)
                for place, partner in enumerate(("502", "304", "133"))
            ]
        )

    store = Store(tmp_path)
    store.ingest(file("202505"), date(2025, 6, 20), name="may.csv", partners=partners, months="2025-05")
    store.ingest(file("202506"), name="june.csv", months="2025-06")
    doubts = read_table(store.snapshot, "doubt").filter(period=date(2025, 6, 1), partner="WLD", product=CODE)
    assert {*doubts["finding"]} == {"few_partners"}


@pytest.fixture(scope="module")
def waiting(few_partners: Store, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of the same, where July waits for a person, and the name of its release."""
    folder = copied(few_partners.folder, tmp_path_factory.mktemp("waiting"))
    return folder, july_of_june(Store(folder), AUGUST_20)


def test_a_sum_of_three_partners_is_in_doubt_and_their_own_numbers_are_not(few_partners: Store) -> None:
    store = few_partners
    doubts = Doubts(store.snapshot)
    of_world = doubts.of("export", CODE, "WLD", [JUNE])
    assert ([one.by_itself for one in of_world], doubt_sentences(of_world)) == ([OF_FEW], [FEW])
    assert doubts.of("export", CODE, "USA", [JUNE]) == []
    assert doubt_sentences(doubts.of("export", CODE, "USA", [JUNE], "share_pct")) == [OF_SHARE]
    assert doubts.of("import", CODE, "WLD", [JUNE]) == doubts.of("export", CODE, "WLD", [JUNE - 12]) == []
    rows = read_store(Read(CODE, measure="quantity_kg", month="2025-06"), store.store)
    told = dict(rows.rows.select("partner", "doubt").iter_rows())
    assert (told["WLD"], told["USA"]) == (FEW, OF_SHARE)
    assert f"in doubt: {FEW}" in rows.remarks
    trace = Tracer(store.snapshot, "export", CODE).trace(Point("export", CODE, "WLD", "quantity_kg", JUNE), "level")
    assert (trace.doubts, trace.agrees) == ([FEW], True)


@pytest.mark.parametrize(
    ("table", "month", "partners", "told"),
    [
        ("trade_flow", "2025-06", ("DEU", "USA"), [None, None]), ("metric", "2025-05", ("WLD",), [FEW]),
        ("metric", "2025-06", ("WLD", "USA"), [FEW, OF_SHARE]),
    ],
)  # fmt: skip
def test_rows_of_every_table_of_figures_say_their_doubts(
    few_partners: Store, table: str, month: str | None, partners: tuple[str, ...], told: list[str | None]
) -> None:
    question = Read(
        CODE, partner=partners, month=month, table=table, measure="quantity_kg" if table == "metric" else None
    )
    store = few_partners.store
    asked = read_store(replace(question, columns="doubt"), store)
    assert {*asked.rows["doubt"].drop_nulls()} == {one for one in told if one}
    assert ("doubt" in read_store(question, store).rows.columns) == any(told)


def test_a_doubt_stands_on_the_days_on_which_its_numbers_stood(few_partners: Store, tmp_path: Path) -> None:
    store = Store(copied(few_partners.folder, tmp_path))
    codes = ("502", "304", "133", "116", "305")
    store.ingest(
        csv_bytes([magnets(code, f"{800 + place}000", "80,000,000") for place, code in enumerate(codes)]),
        LATER,
        months="2025-06",
    )
    question = Read(CODE, partner="WLD", month="2025-06", columns="doubt")
    assert set(read_store(question, store.store).rows["doubt"]) == {FEW}
    assert set(read_store(replace(question, as_of=DAY), store.store).rows["doubt"]) == {FEW}
    months = (date(2025, 6, 1), date(2025, 6, 1))
    kept = vintages(store.store, "export", CODE, "WLD", months, "quantity_kg")
    assert kept.select("known_from", "doubt").rows() == [(DAY, FEW), (LATER, None)]


def test_a_row_has_the_doubts_of_the_earlier_months_that_its_figures_rest_on(few_partners: Store) -> None:
    rows = pl.DataFrame(
        {"flow": "export", "product": CODE, "partner": "WLD", "period": date(2026, 6, 1), "figures_in_doubt": "yoy_pct"}
    )
    doubts = Doubts(few_partners.snapshot)
    assert as_text(doubts.each_of_rows(rows)).to_list() == [FEW]
    assert doubts.each_of_rows(rows, ["mom_pct"]).to_list() == [None]
    assert doubts.each_of_rows(rows.with_columns(period=date(2027, 6, 1))).to_list() == [None]
    assert doubts.each_of_rows(rows.with_columns(figures_in_doubt=pl.lit(None, pl.String))).to_list() == [None]


@pytest.mark.parametrize(
    ("language", "never", "said"), [("en", "may be quoted", "In doubt: "), ("zh", "可以引用", "存疑：")]
)
def test_a_brief_says_the_doubt_and_that_nothing_of_it_may_be_quoted_without(
    few_partners: Store, language: str, never: str, said: str
) -> None:
    store = few_partners
    facts = gather(store.snapshot, store.store, CODE, "export", date(2025, 6, 1))
    assert {one.by_itself for one in facts.doubts} == {OF_FEW}
    for page in (as_html(render.document_of(facts, language)), as_markdown(render.document_of(facts, language))):
        first = page[: page.index("<h2" if page.startswith("<!") else "\n## ")]
        assert f"{said}{doubt_text([OF_FEW], language)}" in page
        assert never not in first
        # Of a partner it is the share that rests on all of them, and not what it bought; of Korea also the zero of May.
        assert page.count(doubt_text([OF_FEW._replace(of_sum=True)], language)) >= len(THREE) - 1


@pytest.mark.parametrize("lifts", [False, True])
def test_an_approved_number_stays_in_doubt_unless_the_person_lifts_it(
    waiting: tuple[Path, str], tmp_path: Path, *, lifts: bool
) -> None:
    store = Store(copied(waiting[0], tmp_path))
    store.approve(waiting[1], LATER, lifts_doubts=lifts)
    doubted = read_table(store.snapshot, "doubt").filter(period=date(2025, 7, 1), partner="USA")
    assert {*doubted["finding"]} == (set() if lifts else {"another_month"})
    findings = read_table(store.snapshot, "finding").filter(check=LIFTED)
    assert findings["observed"].to_list() == ["approved by Li Wei: so it is"] * lifts


def test_a_row_of_a_release_has_the_doubts_about_it_also_when_it_counts_no_more(
    waiting: tuple[Path, str], tmp_path: Path
) -> None:
    """July came with the numbers of June and was approved; a later file of July has others."""
    store = Store(copied(waiting[0], tmp_path))
    store.approve(waiting[1], AUGUST_20)
    later = [
        magnets(partner, f"{950_000 + place}", f"{95_000_000 + place}", "202507")
        for place, partner in enumerate(("502", "304", "133"))
    ]
    store.ingest(csv_bytes(later), LATER, name="later.csv", months="2025-07")
    told = {
        table: read_store(Read(CODE, partner="USA", table=table, measure="quantity_kg"), store.store).rows
        for table in ("observation", "detail", "revision", "metric")
    }
    words = "the numbers are those of another month, 2025-07"
    for table, of_july, in_doubt in (
        # The first word and the last, as each was printed.
        ("observation", pl.col("period_end") == date(2025, 7, 31), [900_000]),
        ("detail", pl.col("period_end") == date(2025, 7, 31), [900_000]),
        ("revision", pl.lit(value=True), [900_000]),
    ):
        rows = told[table].filter(of_july)
        value = "old_value" if table == "revision" else "value"
        doubted = rows.filter(pl.col("doubt").is_not_null())
        assert doubted[value].to_list() == in_doubt
        assert words in doubted["doubt"][0]
        assert rows.height == {"revision": 1}.get(table, 2)
    # What counts now is sound.
    assert told["metric"].filter(period=date(2025, 7, 1)).drop("doubt", strict=False)["level"].to_list() == [950_000]
    assert "doubt" not in read_store(Read(CODE, partner="USA", month="2025-07", columns="level"), store.store).rows
    first = first_prints(store.snapshot, "export", [JUNE + 1], partner="USA", measure="quantity_kg")
    assert with_doubts(first, store.snapshot, is_by_release=True)[1][0].check == "another_month"
    page = revisions(Revisions(store=store.folder))
    # Text, as in the other tables, so that CSV and a workbook have it too.
    assert page.rows["doubt"].to_list() == as_text(page.doubts_by_row).to_list()
    assert page.rows["doubt"].null_count() == 0
    assert once_each(page.doubts_by_row) == page.doubts
    assert words in page.rows.select("product", "doubt").write_csv()
    later = page.chosen.filter(title="later.csv").row(0, named=True)
    report = revision_report(page.rows, later, doubts=page.doubts_by_row)
    assert report.count("**In doubt**: ") == 2
    assert words in report


EIGHT = [f"850511{place}0" for place in range(1, 9)]


def to_the_usa(code: str, kilograms: int, value: int, month: str = "202506", pieces: int = 0) -> Record:
    unit = "个" if pieces else "?"
    return (month, code, f"货物{code}", "502", "美国", str(kilograms), "千克", str(pieces), unit, f"{value:,}")


def in_doubt(store: Store, codes: Sequence[str] = EIGHT) -> list[str]:
    """The codes whose kilograms of June `read` says to be in doubt."""
    question = Read(tuple(codes), partner="USA", month="2025-06", measure="quantity_kg", columns="in_doubt")
    rows = read_store(question, store.store).rows
    assert rows["product"].to_list() == [*codes]
    return rows.filter("in_doubt")["product"].to_list()


def of_one_day(store: Store, codes: Sequence[str]) -> Held:
    """Two files of one day, which agree about the last of the codes."""
    declared = {"partners": "listed", "months": "2025-06"}
    first = [to_the_usa(code, 353_000 + place, 20_121_000) for place, code in enumerate(codes)]
    store.ingest(csv_bytes(first), **declared)
    last = 353_000 + len(codes) - 1
    with pytest.raises(Held) as held:
        store.ingest(csv_bytes([to_the_usa(code, last, 20_121_000) for code in codes]), name="z.csv", **declared)
    return held.value


def test_each_of_seven_wrong_numbers_that_a_person_approved_is_in_doubt(tmp_path: Path) -> None:
    store = Store(tmp_path)
    held = of_one_day(store, EIGHT)
    assert len(held.lines) == 7
    assert str(held).count("; editions_disagree") == 2
    assert str(held).endswith("; and 4 more of editions_disagree")
    store.approve(held.release_id)
    assert in_doubt(store) == EIGHT[:7]


def test_each_of_seven_wrong_numbers_of_a_warning_is_in_doubt(tmp_path: Path) -> None:
    """Pieces of June are a thousand times as many for their kilograms as in each other month."""
    store = Store(tmp_path)
    rows = [
        to_the_usa(code, 2 * count, 100 * count, f"2025{month:02d}", count * times)
        for month in range(1, 9) for place, code in enumerate(EIGHT) for count in [1000 + 10 * month + place]
        for times in [1000 if month == 6 and code != EIGHT[7] else 1]
    ]  # fmt: skip
    store.ingest(csv_bytes(rows), date(2025, 9, 20), partners="listed", months="2025-01..2025-08")
    doubts = read_table(store.snapshot, "finding").filter(severity="warning")
    assert doubts["check"].to_list() == ["piece_weight"] * 7
    assert in_doubt(store) == EIGHT[:7]


def test_beyond_the_bound_of_findings_all_the_rest_is_in_doubt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The bound is ten here: what publishes hundreds of codes takes half a minute and shows no more."""
    monkeypatch.setattr(bounded, "FINDINGS_MAX", 10)
    store = Store(tmp_path)
    codes = [f"8505{place:04d}" for place in range(1000, 1040)]
    held = of_one_day(store, codes)
    assert len(held.lines) == 11
    store.approve(held.release_id)
    findings = read_table(store.snapshot, "finding").filter(severity="error")
    rest = findings.filter(pl.col("observed").str.contains("more such finding"))
    assert rest.select("check", "severity", "partners", "observed").rows() == [
        ("editions_disagree", "error", ["USA"], "29 more such findings")
    ]
    # The last one is right, and in no doubt.
    assert in_doubt(store, codes) == codes[:-1]
