"""Syncing many folders at once: with one call where the system has it, and never with fewer folders than given."""

import ctypes
import errno
import os
from pathlib import Path

import pytest

from tasks.store.files import filesystem
from tasks.store.files.filesystem import LOCAL, SYNCS_APART_MAX


@pytest.fixture
def folders(tmp_path: Path) -> list[Path]:
    made = [tmp_path / f"{number}" for number in range(SYNCS_APART_MAX + 1)]
    for folder in made:
        folder.mkdir()
    return made


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was synced: the name of a folder, or `the disk`."""
    seen: list[str] = []

    def fsync(descriptor: int) -> None:
        seen.append(os.path.basename(os.readlink(f"/proc/self/fd/{descriptor}")))

    def whole(descriptor: int) -> int:
        assert os.readlink(f"/proc/self/fd/{descriptor}")
        seen.append("the disk")
        return 0

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(filesystem, "_syncfs", whole)
    return seen


def test_many_folders_are_synced_with_their_disk_and_few_one_by_one(folders: list[Path], synced: list[str]) -> None:
    LOCAL.fsync_directories(iter(folders))
    assert synced == ["the disk"]
    synced.clear()
    LOCAL.fsync_directories(iter(folders[1:]))
    assert sorted(synced) == sorted(folder.name for folder in folders[1:])


def test_a_system_that_cannot_sync_a_disk_syncs_each_folder(
    folders: list[Path], synced: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filesystem, "_syncfs", None)
    LOCAL.fsync_directories(folders)
    assert sorted(synced) == sorted(folder.name for folder in folders)


def test_a_disk_that_fails_to_sync_is_an_error(folders: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_: int) -> int:
        ctypes.set_errno(errno.EIO)
        return -1

    monkeypatch.setattr(filesystem, "_syncfs", fails)
    with pytest.raises(OSError, match="Input/output error") as failure:
        LOCAL.fsync_directories(folders)
    assert failure.value.errno == errno.EIO


def test_the_call_of_this_system_succeeds(folders: list[Path]) -> None:
    LOCAL.fsync_directories(folders)
