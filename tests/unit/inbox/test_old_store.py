"""A store of another version is read as it was written, or refused by the name of what is wrong with it."""

import json
from pathlib import Path

import pytest

from tasks.domain.errors import BrokenStore, DamagedStore, Refused, StoreError
from tasks.inbox.old_store import old_stores, read_old
from tests.copied_store import copied
from tests.faults.world import flip_byte
from tests.unit.customs import DAY, RIGHT, Store

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = Store(tmp_path_factory.mktemp("published"))
    store.ingest(RIGHT)
    return store.store


def as_before_0_3(store: Path) -> Path:
    """The same in the layout of 0.1 and 0.2: no hidden names, and no declarations beside the bytes."""
    state = (store / ".current").readlink().name
    (store / ".snapshots").rename(store / "snapshots")
    (store / ".current").unlink()
    for path in sorted((store / "current").iterdir()):
        path.unlink()
    (store / "current").rmdir()
    (store / "current").symlink_to(f"snapshots/{state}")
    for note in (store / "raw").glob("??/*.*.json"):
        note.unlink()
    return store


def test_the_release_has_its_name_by_what_was_kept_and_by_what_its_row_says(published: Path, tmp_path: Path) -> None:
    with_notes = read_old(published, tmp_path / "a")
    without = read_old(as_before_0_3(copied(published, tmp_path, "reporter=CHN")), tmp_path / "b")
    for old in (with_notes, without):
        (release,) = old.releases
        assert release.file.read_bytes() == RIGHT
        told = release.file.with_name("june.csv.toml").read_text()
        assert f"released_on = {DAY}" in told
        assert 'products = ["8505"]' in told
        assert old.reporter == "CHN"
    assert [one.release_id for one in with_notes.releases] == [one.release_id for one in without.releases]


def test_what_cannot_be_trusted_is_refused(published: Path, tmp_path: Path) -> None:
    store = copied(published, tmp_path, "damaged")
    state = (store / ".current").resolve()
    manifest = json.loads((state / "manifest.json").read_bytes())
    (entry,) = (one for one in manifest["files"] if one["table"] == "release")
    flip_byte(state / entry["path"])
    with pytest.raises(DamagedStore, match="other bytes than its manifest says"):
        read_old(store, tmp_path / "a")
    (state / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(BrokenStore, match="another hash than the name of its folder"):
        read_old(store, tmp_path / "b")
    (state / "manifest.json").unlink()
    with pytest.raises(StoreError, match="No such file or directory"):
        read_old(store, tmp_path / "c")
    assert old_stores(published.parent) == [published]
    with pytest.raises(Refused, match="no store of Tidewaiter"):
        old_stores(tmp_path / "nowhere")
