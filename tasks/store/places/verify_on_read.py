"""Hashes published files before a release reads them, and refuses those of another version.

A Parquet page may have no checksum: a bit that flipped on the disk reads as another number, and its results would be
published under a correct hash, or shown to a person. So every step that derives, checks or reports hashes its inputs
first. Nor is a store published over that another version of Tidewaiter wrote: an unknown table carried over unchanged,
next to changed ones, would make an inconsistent state, and an unknown column would be lost silently.

Belongs here: these two checks, and the remedy for a damaged file. Does not belong here: verifying a whole store
(`verify`), which reads every byte; files with fewer columns (`publication.open_published`, `parquet`).
"""

import logging
import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from schemas.layouts import LAYOUTS
from schemas.store_address import S3Url
from schemas.table import schema_sha256, stored_columns
from tasks.domain.errors import DamagedStore, StoreError
from tasks.store.bucket.working_copy import address_of
from tasks.store.files.manifest import FileEntry, other_version
from tasks.store.files.snapshot import Snapshot
from tasks.store.files.verify import Hashes, check_file
from tasks.store.snapshots.parquet import Partition, path_partition

SHOWN_MAX = 5
log = logging.getLogger("tidewaiter.proof")


@dataclass
class Proof:
    """Which files of a snapshot were hashed so far, and the most bytes of it to hash; None: all that is read."""

    bytes_max: int | None
    files: set[FileEntry] = field(default_factory=set)
    has_warned: bool = False

    @property
    def bytes(self) -> int:
        """Number of bytes hashed."""
        return sum(entry.bytes for entry in self.files)


@dataclass(frozen=True)
class ProvedSnapshot(Snapshot):
    """A snapshot that hashes each file before its first read."""

    proof: Proof = field(kw_only=True, compare=False, repr=False)

    def opened(self, entries: Iterable[FileEntry]) -> list[Path]:
        """Paths of files of this snapshot. Raises DamagedStore where one does not match its hash."""
        chosen = [*entries]
        new = [entry for entry in chosen if entry not in self.proof.files]
        size, room = sum(entry.bytes for entry in new), self.proof.bytes_max
        if room is None or self.proof.bytes + size <= room:
            _prove(self, new)
            self.proof.files.update(new)
        elif not self.proof.has_warned:
            self.proof.has_warned = True
            log.warning(
                "%s files of the table %s are read without verification: with those before them %.1f GB would be"
                " hashed, more than the %.1f GB that this may take time for. tidewaiter audit verifies them.",
                f"{len(new):,}",
                new[0].table,
                (self.proof.bytes + size) / 1e9,
                room / 1e9,
            )
        return super().opened(chosen)


def proved(snapshot: Snapshot, bytes_max: int | None = None) -> Snapshot:
    """The same snapshot, hashing each file before it is read, up to `bytes_max` bytes; beyond that it warns."""
    return ProvedSnapshot(**vars(snapshot), proof=Proof(bytes_max))


def prove(snapshot: Snapshot | None, table: str, keep: Callable[[Partition], bool] = lambda partition: True) -> None:
    """Hash the files of a table, of the partitions that `keep` chooses. Raises DamagedStore where one differs."""
    if snapshot is not None:
        entries = snapshot.entries(table)
        _prove(snapshot, [one for one in entries if not one.partition or keep(path_partition(one.partition))])


def _prove(snapshot: Snapshot, entries: Sequence[FileEntry]) -> None:
    hashes = Hashes()
    with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
        damaged = [
            problem for problem in threads.map(lambda one: check_file(snapshot, one, hashes), entries) if problem
        ]
    if not damaged:
        return
    listed = "\n".join(f"- {problem}" for problem in damaged[:SHOWN_MAX])
    is_copy = isinstance(address_of(snapshot.store), S3Url)
    remedy = f"\nThis is a working copy: delete {snapshot.store}, and it is fetched again." if is_copy else ""
    raise DamagedStore(f"{len(damaged)} of the files to be read failed their checksum:\n{listed}{remedy}")


def refuse_another_version(snapshot: Snapshot | None) -> None:
    """Raise StoreError where a snapshot has a table, or a table a column, that this version does not know, or where a
    table that is never made again lacks one."""
    # One file of each form: all files that one version wrote have its columns.
    forms = {(entry.table, entry.schema_sha256): entry for entry in (snapshot.files if snapshot else ())}
    for (table, form), entry in sorted(forms.items()):
        problem = ""
        if table not in LAYOUTS:
            problem = f"a table that this version does not know, {table}"
        elif form != schema_sha256(table):
            schema = pl.read_parquet_schema(snapshot.located(entry))  # type: ignore[union-attr]
            columns = stored_columns(table)
            more = [name for name in schema if name not in columns]
            less = [name for name in columns if name not in schema and LAYOUTS[table].by_release]
            if more or less:
                what = "this version does not know" if more else "this version needs, and that are not there"
                problem = f"the table {table} has columns that {what}: {', '.join(more or less)}"
        if problem:
            raise StoreError(f"Nothing was changed. {other_version(entry.path, problem, snapshot.store)}")  # type: ignore[union-attr]
