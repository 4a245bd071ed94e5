"""Writes the files that people ask for, outside of every store.

What a reader finds below the folders of a store was published there. So a file with another content never gets into
one, neither by its path nor through a link. Belongs here: whether a place is inside a store, and the writing of one
file at once. What is written is made by the pages and answers.
"""

import os
import re
from pathlib import Path

from schemas.store_address import COPY_NOTE, REPORTER_KEY
from tasks.store.files.snapshot import POINTER, SNAPSHOTS
from tasks.store.files.temporary import write_at_once
from tasks.store.snapshots.publish import LOCK

# In a store, the folder of pages, which no reader takes for a table.
REPORTS = "reports"
# In an inbox, what a fetch has seen of its source.
NOTES = ".fetch"
# An address as it was written, or after its double stroke became one.
ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+:/")
# Beside the stores of reporters: the tables that are made of them.
BESIDE = ("mirror", "first_print", "mover", "expectation")


def outside(place: Path) -> Path:
    """Return the file or folder that a path leads to, links followed. Raises ValueError where it is in a store, or
    would be, in the notes of fetches, an address, or below a file."""
    if ADDRESS.match(str(place)):
        raise ValueError(f"{place}: an address. Name a file or a folder of this machine; copy it from there.")
    target = Path(os.path.realpath(place))
    if NOTES in target.parts:
        raise ValueError(f"{place}: in {NOTES}, where fetches note what they have seen. Name another place.")
    if file := next((above for above in target.parents if above.is_file()), None):
        raise ValueError(f"{place}: {file} is a file, and nothing can lie in it. Name another place.")
    for folder in (target, *target.parents):
        below = target.relative_to(folder).parts[:1]
        if (_is_store(folder) and below != (REPORTS,)) or (below and _is_beside_stores(folder, below[0])):
            raise ValueError(
                f"{place}: inside the store {folder}, in which only what is published lies. Name a place outside of it,"
                f" or in its folder {REPORTS}."
            )
    return target


def file_outside(place: Path) -> Path:
    """The file that a path leads to, one that is there or a new one in a folder. Raises ValueError where it is in a
    store, in no folder, or no file: to open a pipe waits for its reader, and a device would be gone for a file in its
    place.
    """
    if place.exists() and not place.is_file():
        raise ValueError(f"{place}: a folder, a pipe or a device, and no file. Give another name.")
    target = outside(place)
    if not target.parent.is_dir():
        raise ValueError(f"{place}: there is no folder {place.parent}. Make it, or name a file in another.")
    return target


def write_outside(place: Path, data: bytes) -> None:
    """Write a file at once: nobody sees half of it, and no other name of the file before changes with it. Raises
    ValueError where `file_outside` does; OSError."""
    target = file_outside(place)
    # For a moment nobody else may read what another thread makes; the other way round they could.
    mask = os.umask(0o077)
    os.umask(mask)
    mode = target.stat().st_mode & 0o777 if target.is_file() else 0o666 & ~mask
    write_at_once(target, data, sync=False, mode=mode)


def _is_store(folder: Path) -> bool:
    is_named = folder.name.startswith(REPORTER_KEY)
    is_published = any(os.path.lexists(folder / name) for name in (POINTER, SNAPSHOTS, COPY_NOTE))
    # A store whose first release is held has no snapshot.
    return is_named or is_published or all(os.path.lexists(folder / name) for name in (LOCK, "raw"))


def _is_beside_stores(folder: Path, name: str) -> bool:
    """Whether a name in a folder is that of a table which is made of the stores in it."""
    return name in BESIDE and any(below.startswith(REPORTER_KEY) for below in _names(folder))


def _names(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:
        return []
