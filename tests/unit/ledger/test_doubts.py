"""Which open finding concerns which figure, and that no page shows one without it."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from bad_inputs.download import csv_bytes, magnets

from tasks.answers.questions import Question, ask
from tasks.claims.check import ClaimsFile, check_claims
from tasks.ledger.doubts import Doubt, Doubts
from tasks.lineage.point import Point
from tasks.lineage.trace import Tracer
from tasks.pages.brief import render
from tasks.pages.brief.facts import gather
from tasks.reading.vintages import vintages
from tests.unit.customs import DAY, LATER, MAY, Store

CODE = "85051110"
JUNE = 2025 * 12 + 5
FEW = "few_partners, only DEU, KOR, USA in all months, where all were declared"
# Worth so much that more partners than three are expected.
THREE = [magnets(partner, "900000", "90,000,000") for partner in ("502", "304", "133")]


@pytest.mark.parametrize(
    ("check", "subject", "product", "partner", "concerned"),
    [
        ("few_partners", "june.csv", CODE, "WLD", True),
        ("few_partners", "june.csv", CODE, "EU27", True),
        ("few_partners", "june.csv", CODE, "USA", False),
        ("partners_missing", "export value_usd 2025-06", CODE, "WLD", True),
        ("partners_missing", "export value_usd 2025-05", CODE, "WLD", False),
        ("partners_missing", "import value_usd 2025-06", CODE, "WLD", False),
        ("partners_missing", "export 1201 value_usd 2025-06", CODE, "WLD", False),
        ("partners_missing", "export 85051110 value_usd 2025-06", "8505", "WLD", True),
        ("magnitude", "export 85051110 USA 2025-06 value_usd", CODE, "USA", True),
        ("magnitude", "export 85051110 USA 2025-06 value_usd", CODE, "DEU", False),
        ("magnitude", "export 85051110 USA 2025-06 value_usd", CODE, "WLD", True),
        ("another_month", "export 2025-04..2025-07", CODE, "USA", True),
        ("another_month", "export 2025-04..2025-05", CODE, "USA", False),
        ("unit_value", "export 12019019 USA 2025-06", "basket:rare_earth_magnets", "USA", False),
        ("unit_value", "export 85051110 USA 2025-06", "basket:rare_earth_magnets", "USA", True),
    ],
)
def test_a_finding_concerns_what_its_subject_names(
    check: str, subject: str, product: str, partner: str, concerned: bool
) -> None:
    assert Doubt("r1", check, subject, "something").concerns("export", product, partner, JUNE) == concerned


@pytest.mark.parametrize(
    ("check", "subject", "concerned"),
    [
        ("world_total", "export 85051110 2025-06 quantity_kg", ["quantity_kg", "unit_value_usd_per_kg"]),
        ("world_total", "export 85051110 2025-06 value_usd", ["value_usd", "unit_value_usd_per_kg"]),
        ("zero_number", "export 85051110 USA 2025-06 quantity_kg", ["quantity_kg", "unit_value_usd_per_kg"]),
        ("piece_weight", "export 85051110 USA 2025-06 quantity", ["quantity_kg", "unit_value_usd_per_kg"]),
        # A row that is missing has no weight either, and where money jumped so did the kilograms.
        ("partners_missing", "export 85051110 value_usd 2025-06", None),
        ("magnitude", "export 85051110 USA 2025-06 value_usd", None),
        ("magnitude", "export 85051110 2025-06 quantity_kg", ["quantity_kg", "unit_value_usd_per_kg"]),
        ("unit_value", "export 85051110 2025-06", None),
    ],
)
def test_a_finding_about_one_measure_is_no_doubt_of_another(check: str, subject: str, concerned: list[str]) -> None:
    measures = ("quantity_kg", "value_usd", "value_cny", "unit_value_usd_per_kg")
    doubt = Doubt("r1", check, subject, "something")
    found = [one for one in measures if doubt.concerns("export", CODE, "WLD", JUNE, measure=one)]
    assert found == (concerned or [*measures])
    # Of a row of several measures it is one.
    assert doubt.concerns("export", CODE, "WLD", JUNE)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A file of three partners that was declared as all of them: its sum passed for the world."""
    store = Store(tmp_path_factory.mktemp("three"))
    assert store.ingest(csv_bytes([*MAY, *THREE])).status == "published"
    return store


def test_a_sum_of_three_partners_is_in_doubt_and_their_own_numbers_are_not(store: Store) -> None:
    doubts = Doubts(store.snapshot)
    assert doubts.of("export", CODE, "WLD", [JUNE]) == [FEW]
    assert doubts.of("export", CODE, "USA", [JUNE]) == []
    assert doubts.of("export", CODE, "USA", [JUNE], "share_pct") == [FEW]
    assert doubts.of("import", CODE, "WLD", [JUNE]) == doubts.of("export", CODE, "WLD", [JUNE - 12]) == []
    rows = ask(store.store, Question(products=(CODE,), measure="quantity_kg", month="2025-06"))
    told = dict(rows.rows.select("partner", "doubt").iter_rows())
    assert (told["WLD"], told["USA"]) == (FEW, None)
    assert f"in doubt: {FEW}" in rows.notes
    trace = Tracer(store.snapshot, "export", CODE).trace(Point("export", CODE, "WLD", "quantity_kg", JUNE), "level")
    assert (trace.doubts, trace.agrees) == ([FEW], True)


@pytest.mark.parametrize(
    ("table", "month", "partners", "told"),
    [
        ("trade_flow", "2025-06", ("DEU", "USA"), [None, None]), ("metric", "2025-05", ("WLD",), [FEW]),
        ("metric", "2025-06", ("WLD", "USA"), [FEW, None]),
    ],
)  # fmt: skip
def test_rows_of_every_table_of_figures_say_their_doubts(
    store: Store, table: str, month: str | None, partners: tuple[str, ...], told: list[str | None]
) -> None:
    question = Question(table, (CODE,), partners, month, measure="quantity_kg" if table == "metric" else None)
    asked = ask(store.store, replace(question, columns=("doubt",)))
    # Of some windows the doubt is about the same months a year before.
    assert {doubt.split(" (")[0] for doubt in asked.rows["doubt"].drop_nulls()} == {one for one in told if one}
    assert ("doubt" in ask(store.store, question).rows.columns) == any(told)


def test_a_doubt_stands_on_the_days_on_which_its_numbers_stood(tmp_path: Path) -> None:
    store = Store(tmp_path / "later")
    store.ingest(csv_bytes([*MAY, *THREE]))
    codes = ("502", "304", "133", "116", "305")
    store.ingest(
        csv_bytes([magnets(code, f"{800 + place}000", "80,000,000") for place, code in enumerate(codes)]),
        LATER,
        months="2025-06",
    )
    question = Question(products=(CODE,), partners=("WLD",), month="2025-06", columns=("doubt",))
    assert set(ask(store.store, question).rows["doubt"]) == {f"{FEW} (2025-05)"}
    assert set(ask(store.store, replace(question, as_of=DAY)).rows["doubt"]) == {FEW}
    months = (date(2025, 6, 1), date(2025, 6, 1))
    kept = vintages(store.store, "export", CODE, "WLD", months, "quantity_kg")
    assert kept.select("known_from", "doubt").rows() == [(DAY, FEW), (LATER, None)]
    assert Doubts(store.snapshot, date(2025, 1, 1)).of("export", CODE, "WLD", [JUNE]) == []


def test_a_row_names_the_earlier_month_whose_doubt_its_other_figures_have(store: Store) -> None:
    rows = pl.DataFrame(
        {"flow": ["export"], "product": [CODE], "partner": ["WLD"], "period": [date(2026, 6, 1)], "level": [1.0]}
    )
    assert Doubts(store.snapshot).of_rows(rows).to_list() == [f"{FEW} (2025-05 to 2025-06)"]
    assert Doubts(store.snapshot).of_rows(rows.with_columns(period=date(2027, 6, 1))).to_list() == [None]


@pytest.mark.parametrize(
    ("language", "never", "said"), [("en", "may be quoted", "In doubt: "), ("zh", "可以引用", "存疑：")]
)
def test_a_brief_says_the_doubt_and_that_nothing_of_it_may_be_quoted_without(
    store: Store, language: str, never: str, said: str
) -> None:
    facts = gather(store.snapshot, store.store, CODE, "export", date(2025, 6, 1))
    assert facts.doubts == [FEW]
    for page in (render.page(facts, language), render.markdown(facts, language)):
        first = page[: page.index("<h2" if page.startswith("<!") else "\n## ")]
        assert f"{said}{FEW}" in page
        assert never not in first


def test_a_doubtful_sum_contradicts_nobody(store: Store) -> None:
    """The press has the true world total; the store has three partners."""
    rows = pl.DataFrame({
        "commodity": [CODE] * 3, "flow": ["export"] * 3, "partner": ["World", "US", "World"], "period": ["2025-06"] * 3,
        "metric": ["level_t"] * 3, "value": ["3188", "3188", "2700"], "unit": ["t"] * 3,
    })  # fmt: skip
    checked = check_claims(store.snapshot, ClaimsFile("claims.csv", "0" * 64, rows))
    assert checked["verdict"].to_list() == ["not_checkable", "contradicted", "supported"]
    assert FEW in checked["reason"][0]
    assert f"In doubt: {FEW}" in checked["reason"][2]
