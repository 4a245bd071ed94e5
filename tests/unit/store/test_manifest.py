"""The form of a manifest, and which parts a publication writes."""

import hashlib
import json
import random
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from tasks.domain.errors import BrokenStore
from tasks.store import manifest
from tasks.store.manifest import FileEntry, decode, encode, part_names, part_path
from tasks.store.publish import NewFile, adopt, exclusive, publish
from tasks.store.retention import retain
from tasks.store.snapshot import Snapshot, object_path, open_snapshot
from tasks.store.verify import audit_store
from tests.unit.store.test_publish import JUNE, new


def entry(table: str, partition: str, number: int) -> FileEntry:
    sha256 = hashlib.sha256(f"{table} {partition} {number}".encode()).hexdigest()
    path = "/".join(filter(None, (table, partition, f"{sha256[:16]}.parquet")))
    return FileEntry(table, partition, path, sha256, 100 + number, number, "5" * 64)


def entries(years: Iterable[int], releases: int) -> list[FileEntry]:
    by_month = [
        entry(table, f"flow={flow}/year={year}/month={month}", 1)
        for flow in ("export", "import") for year in years for month in range(1, 13) for table in ("metric", "detail")
    ]  # fmt: skip
    return by_month + [entry(table, "", number) for table in ("release", "lineage") for number in range(releases)]


def decoded(encoded: manifest.Encoded) -> manifest.Decoded:
    return decode(encoded.root, "here", lambda names: [encoded.parts[name] for name in names])


def test_a_manifest_is_read_as_it_was_written_whatever_the_order_of_the_files() -> None:
    files = entries(range(2020, 2025), 300)
    first = encode(7, "000006-0123456789ab", {"title": "出口"}, files)
    random.Random(5).shuffle(files)
    assert encode(7, "000006-0123456789ab", {"title": "出口"}, files) == first
    content = decoded(first)
    assert content.files == tuple(sorted(files, key=lambda one: one.path))
    assert (content.about, content.parent, content.sequence) == ({"title": "出口"}, "000006-0123456789ab", 7)
    assert [*content.parts] == part_names(first.root) == [*first.parts]


def test_each_flow_and_year_has_a_part_of_its_own_with_all_tables() -> None:
    encoded = encode(1, None, {}, entries((2023, 2024), 3))
    said = json.loads(encoded.root)["parts"]
    assert [(line["partition"], line["files"]) for line in said] == [
        ("", 6), ("flow=export/year=2023", 24), ("flow=export/year=2024", 24),
        ("flow=import/year=2023", 24), ("flow=import/year=2024", 24),
    ]  # fmt: skip
    for line in said:
        files = json.loads(encoded.parts[line["sha256"]])["files"]
        assert len(files) == line["files"]
        assert {file["partition"].rpartition("/")[0] for file in files} == {line["partition"]}


def test_files_with_the_same_bytes_are_together_however_many_they_are() -> None:
    one = entry("finding", "", 1)
    same = [
        FileEntry(f"table_{number}", "", f"table_{number}/x.parquet", one.sha256, 1, 1, "5") for number in range(200)
    ]
    assert len(decoded(encode(1, None, {}, same)).files) == 200


def test_a_part_that_does_not_hash_to_its_name_is_refused() -> None:
    encoded = encode(1, None, {}, entries((2024,), 1))
    with pytest.raises(BrokenStore, match="this part of a manifest hashes to"):
        decode(encoded.root, "here", lambda names: [b"{}" for _ in names])


def release(store: Path, files: list[NewFile], day: str = "2025-07-20") -> Snapshot:
    with exclusive(store):
        parent = open_snapshot(store)
        named = {(file.table, file.partition) for file in files}
        kept = [one for one in (parent.files if parent else ()) if (one.table, one.partition) not in named]
        return publish(store, files, carried=kept, parent=parent, about={"released_on": day}).snapshot


def test_adopting_fetches_only_the_parts_that_the_copy_lacks_or_has_damaged(tmp_path: Path) -> None:
    store, copy, asked = tmp_path / "store", tmp_path / "copy", list[str]()
    december, january = "flow=export/year=2024/month=12", "flow=export/year=2025/month=1"

    def adopted(snapshot: Snapshot) -> None:
        def parts(names: Iterable[str]) -> list[bytes]:
            asked.extend(names)
            return [part_path(store, name).read_bytes() for name in names]

        with exclusive(copy):
            adopt(
                copy, snapshot.id, (snapshot.path / "manifest.json").read_bytes(), parts,
                lambda wanted: (object_path(store, one.sha256).read_bytes() for one in wanted),
            )  # fmt: skip
        assert open_snapshot(copy) == replace(snapshot, store=copy)
        assert audit_store(copy) == []

    adopted(release(store, [new(december, 1), new("", 7, table="release")]))
    assert len(asked) == 2
    asked.clear()
    second = release(store, [new(january, 2)], "2025-08-20")
    adopted(second)
    assert asked == [name for name in second.parts if b"year=2025" in part_path(store, name).read_bytes()]
    asked.clear()
    third = release(store, [new(january, 3)], "2025-09-20")
    (closed,) = (name for name in third.parts if b"year=2024" in part_path(store, name).read_bytes())
    part_path(copy, closed).chmod(0o644)
    part_path(copy, closed).write_bytes(b"{}")
    adopted(third)
    assert closed in asked


def test_a_publication_writes_the_parts_of_the_years_it_touches_and_leaves_the_others(tmp_path: Path) -> None:
    store = tmp_path / "store"
    for year in (2023, 2024):
        release(
            store, [new(f"flow=export/year={year}/month={month}", year, month) for month in (1, 2)], f"{year}-03-20"
        )
    before = {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in (store / "manifests").iterdir()}
    release(store, [new("flow=export/year=2025/month=1", 1)], "2025-03-20")
    after = {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in (store / "manifests").iterdir()}
    assert len(after) == len(before) + 1
    assert {name: after[name] for name in before} == before


def test_retention_removes_the_parts_that_no_snapshot_names(tmp_path: Path) -> None:
    store = tmp_path / "store"
    first = release(store, [new("flow=export/year=2022/month=1", 1), new(JUNE, 1)], "2022-03-20")
    last = release(store, [new(JUNE, 2)], "2025-07-20")
    shared = set(first.parts) & set(last.parts)
    assert len(shared) == 1
    litter = store / "manifests" / f"{hashlib.sha256(b'{}').hexdigest()}.json"
    litter.write_bytes(b"{}")
    with exclusive(store):
        assert retain(store, today=date(2025, 8, 1), months=24).snapshots == (first.id,)
    assert {path.stem for path in (store / "manifests").iterdir()} == set(last.parts)
    assert open_snapshot(store) == last
    assert audit_store(store) == []
