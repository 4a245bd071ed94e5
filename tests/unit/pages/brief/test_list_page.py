"""The page on a control list, in both languages and both forms."""

import re
from datetime import date
from pathlib import Path

import pytest

from schemas.questions.brief import Brief
from tasks.pages.brief import list_page
from tasks.pages.brief.answer import brief
from tasks.pages.brief.list_page import on_list
from tasks.store.files.snapshot import Snapshot
from tests.unit.published_stores import china, query_bytes

ROWS = [
    ("202505", "85423111", "USA", 1_000, 50_000),
    ("202505", "85322410", "USA", 400, 3_000),
    ("202506", "85423111", "USA", 1_500, 80_000),
    ("202506", "85322410", "DEU", 200, 1_000),
]


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    asked = {"products": ["854231", "853224"], "months": "2025-05..2025-06"}
    return china(tmp_path_factory.mktemp("lists"), query_bytes(ROWS), **asked)


@pytest.mark.parametrize(
    ("language", "first", "second"),
    [
        (
            "en",
            "USD 81,000 in June 2025 for the 2 codes that this store knows, +52.8 % on the month before; no change on"
            " the year before: a month is not known.",
            "+USD 30,000",
        ),
        ("zh", "2025年6月为8.10万美元（本库所知的2个编码合计），环比+52.8%", "+3.00万美元"),
    ],
)
def test_the_page_has_the_total_each_code_and_the_partners(
    language: str, first: str, second: str, snapshot: Snapshot, tmp_path: Path
) -> None:
    """53,000 dollars in May and 81,000 in June."""
    answer = brief(Brief("list:chpl", "2025-06", language=language, store=snapshot.store))  # type: ignore[arg-type]
    assert answer.page.headlines[0].startswith(first)
    assert second in answer.page.headlines[1]
    for text in (answer.page.html, answer.page.markdown):
        assert "854231" in text
        assert "853224" in text
        assert "48 of" not in text
        assert {"en": "This store has 2 of 50 codes.", "zh": "本库有50个编码中的2个。"}[language] in text
    assert not re.search(r"(src|href)=\"http", answer.page.html), "nothing from the network"
    assert answer.rows["change"].to_list() == [28_000.0, 30_000.0, -2_000.0]
    place = answer.page.save(tmp_path / "page.html")
    assert place.with_suffix(".md").read_text().startswith("# ")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Bearings, tapered roller", "Bearings, tapered roller"),
        ("Capacitors, multilayer, laminate; Capacitors, multilayer, nes", "Capacitors, multilayer, laminate …"),
        (
            "Apparatus for the manufacture or repair of masks and reticles; Other",
            "Apparatus for the manufacture or repair of m…",
        ),
        ("", ""),
    ],
)
def test_goods_take_a_line_so_that_a_list_of_fifty_codes_prints_on_three_pages(name: str, shown: str) -> None:
    assert list_page.short_goods(name) == shown


def test_the_page_on_a_group_of_isic_is_that_of_a_list(snapshot: Snapshot) -> None:
    answer = brief(Brief("isic:2610", "2025-06", store=snapshot.store))
    assert answer.page.headlines[0].startswith("USD 81,000 in June 2025 for the 2 codes that this store knows, +52.8 %")
    assert "under isic:2610, June 2025" in answer.page.html
    assert "2 of 41 codes" in answer.page.html


def test_codes_of_which_a_part_is_controlled_are_said_to_be_so(tmp_path: Path) -> None:
    rows = [("202505", "85051110", "USA", 900, 9_000), ("202506", "85051110", "USA", 800, 8_000)]
    found = china(tmp_path, query_bytes(rows), products=["850511"], months="2025-05..2025-06")
    made = on_list(found.store, found, "list:mofcom-gacc-2025-18", date(2025, 6, 1), "export", "en").page
    assert made.headlines[-1] == "Of 1 of the codes only a part is on the list: their trade holds other goods too."
    assert "a part" in made.markdown
    assert "samarium-cobalt" in made.markdown
