"""The page on a measure in both languages: what was controlled when, each code beside placebos, partners, both sides,
detours, and what is not known. The trade is drawn (SYNTHETIC)."""

from pathlib import Path

import polars as pl
import pytest

from schemas.questions.event_brief import EventBrief
from schemas.reference.control_tables import STATES
from tasks.api.mcp import Answers
from tasks.domain.errors import NoFigure
from tasks.pages.measures.event_page import event_brief
from tasks.pages.text.page_templates import words as words_of
from tests.unit.detour_stores import PLACEBOS, detour_stores


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return detour_stores(tmp_path_factory.mktemp("measures")) / "reporter=CHN"


@pytest.mark.parametrize("name", ["MOFCOM 18/2025", "mofcom-gacc-2025-18", "2025年第18号"])
def test_a_measure_is_named_by_its_number_or_its_name(name: str, store: Path) -> None:
    page = event_brief(EventBrief(name, store=store)).page
    assert page.name == "measure-mofcom-gacc-2025-18-export-en"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("MOFCOM 99/2025", "no measure with a day of effect is 'MOFCOM 99/2025' of CHN; write one of"),
        ("the one on magnets", "no measure with a day of effect is"),
    ],
)
def test_another_name_is_refused_with_the_measures_that_there_are(name: str, said: str, store: Path) -> None:
    with pytest.raises(ValueError, match=said):
        event_brief(EventBrief(name, store=store))


def test_each_code_has_its_growth_beside_the_band_of_placebos(store: Path) -> None:
    """The figures are added up here by the table `metric` alone."""
    answer = event_brief(EventBrief("mofcom-gacc-2025-18", store=store))
    files = [str(file) for file in (store / "current").rglob("metric/**/*.parquet")] or [
        str(file) for file in store.rglob("*.parquet") if "metric" in str(file)
    ]
    metric = pl.read_parquet(
        files, columns=["product", "partner", "measure", "period", "level"], hive_partitioning=False
    )
    own = metric.filter(pl.col("partner") == "WLD", pl.col("measure") == "quantity_kg").unique()

    def mass(product: str, year: int) -> float:
        is_near = (pl.col("period").dt.year() == year) & pl.col("period").dt.month().is_between(4, 9)
        return float(own.filter(is_near, pl.col("product") == product)["level"].sum())

    (row,) = answer.rows.to_dicts()
    assert (row["product"], row["coverage"]) == ("85051110", "part")
    assert row["quantity_kg"] == pytest.approx(mass("85051110", 2025))
    assert row["yoy_pct"] == pytest.approx(100 * (mass("85051110", 2025) / mass("85051110", 2024) - 1))
    others = [100 * (mass(f"{code}10", 2025) / mass(f"{code}10", 2024) - 1) for code in PLACEBOS]
    assert min(others) < 0 < max(others)
    assert "Of 25 products whose headings no measure names, the middle 80 % changed by" in answer.page.headlines[1]
    assert answer.page.headlines[0].startswith("85051110 Permanent magnets of rare earths: ")


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en",
            ["controlled samarium-cobalt, terbium and dysprosium magnets and free magnets share this code",
                "Only 6 of 12 months", "not why", "it names more: codes printed"]),
        ("zh",
            ["受管制的钐钴、含铽、含镝磁体与不受管制的磁体同列此编码", "本库只有6个月", "不说明原因",
                "措施：实施出口许可；目的地：全部", "来源：中国海关，截至"]),
    ],
)  # fmt: skip
def test_the_page_says_what_both_sides_say_and_what_is_not_known(language: str, words: list[str], store: Path) -> None:
    page = event_brief(EventBrief("mofcom-gacc-2025-18", language=language, store=store)).page  # type: ignore[arg-type]
    for text in (page.html, page.markdown):
        for word in words:
            assert word in text
        assert "smuggl" not in text
    assert "USA" in page.html or "United States" in page.html or "美国" in page.html
    assert page.html.count("<table") >= 4
    assert len(page.markdown) < 20_000


def test_a_store_without_its_codes_or_months_says_so(store: Path) -> None:
    with pytest.raises(NoFigure, match="this store has no code of mofcom-gacc-2025-10"):
        event_brief(EventBrief("MOFCOM 10/2025", store=store))
    with pytest.raises(NoFigure, match="no month since 2025-11-08"):
        event_brief(EventBrief("MOFCOM 57/2025", store=store))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_state_has_words_in_both_languages(language: str, store: Path) -> None:
    assert {*words_of("sheet", language)["measure"]["states"]} == {*STATES}
    page = event_brief(EventBrief("MOFCOM 18/2025", language=language, store=store)).page  # type: ignore[arg-type]
    assert {"en": "State today: in force", "zh": "当前状态：有效"}[language] in page.markdown


def test_programs_are_told_the_headlines_and_a_row_for_each_code(store: Path) -> None:
    content = Answers(store.parent).ask("event_brief", event="MOFCOM 18/2025", reporter="CHN")
    page = event_brief(EventBrief("MOFCOM 18/2025", store=store))
    assert content["headlines"] == page.page.headlines
    (row,) = content["rows"]
    assert (row["product"], row["coverage"]) == ("85051110", "part")
    assert row["yoy_pct"] == page.rows["yoy_pct"][0]
    (shared,) = (note for note in content["notes"] if "only a part of these codes is controlled" in note)
    assert "85051110 (controlled samarium-cobalt" in shared
    assert str(store.parent) not in str(content)
