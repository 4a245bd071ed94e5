"""A catalogue points to the newest metadata, and tables of others under the same name are left alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pyiceberg import catalog as catalogs
from pyiceberg.catalog.rest import RestCatalog
from pyiceberg.catalog.sql import SqlCatalog

from schemas.store_address import S3Url
from tasks.catalogs.iceberg import keep_iceberg
from tasks.catalogs.register import namespace_of, register
from tests.copied_store import copied
from tests.unit.catalogs import trade_root
from tests.unit.catalogs.rest_server import rest_server


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SqlCatalog]:
    """The catalogue `house`, a SQL database."""
    catalog = SqlCatalog("house", uri=f"sqlite:///{tmp_path}/house.db", warehouse=f"file://{tmp_path}")
    monkeypatch.setattr(catalogs, "load_catalog", lambda name: {"house": catalog}[name])
    yield catalog
    catalog.close()


def test_each_table_is_in_the_namespace_of_its_reporter_and_follows(
    house: SqlCatalog, followed_root: Path, tmp_path: Path
) -> None:
    root = copied(followed_root, tmp_path)
    names = register(keep_iceberg(root), "house")
    assert {"trade_chn.metric", "trade_deu.metric", "trade_deu.release"} <= {*names}
    before = house.load_table("trade_chn.metric")
    trade_root.correct(tmp_path)
    assert {*names} <= {*register(keep_iceberg(root), "house")}
    after = house.load_table("trade_chn.metric")
    assert (len(before.snapshots()), len(after.snapshots())) == (1, 2)
    assert after.metadata.table_uuid == before.metadata.table_uuid
    german = house.load_table("trade_deu.metric").scan(row_filter="flow == 'import' and reporter == 'DEU'")
    assert german.to_arrow().num_rows == 9
    # The data stay where they were.
    assert before.scan().to_arrow().num_rows > 20


def test_a_rest_catalogue_replaces_a_table_at_once(
    followed_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = copied(followed_root, tmp_path)
    with rest_server() as address:
        catalog = RestCatalog("rest", uri=address)
        monkeypatch.setattr(catalogs, "load_catalog", lambda name: {"rest": catalog}[name])
        # Dropped and registered again, a table would be missing for a moment.
        monkeypatch.setattr(catalog, "drop_table", None)
        for count in (1, 2):
            kept = [one for one in keep_iceberg(root) if one.table == "metric"]
            assert register(kept, "rest") == ["trade_chn.metric", "trade_deu.metric"]
            table = catalog.load_table("trade_chn.metric")
            assert len(table.snapshots()) == count
            assert table.scan(row_filter="flow == 'export'").to_arrow().num_rows > 20
            if count == 1:
                trade_root.correct(tmp_path)
        catalog.close()


def test_a_table_of_somebody_else_is_left_alone(house: SqlCatalog, followed_root: Path, tmp_path: Path) -> None:
    kept = [one for one in keep_iceberg(copied(followed_root, tmp_path)) if one.table == "metric"]
    register(kept, "house")
    others = keep_iceberg(copied(followed_root, tmp_path / "other"))
    with pytest.raises(ValueError, match=r"trade_chn\.metric: the catalogue has another table of this name"):
        register([one for one in others if one.table == "metric"], "house")
    assert house.load_table("trade_chn.metric").metadata_location == kept[0].metadata_location


def test_the_namespace_says_whose_figures_they_are() -> None:
    assert namespace_of(S3Url("s3://customs/store/mover/reporter=EU27")) == "trade_eu27"
    assert namespace_of(Path("store/mirror/exporter=CHN/importer=DEU")) == "trade_chn_deu"
    assert namespace_of(Path("store")) == "trade"
