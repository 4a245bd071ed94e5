"""Keeps the files of a table that are not published yet in a file without a name: if the process ends, nothing of them
is left.

The files are complete (`parquet`); several of one month lie side by side in its folder.
"""

import contextlib
import tempfile
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Self

from pydantic import BaseModel, PrivateAttr

from schemas.table import schema_sha256
from tasks.store.publish import NewFile


class PendingFile(BaseModel):
    """An unpublished file: its entry for publication, its size in bytes, and where it begins among the others."""

    partition: str
    rows: int
    sha256: str
    size: int
    start: int


class PendingFiles(BaseModel):
    """The unpublished files of a table, as a model that a step can record; their rows were validated as they were
    written."""

    table: str
    schema_sha256: str
    files: list[PendingFile] = []
    _kept: IO[bytes] | None = PrivateAttr(default=None)

    @classmethod
    def of(cls, table: str) -> Self:
        """Start with no file."""
        return cls(table=table, schema_sha256=schema_sha256(table))

    @property
    def height(self) -> int:
        """Rows of all files."""
        return sum(file.rows for file in self.files)

    def is_of(self, table: str) -> bool:
        """Whether these are files of a table in its current form."""
        return (self.table, self.schema_sha256) == (table, schema_sha256(table))

    def keep(self, file: NewFile, store: Path) -> None:
        """Keep a file on the disk of the store, which must have room for it anyway. Raises OSError where the disk is
        full."""
        if self._kept is None:
            folder = store / "tmp"
            folder.mkdir(exist_ok=True, parents=True)
            self._kept = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115
            weakref.finalize(self, _close, self._kept)
        start = self._kept.seek(0, 2)
        self._kept.write(file.data)
        # A full disk is an error of this file, and not of whoever reads it next.
        self._kept.flush()
        self.files.append(
            PendingFile(partition=file.partition, rows=file.rows, sha256=file.sha256, size=len(file.data), start=start)
        )

    def data(self, file: PendingFile) -> bytes:
        """The bytes of a file."""
        assert self._kept is not None, "a file was kept"
        self._kept.seek(file.start)
        return self._kept.read(file.size)

    def new_files(self) -> Iterator[NewFile]:
        """Each file in its published form, one at a time in memory."""
        for file in self.files:
            yield NewFile(
                self.table, file.partition, self.data(file), file.rows, self.schema_sha256, known_sha256=file.sha256
            )


def _close(kept: IO[bytes]) -> None:
    # What a full disk did not take is flushed again here, and nobody could be told.
    with contextlib.suppress(OSError):
        kept.close()
