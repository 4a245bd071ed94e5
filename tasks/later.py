"""Figures of months that are made anew because they look back on what changed: files that wait on disk to be published.

A correction of an old month changes the figures of five years after it, and those of the full cube are too many for memory.
So they are made a few months at a time and each file is set down as soon as it is encoded. It has no name on disk: whatever
becomes of the process, nothing of it is left.
"""

import io
import tempfile
import weakref
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import IO, Self

import polars as pl
from pydantic import BaseModel, PrivateAttr

from tasks.publish import NewFile
from tasks.tables import path_partition


class LaterFile(BaseModel):
    """A file that waits: its partition (a hive path), its rows and the hash of its bytes."""

    table: str
    partition: str
    rows: int
    sha256: str
    schema_sha256: str


class Later(BaseModel):
    """Files in the order in which they were made."""

    files: list[LaterFile] = []
    _folder: Path = PrivateAttr()
    _open: list[IO[bytes]] = PrivateAttr(default_factory=list)

    @classmethod
    def on_disk_of(cls, folder: Path) -> Self:
        """None yet; the bytes are set down on the disk of `folder`, which has room for what is published there."""
        made = cls()
        made._folder = folder
        return made

    def add(self, file: NewFile) -> None:
        """Set a file down. Raises OSError where the disk is full."""
        # It is open as long as it is wanted: it has no name by which to open it again.
        waiting = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115
        weakref.finalize(self, waiting.close)
        waiting.write(file.data)
        self._open.append(waiting)
        self.files.append(
            LaterFile(
                table=file.table, partition=file.partition, rows=file.rows, sha256=file.sha256,
                schema_sha256=file.schema_sha256,
            )
        )  # fmt: skip

    def new_files(self) -> Iterator[NewFile]:
        """Each file as it is published, one at a time in memory."""
        for file, waiting in zip(self.files, self._open, strict=True):
            yield NewFile(file.table, file.partition, _all(waiting), file.rows, file.schema_sha256)

    def rows(self, flow: str, where: pl.Expr, columns: Collection[str]) -> Iterator[pl.DataFrame]:
        """Of each file of a flow the rows for which `where` holds, codes as text."""
        for file, waiting in zip(self.files, self._open, strict=True):
            if path_partition(file.partition)[0] == flow:
                yield pl.scan_parquet(io.BytesIO(_all(waiting))).filter(where).select(columns).collect()


def _all(waiting: IO[bytes]) -> bytes:
    waiting.seek(0)
    return waiting.read()
