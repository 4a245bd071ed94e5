"""Holds what the processes of one run leave for one another: files in a folder that all of them see.

Belongs here: the bytes of a part and its name, which is their hash. Does not belong here: what is in a part, and what
becomes of it (`derive.portions`). Nothing here is published: parts lie under `tmp`, and are deleted when the run ends.
"""

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tasks.domain.errors import DamagedStore
from tasks.store.temporary import write_at_once

PREFIX, TEMPORARY = "parts-", "tmp"


def put(place: Path, data: bytes) -> str:
    """Write a part and return its name. The same bytes have one name, no matter which process writes them."""
    name = hashlib.sha256(data).hexdigest()
    # Two processes may write the same bytes, where one was taken for lost.
    write_at_once(place / name, data, sync=False)
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


@contextmanager
def in_store(store: Path) -> Iterator[Path]:
    """Open a place for parts until the store is published to; deleted at the end, or after a kill by the next
    publication."""
    folder = store.absolute() / TEMPORARY
    folder.mkdir(exist_ok=True, parents=True)
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir=folder, ignore_cleanup_errors=True) as place:
        yield Path(place)
