"""Holds what the processes of one run leave for one another and for its publication: files in a folder of the store.

Belongs here: the bytes of a part and its name, which is their hash. Does not belong here: what is in a part, and what
becomes of it (`derive.portions`, `publication`). A part that is published is linked from here and not written again;
the others are deleted with the folder when the run ends.
"""

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tasks.domain.errors import DamagedStore
from tasks.store.files.filesystem import LOCAL
from tasks.store.files.temporary import temporary_folder

PREFIX, TEMPORARY = "parts-", "tmp"


def put(place: Path, data: bytes) -> str:
    """Write a part and return its name. The same bytes have one name, no matter which process writes them. Raises
    OSError where the disk is full; then nothing is left of it."""
    name = hashlib.sha256(data).hexdigest()
    # Two processes may write the same bytes, where one was taken for lost.
    aside = place / f".{name[:16]}-{secrets.token_hex(4)}"
    try:
        LOCAL.write_file(aside, data)
        LOCAL.replace(aside, place / name)
    except BaseException:
        with suppress(OSError):
            LOCAL.remove(aside)
        raise
    return name


def get(place: Path, name: str) -> bytes:
    """Return the bytes of a part. Raises DamagedStore where there are none, or not those that were written."""
    path = place / name
    if not path.exists():
        raise DamagedStore(
            f"{path}: no such file. If other processes help, they must see the folder of the store under the same path"
            " as this one."
        )
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != name:
        raise DamagedStore(f"{path}: other bytes than were written. Run the same command again.")
    return data


def take(place: Path, name: str, source: Path) -> None:
    """Move a part here that lies at `source`. Raises DamagedStore where it is gone, OSError where the disk is full."""
    try:
        LOCAL.replace(source, place / name)
    except OSError:
        # It may be on another disk.
        put(place, get(source.parent, source.name))
        LOCAL.remove(source)


@contextmanager
def in_store(store: Path) -> Iterator[Path]:
    """Open a place for parts until their run ends; after a kill the next publication, or the next place, deletes it."""
    folder = store.absolute() / TEMPORARY
    folder.mkdir(exist_ok=True, parents=True)
    with temporary_folder(folder, PREFIX) as place:
        yield place
