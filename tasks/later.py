"""Figures of months that are made anew because they look back on what changed: files that wait on disk to be published.

A correction of an old month changes the figures of five years after it, and those of the full cube are too many for memory.
So they are made a few months at a time, and each file is set down as soon as it is encoded. All of them lie one after the
other in a file that has no name: whatever becomes of the process, nothing of it is left.
"""

import io
import tempfile
import weakref
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import IO, Self

import polars as pl
from pydantic import BaseModel, PrivateAttr

from tasks.publish import NewFile
from tasks.tables import Partition, path_partition


class LaterFile(BaseModel):
    """A file that waits: what is published of it, and how many bytes it has."""

    table: str
    partition: str
    rows: int
    sha256: str
    schema_sha256: str
    size: int


class Later(BaseModel):
    """Files in the order in which they were made. A model, so that a step records what they are."""

    files: list[LaterFile] = []
    _waiting: IO[bytes] = PrivateAttr()

    @classmethod
    def beside(cls, store: Path) -> Self:
        """None yet. They wait on the disk of the store, which must have room for them anyway."""
        folder = store / "tmp"
        folder.mkdir(exist_ok=True)
        made = cls()
        made._waiting = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115
        # Nobody knows who looks at them last, so the file is closed when nobody can any more.
        weakref.finalize(made, made._waiting.close)
        return made

    @property
    def height(self) -> int:
        """Rows of all files."""
        return sum(file.rows for file in self.files)

    def add(self, file: NewFile) -> None:
        """Set a file down. Raises OSError where the disk is full."""
        self._waiting.seek(0, io.SEEK_END)
        self._waiting.write(file.data)
        self._waiting.flush()
        self.files.append(
            LaterFile(
                table=file.table, partition=file.partition, rows=file.rows, sha256=file.sha256,
                schema_sha256=file.schema_sha256, size=len(file.data),
            )
        )  # fmt: skip

    def new_files(self) -> Iterator[NewFile]:
        """Each file as it is published, one at a time in memory."""
        for file, data in self._read(lambda partition: True):
            yield NewFile(file.table, file.partition, data, file.rows, file.schema_sha256)

    def rows(
        self, keep: Callable[[Partition], bool], where: pl.Expr, columns: Collection[str]
    ) -> Iterator[pl.DataFrame]:
        """The rows for which `where` holds, codes as text, file by file of the partitions that `keep` says."""
        for _, data in self._read(keep):
            yield pl.scan_parquet(io.BytesIO(data)).filter(where).select(columns).collect()

    def _read(self, keep: Callable[[Partition], bool]) -> Iterator[tuple[LaterFile, bytes]]:
        begin = 0
        for file in self.files:
            if keep(path_partition(file.partition)):
                self._waiting.seek(begin)
                yield file, self._waiting.read(file.size)
            begin += file.size
