"""Holds what the processes of one run leave for one another: files in a folder that all of them see, or in the bucket.

Belongs here: the bytes of a part and its name, which is their hash. Does not belong here: what is in a part, and what
becomes of it (`steps.portions`). Nothing here is published: parts lie under `tmp`, and are deleted when the run ends.
"""

import contextlib
import functools
import hashlib
import os
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import BaseModel

from schemas.forms.address import S3Url, StoreAddress
from tasks.domain.errors import BucketError, DamagedStore
from tasks.store.dry_run import folder_next_to
from tasks.store.mirror import address_of
from tasks.store.s3 import Bucket
from tasks.store.s3_store import RAW_DEPTH

PREFIX = "parts-"


class PartStore(BaseModel, frozen=True):
    """A folder, or a prefix of a bucket, that every process of a run reads and writes."""

    at: StoreAddress

    def put(self, data: bytes) -> str:
        """Write a part and return its name. The same bytes have one name, no matter which process writes them."""
        name = hashlib.sha256(data).hexdigest()
        if isinstance(self.at, S3Url):
            _bucket(self.at).keep(name, data)
        else:
            # Two processes may write the same bytes, where one was taken for lost: each writes a file of its own.
            spare = self.at / f"{name}.{uuid.uuid4().hex}"
            spare.write_bytes(data)
            spare.replace(self.at / name)
        return name

    def get(self, name: str) -> bytes:
        """Return the bytes of a part. Raises DamagedStore where they are not those that were written."""
        data = self.path(name).read_bytes()
        if hashlib.sha256(data).hexdigest() != name:
            raise DamagedStore(f"{self.at}/{name}: other bytes than were written. Run the same command again.")
        return data

    def path(self, name: str) -> Path:
        """Return a file with the bytes of a name; from a bucket they are fetched once for each process.

        Raises DamagedStore where there are none.
        """
        path = Path(self.at, name) if isinstance(self.at, Path) else _cache() / _bucket_name(self.at, name)
        if isinstance(self.at, S3Url) and not path.exists():
            found = _bucket(self.at).get(name)
            if found is not None:
                spare = path.with_suffix(f".{uuid.uuid4().hex}")
                spare.write_bytes(found[0])
                spare.replace(path)
        if not path.exists():
            raise DamagedStore(
                f"{self.at}/{name}: no such file. If other processes help, they must see the folder of the store under the "
                "same path as this one, or the store must lie in a bucket."
            )
        return path


@contextmanager
def in_bucket(bucket: S3Url) -> Iterator[PartStore]:
    """Open a place for the parts of a run in the bucket of a store; deleted at the end."""
    place = PartStore(at=S3Url(f"{bucket}/tmp/{PREFIX}{uuid.uuid4().hex[:12]}"))
    try:
        yield place
    finally:
        with contextlib.suppress(BucketError):
            _bucket(place.at).delete(item.key for item in _bucket(place.at).list(""))


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
def here() -> Iterator[PartStore]:
    """Open a place for parts that only this process reads; deleted at the end."""
    with tempfile.TemporaryDirectory(prefix="tidewaiter-", ignore_cleanup_errors=True) as folder:
        yield PartStore(at=Path(folder))


def place_of_raw(raw: Path) -> PartStore:
    """Return where every process of a run finds the bytes of a landed file: its folder, or the same in the bucket."""
    store = raw.parents[RAW_DEPTH]
    address = address_of(store)
    if isinstance(address, S3Url):
        return PartStore(at=S3Url(f"{address}/{raw.parent.relative_to(store).as_posix()}"))
    return PartStore(at=raw.parent.absolute())


@contextmanager
def in_store(store: Path) -> Iterator[PartStore]:
    """Open a place for parts that are no longer needed when the store is published to; deleted at the end."""
    (store / "tmp").mkdir(exist_ok=True, parents=True)
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir=store.absolute() / "tmp", ignore_cleanup_errors=True) as folder:
        yield PartStore(at=Path(folder))


def _bucket(url: object) -> Bucket:
    assert isinstance(url, S3Url)
    settings = tuple(sorted(item for item in os.environ.items() if item[0].startswith(("AWS_", "TIDEWAITER_S3_"))))
    return _connected(url, settings)


@functools.lru_cache(maxsize=8)
def _connected(url: S3Url, environment: tuple[tuple[str, str], ...]) -> Bucket:
    return Bucket(url)


@functools.cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="tidewaiter-")


def _cache() -> Path:
    return Path(_folder().name)


def _bucket_name(url: S3Url, name: str) -> str:
    return hashlib.sha256(f"{url}/{name}".encode()).hexdigest()
