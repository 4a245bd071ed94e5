"""Which folder is whose store."""

import os
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from schemas.store_address import S3Url
from tasks.domain.errors import BrokenStore, StoreError
from tasks.store.places.reporters import (
    mirror_of,
    mirrors_of,
    only_store,
    reporter_of,
    root_of,
    store_of,
    store_with,
    stores_of,
)
from tasks.store.snapshots.publish import exclusive


@pytest.fixture
def old(sample_store: Path, tmp_path: Path) -> Path:
    """The sample without a reporter in the path."""
    return Path(shutil.copytree(sample_store, tmp_path / "store", symlinks=True, copy_function=os.link))


def test_a_new_root_gets_a_folder_for_each_reporter(tmp_path: Path) -> None:
    assert store_of(tmp_path / "new", "CHN") == tmp_path / "new" / "reporter=CHN"
    (tmp_path / "reporter=USA").mkdir()
    (tmp_path / "reporter=EU27").mkdir()
    (tmp_path / "inbox").mkdir()
    assert stores_of(tmp_path) == {"EU27": tmp_path / "reporter=EU27", "USA": tmp_path / "reporter=USA"}
    assert store_of(tmp_path, "CHN") == tmp_path / "reporter=CHN"
    # The store of one reporter may be named itself.
    assert store_of(tmp_path / "reporter=USA", "USA") == tmp_path / "reporter=USA"
    assert only_store(tmp_path / "reporter=USA") == tmp_path / "reporter=USA"
    assert store_of(S3Url("s3://customs/a/reporter=USA"), "CHN") == "s3://customs/a/reporter=USA"


def test_the_mirror_of_a_pair_lies_beside_the_stores_of_both(tmp_path: Path) -> None:
    assert mirrors_of(tmp_path) == []
    for importer in ("USA", "DEU"):
        (tmp_path / "mirror" / "exporter=CHN" / f"importer={importer}").mkdir(parents=True)
    (tmp_path / "reporter=CHN").mkdir()
    assert mirrors_of(tmp_path) == [("CHN", "DEU"), ("CHN", "USA")]
    assert mirror_of(tmp_path, "CHN", "DEU") == tmp_path / "mirror" / "exporter=CHN" / "importer=DEU"
    assert stores_of(tmp_path) == {"CHN": tmp_path / "reporter=CHN"}, "a mirror is nobody's store"
    bucket = S3Url("s3://customs/a")
    assert mirror_of(bucket, "CHN", "DEU") == "s3://customs/a/mirror/exporter=CHN/importer=DEU"
    assert (root_of(S3Url("s3://customs/a/reporter=USA")), root_of(tmp_path)) == (bucket, None)


def test_of_several_reporters_one_must_be_named(tmp_path: Path) -> None:
    assert only_store(tmp_path / "nothing") == tmp_path / "nothing"
    (tmp_path / "reporter=USA").mkdir()
    assert only_store(tmp_path) == tmp_path / "reporter=USA"
    (tmp_path / "reporter=CHN").mkdir()
    assert only_store(tmp_path, "USA") == tmp_path / "reporter=USA"
    with pytest.raises(ValueError, match="has figures of CHN, USA; name one of them"):
        only_store(tmp_path)
    with pytest.raises(ValueError, match="no figures of the reporter 'JPN'; it has those of CHN, USA"):
        only_store(tmp_path, "JPN")
    with pytest.raises(ValueError, match="no figures of the reporter 'JPN'; it has those of USA"):
        only_store(tmp_path / "reporter=USA", "JPN")


def test_of_several_stores_the_one_that_has_it_is_found_and_a_single_one_is_not_asked(tmp_path: Path) -> None:
    asked: list[Path] = []

    def is_of_usa(store: Path) -> bool:
        asked.append(store)
        return store.name == "reporter=USA"

    assert store_with(tmp_path, is_of_usa) == tmp_path
    (tmp_path / "reporter=CHN").mkdir()
    assert store_with(tmp_path, is_of_usa) == tmp_path / "reporter=CHN"
    assert asked == []
    (tmp_path / "reporter=USA").mkdir()
    assert store_with(tmp_path, is_of_usa) == tmp_path / "reporter=USA"
    assert store_with(tmp_path, lambda _: False) is None


def test_a_store_without_a_reporter_in_its_path_is_that_of_its_reporter(old: Path) -> None:
    for reporter in ("CHN", "USA"):
        # Of another reporter it is not the store, but it is the one that refuses.
        assert store_of(old, reporter) == old
    assert stores_of(old) == {"CHN": old}
    assert only_store(old) == only_store(old, "CHN") == old
    assert reporter_of(old) == "CHN"
    with pytest.raises(ValueError, match="no figures of the reporter 'USA'; it has those of CHN"):
        only_store(old, "USA")


def open_files(path: Path) -> int:
    """How often this process has a file open."""
    return sum(os.path.realpath(link) == str(path.resolve()) for link in Path("/proc/self/fd").iterdir())


def test_a_writer_that_waited_while_its_store_was_moved_into_a_folder_of_stores_writes_nothing(old: Path) -> None:
    refused: list[str] = []

    def write() -> None:
        try:
            with exclusive(old):
                pytest.fail("the folder is no store any more")
        except StoreError as error:
            refused.append(str(error))

    waiting = threading.Thread(target=write)
    with exclusive(old):
        waiting.start()
        while waiting.is_alive() and open_files(old / ".lock") < 2:
            time.sleep(0.01)
        (old.parent / "aside").mkdir()
        old.rename(old.parent / "aside" / "reporter=CHN")
        (old.parent / "aside").rename(old)
    waiting.join()
    assert len(refused) == 1
    assert "a folder of several stores, reporter=CHN" in refused[0]
    write()
    assert len(refused) == 2


def test_a_folder_that_is_both_is_refused(old: Path) -> None:
    (old / "reporter=USA").mkdir()
    asked: list[Callable[[], object]] = [
        lambda: store_of(old, "CHN"), lambda: stores_of(old), lambda: only_store(old),
    ]  # fmt: skip
    for ask in asked:
        with pytest.raises(BrokenStore, match=r"both a store .* and a folder of stores .USA."):
            ask()
