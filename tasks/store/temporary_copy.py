"""Makes a temporary store for a dry run: links to the published state, deleted afterwards.

The dry run publishes into it with the same code as a real run, so both give the same result. The store itself is only
read.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tasks.store.snapshot import POINTER, SNAPSHOTS, object_path, open_snapshot
from tasks.store.temporary import temporary_folder

PREFIX = ".copy-"
ORIGIN = ".origin"


@contextmanager
def temporary_copy(store: Path) -> Iterator[Path]:
    """A store in the state of `store`, in a sibling folder, because hard links do not cross disks. For a store whose
    folder does not exist yet: in the nearest folder above it that does, so that nothing stays behind.
    """
    with folder_next_to(store) as folder:
        aside = folder / store.name
        aside.mkdir()
        (folder / ORIGIN).write_text(str(store.absolute()))
        snapshot = open_snapshot(store)
        if snapshot is not None:
            shutil.copytree(snapshot.path, aside / SNAPSHOTS / snapshot.id, copy_function=_link)
            for place in {object_path(store, entry.sha256) for entry in snapshot.every}:
                target = aside / place.relative_to(store)
                target.parent.mkdir(parents=True, exist_ok=True)
                _link(place, target)
            (aside / POINTER).symlink_to(f"{SNAPSHOTS}/{snapshot.id}")
        # A release also depends on past decisions and on the days of first landing.
        for note in [*store.glob("held/*.json"), *store.glob("raw/*/*.json")]:
            target = aside / note.relative_to(store)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(note, target)
        yield aside


@contextmanager
def folder_next_to(store: Path) -> Iterator[Path]:
    """Make a temporary folder on the disk of a store, deleted at the end; those of killed runs are deleted too."""
    parent = next(folder for folder in store.absolute().parents if folder.is_dir())
    with temporary_folder(parent, PREFIX) as folder:
        yield folder


def origin_of(store: Path) -> Path:
    """Return the store that a temporary one was made from; any other store itself."""
    note = store.parent / ORIGIN
    return Path(note.read_text()) if note.is_file() else store


def _link(source: str | Path, target: str | Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
