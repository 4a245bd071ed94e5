"""What the page of changes says: which months and products cannot be compared, holidays, percentages."""

from datetime import date
from pathlib import Path

import pytest
from bad_inputs.download import csv_bytes, magnets

from tasks.answers.trade.movers import changes_of_month, expected
from tasks.answers.trade.read import with_names
from tasks.ledger.doubts import Doubts
from tasks.pages.release import changes_since_release
from tasks.reading.resolver import Resolver
from tests.unit.customs import Store

JUNE = date(2025, 6, 1)


def test_products_that_are_known_in_one_of_the_months_alone_are_counted(tmp_path: Path) -> None:
    """The file of May asked for chapters 84 and 85, that of June for 85 and 90."""
    store = Store(tmp_path)
    for month, chapters in (("202505", ("84713000", "85051110")), ("202506", ("85051110", "90189000"))):
        records = [(month, code, *magnets("502")[2:5], "20000", "千克", "0", "?", "400000") for code in chapters]
        span = f"{month[:4]}-{month[4:]}"
        store.ingest(csv_bytes(records), name=f"{month}.csv", products=[code[:2] for code in chapters], months=span)
    found = changes_of_month(store.snapshot, "export", JUNE, measure="value_usd")
    assert found.rows.filter(kind="total").select("before", "level").row(0) == (400_000, 400_000)
    assert [note.partition(":")[0] for note in found.notes] == [
        "4 products of 2025-06 cannot be compared",
        "4 products of 2025-05 cannot be compared",
    ]


@pytest.mark.parametrize(("language", "begins"), [("en", "in doubt: few partners"), ("zh", "存疑：申报为全部贸易伙伴")])
def test_a_doubt_below_a_table_is_in_the_language_of_the_page(few_partners: Store, language: str, begins: str) -> None:
    snapshot = few_partners.snapshot
    rows = changes_of_month(snapshot, "export", JUNE, measure="value_usd").rows
    named = [with_names(one, Resolver(snapshot), language) for one in (rows, expected(snapshot, rows))]
    sections = changes_since_release.sections(named[0], "CHN", named[1], Doubts(snapshot), language)
    assert [line for one in sections for line in one.below if line.startswith(begins)]


@pytest.mark.parametrize(
    ("month", "against", "reporter", "said"),
    [
        (date(2023, 1, 1), "year", "CHN",
            ["the Lunar New Year: 81 % of the days around it are in January 2023, 33 % in January 2022"]),
        (date(2023, 2, 1), "month", "CHN",
            ["the Lunar New Year: 19 % of the days around it are in February 2023, 81 % in January 2023"]),
        (date(2023, 2, 1), "month", "BRA", []),
        (date(2023, 7, 1), "month", "CHN", []),
    ],
)  # fmt: skip
def test_a_holiday_that_lies_in_one_of_the_months_is_told(
    month: date, against: str, reporter: str, said: list[str]
) -> None:
    assert [*changes_since_release._new_year(month, against, reporter, "en")] == said


def test_in_place_of_a_percentage_of_nearly_nothing_stands_what_it_is_from() -> None:
    row = {"measure": "quantity_kg", "before": 25.0, "kind": "product", "contribution_pp": 1_337_575.8}
    growths = [
        (None, None, "–"),
        (-99.94, "yes", "-99.9"),
        (999.9, "care", "+999.9"),
        (6_800_000.0, "no", "from 25 kg"),
    ]
    for growth, quote, said in growths:
        judged = {**row, "change_pct": growth, "quote": quote}
        assert changes_since_release._growth(judged, "change_pct", "en") == said
    of_partner = {**row, "kind": "partner", "change_pct": 1_000.0, "quote": None}
    assert changes_since_release._growth(of_partner, "change_pct", "zh") == "基数25千克"
    assert changes_since_release._growth(of_partner, "contribution_pp", "en") == "> +1,000"
