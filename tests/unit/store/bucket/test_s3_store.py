"""A store in a bucket, with a bucket in memory: what retention spares, what an audit finds, who is outpaced."""

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest
from obstore.store import MemoryStore

from schemas.store_address import S3Url
from tasks.domain.errors import BrokenStore, Outpaced
from tasks.store.bucket.s3_store import (
    GRACE_DAYS,
    Remote,
    file_key,
    manifest_key,
    pointer_bytes,
)
from tasks.store.files.snapshot import Snapshot, open_snapshot
from tasks.store.snapshots.parquet import encode_months
from tasks.store.snapshots.publish import publish
from tasks.store.snapshots.retention import Retired
from tests.unit.store.metric_rows import metrics
from tests.unit.store.small_store import new


@pytest.fixture
def remote() -> Remote:
    made = Remote(S3Url("s3://customs/store"))
    made.bucket._s3 = MemoryStore()  # type: ignore[assignment]
    return made


def _published(store: Path, product: str, parent: Snapshot | None = None) -> Snapshot:
    publish(
        store,
        encode_months("metric", metrics([product]), lambda partition: {}),
        parent=parent,
        about={"released_on": "2025-07-20"},
    )
    snapshot = open_snapshot(store)
    assert snapshot is not None
    return snapshot


def _keys(remote: Remote) -> list[str]:
    return [item["path"] for item in remote.bucket.list("")]


def test_what_nobody_refers_to_is_spared_for_so_many_days(remote: Remote, tmp_path: Path) -> None:
    remote.publish(_published(tmp_path, "85051110"), None)
    before = _keys(remote)
    remote.bucket.keep(".files/_metric/litter.parquet", b"of a writer who died")
    (written,) = [item["last_modified"].date() for item in remote.bucket.list(".files") if "litter" in item["path"]]
    on_the_last_day = remote.retain(today=written + timedelta(days=GRACE_DAYS), months=24)
    assert (on_the_last_day, len(_keys(remote))) == (Retired((), 0), len(before) + 1)
    assert remote.retain(today=written + timedelta(days=GRACE_DAYS + 1), months=24) == Retired((), 1)
    assert _keys(remote) == before


def test_who_derived_from_another_snapshot_is_outpaced_and_who_was_current_since_is_not(
    remote: Remote, tmp_path: Path
) -> None:
    first = _published(tmp_path, "01012100")
    remote.publish(first, None)
    second = _published(tmp_path, "85051110", first)
    remote.publish(second, first)
    with pytest.raises(Outpaced, match=f"current is {second.id}, not None, from which {first.id} was derived"):
        remote.publish(first, None)
    third = _published(tmp_path, "28053011", second)
    swap, others = remote.bucket.swap, Remote(remote.url)
    others.bucket._s3 = remote.bucket._s3

    def outrun(key: str, data: bytes, etag: str | None) -> None:
        """Ours was current, and before we are told another machine has gone on from it."""
        swap(key, data, etag)
        others.publish(_published(tmp_path, "81129290", third), third)
        raise Outpaced

    remote.bucket.swap = outrun  # type: ignore[method-assign]
    remote.publish(third, second)
    now = others.pointer()
    assert now is not None
    assert others.snapshot(now.id).parent == third.id

    def overrun(key: str, data: bytes, etag: str | None) -> None:
        raise Outpaced

    remote.bucket.swap = overrun  # type: ignore[method-assign]
    fourth = open_snapshot(tmp_path)
    assert fourth is not None
    with pytest.raises(Outpaced, match="another machine published meanwhile"):
        remote.publish(_published(tmp_path, "71069110", fourth), fourth)


def test_a_first_writer_who_died_is_no_reason_to_miss_a_pointer_and_a_later_one_is(
    remote: Remote, tmp_path: Path
) -> None:
    first = _published(tmp_path, "01012100")
    manifest = (first.path / "manifest.json").read_bytes()
    remote.bucket.keep(manifest_key(first.id), manifest)
    assert remote.pointer() is None
    remote.publish(first, None)
    second = _published(tmp_path, "85051110", first)
    remote.publish(second, first)
    remote.bucket.delete(["current.json"])
    with pytest.raises(BrokenStore) as missing:
        remote.pointer()
    assert (
        f"the pointer is missing next to 1 later snapshot. Restore it as {pointer_bytes(second.id).decode()!r}"
        in str(missing.value)
    )


def test_an_audit_names_each_object_that_is_not_what_it_is_said_to_be(remote: Remote, tmp_path: Path) -> None:
    snapshot = _published(tmp_path, "85051110")
    remote.publish(snapshot, None)
    bucket, (entry,) = remote.bucket, snapshot.files
    # What a console makes for a folder is no raw file.
    bucket.keep("raw/ab", b"")
    right = hashlib.sha256(b"as it came").hexdigest()
    bucket.keep(f"raw/{right[:2]}/{right}", b"as it came")
    assert remote.audit() == []
    bucket.keep("raw/notes", b"of somebody")
    assert [problem.file for problem in remote.audit()] == ["s3://customs/store/raw/notes"]
    bucket.delete(["raw/notes"])
    bucket.keep(f"raw/00/{'0' * 64}", b"")
    bucket.keep(f"raw/00/{'0' * 64}.json", b"{}")
    bucket._put(file_key(entry), b"damaged", "overwrite")
    url = "s3://customs/store/"
    assert [problem.file.removeprefix(url) for problem in remote.audit()] == [file_key(entry), f"raw/00/{'0' * 64}"]
    bucket.delete([file_key(entry), f"raw/00/{'0' * 64}"])
    (gone,) = remote.audit()
    assert (gone.file.removeprefix(url), gone.found) == (file_key(entry), "no such object")
    assert gone.expected == f"sha256 {entry.sha256}"
    bucket._put(manifest_key(snapshot.id), b"{}", "overwrite")
    (damaged,) = remote.audit()
    assert damaged.file == f"{url}snapshots/{snapshot.id}/manifest.json"
    assert "the manifest hashes to" in damaged.found
    bucket._put("current.json", pointer_bytes(snapshot.id) + b" ", "overwrite")
    bucket.delete([manifest_key(snapshot.id)])
    missing, other = remote.audit()
    assert missing.found == f"{snapshot.id}, which is missing"
    assert other.expected == repr(pointer_bytes(snapshot.id))


DECEMBER, JANUARY = "flow=export/year=2024/month=12", "flow=export/year=2025/month=1"


def _in_the_bucket(remote: Remote, store: Path, numbers: dict[str, int]) -> Snapshot:
    """Published in the folder with the files that it has in other months, and then in the bucket."""
    parent = open_snapshot(store)
    carried = [entry for entry in (parent.files if parent else ()) if entry.partition not in numbers]
    made = publish(
        store, [new(partition, number) for partition, number in numbers.items()], carried=carried, parent=parent,
        about={"released_on": f"20{20 + (parent.sequence if parent else 0)}-07-20"},
    ).snapshot  # fmt: skip
    remote.publish(made, parent)
    return made


def test_a_publication_puts_what_is_new(remote: Remote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _in_the_bucket(remote, tmp_path, {DECEMBER: 1, JANUARY: 2})
    put: list[str] = []
    keep = remote.bucket.keep
    monkeypatch.setattr(remote.bucket, "keep", lambda key, data: put.append(key) or keep(key, data))
    second = _in_the_bucket(remote, tmp_path, {JANUARY: 3})
    assert len(put) == 2, "a file, the manifest"
    assert remote.snapshot(second.id).files == second.files
