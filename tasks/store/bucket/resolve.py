"""Resolves the pointer of a store once into the addresses of the files of one release, for readers.

A folder's `current/<table>` is enough for most. A bucket has no links, and a listing of its files mixes releases,
so the list comes from a manifest. Only the manifest is fetched.
"""

from dataclasses import dataclass, field
from pathlib import Path

from schemas.names import TABLES
from schemas.store_address import S3Url, read_address
from tasks.domain.errors import NothingPublished
from tasks.store.bucket.s3_store import Remote, file_key
from tasks.store.files.snapshot import Snapshot, open_snapshot


@dataclass(frozen=True)
class OpenRelease:
    """One published state, unchanged by later publications."""

    address: Path | S3Url
    snapshot: Snapshot = field(repr=False)

    @property
    def id(self) -> str:
        """Name of the snapshot."""
        return self.snapshot.id

    def paths(self, table: str, flow: str | None = None) -> list[str]:
        """Addresses of a table's files, with flow, year and month in the path. Raises ValueError where there is no such
        table or flow."""
        if table not in TABLES:
            raise ValueError(f"there is no table {table!r}; there are {', '.join(TABLES)}")
        if flow not in (None, "export", "import"):
            raise ValueError(f"there is no flow {flow!r}; there are export and import")
        if isinstance(self.address, S3Url):
            return [f"{self.address}/{file_key(entry)}" for entry in self.snapshot.entries(table, flow)]
        return [*map(str, self.snapshot.paths(table, flow))]


def open_release(store: str | Path | S3Url, release: str | None = None) -> OpenRelease:
    """The current state of a store, or the snapshot `release`. Raises NothingPublished, UnknownSnapshot, BucketError.

    `pl.scan_parquet(open_release("s3://customs/store").paths("metric"), hive_partitioning=True)`
    """
    address = read_address(store)
    if isinstance(address, S3Url):
        remote = Remote(address)
        pointer = remote.pointer() if release is None else None
        name = pointer.id if pointer else release
        snapshot = remote.snapshot(name) if name else None
    else:
        snapshot = open_snapshot(address, release)
    if snapshot is None:
        raise NothingPublished(
            f"{address}: nothing is published here yet. Ingest a file first (tidewaiter ingest --help)."
        )
    return OpenRelease(address, snapshot)
