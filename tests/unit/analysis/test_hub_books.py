"""China, Hong Kong and the United States under one root: what a hub says in its own books bounds what it explains."""

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from bad_inputs.download import csv_bytes, magnets

from tasks.analysis.after.after_release import update_tables
from tasks.analysis.mirror.publication import publish_pair
from tasks.analysis.mirror.sides import passed_on, read_side
from tasks.analysis.mirror.statements import hub_stores, mirror, pair
from tasks.domain.periods import month_number
from tasks.store.files.snapshot import open_snapshot
from tasks.store.snapshots.parquet import read_table
from tests.unit.census_archive import Row, members, packed
from tests.unit.published_stores import publish
from tests.unit.sources.offices import hongkong_answers as hongkong

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows")

MAGNETS, JUNE = "850511", date(2025, 6, 1)
# Kilograms: sold to the United States, sold to Hong Kong, bought of China; 30 dollars a kilogram.
DIRECT, THROUGH, BOUGHT = 20_000, 60_000, 80_000
DAY = date(2026, 8, 14)


def china_and_usa(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    records = [magnets("502", str(DIRECT), f"{DIRECT * 30:,}"), magnets("110", str(THROUGH), f"{THROUGH * 30:,}")]
    query = {"flow": "export", "months": "2025-06", "released_on": date(2025, 7, 20), "products": [MAGNETS]}
    publish(folder, "CHN", "china.csv", csv_bytes(records), **query)
    row = Row(value=BOUGHT * 30, charges=BOUGHT, quantity=BOUGHT)
    data = packed(members([row], units={row.code: ("KG", "")}))
    publish(folder, "USA", "IMDB2506.ZIP", data, "us_census_bulk", partners=None)
    return folder / "store"


def hong_kong(folder: Path, **kg_of_month: int) -> None:
    """An answer about total exports: kilograms to the United States by month (`m202506`)."""
    rows = [
        hongkong.row(figure, sv, "US", hongkong.EXPORTS, codeclass="HKHS6", code=MAGNETS, period=month[1:])
        for month, kg in kg_of_month.items()
        for sv, figure in (("VCm", kg * 240 // 1000), ("QCm", kg))
    ]
    publish(
        folder, "HKG", "hongkong.json", hongkong.answer(*rows), "hongkong_csd", flow="export", products=[MAGNETS],
        months="2025-05..2025-07",
    )  # fmt: skip


@pytest.fixture(autouse=True)
def compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first release of an experimental source waits, which is not what these tests are about."""
    monkeypatch.setenv("TIDEWAITER_EXPERIMENTAL", "us_census_bulk hongkong_csd")


def june(root: Path) -> dict[str, object]:
    rows = mirror(root, MAGNETS, "CHN", "USA").rows
    return rows.filter(period=JUNE).row(0, named=True)


def test_without_its_books_what_is_sold_to_a_hub_may_explain_all_of_it(tmp_path: Path) -> None:
    row = june(china_and_usa(tmp_path))
    assert (row["export_kg"], row["import_kg"], row["hub_kg"], row["reason"]) == (DIRECT, BOUGHT, THROUGH, "hub")
    assert "HKG" not in str(row["why"])


@pytest.mark.parametrize(
    ("months", "hub_kg", "reason"),
    [
        pytest.param({"m202506": 60_000}, 60_000, "hub", id="it passed them on"),
        pytest.param({"m202506": 1_000, "m202507": 70_000}, 60_000, "hub", id="it passed them on a month later"),
        pytest.param({"m202505": 5_000}, 5_000, "unexplained", id="it passed on a part of them"),
        pytest.param({"m202506": 0}, 0, "unexplained", id="it says that it passed on nothing"),
    ],
)
def test_the_books_of_a_hub_bound_what_it_explains(
    tmp_path: Path, months: dict[str, int], hub_kg: int, reason: str
) -> None:
    root = china_and_usa(tmp_path)
    hong_kong(tmp_path, **months)
    row = june(root)
    assert (row["hub_kg"], row["reason"]) == (hub_kg, reason)
    assert "HKG counts up to" in str(row["why"])


def test_a_hub_whose_month_is_not_known_bounds_nothing(tmp_path: Path) -> None:
    root = china_and_usa(tmp_path)
    hong_kong(tmp_path, m202505=5_000)
    stores, through = pair(root, "CHN", "USA"), hub_stores(root, "CHN", "USA")
    assert [*through] == ["HKG"]
    months = range(month_number(date(2024, 12, 1)), month_number(date(2025, 9, 1)))
    sold = read_side(stores[0], "export", "USA", months, MAGNETS)
    books = passed_on(sold, "HKG", read_side(through["HKG"], "export", "USA", months, MAGNETS), months)
    # Months that nobody asked Hong Kong about have no row; those without trade are 0.
    assert books.sort("period")["period"].to_list() == [date(2025, 5, 1), JUNE, date(2025, 7, 1)]
    assert books.sort("period")["kg"].to_list() == [5_000, 5_000, 0]


def test_a_release_of_the_hub_brings_the_published_mirror_up_to_date(tmp_path: Path) -> None:
    root = china_and_usa(tmp_path)
    publish_pair(root, "CHN", "USA")

    def published() -> tuple[str, list[str]]:
        snapshot = open_snapshot(root / "mirror" / "exporter=CHN" / "importer=USA")
        assert snapshot is not None
        row = read_table(snapshot, "mirror").filter(pl.col("period") == JUNE, product=MAGNETS)
        of = json.loads(json.dumps(snapshot.about["of"]))
        return row["reason"].cast(pl.String)[0], of

    assert published() == ("hub", ["CHN", "USA"])
    hong_kong(tmp_path, m202505=5_000)
    assert update_tables(root / "reporter=HKG").failed == []
    assert published() == ("unexplained", ["CHN", "USA", "HKG"])
