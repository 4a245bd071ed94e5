"""The write side of a store: what a publication changes on disk, what it leaves, what it refuses."""

import errno
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from tasks.domain.errors import AuditFailed, DamagedStore, InvalidPublication
from tasks.store.files.filesystem import LOCAL, FileSystem
from tasks.store.files.snapshot import object_path, open_snapshot
from tasks.store.files.verify import Hashes, audit_snapshot, audit_store
from tasks.store.snapshots.objects import make_directories
from tasks.store.snapshots.publish import NewFile, Publication, adopt, exclusive, publish
from tasks.store.snapshots.retention import retain
from tests.dated import list_snapshots, published_on_their_days
from tests.faults.world import flip_byte
from tests.unit.store.small_store import JULY, JUNE, new, overwrite, parquet, release, sha256


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "store"


def test_layout_names_every_file_by_the_sha256_of_its_bytes(store: Path) -> None:
    data = parquet(1, 2, 3)
    published = release(store, [new(JUNE, 1, 2, 3), new("", 9, table="release")])
    stored = store / ".objects" / sha256(data)[:2] / f"{sha256(data)}.parquet"
    linked = store / ".snapshots" / published.snapshot.id / "_metric" / JUNE / f"{sha256(data)[:16]}.parquet"
    assert stored.read_bytes() == linked.read_bytes() == data
    assert stored.samefile(linked)
    assert stored.stat().st_mode & 0o777 == 0o444
    assert (published.snapshot.path / "_release" / f"{sha256(parquet(9))[:16]}.parquet").read_bytes() == parquet(9)


def test_a_manifest_is_canonical_and_in_utf_8_and_its_hash_is_the_id(store: Path) -> None:
    """Or another version would give the same content another id."""
    with exclusive(store):
        about = {"z": "磁", "a": {"y": None, "b": 1.5}}
        snapshot = publish(store, [new(JUNE, 1)], parent=None, about=about).snapshot
    manifest = (snapshot.path / "manifest.json").read_bytes()
    assert manifest.startswith('{"about":{"a":{"b":1.5,"y":null},"z":"磁"},\n"files":[\n{"bytes":'.encode())
    assert manifest.endswith(b'"table":"metric"}\n],\n"format":3,"parent":null,"sequence":1}\n')
    assert snapshot.id == f"000001-{sha256(manifest)[:12]}"
    assert [(entry.rows, entry.bytes) for entry in snapshot.files] == [(1, len(parquet(1)))]


def test_generator_is_consumed_one_file_at_a_time(store: Path) -> None:
    alive = []

    def produce() -> object:
        for month in range(1, 4):
            alive.append(month)
            yield new(f"flow=export/year=2025/month={month}", month)
            if month > 1:
                assert list((store / "tmp").glob("*.parquet")), "the file before is on disk already"

    with exclusive(store):
        published = publish(store, produce(), parent=None, about={})  # type: ignore[arg-type]
    assert alive == [1, 2, 3]
    assert sum(entry.rows for entry in published.snapshot.files) == 3


@pytest.mark.parametrize(
    ("data", "rows", "found"),
    [(parquet(1), 2, "found 1 rows; expected 2 rows"), (b"not parquet at all", 1, "no Parquet")],
)
def test_a_file_that_is_not_what_it_is_said_to_be_is_refused(store: Path, data: bytes, rows: int, found: str) -> None:
    with pytest.raises(AuditFailed, match=found):
        release(store, [NewFile("metric", JUNE, data, rows, "schema-1")])
    assert open_snapshot(store) is None


class LyingDisk(FileSystem):
    """Acknowledges a write and stores something else, where the bytes begin like those that it is made for."""

    def __init__(self, begin: bytes, stored: Callable[[bytes], bytes]) -> None:
        self.begin, self.stored = begin, stored

    def write(self, descriptor: int, data: memoryview) -> int:
        return os.write(descriptor, self.stored(bytes(data)) if bytes(data).startswith(self.begin) else data)


def one_bit_off(data: bytes) -> bytes:
    return data[:9] + bytes([data[9] ^ 1]) + data[10:]


@pytest.mark.parametrize(
    ("begin", "stored", "found"),
    [
        (b"", lambda data: bytes(len(data)), "sha256"),
        (b"PAR1", one_bit_off, "sha256"),
        (b"{", one_bit_off, "manifest.json: found other"),
    ],
)
def test_disk_that_stores_other_bytes_is_caught_before_the_pointer_moves(
    store: Path, begin: bytes, stored: Callable[[bytes], bytes], found: str
) -> None:
    old = release(store, [new(JUNE, 1)]).snapshot
    with pytest.raises(AuditFailed, match=found):
        publish(store, [new(JUNE, 2)], parent=old, about={}, fs=LyingDisk(begin, stored))
    assert open_snapshot(store) == old
    assert release(store, [new(JUNE, 2)]).changed
    assert audit_store(store) == []


@pytest.mark.parametrize(
    ("table", "partition"),
    [
        ("metric", "month=06"),
        ("metric", "../other"),
        ("metric", "/flow=export"),
        ("metric", "flow=export/"),
        ("metric", "flow=.hidden"),
        ("metric", "_staging"),
        ("Metric", ""),
        ("..", ""),
        ("", ""),
    ],
)
def test_name_that_readers_take_differently_is_refused(store: Path, table: str, partition: str) -> None:
    with pytest.raises(InvalidPublication, match="not a name that all readers take alike"):
        release(store, [NewFile(table, partition, parquet(1), 1, "schema-1")])


def test_file_beside_those_carried_adds_its_rows_but_never_the_same_rows_twice(store: Path) -> None:
    parent = release(store, [new("", 1, table="finding")]).snapshot
    more = NewFile("finding", "", parquet(2, 3), 2, "schema-1", is_added=True)
    both = publish(store, [more], carried=parent.files, parent=parent, about={"number": 2}).snapshot
    assert sorted(path.read_bytes() for path in both.paths("finding")) == sorted([parquet(1), parquet(2, 3)])
    for twice in (more, new("", 2, table="finding")):
        with pytest.raises(InvalidPublication, match="counted twice"):
            publish(store, [twice], carried=both.files, parent=both, about={"number": 3})


def test_damaged_bytes_are_kept_aside_until_the_next_change_which_sweeps_all_litter(store: Path) -> None:
    release(store, [new(JUNE, 1)])
    flip_byte(next((store / ".objects").rglob("*.parquet")))
    release(store, [new(JUNE, 1)])
    assert [path.name for path in (store / "tmp").iterdir()] == [f"corrupt-{sha256(parquet(1))}.parquet"]
    litter = store / "tmp" / "000002-dead" / "metric"
    litter.mkdir(parents=True)
    (litter / "half.parquet").write_bytes(b"PAR")
    (store / "tmp" / "current").symlink_to("nowhere")
    release(store, [new(JUNE, 2)])
    assert list((store / "tmp").iterdir()) == []


@pytest.mark.parametrize("harm", ["gone", "empty", "damaged", "a link"])
def test_of_two_files_with_the_same_bytes_only_the_one_that_is_lost_is_healed(store: Path, harm: str) -> None:
    """A symbolic link to the object is no file, though it leads to the same bytes."""
    files = [new(JUNE, 1), new(JULY, 1)]
    snapshot = release(store, files).snapshot
    (entry,) = (entry for entry in snapshot.files if entry.partition == JULY)
    path = snapshot.path / entry.path
    path.unlink()
    if harm == "a link":
        path.symlink_to(object_path(store, entry.sha256))
    elif harm != "gone":
        path.write_bytes(parquet(2) if harm == "damaged" else b"")
    assert release(store, files).healed == (f".snapshots/{snapshot.id}/{entry.path}",)
    assert not path.is_symlink()
    assert audit_store(store) == []


@pytest.mark.parametrize("lost", [Path.unlink, lambda stored: stored.write_bytes(b"")], ids=["gone", "empty"])
def test_lost_carried_file_is_refused_by_name(store: Path, lost: Callable[[Path], object]) -> None:
    parent = release(store, [new(JUNE, 1)]).snapshot
    stored = next((store / ".objects").rglob("*.parquet"))
    stored.chmod(0o644)
    lost(stored)
    with pytest.raises(DamagedStore, match=f"{sha256(parquet(1))}.*Publish that partition with its bytes"):
        release(store, [new(JULY, 2)], carried_tables=True)
    assert open_snapshot(store) == parent
    assert release(store, [new(JUNE, 1), new(JULY, 2)]).changed


@pytest.mark.parametrize("link", ["gone", "damaged"])
@pytest.mark.parametrize("stored", ["gone", "damaged"])
def test_of_a_file_that_is_damaged_under_both_its_names_nothing_is_healed(store: Path, link: str, stored: str) -> None:
    """Or the next release of what is published already would put the damaged bytes in the place of those that are
    gone."""
    files = [new(JUNE, 1), new(JULY, 2)]
    snapshot = release(store, files).snapshot
    (path,) = (snapshot.path / entry.path for entry in snapshot.files if entry.partition == JUNE)
    data = path.read_bytes()
    path.unlink()
    for place, harm in ((path, link), (object_path(store, sha256(data)), stored)):
        place.unlink(missing_ok=True)
        if harm == "damaged":
            place.write_bytes(data)
            flip_byte(place)
    with pytest.raises(DamagedStore, match=f"{path.relative_to(store)}: found"):
        release(store, files[1:], carried_tables=True)
    assert not path.exists() or path.read_bytes() != data
    assert release(store, files).healed
    assert audit_store(store) == []


def test_a_publication_that_fills_the_disk_does_not_leave_it_full(store: Path) -> None:
    """Else the next file could not even be landed, and only a publication sweeps."""
    release(store, [new(JUNE, 1)])

    class SmallDisk(FileSystem):
        def write(self, descriptor: int, data: memoryview) -> int:
            used = sum(path.stat().st_size for path in (store / "tmp").rglob("*"))
            if used + len(data) > 1000:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return super().write(descriptor, data)

    before = open_snapshot(store)
    files = [new(f"flow=export/year=2025/month={month}", month) for month in range(7, 11)]
    with exclusive(store), pytest.raises(OSError, match="No space left"):
        publish(store, files, parent=before, about={"released_on": "2025-12-20"}, fs=SmallDisk())
    assert not list((store / "tmp").iterdir())
    assert open_snapshot(store) == before
    assert audit_store(store) == []


class Unlinked(FileSystem):
    """A disk that answers each link with an error."""

    def __init__(self, code: int) -> None:
        self.code = code

    def link(self, source: Path, target: Path) -> None:
        raise OSError(self.code, os.strerror(self.code), str(target))


def test_disk_without_hard_links_gets_copies(store: Path) -> None:
    """Or one where the object has too many."""
    with exclusive(store):
        snapshot = publish(store, [new(JUNE, 1)], parent=None, about={}, fs=Unlinked(errno.EMLINK)).snapshot
    assert snapshot.paths("metric")[0].stat().st_nlink == 1
    assert audit_store(store) == []


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EEXIST, errno.EIO])
def test_a_disk_that_fails_to_link_is_no_disk_without_links(store: Path, code: int) -> None:
    with exclusive(store), pytest.raises(OSError, match=os.strerror(code)):
        publish(store, [new(JUNE, 1)], parent=None, about={}, fs=Unlinked(code))
    assert open_snapshot(store) is None


def test_a_snapshot_that_is_broken_keeps_no_other_from_being_healed(store: Path) -> None:
    broken = release(store, [new(JUNE, 1)], "2025-06-20").snapshot
    snapshot = release(store, [new(JUNE, 1), new(JULY, 2)]).snapshot
    stored = object_path(store, sha256(parquet(1)))
    flip_byte(stored)
    flip_byte(broken.path / "manifest.json")
    healed = release(store, [new(JUNE, 1), new(JULY, 2)]).healed
    (entry,) = (entry for entry in snapshot.files if entry.partition == JUNE)
    assert set(healed) == {f".snapshots/{snapshot.id}/{entry.path}", f".objects/{stored.parent.name}/{stored.name}"}
    assert audit_snapshot(snapshot.store, snapshot.id, Hashes()) == []


def test_folders_are_made_from_the_outermost_and_told_once(tmp_path: Path) -> None:
    made = make_directories(LOCAL, tmp_path / "a" / "b" / "c")
    assert made == [tmp_path / "a", tmp_path / "a" / "b", tmp_path / "a" / "b" / "c"]
    assert make_directories(LOCAL, tmp_path / "a" / "b" / "c") == []


def test_retention_removes_what_is_24_months_old_and_nothing_younger(store: Path) -> None:
    days = ["2023-06-20", "2023-07-20", "2023-07-21", "2025-07-20"]
    ids = [release(store, [new(JUNE, number)], day).snapshot.id for number, day in enumerate(days)]
    with exclusive(store):
        published_on_their_days(store)
        retired = retain(store, today=date(2025, 7, 20))
    assert retired.snapshots == (ids[0], ids[1])
    assert retired.objects == 2
    assert [snapshot.id for snapshot in list_snapshots(store)] == ids[2:]
    assert {path.stem for path in (store / ".objects").rglob("*.parquet")} == {
        sha256(parquet(2)),
        sha256(parquet(3)),
    }
    assert audit_store(store) == []
    assert list((store / "tmp").iterdir()) == []


def test_two_that_make_the_first_folder_of_a_store_at_once_both_get_in(tmp_path: Path) -> None:
    """Also where the folders above it are missing: what another one made is there to be used."""

    class Racing(FileSystem):
        def make_directory(self, path: Path) -> None:
            if path.name in ("a", "store"):
                os.mkdir(path)
            super().make_directory(path)

    store = tmp_path / "a" / "b" / "store"
    with exclusive(store, Racing()):
        assert (store / ".lock").is_file()
    (tmp_path / "file").touch()
    with pytest.raises(NotADirectoryError), exclusive(tmp_path / "file"):
        pass


def test_a_first_publication_below_a_folder_that_may_not_be_read_succeeds(store: Path) -> None:
    """The pointer has moved by then: an error would say that nothing was published."""

    class Closed(FileSystem):
        def fsync_directory(self, path: Path) -> None:
            if path == store.parent:
                raise PermissionError(errno.EACCES, "Permission denied", str(path))
            super().fsync_directory(path)

    store.mkdir(parents=True)
    with exclusive(store, Closed()):
        made = publish(store, [new(JUNE, 1)], parent=None, about={"released_on": "2025-07-20"}, fs=Closed())
    assert made.changed
    assert open_snapshot(store) == made.snapshot


GUIDE = "README.md"


def described(store: Path, rows: bytes, text: bytes) -> Publication:
    """The store with one file of a table and a guide to it."""
    with exclusive(store):
        files = [NewFile("metric", JUNE, rows, 1, "0" * 64)]
        return publish(store, files, parent=open_snapshot(store), about={}, describe=lambda _: {GUIDE: text})


def test_a_guide_lies_beside_the_tables_and_is_kept_like_them(tmp_path: Path) -> None:
    store, rows = tmp_path / "store", parquet(1)
    first = described(store, rows, b"one").snapshot
    assert (first.path / GUIDE).read_bytes() == b"one"
    assert [entry.table for entry in first.files] == ["metric"]
    assert [path.name for path in (store / "current").iterdir()] == ["metric"]
    # A guide alone is no news.
    assert not described(store, rows, b"two").changed
    damage = object_path(store, first.guides[0].sha256)
    overwrite(damage, b"longer")
    assert any(problem.file.endswith(GUIDE) for problem in audit_store(store))
    assert described(store, rows, b"one").healed
    assert audit_store(store) == []
    second = described(store, parquet(2), b"two").snapshot
    assert [(one.path / GUIDE).read_bytes() for one in (first, second)] == [b"one", b"two"]
    manifest = (second.path / "manifest.json").read_bytes()
    there = {entry.sha256: (second.path / entry.path).read_bytes() for entry in second.every}
    with exclusive(tmp_path / "copy"):
        adopted = adopt(
            tmp_path / "copy", second.id, manifest, lambda wanted: [there[entry.sha256] for entry in wanted]
        )
    assert (adopted.path / GUIDE).read_bytes() == b"two"
