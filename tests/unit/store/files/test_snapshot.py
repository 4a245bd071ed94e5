"""The read side of a store: what a reader gets, and whether the audit names every kind of damage."""

import hashlib
import io
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tasks.domain.errors import BrokenStore, NothingPublished, UnknownSnapshot
from tasks.store.bucket.resolve import open_release
from tasks.store.files import verify
from tasks.store.files.snapshot import Snapshot, current_id, manifest_id, open_snapshot
from tasks.store.files.verify import FileProblem, Hashes, audit_snapshot, audit_store
from tasks.store.snapshots.publish import exclusive, publish
from tasks.store.snapshots.retention import retain
from tests.dated import list_snapshots
from tests.unit.store.small_store import JULY, JUNE, new, overwrite, parquet, point, sha256, stored


def release(store: Path, number: int) -> Snapshot:
    imports = new("flow=import/year=2025/month=6", number, number)
    files = [new(JUNE, number), imports, new("", number, number, number, table="release")]
    with exclusive(store):
        about = {"released_on": f"2025-0{number}-20", "title": "出口 é"}
        return publish(store, files, parent=open_snapshot(store), about=about).snapshot


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "store"


def names(problems: list[FileProblem]) -> list[str]:
    return [problem.file for problem in problems]


def test_snapshot_of_a_killed_run_is_not_in_the_history(store: Path) -> None:
    first, second = release(store, 1), release(store, 2)
    point(store, f".snapshots/{first.id}")
    third = release(store, 3)
    assert [snapshot.id for snapshot in list_snapshots(store)] == [first.id, third.id]
    assert second.path.is_dir()


@pytest.mark.parametrize("wanted", ["000009-000000000000", "latest", "../snapshots", ""])
def test_unknown_id_is_refused_naming_those_that_exist(store: Path, wanted: str) -> None:
    known = release(store, 1).id
    with pytest.raises(UnknownSnapshot, match=known):
        open_snapshot(store, wanted)


def test_lost_pointer_is_no_empty_store(store: Path) -> None:
    release(store, 1)
    second = release(store, 2)
    (store / ".current").unlink()
    with pytest.raises(BrokenStore, match=f"is missing next to 1 later snapshot. .* ln -s .snapshots/{second.id}"):
        open_snapshot(store)
    assert names(audit_store(store)) == [".current"]
    (store / ".current").mkdir()
    with pytest.raises(BrokenStore, match="rsync -aH"):
        current_id(store)


def test_a_store_of_another_layout_is_no_empty_store(store: Path) -> None:
    release(store, 1)
    assert (store / "current" / "release").is_dir()
    for name in (".current", ".objects", ".snapshots"):
        (store / name).rename(store.with_name(name))
    with pytest.raises(BrokenStore, match=r"current/ is here, \.snapshots/ is not: .* cp -a"):
        current_id(store)
    shutil.rmtree(store / "current")
    (store / "current").symlink_to("snapshots/000001-0123456789ab")
    with pytest.raises(BrokenStore, match=r"another version of Tidewaiter wrote it.* tidewaiter upgrade .* NEW"):
        current_id(store)


@pytest.mark.parametrize(
    ("target", "said"),
    [("/somewhere/else", r"not to \.snapshots/<id>"), (".snapshots/../raw", r"not to \.snapshots/<id>"),
     (".snapshots/000001-zzz", r"not to \.snapshots/<id>"), (".snapshots/000007-0123456789ab", "000007-0123456789ab")],
)  # fmt: skip
def test_pointer_to_anything_but_a_snapshot_that_is_there_is_refused_and_named(
    store: Path, target: str, said: str
) -> None:
    release(store, 1)
    point(store, target)
    with pytest.raises((BrokenStore, UnknownSnapshot), match=said):
        open_snapshot(store)
    assert names(audit_store(store)) == [".current"]


def test_manifest_that_does_not_hash_to_its_id_is_refused_and_named(store: Path) -> None:
    snapshot = release(store, 1)
    manifest = snapshot.path / "manifest.json"
    overwrite(manifest, manifest.read_bytes().replace(b'"rows":', b'"rows":4'))
    with pytest.raises(BrokenStore, match="the manifest hashes to"):
        open_snapshot(store)
    assert names(audit_store(store)) == [f".snapshots/{snapshot.id}/manifest.json"]


def _rewritten(store: Path, snapshot: Snapshot, change: Callable[[dict[str, Any]], object]) -> Snapshot:
    """The current snapshot as a program would have written it that has another manifest: hash, id and pointer are
    right."""
    content = json.loads((snapshot.path / "manifest.json").read_bytes())
    change(content)
    data = json.dumps(content).encode()
    name = manifest_id(snapshot.sequence, data)
    overwrite(snapshot.path / "manifest.json", data)
    snapshot.path.rename(store / ".snapshots" / name)
    point(store, f".snapshots/{name}")
    return replace(snapshot, id=name)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda root: root.update(format=4), "format 4, and this version reads 3"),
        (lambda root: root.pop("format"), "format None, and this version reads 3"),
        (lambda root: root.pop("about"), "other fields than this version"),
        (lambda root: root["files"][0].update(encrypted=True), "other fields than this version"),
        (lambda root: root["files"][0].pop("rows"), "other fields than this version"),
    ],
    ids=["a later format", "no format", "a lost field", "a new field of a file", "a lost field of a file"],
)
def test_a_manifest_of_another_version_is_refused_and_nothing_is_published_over_it(
    store: Path, change: Callable[[dict[str, Any]], object], said: str
) -> None:
    newer = _rewritten(store, release(store, 1), change)
    with pytest.raises(BrokenStore, match=rf"{said}.* another version of Tidewaiter wrote it. Carry the store over"):
        open_snapshot(store)
    with pytest.raises(BrokenStore, match=said):
        release(store, 2)
    assert current_id(store) == newer.id
    assert names(audit_store(store)) == [f".snapshots/{newer.id}/manifest.json"]


def test_a_snapshot_without_its_manifest_is_refused_with_a_remedy(store: Path) -> None:
    manifest = release(store, 1).path / "manifest.json"
    manifest.unlink()
    with pytest.raises(BrokenStore, match=f"{manifest}: the manifest is missing. Remedy: restore it from a copy"):
        open_snapshot(store)


def test_renamed_snapshot_folder_is_refused(store: Path) -> None:
    snapshot = release(store, 1)
    renamed = "000002" + snapshot.id[6:]
    snapshot.path.rename(store / ".snapshots" / renamed)
    with pytest.raises(BrokenStore, match="Give the folder its name back"):
        open_snapshot(store, renamed)


Harm = Callable[[Path], object]


def other(data: bytes) -> Harm:
    """Puts a file of its own in the place, with another object or none."""

    def harm(path: Path) -> None:
        path.unlink(missing_ok=True)
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)

    return harm


def linked(path: Path) -> None:
    """Puts a link to the object of the file in its place: the bytes are right, and a copy of the folder would have
    none."""
    objects = next(folder for folder in path.parents if folder.name == "store") / ".objects"
    path.unlink(missing_ok=True)
    path.symlink_to(next(objects.rglob(f"{path.stem}*"), objects))


def copied(path: Path) -> None:
    """Puts a copy of the folder in the place of the link to it."""
    folder = path.resolve()
    path.unlink()
    shutil.copytree(folder, path)


FIRST, OBJECT = "{snapshot}/{first.path}", ".objects/{first.sha256:.2}/{first.sha256}.parquet"
# What is done to which file, and what the audit finds in its place.
DAMAGES: dict[str, tuple[Harm, str, str]] = {
    "no file": (Path.unlink, FIRST, "no such file"),
    "a short file": (other(b"PAR1"), FIRST, "4 bytes"),
    "a link in the place of a file": (linked, FIRST, "no such file"),
    "a foreign file": (other(b"PAR1"), "{snapshot}/_metric/x.tmp.parquet", "a file"),
    "a foreign link": (linked, "{snapshot}/_metric/flow=loop", "a file"),
    "no object": (Path.unlink, OBJECT, "no such file"),
    # Nobody looks for them there, so no publication heals them: they are to be moved.
    "good bytes in the wrong folder": (
        other(parquet(7)),
        f".objects/zz/{sha256(parquet(7))}.parquet",
        "a foreign name",
    ),
    "good bytes of another name": (other(parquet(7)), ".objects/no/notes.parquet", "a foreign name"),
    "a note among the objects": (other(b"hello"), ".objects/notes.txt", "a foreign name"),
    "a folder in the place of a link for readers": (copied, "current/release", "no link"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damage_is_named_and_nothing_else(store: Path, damage: str) -> None:
    harm, place, found = DAMAGES[damage]
    snapshot = release(store, 1)
    file = place.format(snapshot=f".snapshots/{snapshot.id}", first=snapshot.files[0])
    harm(store / file)
    (problem,) = audit_store(store)
    assert (problem.file, problem.found) == (file, found)
    assert found != "a foreign name" or problem.advice == "move it out of the store"


def test_raw_files_are_proven_by_name_and_their_sidecars_are_not_hashed(store: Path) -> None:
    release(store, 1)
    data = b"reporter,partner\n"
    name = sha256(data)
    folder = store / "raw" / name[:2]
    folder.mkdir(parents=True)
    (folder / name).write_bytes(data)
    (folder / f"{name}.json").write_text('{"name": "june.csv"}')
    assert audit_store(store) == []
    (folder / name).write_bytes(b"other")
    (problem,) = audit_store(store)
    assert (problem.file, problem.expected) == (f"raw/{name[:2]}/{name}", f"sha256 {name}")
    again = "restore it from a copy, or ingest the file that these bytes were once more: they are kept again"
    assert problem.advice == again, "no publication brings raw bytes back"
    (folder / name).unlink()
    (problem,) = audit_store(store)
    assert (problem.file, problem.found) == (f"raw/{name[:2]}/{name}.json", "no file next to it")


@pytest.mark.parametrize("moment", ["before it is opened", "while it is read"])
def test_what_a_retention_takes_during_an_audit_is_no_problem(
    store: Path, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    old = [release(store, number) for number in (1, 2)]
    release(store, 3)
    real, kept = getattr(verify, "load_snapshot" if moment == "before it is opened" else "check_file"), [True]

    def late(*given: Any) -> Any:
        if kept and (given[1] == old[0].id if moment == "before it is opened" else given[0].id == old[1].id):
            kept.clear()
            with exclusive(store):
                assert retain(store, today=date(2035, 8, 1), months=24).snapshots == (old[0].id, old[1].id)
        return real(*given)

    monkeypatch.setattr(verify, real.__name__, late)
    assert audit_store(store) == []
    assert kept == []


def test_a_current_snapshot_that_goes_during_an_audit_is_named(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    last, real = [release(store, number) for number in (1, 2)][1], verify.check_file

    def late(*given: Any) -> Any:
        if given[0].id == last.id and last.path.is_dir():
            last.path.rename(store / "elsewhere")
        return real(*given)

    monkeypatch.setattr(verify, "check_file", late)
    (problem,) = audit_store(store)
    assert (problem.file, problem.found) == (".current", f".snapshots/{last.id}, which is missing")


def test_audit_reads_a_file_once_however_many_snapshots_link_it(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with exclusive(store):
        for number in range(1, 6):
            publish(store, [new("", 1, table="release")], parent=open_snapshot(store), about={"number": number})
    read = []
    digest = hashlib.file_digest

    def counted(file: io.BufferedReader, name: str) -> object:
        read.append(os.fstat(file.fileno()).st_ino)
        return digest(file, name)

    monkeypatch.setattr(hashlib, "file_digest", counted)
    assert audit_store(store) == []
    assert len(read) == 1


def test_what_a_killed_run_left_among_the_objects_is_gone_from_the_disk(store: Path) -> None:
    """Also where no snapshot is old enough to go."""
    snapshot = release(store, 1)
    data = parquet(9)
    name = sha256(data)
    orphan = store / ".objects" / name[:2] / f"{name}.parquet"
    orphan.parent.mkdir(exist_ok=True)
    orphan.write_bytes(data)
    with exclusive(store):
        retired = retain(store, today=date(2025, 2, 1))
    assert (retired.snapshots, retired.objects) == ((), 1)
    assert [path for path in store.rglob("*") if name in path.name] == []
    assert audit_snapshot(snapshot.store, snapshot.id, Hashes()) == []


def test_an_opened_release_is_unchanged_by_later_publications(tmp_path: Path) -> None:
    with pytest.raises(NothingPublished, match=r"nothing is published here yet\. Ingest a file first"):
        open_release(tmp_path / "nowhere")
    first = stored(tmp_path, {JUNE: [1]})
    opened = open_release(tmp_path)
    second = stored(tmp_path, {JUNE: [1], JULY: [5]})
    assert (opened.id, len(opened.paths("metric"))) == (first.id, 1)
    assert open_release(tmp_path).id == second.id
    assert open_release(tmp_path, first.id).paths("metric") == opened.paths("metric")
    with pytest.raises(UnknownSnapshot):
        open_release(tmp_path, "000009-aaaaaaaaaaaa")
