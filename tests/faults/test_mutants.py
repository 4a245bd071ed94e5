"""Protocols broken on purpose: each must turn a check of the harness red, else the harness proves nothing."""

import inspect
import os
import textwrap
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from tasks.store.snapshots import objects, publish, retention
from tasks.store.snapshots.objects import Stage
from tests.faults import checks
from tests.faults.checks import (
    Violation,
    check_audit,
    check_every_fault,
    check_healing,
    check_names,
    check_stale,
    no_lock,
)
from tests.faults.checks_power import check_lying_disk, check_power, check_power_after_kill, check_retention
from tests.faults.checks_processes import check_live, check_writers
from tests.faults.faulty import FaultyFileSystem

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows")

Check = Callable[[Path], Any]
Mutant = AbstractContextManager[Any]


def forgetting(*calls: str) -> Callable[[str, Path], bool]:
    return lambda name, _path: name in calls


def forgetting_folder(folder: str) -> Callable[[str, Path], bool]:
    return lambda name, path: name == "fsync_directory" and folder in (path.name, path.parent.name)


def forgetting_manifest(name: str, path: Path) -> bool:
    return name == "fsync_file" and path.name == "manifest.json"


@contextmanager
def rewritten(owner: Any, name: str, *changes: tuple[str, str]) -> Iterator[None]:
    """The function with some of its source text replaced; fails where the text is no longer there."""
    function = getattr(owner, name)
    source = textwrap.dedent(inspect.getsource(function))
    for old, new in changes:
        assert source.count(old) == 1, f"{name} has no single {old!r} any more; bring this mutant up to date"
        source = source.replace(old, new)
    made: dict[str, Any] = {}
    exec(compile(source, f"<mutant of {name}>", "exec"), function.__globals__, made)
    # The code and not the name, because others have imported the function already.
    real, function.__code__ = function.__code__, made[name].__code__
    try:
        yield
    finally:
        function.__code__ = real


def publishing(*changes: tuple[str, str]) -> Mutant:
    return rewritten(publish, "_publish", *changes)


@contextmanager
def pointer_before_manifest() -> Iterator[None]:
    written = '    fs.write_file(tree / "manifest.json", manifest)\n    fs.fsync_file(tree / "manifest.json")\n'
    last = (
        "    fs.rename(tree, snapshot.path)\n",
        "    fs.rename(tree, snapshot.path)\n    _point(stage, snapshot)\n"
        '    fs.write_file(snapshot.path / "manifest.json", manifest)\n',
    )
    with rewritten(publish, "_build", (written, ""), last), publishing((POINT, "")):
        yield


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
            os.utime(arguments[0])
        return super().effect(name, *arguments)


POINT = "    _refuse_stale(store, parent)\n    _point(stage, snapshot)\n"
BUILD = "    if built:\n        _build("
HEAL = "name for other in snapshot_ids(store) for name in relink(self, other, damaged)"


def every_stop(folder: Path) -> object:
    return check_every_fault(folder, "stop", "one")


def power(forgets: Callable[[str, Path], bool], start: str = "one") -> Check:
    return lambda folder: check_power(folder, start, forgets)


def power_after_kill(folder: Path) -> object:
    return check_power_after_kill(folder, "one")


def trusting_objects() -> Mutant:
    return patch.object(objects, "_holds", lambda fs, path, data: path.exists())


MUTANTS: dict[str, tuple[Mutant, Check]] = {
    "no fsync of files": (nullcontext(), power(forgetting("fsync_file"))),
    "no fsync of the manifest": (nullcontext(), power(forgetting_manifest)),
    "no fsync of folders": (nullcontext(), power(forgetting("fsync_directory"))),
    "no fsync of .snapshots/": (nullcontext(), power(forgetting_folder(".snapshots"))),
    # A table gets its link when it is published first.
    "no fsync of current/": (nullcontext(), power(forgetting_folder("current"), "empty")),
    "no fsync of .objects/": (nullcontext(), power(forgetting_folder(".objects"))),
    "no fsync of store/": (nullcontext(), power(forgetting_folder("one"))),
    "no fsync of the pointer by the run again": (
        publishing(("        fs.fsync_directory(store)\n        return", "        return")), power_after_kill),
    "no fsync of objects that a killed run left": (
        publishing(("    healed = stage.settle()", "    fresh = set(stage._waiting)\n    healed = stage.settle()"),
            ("    sync_objects(fs, store, written)\n    sequence",
                "    sync_objects(fs, store, [entry for entry in written if entry.sha256 in fresh])\n    sequence")),
        power_after_kill),
    "no fsync of a snapshot that a killed run left": (
        publishing(
            ("    fs.fsync_directory(snapshot.path.parent)", "    built and fs.fsync_directory(snapshot.path.parent)")),
        power_after_kill),
    "stable names": (patch.object(publish, "_file_name", lambda sha256: "part-0.parquet"), check_names),
    "no lock": (nullcontext(), lambda folder: check_writers(folder, lock=no_lock)),
    "no parent check": (patch.object(publish, "_refuse_stale", lambda store, parent: None), check_stale),
    "parent checked at the start only": (publishing((POINT, "    _point(stage, snapshot)\n")), check_stale),
    "pointer before the snapshot": (publishing((POINT, ""), (BUILD, "    _point(stage, snapshot)\n" + BUILD)),
        every_stop),
    "pointer before the manifest": (pointer_before_manifest(), every_stop),
    "pointer before the audit": (publishing((POINT, ""), ("    try:\n", "    _point(stage, snapshot)\n    try:\n")),
        check_audit),
    "no audit of what is on disk": (publishing(("read_back(snapshot, manifest, written)", "pass")), check_audit),
    "objects trusted by name": (trusting_objects(), check_healing),
    "objects trusted by name on a lying disk": (trusting_objects(), check_lying_disk),
    "snapshots trusted by name": (
        patch.object(publish, "_exists_whole", lambda stage, snapshot: snapshot.path.exists()), check_lying_disk),
    "object healed before its links": (
        rewritten(
            Stage,
            "settle",
            (f"[{HEAL}] if damaged else []", "[]"),
            (
                "return healed",
                "good = {sha256: object_path(store, sha256) for sha256 in damaged}\n"
                f"    return healed + [{HEAL.replace('damaged', 'good')}]",
            ),
        ),
        check_healing,
    ),
    "deleted before renamed": (nullcontext(), lambda folder: check_retention(folder, DeletesInPlace)),
    "objects retired before their snapshots": (
        rewritten(retention, "retain", ("    _move_out(stage, unneeded)\n", ""),
            ("    _move_out(stage, [store", "    _move_out(stage, unneeded)\n    _move_out(stage, [store")),
        check_retention),
    "no sweep": (patch.object(Stage, "sweep", lambda stage: None), check_retention),
    "lock opened for writing": (patch.object(checks, "FaultyFileSystem", TruncatingLock), every_stop),
    "objects written again": (patch.object(objects, "_holds", lambda fs, path, data: False), every_stop),
}  # fmt: skip


@pytest.mark.parametrize("name", MUTANTS)
def test_broken_protocol_turns_the_harness_red(tmp_path: Path, name: str) -> None:
    mutant, check = MUTANTS[name]
    with mutant, pytest.raises(Violation):
        check(tmp_path)


@pytest.mark.parametrize("check", [check_audit, check_live, check_names, check_stale, check_writers])
def test_the_real_protocol_keeps_the_promise(tmp_path: Path, check: Check) -> None:
    """A check raises where the protocol is wrong."""
    assert check(tmp_path) is None


@pytest.mark.parametrize(("check", "least"), [(check_healing, 20), (check_lying_disk, 20), (check_retention, 41)])
def test_the_real_protocol_keeps_the_promise_at_every_call(tmp_path: Path, check: Check, least: int) -> None:
    assert check(tmp_path) >= least, "the check tried fewer calls than a publication makes"
