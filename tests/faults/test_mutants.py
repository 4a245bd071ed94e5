"""Protocols broken on purpose: each must turn a check of the harness red, else the harness proves nothing."""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from tasks import objects, publish
from tasks.filesystem import FileSystem
from tasks.objects import Stage
from tasks.snapshot import Snapshot
from tests.faults import checks
from tests.faults.checks import (
    Violation,
    check_every_fault,
    check_healing,
    check_lying_disk,
    check_names,
    check_power,
    check_power_after_kill,
    check_retention,
    check_stale,
    check_writers,
    no_lock,
)
from tests.faults.faulty import FaultyFileSystem

build = publish._build
Check = Callable[[Path], object]
Mutant = AbstractContextManager[Any]


def forgetting(*calls: str) -> Callable[[str, Path], bool]:
    return lambda name, _path: name in calls


def forgetting_folder(folder: str) -> Callable[[str, Path], bool]:
    return lambda name, path: name == "fsync_directory" and folder in (path.name, path.parent.name)


def forgetting_manifest(name: str, path: Path) -> bool:
    return name == "fsync_file" and path.name == "manifest.json"


def pointer_before_rename(stage: Stage, snapshot: Snapshot, manifest: bytes) -> None:
    publish._point(stage, snapshot)
    build(stage, snapshot, manifest)


class ManifestLast(FileSystem):
    """Puts the manifest off, until the pointer has moved."""


def pointer_before_manifest(stage: Stage, snapshot: Snapshot, manifest: bytes) -> None:
    fs, real = stage.fs, stage.fs.write_file
    with patch.object(fs, "write_file", lambda path, data: None), patch.object(fs, "fsync_file", lambda path: None):
        build(stage, snapshot, manifest)
    publish._point(stage, snapshot)
    real(snapshot.path / "manifest.json", manifest)


class DeletesInPlace(FaultyFileSystem):
    """Deletes a retired snapshot where readers can see it, instead of moving it out first."""

    def rename(self, source: Path, target: Path) -> None:
        if target.name.startswith("retired-") and source.is_dir():
            objects._delete(self, source)
        else:
            super().rename(source, target)


class TruncatingLock(FaultyFileSystem):
    """Opens the lock for writing, which moves its mtime."""

    def effect(self, name: str, *arguments: Any) -> Any:
        if name == "lock" and arguments[0].exists():
            os.truncate(arguments[0], 0)
        return super().effect(name, *arguments)


def rewrite_all(stage: Stage, data: bytes) -> bool:
    return False


MUTANTS: dict[str, tuple[Mutant, Check]] = {
    "no fsync of files": (nullcontext(), lambda folder: check_power(folder, "one", forgetting("fsync_file"))),
    "no fsync of the manifest": (nullcontext(), lambda folder: check_power(folder, "one", forgetting_manifest)),
    "no fsync of folders": (nullcontext(), lambda folder: check_power(folder, "one", forgetting("fsync_directory"))),
    "no fsync of snapshots/": (
        nullcontext(),
        lambda folder: check_power(folder, "one", forgetting_folder("snapshots")),
    ),
    "no fsync of objects/": (nullcontext(), lambda folder: check_power(folder, "one", forgetting_folder("objects"))),
    "no fsync of store/": (nullcontext(), lambda folder: check_power(folder, "one", forgetting_folder("one"))),
    "no fsync of what a killed run left": (
        patch.object(publish, "sync_objects", lambda fs, store, written: None),
        lambda folder: check_power_after_kill(folder, "one"),
    ),
    "stable names": (patch.object(publish, "_file_name", lambda sha256: "part-0.parquet"), check_names),
    "no lock": (nullcontext(), lambda folder: check_writers(folder, lock=no_lock)),
    "no parent check": (patch.object(publish, "_refuse_stale", lambda store, parent: None), check_stale),
    "pointer before the snapshot": (
        patch.object(publish, "_build", pointer_before_rename),
        lambda folder: check_every_fault(folder, "stop", "one"),
    ),
    "pointer before the manifest": (
        patch.object(publish, "_build", pointer_before_manifest),
        lambda folder: check_every_fault(folder, "stop", "one"),
    ),
    "objects trusted by name": (patch.object(objects, "_holds", lambda fs, path, data: path.exists()), check_healing),
    "objects trusted by name on a lying disk": (
        patch.object(objects, "_holds", lambda fs, path, data: path.exists()),
        check_lying_disk,
    ),
    "snapshots trusted by name": (
        patch.object(publish, "_exists_whole", lambda stage, snapshot: snapshot.path.exists()),
        check_lying_disk,
    ),
    "deleted before renamed": (nullcontext(), lambda folder: check_retention(folder, DeletesInPlace)),
    "no sweep": (patch.object(Stage, "sweep", lambda stage: None), check_retention),
    "lock opened for writing": (
        patch.object(checks, "FaultyFileSystem", TruncatingLock),
        lambda folder: check_every_fault(folder, "stop", "one"),
    ),
    "objects written again": (
        patch.object(objects, "_holds", lambda fs, path, data: False),
        lambda folder: check_every_fault(folder, "stop", "one"),
    ),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_broken_protocol_turns_the_harness_red(tmp_path: Path, name: str) -> None:
    mutant, check = MUTANTS[name]
    with mutant, pytest.raises(Violation) as violation:
        check(tmp_path)
    print(f"{name}: {violation.value}")


@pytest.mark.parametrize("check", sorted({check for _, check in MUTANTS.values() if check.__name__ != "<lambda>"}, key=str))
def test_same_check_is_green_on_the_real_protocol(tmp_path: Path, check: Check) -> None:
    check(tmp_path)
