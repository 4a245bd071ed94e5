"""Names files that are not published yet and lie in the place of a run, each under its hash (`exchange`): those of one
table, and a state of the store that has some of them.

If the run ends, nothing of them is left but what was published: a publication links them. Several files of one month
lie side by side in its folder.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel

from schemas.layouts import LAYOUTS
from schemas.table import schema_sha256
from tasks.store.files import exchange
from tasks.store.files.manifest import FileEntry, encode
from tasks.store.files.snapshot import Snapshot, manifest_id
from tasks.store.snapshots.publish import NewFile, PlacedFile, entry_of


class PendingFile(BaseModel):
    """An unpublished file: its entry for publication and its size in bytes."""

    partition: str
    rows: int
    sha256: str
    size: int


class PendingFiles(BaseModel):
    """The unpublished files of a table in `place`, as a model that a step can record; their rows were validated as they
    were written."""

    table: str
    schema_sha256: str
    place: Path
    files: list[PendingFile] = []

    @classmethod
    def of(cls, table: str, place: Path) -> Self:
        """Start with no file."""
        return cls(table=table, schema_sha256=schema_sha256(table), place=place)

    @property
    def height(self) -> int:
        """Rows of all files."""
        return sum(file.rows for file in self.files)

    def is_of(self, table: str) -> bool:
        """Whether these are files of a table in its current form."""
        return (self.table, self.schema_sha256) == (table, schema_sha256(table))

    def keep(self, file: NewFile) -> None:
        """Write a file. Raises OSError where the disk is full."""
        self.add(file.partition, exchange.put(self.place, file.data), file.rows, file.bytes)

    def add(self, partition: str, name: str, rows: int, size: int) -> None:
        """Add a file that lies in the place under this name."""
        self.files.append(PendingFile(partition=partition, rows=rows, sha256=name, size=size))

    def new_files(self) -> Iterator[PlacedFile]:
        """Each file in its published form."""
        for file in self.files:
            yield PlacedFile(
                self.table,
                file.partition,
                self.place / file.sha256,
                file.sha256,
                file.size,
                file.rows,
                self.schema_sha256,
            )


@dataclass(frozen=True)
class PendingSnapshot(Snapshot):
    """A state that no reader sees: files of the published snapshot `base`, and others that lie in `place`, by the paths
    in `pending`."""

    base: Snapshot | None = field(kw_only=True)
    place: Path = field(kw_only=True)
    pending: frozenset[str] = field(kw_only=True)

    def located(self, entry: FileEntry) -> str:
        """The place of a file, as text."""
        if self.base is None or entry.path in self.pending:
            return f"{self.place}/{entry.sha256}"
        return self.base.located(entry)

    @property
    def carried(self) -> list[FileEntry]:
        """The files of the published snapshot that stay."""
        return [entry for entry in self.files if entry.path not in self.pending]

    def new_files(self) -> Iterator[PlacedFile]:
        """The files that are not published yet, in their published form."""
        for entry in self.files:
            if entry.path in self.pending:
                yield PlacedFile(
                    entry.table,
                    entry.partition,
                    self.place / entry.sha256,
                    entry.sha256,
                    entry.bytes,
                    entry.rows,
                    entry.schema_sha256,
                    LAYOUTS[entry.table].by_release,
                )


def pending_snapshot(
    store: Path,
    base: Snapshot | None,
    place: Path,
    stays: Iterable[FileEntry],
    pending: Iterable[FileEntry],
    about: dict[str, Any],
) -> PendingSnapshot:
    """Return the state after `base` that has these files; it is named as if it were published."""
    entries = [*pending]
    files = tuple(sorted([*stays, *entries], key=lambda entry: entry.path))
    sequence, parent = (base.sequence + 1, base.id) if base else (1, None)
    name = manifest_id(sequence, encode(sequence, parent, about, files, ()))
    paths = frozenset(entry.path for entry in entries)
    return PendingSnapshot(store, name, sequence, parent, about, files, base=base, place=place, pending=paths)


def leave(file: NewFile | PlacedFile, place: Path) -> FileEntry:
    """Write a file into the place of a run, or move it there, and return its entry. Raises OSError where the disk is
    full."""
    if isinstance(file, PlacedFile):
        exchange.take(place, file.sha256, file.path)
        return entry_of(file)
    return entry_of(replace(file, known_sha256=exchange.put(place, file.data)))
