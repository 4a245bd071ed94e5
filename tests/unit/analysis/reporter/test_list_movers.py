"""Which codes of a control list made the change of a month, and what cannot be compared."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from schemas.forms.doubt import NumberDoubt
from schemas.questions.movers import Movers
from tasks.analysis.reporter.list_movers import MonthCompared, list_movers
from tasks.answers.trade.movers import movers
from tasks.domain.doubt.doubt_words import DOUBT
from tasks.ledger.doubts import Doubts
from tasks.reading.lists import listed_in, specs_of
from tasks.store.files.snapshot import Snapshot
from tests.unit.published_stores import china, query_bytes

CUT = "the number of records is a multiple of the download limit, so the file may be cut off, 2025-06"
ROWS = [
    ("202505", "85423111", "USA", 1_000, 50_000),
    ("202505", "85423119", "USA", 100, 7_000),
    ("202505", "85322410", "USA", 400, 3_000),
    ("202506", "85423111", "USA", 1_500, 80_000),
    ("202506", "85423119", "DEU", 300, 9_000),
    ("202506", "85322410", "USA", 200, 1_000),
]


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    asked = {"products": ["854231", "853224"], "months": "2025-05..2025-06"}
    return china(tmp_path_factory.mktemp("lists"), query_bytes(ROWS), **asked)


def test_what_moved_on_a_list_adds_up_to_its_change(snapshot: Snapshot) -> None:
    listed = listed_in(snapshot, specs_of(["chpl"]))
    rows, left_out = list_movers(
        snapshot.store, snapshot, listed, MonthCompared("export", date(2025, 6, 1), measure="value_usd")
    )
    assert rows.select("kind", "product", "before", "level", "change").rows() == [
        ("total", None, 60_000.0, 90_000.0, 30_000.0),
        ("product", "854231", 57_000.0, 89_000.0, 32_000.0),
        ("product", "853224", 3_000.0, 1_000.0, -2_000.0),
    ]
    assert rows["contribution_pp"].to_list() == pytest.approx([50.0, 32 / 60 * 100, -2 / 60 * 100])
    assert left_out == []
    answer = movers(Movers(month="2025-06", list="chpl", store=snapshot.store))
    assert answer.rows.select("product", "change").rows() == rows.select("product", "change").rows()
    assert any("Common High Priority List" in note for note in answer.notes)
    # The codes of SITC 776 are the chips alone.
    chips = movers(Movers(month="2025-06", list="sitc:776", store=snapshot.store))
    assert chips.rows.select("product", "change").rows() == [(None, 32_000.0), ("854231", 32_000.0)]
    with pytest.raises(ValueError, match="no value_usd of a code of the list is known in both 2024-06 and 2025-06"):
        movers(Movers(month="2025-06", list="chpl", against="year", measure="value_usd", store=snapshot.store))


def test_months_of_a_list_are_added_up(tmp_path: Path) -> None:
    """January and February of two years: 854231 has 30, and then 75."""
    worth = {"202401": 10, "202402": 20, "202501": 25, "202502": 50}
    rows = [(month, "85423111", "USA", 1, value) for month, value in worth.items()]
    store = china(tmp_path, query_bytes(rows), products=["854231"], months="2024-01..2025-02")
    answer = movers(Movers("2025-02", list="chpl", against="ytd", measure="value_usd", store=store.store))
    assert answer.rows.select("product", "before", "level").rows() == [(None, 30.0, 75.0), ("854231", 30.0, 75.0)]
    assert answer.rows["share_pct"].to_list() == [100.0, 100.0]


def test_a_code_that_counts_other_goods_than_before_is_left_out_with_the_reason(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """854231 is a code of both editions of the HS; in January 2022 waste of chips left it."""
    rows = [("202112", "85423100", "USA", 10, 700), ("202112", "85429000", "USA", 10, 100)]
    rows += [("202201", "85423100", "USA", 10, 800), ("202201", "85429000", "USA", 10, 100)]
    asked = {"products": ["8542"], "months": "2021-12..2022-01"}
    store = china(tmp_path_factory.mktemp("moved"), query_bytes(rows), date(2022, 3, 20), **asked)
    january = MonthCompared("export", date(2022, 1, 1), measure="value_usd")
    found, left_out = list_movers(store.store, store, listed_in(store, specs_of(["chpl"])), january)
    assert found.select("kind", "change").rows() == [("total", 0.0)]
    assert [note.sentence() for note in left_out] == [
        "a break, and no change of trade: by the edition of the HS these codes counted other goods in one of the"
        " months: 854231"
    ]


@pytest.mark.parametrize(("part", "of_total"), [(5.0, None), (100.0, CUT), (None, CUT)])
def test_a_doubt_of_a_code_is_one_of_the_total_where_it_weighs_in_it(
    snapshot: Snapshot, part: float | None, of_total: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """853224 is 1,000 of 90,000 dollars in June: a twentieth of it is less than a thousandth of the total."""
    june = 2025 * 12 + 5
    kinds = {"product": pl.String, "part_pct": pl.Float64, "doubt": DOUBT}
    cut = NumberDoubt("row_cap", (), (), june, june, finding="release 1")
    doubts = pl.DataFrame({"product": ["853224"], "part_pct": [part], "doubt": [cut._asdict()]}, kinds)
    monkeypatch.setattr(Doubts, "of_month", lambda *of: doubts if of[-1] == june else doubts.clear())
    listed = listed_in(snapshot, specs_of(["chpl"]))
    rows, _ = list_movers(
        snapshot.store, snapshot, listed, MonthCompared("export", date(2025, 6, 1), measure="value_usd")
    )
    assert dict(rows.select("product", "doubt").rows()) == {None: of_total, "853224": CUT, "854231": None}
    of_all = ["release 1"] if of_total else []
    assert dict(rows.select("product", "findings").rows()) == {None: of_all, "853224": ["release 1"], "854231": []}


def test_an_answer_about_a_list_says_what_is_in_doubt_of_it(tmp_path: Path) -> None:
    """Three partners, where all were declared."""
    rows = [
        (month, "85423111", partner, 900_000 + int(month), 90_000_000)
        for month in ("202505", "202506")
        for partner in ("USA", "DEU", "KOR")
    ]
    store = china(tmp_path, query_bytes(rows), products=["854231"], months="2025-05..2025-06").store
    answer = movers(Movers(month="2025-06", list="chpl", store=store))
    few = "few partners for a file of all partners, 2025-05 to 2025-06: only Germany, South Korea and United States"
    assert f"in doubt: {few}" in answer.remarks
    assert few in answer.rows["doubt"].to_list()
