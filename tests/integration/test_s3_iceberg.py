"""Iceberg metadata and a DuckDB file over a store in a bucket, read by other programs with nothing but their addresses.

What the bucket answers wrongly never harms a publication, and the next one makes up for what is missing.
"""

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from bad_inputs.download import CLEAN_RECORDS, csv_bytes
from pyiceberg import catalog as catalogs
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.table import StaticTable, Table
from pyiceberg.utils.config import Config
from s3_bucket import KEY_NAME, SECRET, Customs, ingest
from typer.testing import CliRunner

from flows.cli.app import app
from schemas import settings
from schemas.store_address import S3Url
from tasks.analysis.after.after_release import update_forms
from tasks.catalogs.duckdb_file import write_duckdb
from tasks.catalogs.iceberg import keep_iceberg, keep_store
from tasks.store.bucket import working_copy
from tasks.store.bucket.s3 import file_system
from tasks.store.bucket.s3_store import Remote

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows")

FIRST, SECOND, THIRD = (csv_bytes(CLEAN_RECORDS[:count]) for count in (4, 5, 6))


def table_of(customs: Customs, url: S3Url, name: str) -> Table:
    """A table as another program opens it, by the address of its folder."""
    return StaticTable.from_metadata(f"{url}/iceberg/{name}", access(customs))


def access(customs: Customs) -> dict[str, str]:
    return {
        "s3.endpoint": customs.address,
        "s3.access-key-id": KEY_NAME,
        "s3.secret-access-key": SECRET,
        "s3.region": "us-east-1",
    }


def states(table: Table) -> list[str]:
    return [str(one.summary and one.summary.additional_properties["tidewaiter.snapshot"]) for one in table.snapshots()]


def rows(table: Table, name: str | None = None, **scan: Any) -> pl.DataFrame:
    number = table.snapshot_by_name(name).snapshot_id if name else None  # type: ignore[union-attr]
    return pl.DataFrame(table.scan(snapshot_id=number, **scan).to_arrow())


def height(url: S3Url, name: str, table: str) -> int:
    return sum(entry.rows for entry in Remote(url).snapshot(name).entries(table))


@pytest.fixture
def begun(customs: Customs, tmp_path: Path) -> S3Url:
    """A store with one release, and metadata."""
    url = customs.store()
    ingest(url, tmp_path, "20.csv", FIRST, 20)
    keep_iceberg(url)
    return url


def test_each_publication_appends_a_snapshot_and_data_files_stay_as_they_are(
    customs: Customs, begun: S3Url, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {key for key in customs.keys(begun) if key.startswith(".files/")}
    customs.log()
    assert ingest(begun, tmp_path, "21.csv", SECOND, 21).warnings == []
    written = [line.split("?")[0].rpartition("reporter=CHN/")[2] for line in customs.log() if line.startswith("PUT")]
    assert not files & {*written}
    # Another machine, with nothing at hand.
    monkeypatch.setenv(settings.CACHE, str(tmp_path / "other"))
    ingest(begun, tmp_path, "22.csv", THIRD, 22)
    known = Remote(begun).snapshot_ids()
    assert len(known) == 3
    for name in ("metric", "observation", "release", "lineage"):
        table = table_of(customs, begun, name)
        assert states(table) == known
        for state in known:
            assert rows(table, state).height == height(begun, state, name)
    metric = table_of(customs, begun, "metric")
    assert rows(metric, row_filter="flow == 'export' and month == 6 and year == 2025").height > 0
    assert rows(metric, row_filter="flow == 'import'").height == 0
    assert rows(metric)["reporter"].unique().to_list() == ["CHN"]
    place = [key for key in customs.keys(begun) if key.startswith("iceberg/")]
    assert {key.rpartition(".")[2] for key in place} == {"json", "avro", "text"}
    monkeypatch.setenv("POLARS_ICEBERG_PLANNER", "pyiceberg")
    scanned = pl.scan_iceberg(metric, reader_override="pyiceberg").select(pl.len()).collect().item()
    assert scanned == height(begun, known[-1], "metric")


def test_a_retention_expires_snapshots_in_the_bucket(customs: Customs, begun: S3Url, tmp_path: Path) -> None:
    ingest(begun, tmp_path, "21.csv", SECOND, 21)
    store = working_copy.at_hand(begun)
    assert len(working_copy.retain(store, today=date(2030, 1, 1), months=24).snapshots) == 1
    assert update_forms(store) == []
    table = table_of(customs, begun, "metric")
    assert states(table) == Remote(begun).snapshot_ids()
    assert rows(table).height == height(begun, states(table)[0], "metric")


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("what", ["manifest list", "version", "hint", "everything"])
def test_an_outage_harms_no_publication_and_the_next_one_makes_up_for_it(
    customs: Customs, begun: S3Url, tmp_path: Path, what: str
) -> None:
    match = {
        "manifest list": "PUT .*/iceberg/.*/snap-",
        "version": r"PUT .*/iceberg/.*/v2\.metadata",
        "hint": "PUT .*/iceberg/.*version-hint",
        "everything": "/iceberg/",
    }[what]
    customs.faults({"match": match, "skip": 0, "status": 503, "times": 0})
    outcome = ingest(begun, tmp_path, "21.csv", SECOND, 21)
    customs.faults()
    assert outcome.status == "published"
    (warning,) = [text for text in outcome.warnings if f"({begun})" in text]
    assert warning.startswith(f"Iceberg metadata ({begun}): not made, BucketError: ")
    assert warning.endswith("; the one before stays, and the next release makes up for it.")
    assert SECRET not in warning
    assert rows(table_of(customs, begun, "metric")).height in {
        height(begun, name, "metric") for name in Remote(begun).snapshot_ids()
    }
    assert ingest(begun, tmp_path, "22.csv", THIRD, 22).warnings == []
    for name in ("metric", "release"):
        table = table_of(customs, begun, name)
        assert states(table) == Remote(begun).snapshot_ids()
        assert len(states(table)) == 3
        assert rows(table).height == height(begun, states(table)[-1], name)


def test_a_lost_reply_makes_no_second_snapshot(customs: Customs, begun: S3Url, tmp_path: Path) -> None:
    customs.faults({"match": r"PUT .*/iceberg/metric/.*v2\.metadata", "lost": 500})
    assert ingest(begun, tmp_path, "21.csv", SECOND, 21).warnings == []
    customs.faults()
    assert states(table_of(customs, begun, "metric")) == Remote(begun).snapshot_ids()


def test_a_sql_catalogue_is_told_after_each_publication(
    customs: Customs, begun: S3Url, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"uri": f"sqlite:///{tmp_path}/house.db", **access(customs)}.items():
        monkeypatch.setenv(f"PYICEBERG_CATALOG__HOUSE__{name.replace('-', '_').replace('.', '__').upper()}", value)
    monkeypatch.setattr(catalogs, "_ENV_CONFIG", Config())
    # Tables are in the catalogue's own database, which pyiceberg makes.
    SqlCatalog("house", uri=f"sqlite:///{tmp_path}/house.db").close()
    done = CliRunner().invoke(app, ["catalog", "iceberg", "--store", str(begun), "--register", "house"])
    assert done.exit_code == 0, done.output
    assert "registered in house: trade_chn.control_event" in done.output
    assert "in a copy of it" not in done.output
    monkeypatch.setenv(settings.ICEBERG_CATALOG, "house")
    assert ingest(begun, tmp_path, "21.csv", SECOND, 21).warnings == []
    house = SqlCatalog("house", uri=f"sqlite:///{tmp_path}/house.db", **access(customs))
    table = house.load_table("trade_chn.metric")
    assert states(table) == Remote(begun).snapshot_ids()
    assert len(states(table)) == 2
    assert rows(table).height == height(begun, states(table)[-1], "metric")
    house.close()


def test_a_duckdb_file_over_a_bucket_names_the_files_of_the_states(
    customs: Customs, begun: S3Url, tmp_path: Path
) -> None:
    file, root = tmp_path / "trade.duckdb", S3Url(begun.rpartition("/")[0])
    written = write_duckdb(root, file)
    assert not written.is_relative

    def ask(query: str) -> list[Any]:
        with duckdb.connect(str(file), read_only=True) as connection:
            connection.register_filesystem(file_system())
            return connection.execute(query).fetchall()

    first, query = Remote(begun).snapshot_ids()[0], "select reporter, count(*) from metric group by 1"
    assert ask(query) == [("CHN", height(begun, first, "metric"))]
    ingest(begun, tmp_path, "21.csv", SECOND, 21)
    assert ask(query) == [("CHN", height(begun, first, "metric"))]
    (comment,) = ask("select comment from duckdb_views() where view_name = 'metric'")
    assert f"{begun} {first}" in comment[0]
    write_duckdb(root, file)
    assert ask(query) == [("CHN", height(begun, Remote(begun).snapshot_ids()[-1], "metric"))]


def test_nothing_is_written_where_nothing_is_new(customs: Customs, begun: S3Url) -> None:
    customs.log()
    assert {kept.changed for kept in keep_store(begun)} == {False}
    assert not [line for line in customs.log() if not line.startswith("GET")]
