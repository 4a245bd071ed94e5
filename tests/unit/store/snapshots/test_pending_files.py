"""Files that wait for their publication lie once under their hash, and make a state that only their run sees."""

import errno
import hashlib
from pathlib import Path

import polars as pl
import pytest

from schemas.table import polars_schema
from tasks.store.files import exchange
from tasks.store.files.filesystem import FileSystem
from tasks.store.files.snapshot import object_path, open_snapshot
from tasks.store.files.verify import audit_store
from tasks.store.snapshots.parquet import Partition, encode_file, partition_path, read_table
from tasks.store.snapshots.pending_files import PendingFiles, leave, pending_snapshot
from tasks.store.snapshots.publish import NewFile, exclusive, publish

JUNE, JULY = ("export", 2024, 6), ("export", 2024, 7)
ABOUT = {"releases": [], "released_on": "2024-08-20"}


def file_of(product: str, partition: Partition = JUNE) -> NewFile:
    rows = [("export", product, "USA", "2024-06-01", measure, 1.5, 2) for measure in ("quantity_kg", "value_usd")]
    frame = pl.DataFrame(rows, schema={**polars_schema("record_level"), "period": pl.String}, orient="row")
    frame = frame.with_columns(pl.col("period").str.to_date())
    return encode_file("record_level", frame, partition_path(partition), {})


def kept(place: Path) -> PendingFiles:
    pending = PendingFiles.of("record_level", place)
    for partition, product in ((JUNE, "25"), (JUNE, "85"), (JULY, "85")):
        pending.keep(file_of(product, partition))
    return pending


def test_several_files_of_a_month_lie_under_their_hashes(tmp_path: Path) -> None:
    pending = kept(tmp_path)
    expected = [file_of(product, partition) for partition, product in ((JUNE, "25"), (JUNE, "85"), (JULY, "85"))]
    assert [(file.partition, file.path.read_bytes()) for file in pending.new_files()] == [
        (file.partition, file.data) for file in expected
    ]
    hashes = [hashlib.sha256(file.data).hexdigest() for file in expected]
    assert [(file.sha256, file.bytes) for file in pending.new_files()] == [
        (sha256, len(file.data)) for sha256, file in zip(hashes, expected, strict=True)
    ]
    assert pending.height == 6
    assert pending.is_of("record_level")


def test_a_full_disk_is_an_error_of_the_file_that_it_does_not_take_and_leaves_nothing_of_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pending = PendingFiles.of("record_level", tmp_path)

    def full(self: FileSystem, descriptor: int, data: memoryview) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(FileSystem, "write", full)
    with pytest.raises(OSError, match="No space left"):
        pending.keep(file_of("25"))
    assert (pending.files, [*tmp_path.iterdir()]) == ([], [])


def test_files_are_published_by_a_link_and_not_written_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = tmp_path / "reporter=CHN"
    with exclusive(store), exchange.in_store(store) as place:
        pending = kept(place)
        inodes = {file.sha256: file.path.stat().st_ino for file in pending.new_files()}
        written: list[int] = []
        write = FileSystem.write
        monkeypatch.setattr(
            FileSystem,
            "write",
            lambda self, descriptor, data: written.append(len(data)) or write(self, descriptor, data),
        )
        publish(store, pending.new_files(), parent=None, about=ABOUT)
        # The guides and the manifest.
        assert sorted(written)[-1] < min(file.size for file in pending.files) * 4
        assert not {file.size for file in pending.files} & {*written}
    assert {sha256: object_path(store, sha256).stat().st_ino for sha256 in inodes} == inodes
    assert audit_store(store) == []
    assert not place.exists()


def test_a_state_has_files_of_a_published_one_and_of_its_own_and_nobody_else_sees_it(tmp_path: Path) -> None:
    store = tmp_path / "reporter=CHN"
    with exclusive(store), exchange.in_store(store) as place:
        publish(store, kept(place).new_files(), parent=None, about=ABOUT)
    base = open_snapshot(store)
    assert base is not None
    with exclusive(store), exchange.in_store(store) as place:
        of_july = [entry for entry in base.files if entry.partition == partition_path(JULY)]
        stays = [entry for entry in base.files if entry not in of_july]
        about = {**ABOUT, "releases": ["r"]}
        state = pending_snapshot(store, base, place, stays, [leave(file_of("01", JULY), place)], about)
        assert read_table(state, "record_level")["product"].unique().sort().to_list() == ["01", "25", "85"]
        assert read_table(state, "record_level", lambda month: month == JULY)["product"].unique().to_list() == ["01"]
        assert read_table(open_snapshot(store), "record_level")["product"].unique().sort().to_list() == ["25", "85"]
        assert (state.carried, [file.partition for file in state.new_files()]) == (stays, [partition_path(JULY)])
        # It is named as the snapshot that it becomes.
        done = publish(store, state.new_files(), carried=state.carried, parent=base, about=about)
        assert (done.snapshot.id, done.snapshot.files) == (state.id, state.files)
