"""What a release reads of the published state, proved before anything is made of it.

A page of Parquet bears no checksum: a bit that flipped on the disk reads as another number, and what follows from it would be
published under a hash that is right. So whoever derives or judges has the bytes hashed first. Belongs here: that, and what to
do where a file is damaged. Does not belong here: the proof of a whole store (`store_audit`), which reads every byte of it.
"""

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from schemas.address import S3Url
from schemas.table import Table, table_name
from tasks.objects import DamagedStore
from tasks.snapshot import FileEntry, Snapshot
from tasks.store_audit import Hashes, check_file
from tasks.tables import Partition, path_partition
from tasks.working_copy import address_of

SHOWN_MAX = 5


def prove(
    snapshot: Snapshot | None, model: type[Table], keep: Callable[[Partition], bool] = lambda partition: True
) -> None:
    """Hash the files of a table, of the partitions that `keep` chooses. Raises DamagedStore where one is not what it was."""
    if snapshot is not None:
        entries = snapshot.entries(table_name(model))
        _prove(snapshot, [one for one in entries if not one.partition or keep(path_partition(one.partition))])


def prove_files(snapshot: Snapshot | None, files: Iterable[Path | bytes]) -> None:
    """Hash those of `files` that the snapshot has; others are not published yet. Raises DamagedStore."""
    if snapshot is not None:
        wanted = {file for file in files if isinstance(file, Path)}
        _prove(snapshot, [entry for entry in snapshot.files if wanted and snapshot.path / entry.path in wanted])


def _prove(snapshot: Snapshot, entries: Sequence[FileEntry]) -> None:
    hashes = Hashes()
    with ThreadPoolExecutor(os.cpu_count() or 1) as threads:
        found = [problem for problem in threads.map(lambda one: check_file(snapshot, one, hashes), entries) if problem]
    if not found:
        return
    listed = "\n".join(f"- {problem}" for problem in found[:SHOWN_MAX])
    is_copy = isinstance(address_of(snapshot.store), S3Url)
    remedy = f"\nThis is a working copy: delete {snapshot.store}, and it is fetched anew." if is_copy else ""
    raise DamagedStore(
        f"{len(found)} of the files that the release looks back on are not what they were:\n{listed}{remedy}"
    )
