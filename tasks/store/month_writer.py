"""Writes a table of one month to an unpublished file, row group by row group.

The portions of a month are written when the last one is there. The files have no names: if the process ends, nothing of
them is left. Their format is in `parquet`.
"""

import bisect
import contextlib
import hashlib
import tempfile
import weakref
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import polars as pl
from polars.io.plugins import register_io_source
from pydantic import BaseModel, PrivateAttr

from schemas.table import PUBLISHED, Table, empty_frame, schema_sha256, table_name
from tasks.store.parquet import Partition, in_columns, parquet_options, partition_path, path_partition
from tasks.store.publish import NewFile


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
        file.close()


class MonthWriter:
    """Writes a table of one flow and month, whose rows arrive in portions; `derivation` records what it is made from.

    The file lies on the disk of the store, which must have room for it anyway. It is finished when the block ends
    without an error, and kept in `pending` if it has rows or `always` is set; otherwise it is discarded.
    """

    def __init__(
        self, pending: PendingFiles, model: type[Table], partition: Partition, derivation: Mapping[str, Any], store: Path, *,
        always: bool = False,
    ) -> None:  # fmt: skip
        self._pending, self._model, self._partition, self._always = pending, model, partition, always
        self._derivation, self._folder = derivation, store / "tmp"
        self._later: pl.DataFrame | None = None
        self._pieces: deque[pl.DataFrame] = deque()
        self._rows = 0
        self._file: _Hashed | None = None

    def __enter__(self) -> Self:
        self._folder.mkdir(exist_ok=True, parents=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            try:
                self._finish()
                return
            except BaseException:
                self._give_up()
                raise
        self._give_up()

    def add(self, rows: pl.DataFrame, before: str | None, *, is_validated: bool = False) -> None:
        """Add the rows of a portion, in order; products from `before` on are still to come, none for the last portion.

        Raises SchemaErrors for rows that do not fit the model, OSError where the disk is full.
        """
        if rows.height and not is_validated:
            self._model.validate(rows, lazy=True)
        due = [rows]
        if self._later is not None:
            # Only rows from the first product that was kept back on can come after one of those.
            head, tail = _split(rows, str(self._later["product"][0]))
            order = list(PUBLISHED[table_name(self._model)].sort_by)
            due, self._later = [head, pl.concat([self._later, tail]).sort(order)], None
        if before is not None:
            # A basket belongs to a portion with the chapters of its codes, and is written after all chapters.
            parts = [_split(part, before) for part in due]
            later = pl.concat([kept for _, kept in parts])
            due, self._later = [now for now, _ in parts], later if later.height else None
        for part in due:
            if part.height:
                self._put(in_columns(self._model, part))

    def _put(self, rows: pl.DataFrame) -> None:
        self._rows += rows.height
        self._pieces.append(rows)

    def _finish(self) -> None:
        if not self._pieces:
            if not self._always:
                return
            self._put(in_columns(self._model, empty_frame(self._model)))
        self._file = _Hashed(tempfile.TemporaryFile(dir=self._folder))  # noqa: SIM115
        self._write(self._pieces[0].clear(), self._file)
        found = PendingFile(
            partition=partition_path(self._partition), rows=self._rows, sha256=self._file.hash.hexdigest(), size=self._file.size
        )  # fmt: skip
        self._pending.keep(found, self._file.file)

    def _give_up(self) -> None:
        """Close the file, which is then gone."""
        self._pieces.clear()
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.file.close()

    def _taken(self) -> Iterator[pl.DataFrame]:
        """Yield the pieces, each of which is freed when the next is asked for.

        They are all there before Polars asks: a source that waits would hold threads of the pool that the next piece needs.
        """
        while self._pieces:
            yield self._pieces.popleft()

    def _write(self, like: pl.DataFrame, file: "_Hashed") -> None:
        source = register_io_source(lambda *asked: self._taken(), schema=like.schema)
        try:
            source.sink_parquet(
                file,
                engine="streaming",
                maintain_order=True,
                **parquet_options(self._model, like, self._derivation),
            )  # type: ignore[call-overload]
        except BaseException as problem:
            # Polars replaces every error of a file by its own, so the bytes go through `_Hashed`.
            raise (file.problem or problem) from None


def _split(rows: pl.DataFrame, product: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows, in order, before a product and from it on."""
    first = bisect.bisect_left(range(rows.height), product, key=lambda place: str(rows["product"][place]))
    return rows[:first], rows[first:]


class _Hashed:
    """A file written from beginning to end and hashed on the way."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.hash, self.size = file, hashlib.sha256(), 0
        self.problem: OSError | None = None

    def write(self, data: bytes) -> int:
        """Write and hash."""
        try:
            self.file.write(data)
        except OSError as problem:
            self.problem = problem
            raise
        self.hash.update(data)
        self.size += len(data)
        return len(data)

    def flush(self) -> None:
        """Flush the buffer."""
        self.file.flush()

    def close(self) -> None:
        """Does nothing: the file is read again, and its owner closes it."""
