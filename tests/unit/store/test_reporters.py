"""Which folder is whose store, and how a store of versions 0.1 and 0.2 becomes one of several."""

import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from schemas.forms.address import S3Url
from tasks.domain.errors import BrokenStore, NothingPublished, StoreError
from tasks.store.filesystem import LOCAL
from tasks.store.publish import exclusive
from tasks.store.reporters import only_store, reporter_of, store_of, stores_of, take_over


@pytest.fixture
def old(sample_store: Path, tmp_path: Path) -> Path:
    """The sample as 0.1 and 0.2 wrote it: the same files, without a reporter in the path."""
    return Path(shutil.copytree(sample_store, tmp_path / "store", symlinks=True, copy_function=os.link))


def inodes(folder: Path) -> dict[str, int]:
    return {str(path.relative_to(folder)): path.lstat().st_ino for path in folder.rglob("*")}


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


def test_a_store_of_an_earlier_version_is_that_of_its_reporter_where_it_is(old: Path) -> None:
    for reporter in ("CHN", "USA"):
        # Of another reporter it is not the store, but it is the one that refuses.
        assert store_of(old, reporter) == old
    assert stores_of(old) == {"CHN": old}
    assert only_store(old) == only_store(old, "CHN") == old
    assert reporter_of(old) == "CHN"
    with pytest.raises(ValueError, match="no figures of the reporter 'USA'; it has those of CHN"):
        only_store(old, "USA")


def test_taking_over_renames_and_copies_nothing(old: Path) -> None:
    before, pointed = inodes(old), os.readlink(old / ".current")
    assert take_over(old) == old / "reporter=CHN"
    assert sorted(os.listdir(old)) == ["reporter=CHN"]
    assert inodes(old / "reporter=CHN") == before
    assert len(before) > 100
    assert os.readlink(old / "reporter=CHN" / ".current") == pointed
    assert os.listdir(old.parent) == ["store"]
    assert stores_of(old) == {"CHN": old / "reporter=CHN"}
    for again in (old, old / "reporter=CHN"):
        with pytest.raises(StoreError, match="nothing to take over"):
            take_over(again)


@pytest.mark.parametrize("renames", [0, 1])
def test_an_interrupted_taking_over_is_finished_by_a_repetition(
    old: Path, renames: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, done, rename = inodes(old), [], LOCAL.rename

    def interrupted(source: Path, target: Path) -> None:
        if len(done) == renames:
            raise KeyboardInterrupt
        done.append(source)
        rename(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(LOCAL, "rename", interrupted)
        with pytest.raises(KeyboardInterrupt):
            take_over(old)
    assert old.exists() == (renames == 0)
    assert take_over(old) == old / "reporter=CHN"
    assert inodes(old / "reporter=CHN") == before
    assert os.listdir(old.parent) == ["store"]


def test_a_store_is_taken_over_through_a_link_to_it(old: Path) -> None:
    (old.parent / "link").symlink_to("store")
    take_over(old.parent / "link")
    assert sorted(os.listdir(old)) == ["reporter=CHN"]
    assert stores_of(old.parent / "link") == {"CHN": old.parent / "link" / "reporter=CHN"}


def test_a_writer_that_waited_while_the_store_was_taken_over_writes_nothing(old: Path) -> None:
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
        lambda: store_of(old, "CHN"), lambda: stores_of(old), lambda: only_store(old), lambda: take_over(old),
    ]  # fmt: skip
    for ask in asked:
        with pytest.raises(BrokenStore, match=r"both a store .* and a folder of stores .USA."):
            ask()


def test_an_empty_store_is_nobodys(tmp_path: Path) -> None:
    (tmp_path / "store" / "raw").mkdir(parents=True)
    assert reporter_of(tmp_path / "store") is None
    assert stores_of(tmp_path / "store") == {}
    with pytest.raises(NothingPublished, match="nothing says whose store it is"):
        take_over(tmp_path / "store")
