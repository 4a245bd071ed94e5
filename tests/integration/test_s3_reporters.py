"""Several reporters below one root in a bucket: the bytes of a folder, nothing of another reporter changed, one query
over both."""

from pathlib import Path

import duckdb
import polars as pl
import pyarrow.dataset
import pytest
from dropped_reporters import DAY, dropped, hashes
from obstore.fsspec import FsspecStore
from s3_bucket import Customs
from typer.testing import CliRunner

from flows.cli.app import app
from flows.watch import watch
from schemas.forms.watch import WatchRequest
from schemas.store_address import S3Url
from tasks.store.bucket.resolve import open_release
from tasks.store.places.reporters import stores_of

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "experimental_sources_are_trusted")

KEYS = ["reporter", "flow", "year", "month", "product", "partner", "measure"]


def root_of(customs: Customs) -> S3Url:
    """A new root, in which stores of reporters will be."""
    return S3Url(str(customs.store()).rpartition("/")[0] + "/root")


def taken(folder: Path, root: S3Url | Path) -> dict[str, str]:
    report = watch.fn(WatchRequest(inbox=folder, store=root, settle_seconds=0), DAY)
    return {one.file.name: one.outcome for one in report.taken}


def objects(customs: Customs, root: S3Url) -> dict[str, bytes]:
    return {key: customs.get(root, key) for key in customs.keys(root)}


@pytest.fixture(scope="module")
def root(bucket_server: Customs, tmp_path_factory: pytest.TempPathFactory) -> S3Url:
    """China first, then the United Kingdom, by two watches."""
    inbox, root = tmp_path_factory.mktemp("inbox"), root_of(bucket_server)
    assert taken(dropped(inbox / "first", "june.csv"), root) == {"june.csv": "published"}
    china = objects(bucket_server, root)
    assert {key.partition("/")[0] for key in china} == {"expectation", "mover", "reporter=CHN"}
    assert taken(dropped(inbox / "second", "ots.json"), root) == {"ots.json": "published"}
    both = objects(bucket_server, root)
    assert {key.partition("/")[0] for key in both} == {"expectation", "mover", "reporter=CHN", "reporter=GBR"}
    assert {key: both[key] for key in china} == china
    return root


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same two in a folder."""
    place = tmp_path_factory.mktemp("folder")
    taken(dropped(place / "inbox", "june.csv", "ots.json"), place / "store")
    return place / "store"


def test_two_reporters_in_one_bucket_are_those_of_a_folder_and_of_each_other_unchanged(
    root: S3Url, customs: Customs, folder: Path
) -> None:
    assert {reporter: str(store) for reporter, store in stores_of(root).items()} == {
        "CHN": f"{root}/reporter=CHN", "GBR": f"{root}/reporter=GBR",
    }  # fmt: skip
    for reporter, files in hashes(folder).items():
        found = open_release(f"{root}/reporter={reporter}").snapshot
        assert {entry.path: entry.sha256 for entry in found.files} == files
        assert customs.current(S3Url(f"{root}/reporter={reporter}"))[0] == found.id


def test_plain_readers_read_both_in_one_query_with_the_reporter_from_the_path(root: S3Url, folder: Path) -> None:
    own = (
        pl.scan_parquet(f"{folder}/reporter=*/current/metric/**/*.parquet", hive_partitioning=True).collect().sort(KEYS)
    )
    assert own["reporter"].unique().sort().to_list() == ["CHN", "GBR"]
    paths = [path for store in stores_of(root).values() for path in open_release(store).paths("metric")]
    shown = [
        CliRunner().invoke(app, ["resolve", "metric", "--store", str(root), "--reporter", name]).stdout
        for name in ("CHN", "GBR")
    ]
    assert "".join(shown).split() == paths
    # Another one of this process would know another server.
    duck, system = duckdb.connect(), FsspecStore("s3", skip_instance_cache=True)
    duck.register_filesystem(system)
    for rows in (
        pl.scan_parquet(paths, hive_partitioning=True).collect(),
        duck.sql(f"select * from read_parquet({paths}, hive_partitioning = true)").pl(),
        pl.DataFrame(pyarrow.dataset.dataset(paths, filesystem=system, partitioning="hive").to_table()),
    ):
        assert rows.select(pl.col(name).cast(kind) for name, kind in own.schema.items()).sort(KEYS).equals(own)
    for wildcard in ("**/metric/**/*.parquet", "**/*.parquet", "reporter=*/*/metric/**/*.parquet"):
        with pytest.raises(pl.exceptions.PolarsError):
            pl.scan_parquet(f"{root}/{wildcard}").collect()
