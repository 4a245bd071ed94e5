"""Writes a table of one month to an unpublished file, from the parts that several processes or threads made of it.

The files have no names: if the process ends, nothing of them is left. Their format is in `parquet`.
"""

import contextlib
import hashlib
import itertools
import tempfile
import weakref
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Self

import polars as pl
from pydantic import BaseModel, PrivateAttr

from schemas.table import PUBLISHED, Table, empty_frame, polars_schema, schema_sha256, table_name
from tasks.store.parquet import Partition, encode_part, notes_of, partition_path, path_partition
from tasks.store.publish import NewFile
from tasks.store.splice import splice


class PendingFile(BaseModel):
    """An unpublished file: its entry for publication, and its size in bytes."""

    partition: str
    rows: int
    sha256: str
    size: int


class PendingFiles(BaseModel):
    """The unpublished files of a table.

    A model, so that a step can record them; their rows were validated as they were written.
    """

    table: str
    schema_sha256: str
    files: list[PendingFile] = []
    _held: dict[str, IO[bytes]] = PrivateAttr(default_factory=dict)

    def model_post_init(self, context: Any) -> None:
        """Close the files when no reader is left."""
        super().model_post_init(context)
        weakref.finalize(self, _close, self._held)

    @classmethod
    def of(cls, model: type[Table]) -> Self:
        """Start with no file."""
        return cls(table=table_name(model), schema_sha256=schema_sha256(model))

    @property
    def height(self) -> int:
        """Rows of all files."""
        return sum(file.rows for file in self.files)

    def is_of(self, model: type[Table]) -> bool:
        """Whether these are files of a table in its current form."""
        return (self.table, self.schema_sha256) == (table_name(model), schema_sha256(model))

    def keep(self, file: PendingFile, held: IO[bytes]) -> None:
        """Take over a finished file. Files are in the order of their partitions."""
        self.files = sorted([*self.files, file], key=lambda one: path_partition(one.partition))
        self._held[file.partition] = held

    def data(self, partition: str) -> bytes:
        """The bytes of a file."""
        held = self._held[partition]
        held.seek(0)
        return held.read()

    def new_files(self) -> Iterator[NewFile]:
        """Each file in its published form, one at a time in memory."""
        for file in self.files:
            yield NewFile(self.table, file.partition, self.data(file.partition), file.rows, self.schema_sha256)

    def rows(
        self, keep: Callable[[Partition], bool], where: pl.Expr, columns: Collection[str]
    ) -> Iterator[pl.DataFrame]:
        """The rows for which `where` holds, codes as text, file by file of the partitions that `keep` chooses."""
        for file in self.files:
            if keep(path_partition(file.partition)):
                yield pl.scan_parquet(self.data(file.partition)).filter(where).select(columns).collect()


def _close(held: Mapping[str, IO[bytes]]) -> None:
    for file in held.values():
        # What a full disk did not take is flushed again here, and nobody could be told.
        with contextlib.suppress(OSError):
            file.close()


def write_month(
    pending: PendingFiles, model: type[Table], partition: Partition, derivation: Mapping[str, Any], store: Path,
    segments: Iterable[Sequence[bytes]], *, always: bool = False,
) -> None:  # fmt: skip
    """Write the file of a flow and month from its parts, by segment; `derivation` records what it is made from.

    A segment of several parts is sorted and encoded again, the others are copied as they are. The file lies on the disk
    of the store, which must have room for it anyway, and is kept in `pending`. A month without rows has no file, unless
    `always` is set. Raises OSError where the disk is full.
    """
    parts = filter(None, (_joined(model, parts) for parts in segments))
    first = next(parts, None)
    if first is None and not always:
        return
    folder = store / "tmp"
    folder.mkdir(exist_ok=True, parents=True)
    with contextlib.ExitStack() as stack:
        # Closed unless it is kept: it has no name, so nothing of it is left then.
        file = _Hashed(stack.enter_context(tempfile.TemporaryFile(dir=folder)))
        whole = itertools.chain([encode_part(model, empty_frame(model)) if first is None else first], parts)
        rows = splice(whole, notes_of(model, derivation), file)
        # A full disk is an error of this file, and not of whoever reads it next.
        file.file.flush()
        found = PendingFile(
            partition=partition_path(partition), rows=rows, sha256=file.hash.hexdigest(), size=file.size
        )
        pending.keep(found, file.file)
        stack.pop_all()


def _joined(model: type[Table], parts: Sequence[bytes]) -> bytes | None:
    """One part with the rows of all, in the table's order; None without a part."""
    if len(parts) < 2:
        return parts[0] if parts else None
    kinds = polars_schema(model)
    rows = pl.concat([pl.read_parquet(part, hive_partitioning=False) for part in parts])
    rows = rows.sort(PUBLISHED[table_name(model)].sort_by)
    return encode_part(model, rows.cast({name: kinds[name] for name in rows.columns}))


class _Hashed:
    """A file written from beginning to end and hashed on the way."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.hash, self.size = file, hashlib.sha256(), 0

    def write(self, data: bytes) -> None:
        """Write and hash."""
        self.file.write(data)
        self.hash.update(data)
        self.size += len(data)
