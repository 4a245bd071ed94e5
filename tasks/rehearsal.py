"""A store to try something out on: the published state, linked aside, and gone afterwards.

What a release would do is found out by doing it there, so that a rehearsal says the truth and no second code must agree
with the first. The store itself is only read.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tasks.snapshot import object_path, open_snapshot


@contextmanager
def rehearsal(store: Path) -> Iterator[Path]:
    """A store in the state of `store`, in a folder beside it, because links do not reach other disks."""
    store.absolute().parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".rehearsal-", dir=store.absolute().parent) as folder:
        aside = Path(folder) / store.name
        aside.mkdir()
        snapshot = open_snapshot(store)
        if snapshot is not None:
            shutil.copytree(snapshot.path, aside / "snapshots" / snapshot.id, copy_function=_link)
            for sha256 in {entry.sha256 for entry in snapshot.files}:
                target = object_path(aside, sha256)
                target.parent.mkdir(parents=True, exist_ok=True)
                _link(object_path(store, sha256), target)
            (aside / "current").symlink_to(f"snapshots/{snapshot.id}")
        # What people decided, and on which day bytes came first: a release depends on these too.
        for note in [*store.glob("held/*.json"), *store.glob("raw/*/*.json")]:
            target = aside / note.relative_to(store)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(note, target)
        yield aside


def _link(source: str | Path, target: str | Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
