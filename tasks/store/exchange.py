"""Holds what the processes of one run leave for one another: files in a folder that all of them see, or in the bucket.

Belongs here: the bytes of a part and its name, which is their hash. Does not belong here: what is in a part, and what
becomes of it (`steps.portions`). Nothing here is published: parts lie under `tmp`, and are deleted when the run ends.
"""

import contextlib
import functools
import hashlib
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel

from schemas.forms.address import S3Url, StoreAddress
from tasks.domain.errors import BucketError, DamagedStore
from tasks.store import fetched
from tasks.store.s3 import connected
from tasks.store.s3_store import TEMPORARY, abandoned
from tasks.store.temporary import write_at_once
from tasks.store.temporary_copy import folder_next_to

PREFIX = "parts-"


class PartStore(BaseModel, frozen=True):
    """A folder, or a prefix of a bucket, that every process of a run reads and writes."""

    at: StoreAddress

    def put(self, data: bytes) -> str:
        """Write a part and return its name. The same bytes have one name, no matter which process writes them."""
        name = hashlib.sha256(data).hexdigest()
        if isinstance(self.at, S3Url):
            connected(self.at).keep(name, data)
        else:
            # Two processes may write the same bytes, where one was taken for lost.
            write_at_once(self.at / name, data, sync=False)
        return name

    def get(self, name: str) -> bytes:
        """Return the bytes of a part. Raises DamagedStore where they are not those that were written.

        Of a bucket they are kept nowhere: a part is read once.
        """
        data = self._fetched(name) if isinstance(self.at, S3Url) else self.path(name).read_bytes()
        if data is None:
            raise self._missing(name)
        if hashlib.sha256(data).hexdigest() != name:
            raise DamagedStore(f"{self.at}/{name}: other bytes than were written. Run the same command again.")
        return data

    def path(self, name: str) -> Path:
        """Return a file with the bytes of a name; from a bucket they are fetched, and kept for some time (`fetched`).

        Raises DamagedStore where there are none.
        """
        if isinstance(self.at, S3Url):
            path = fetched.of_this_process().path(f"{self.at}/{name}", lambda: self._fetched(name))
        else:
            path = self.at / name
        if not path.exists():
            raise self._missing(name)
        return path

    def _fetched(self, name: str) -> bytes | None:
        found = connected(S3Url(str(self.at))).get(name)
        return None if found is None else found[0]

    def _missing(self, name: str) -> DamagedStore:
        return DamagedStore(
            f"{self.at}/{name}: no such file. If other processes help, they must see the folder of the store under the "
            "same path as this one, or the store must lie in a bucket."
        )


@contextmanager
def in_bucket(bucket: S3Url) -> Iterator[PartStore]:
    """Open a place for the parts of a run in the bucket of a store; deleted at the end. Places of runs that died are
    deleted too, after some days.
    """
    _sweep(bucket)
    place = PartStore(at=S3Url(f"{bucket}/{TEMPORARY}/{PREFIX}{uuid.uuid4().hex[:12]}"))
    try:
        yield place
    finally:
        with contextlib.suppress(BucketError):
            ours = connected(S3Url(str(place.at)))
            ours.delete(item.key for item in ours.list(""))


@functools.lru_cache(maxsize=64)
def _sweep(bucket: S3Url) -> None:
    """Delete what runs that died have left in a bucket, once for each process: a place in which nothing was written for
    some days. A living run writes all the time.
    """
    parts = connected(bucket)
    with contextlib.suppress(BucketError):
        parts.delete(abandoned(parts.list(TEMPORARY), datetime.now(UTC)))


@contextmanager
def next_to(address: Path | S3Url) -> Iterator[PartStore]:
    """Open a place for parts that stay while the store is published to; deleted at the end."""
    if isinstance(address, S3Url):
        with in_bucket(address) as place:
            yield place
    else:
        with folder_next_to(address) as folder:
            yield PartStore(at=folder)


@contextmanager
def in_store(store: Path) -> Iterator[PartStore]:
    """Open a place for parts that are no longer needed when the store is published to; deleted at the end. What a killed
    run has left is deleted by the next publication, like everything in that folder.
    """
    (store / TEMPORARY).mkdir(exist_ok=True, parents=True)
    folder = store.absolute() / TEMPORARY
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir=folder, ignore_cleanup_errors=True) as place:
        yield PartStore(at=Path(place))
