"""Highest and lowest since of a single partner: not in the table, and right where somebody asks."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest

from flows.release import release
from schemas.forms.request import ReleaseRequest
from tasks.lineage import requested_records
from tasks.lineage.point import Point
from tasks.lineage.trace import Tracer
from tasks.reports.query import open_published, query
from tasks.store.parquet import read_table
from tests.integration.test_past_months import HEADER

# Kilograms of 28053011, which is on no watch list, to the United States (502) and Japan (116), month by month.
LEVELS = {"202401": 90, "202402": 50, "202403": 70, "202404": 20, "202405": 80, "202406": 10}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    tmp_path = tmp_path_factory.mktemp("store")
    rows = [
        f'"{month}","28053011","合成","{partner}","合成","{kilograms * factor}","千克","0","?","{kilograms * 3}",\n'
        for month, kilograms in LEVELS.items()
        for partner, factor in (("502", 1), ("116", 2))
    ]
    file = tmp_path / "query.csv"
    file.write_bytes((HEADER + "".join(rows)).encode("gb18030"))
    request = ReleaseRequest(
        file=file, store=tmp_path / "reporter=CHN", source="gacc_query", flow="export", partners="all"
    )
    assert release.fn(request, date(2024, 7, 20)).status == "published"
    return tmp_path / "reporter=CHN"


def test_the_table_says_where_they_are_and_read_and_trace_have_them(store: Path) -> None:
    of_usa = {"product": "28053011", "partner": "USA", "measure": "quantity_kg"}
    columns = ("period", "highest_since", "highest_since_status", "lowest_since", "lowest_since_status")
    published = read_table(open_published(store), "metric").filter(**of_usa)
    assert set(published["highest_since_status"]) == set(published["lowest_since_status"]) == {"on_request"}
    assert published["series_start"].null_count() == published.height == len(LEVELS)
    read = query(store, "metric", product="28053011", partner="USA").filter(measure="quantity_kg").select(columns)
    january, march = date(2024, 1, 1), date(2024, 3, 1)
    assert read.rows() == [
        (january, None, "no_base", None, "no_base"),
        (date(2024, 2, 1), None, "not_extreme", None, "series_record"),
        (march, january, "computed", None, "not_extreme"),
        (date(2024, 4, 1), None, "not_extreme", None, "series_record"),
        (date(2024, 5, 1), january, "computed", None, "not_extreme"),
        (date(2024, 6, 1), None, "not_extreme", None, "series_record"),
    ]
    tracer = Tracer(open_published(store), "export", "28053011")
    trace = tracer.trace(Point("export", "28053011", "USA", "quantity_kg", 2024 * 12 + 4), "highest_since")
    assert (trace.value, trace.recomputed, trace.agrees) == ("2024-01", "2024-01", True)


def test_the_world_has_its_own_in_the_table(store: Path) -> None:
    world = read_table(open_published(store), "metric").filter(product="28053011", partner="WLD", measure="quantity_kg")
    assert world.filter(pl.col("period") == date(2024, 5, 1))["highest_since"].to_list() == [date(2024, 1, 1)]


def test_only_a_record_is_computed_from_the_whole_history(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A brief traces dozens of figures, each from several rows."""

    def computes(*_: object) -> pl.DataFrame:
        raise AssertionError("the history of the product is not needed")

    monkeypatch.setattr(requested_records, "_records", computes)
    tracer = Tracer(open_published(store), "export", "28053011")
    point = Point("export", "28053011", "USA", "quantity_kg", 2024 * 12 + 5)
    assert tracer.trace(point, "ytd").value == sum(LEVELS.values())
    with pytest.raises(AssertionError, match="history"):
        tracer.trace(point, "highest_since")
