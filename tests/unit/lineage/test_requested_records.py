"""Highest and lowest since of a single partner: not in the table, and right where somebody asks."""

from datetime import date

import polars as pl
import pytest

from tasks.lineage import requested_records
from tasks.lineage.point import Point
from tasks.lineage.requested_records import PRODUCTS_MAX, with_requested_records
from tasks.lineage.trace import Tracer
from tasks.reading.query import query
from tasks.store.files.snapshot import Snapshot
from tasks.store.snapshots.parquet import read_table
from tests.unit.published_stores import china, query_bytes

CODE = "28053011"  # on no watch list
LEVELS = {"202401": 90, "202402": 50, "202403": 70, "202404": 20, "202405": 80, "202406": 10}
JUNE = 2024 * 12 + 5


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """A store with these kilograms to the United States, and twice as many to Japan."""
    rows = [
        (month, CODE, partner, kilograms * factor, kilograms * 3)
        for month, kilograms in LEVELS.items()
        for partner, factor in (("USA", 1), ("JPN", 2))
    ]
    return china(tmp_path_factory.mktemp("records"), query_bytes(rows), date(2024, 7, 20))


@pytest.fixture
def rows(snapshot: Snapshot) -> pl.DataFrame:
    """The rows of the table that are about the United States."""
    return read_table(snapshot, "metric").filter(product=CODE, partner="USA", measure="quantity_kg").sort("period")


def test_the_table_says_where_they_are_and_read_and_trace_have_them(snapshot: Snapshot, rows: pl.DataFrame) -> None:
    assert {*rows["highest_since_status"], *rows["lowest_since_status"]} == {"on_request"}
    assert rows["series_start"].null_count() == rows.height == len(LEVELS)
    read = query(snapshot.store, "metric", product=CODE, partner="USA").filter(measure="quantity_kg")
    january, low = date(2024, 1, 1), (None, "not_extreme", None, "series_record")
    names = ("highest_since", "highest_since_status", "lowest_since", "lowest_since_status")
    high = (january, "computed", None, "not_extreme")
    assert read.sort("period").select(names).rows() == [(None, "no_base", None, "no_base"), low, high, low, high, low]
    assert {*read["series_start"]} == {january}
    single = with_requested_records(rows[4:5], snapshot)
    assert single.select(names).rows() == [high], "a single month is computed from all months before it"
    trace = Tracer(snapshot, "export", CODE).trace(
        Point("export", CODE, "USA", "quantity_kg", JUNE - 1), "highest_since"
    )
    assert (trace.value, trace.recomputed, trace.agrees) == ("2024-01", "2024-01", True)
    world = read_table(snapshot, "metric").filter(product=CODE, partner="WLD", measure="quantity_kg").sort("period")
    assert world["highest_since"][4] == january, "the world has its own in the table"


def test_only_a_record_that_is_on_request_is_computed_from_the_whole_history(
    snapshot: Snapshot, rows: pl.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A brief traces dozens of figures, each from several rows."""

    def computes(*_: object) -> pl.DataFrame:
        raise AssertionError("the history of the product is not needed")

    monkeypatch.setattr(requested_records, "_records", computes)
    tracer, point = Tracer(snapshot, "export", CODE), Point("export", CODE, "USA", "quantity_kg", JUNE)
    assert tracer.trace(point, "ytd").value == sum(LEVELS.values())
    known = rows.with_columns(pl.lit("not_extreme").alias("highest_since_status"))
    assert with_requested_records(known, snapshot).equals(known)
    assert with_requested_records(rows.clear(), snapshot).is_empty()
    with pytest.raises(AssertionError, match="history"):
        tracer.trace(point, "highest_since")


@pytest.mark.parametrize(("products", "computed"), [(PRODUCTS_MAX, True), (PRODUCTS_MAX + 1, False)])
def test_for_many_products_nothing_is_computed(
    snapshot: Snapshot, rows: pl.DataFrame, monkeypatch: pytest.MonkeyPatch, products: int, computed: bool
) -> None:
    asked: list[int] = []

    def nothing_found(rows: pl.DataFrame, snapshot: object) -> pl.DataFrame:
        asked.append(rows.height)
        return rows.select(*requested_records.KEY, *requested_records.RECORDS)

    monkeypatch.setattr(requested_records, "_records", nothing_found)
    many = pl.concat([rows[:1].with_columns(product=pl.lit(f"{10_000_000 + place}")) for place in range(products)])
    assert with_requested_records(many, snapshot).height == products
    assert asked == [products] * computed, "all at once: one derivation costs what several do"
