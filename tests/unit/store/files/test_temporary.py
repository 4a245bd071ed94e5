"""A temporary folder is gone at the end; that of a killed process with the next one; never that of a living one. And a
temporary store for a dry run."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tasks.store.files.snapshot import current_id, open_snapshot
from tasks.store.files.temporary import MARK, PREFIX, is_in_use, sweep_beside, temporary_copy, temporary_folder
from tasks.store.files.verify import audit_store
from tests.unit.store.small_store import JULY, JUNE, stored

PROGRAM = """
import sys, time
from pathlib import Path
from tasks.store.files.temporary import temporary_folder
with temporary_folder(Path(sys.argv[1]), "tidewaiter-") as folder:
    (folder / "rows").write_text("rows")
    print(folder, flush=True)
    time.sleep(60)
"""


def begun(parent: Path) -> tuple["subprocess.Popen[str]", Path]:
    """A process that has made a folder and does not end."""
    process = subprocess.Popen([sys.executable, "-c", PROGRAM, str(parent)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def test_what_a_killed_process_left_goes_with_the_next_and_what_a_living_one_has_stays(tmp_path: Path) -> None:
    dying, left = begun(tmp_path)
    living, kept = begun(tmp_path)
    years_ago = time.time() - 10**8
    os.utime(kept, (years_ago, years_ago))
    dying.kill()
    dying.wait()
    assert (left / "rows").exists()
    try:
        with temporary_folder(tmp_path, "another-"):
            assert left.exists(), "folders of another kind are left alone"
        with temporary_folder(tmp_path, "tidewaiter-") as folder:
            assert not left.exists()
            assert (kept / "rows").read_text() == "rows"
            assert folder.parent == tmp_path
        assert not folder.exists()
    finally:
        for process in (dying, living):
            process.kill()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()


def test_a_folder_is_in_use_as_long_as_its_process_lives(tmp_path: Path) -> None:
    process, folder = begun(tmp_path)
    try:
        assert (is_in_use(folder), is_in_use(tmp_path), is_in_use(tmp_path / "none")) == (True, False, False)
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()
    assert not is_in_use(folder)


def test_what_a_killed_process_left_before_it_had_a_mark_goes_after_an_hour(tmp_path: Path) -> None:
    store = tmp_path / "root" / "reporter=CHN"
    store.mkdir(parents=True)
    hour_ago = time.time() - 3700
    for parent in (tmp_path, store.parent):
        for name, mark in (("old", None), ("half", f"{MARK}-new"), ("new", None)):
            folder = parent / f"{PREFIX}{name}"
            folder.mkdir()
            if mark:
                (folder / mark).touch()
            if name != "new":
                os.utime(folder, (hour_ago, hour_ago))
        (parent / f"{PREFIX}file").touch()
        (parent / f"{PREFIX}link").symlink_to(store)
    sweep_beside(store)
    for parent in (tmp_path, store.parent):
        assert sorted(leftovers(parent)) == [f"{PREFIX}file", f"{PREFIX}link", f"{PREFIX}new"]
    assert store.is_dir()


def leftovers(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if path.name.startswith(PREFIX)]


def test_the_state_is_the_same_and_what_is_published_there_stays_there(tmp_path: Path) -> None:
    store = tmp_path / "store"
    before = stored(store, {JUNE: [1, 2]})
    with temporary_copy(store) as aside:
        assert aside.name == "store"
        assert aside.parent.parent == tmp_path
        assert current_id(aside) == before.id
        (path,) = open_snapshot(aside).paths("metric")  # type: ignore[union-attr]
        assert path.read_bytes() == before.paths("metric")[0].read_bytes()
        assert audit_store(aside) == []
        assert stored(aside, {JULY: [3]}).id != before.id
    assert current_id(store) == before.id
    assert leftovers(tmp_path) == []


def test_decisions_and_days_of_landing_are_copied_and_raw_bytes_are_not(tmp_path: Path) -> None:
    store = tmp_path / "store"
    for name in ("held/a.json", "raw/ab/abc.json", "raw/ab/abc"):
        (store / name).parent.mkdir(parents=True, exist_ok=True)
        (store / name).write_text(name)
    with temporary_copy(store) as aside:
        found = sorted(str(path.relative_to(aside)) for path in aside.rglob("*") if path.is_file())
        assert found == ["held/a.json", "raw/ab/abc.json"]
        (aside / "held/a.json").write_text("decided")
    assert (store / "held/a.json").read_text() == "held/a.json"


def test_the_folder_is_deleted_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), temporary_copy(tmp_path / "store"):
        raise RuntimeError
    assert leftovers(tmp_path) == []
