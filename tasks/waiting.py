"""Files that wait on disk to be published: tables of which the rows come piece by piece and are too many for memory.

A month of the full cube has millions of figures, and the correction of an old month changes seven years of them. So what is
derived is written as it is made, row group by row group. The files have no names: whatever becomes of the process, nothing of
them is left. Belongs here: the waiting, and the writing of pieces. In which order pieces come is in `weave`, what a file looks
like in `tables`.
"""

import contextlib
import hashlib
import io
import queue
import tempfile
import threading
import weakref
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import polars as pl
from polars.io.plugins import register_io_source
from pydantic import BaseModel, PrivateAttr

from schemas.table import PUBLISHED, Table, schema_sha256, table_name
from tasks.publish import NewFile
from tasks.tables import Partition, encode_months, in_columns, parquet_options, partition_path, path_partition
from tasks.weave import Weaver

# Row groups of a file that wait until there is time to write them: one of metric is 40 MB, and more made nothing quicker.
AHEAD = 1
# Files of a table that are written side by side, each by a thread. Of other months the rows wait in memory: the engine that
# writes has few hundred threads for what it waits for, and would wait for ever if all of them did.
OPEN_MAX = 32
PATIENCE_S = 0.5


class WaitingFile(BaseModel):
    """A file that waits: what is published of it, and how many bytes it has."""

    partition: str
    rows: int
    sha256: str
    size: int


class Waiting(BaseModel):
    """The files of a table. A model, so that a step records what they are; their rows were held against the table's model."""

    table: str
    schema_sha256: str
    files: list[WaitingFile] = []
    # Where each lies: in which file, and where it begins there.
    _held: dict[str, tuple[IO[bytes], int]] = PrivateAttr(default_factory=dict)

    def model_post_init(self, context: Any) -> None:
        """Nobody knows who looks at the files last, so they are closed when nobody can any more."""
        super().model_post_init(context)
        weakref.finalize(self, _close, self._held)

    @classmethod
    def of(cls, model: type[Table]) -> Self:
        """None yet."""
        return cls(table=table_name(model), schema_sha256=schema_sha256(model))

    @property
    def height(self) -> int:
        """Rows of all files."""
        return sum(file.rows for file in self.files)

    def is_of(self, model: type[Table]) -> bool:
        """Whether these are files of a table as it is today."""
        return (self.table, self.schema_sha256) == (table_name(model), schema_sha256(model))

    def keep(self, file: WaitingFile, held: IO[bytes], begin: int = 0) -> None:
        """Take over a file that is written. Files are in the order of their partitions."""
        self.files.append(file)
        self.files.sort(key=lambda one: path_partition(one.partition))
        self._held[file.partition] = held, begin

    def data(self, partition: str) -> bytes:
        """The bytes of a file."""
        held, begin = self._held[partition]
        held.seek(begin)
        return held.read(next(file.size for file in self.files if file.partition == partition))

    def new_files(self) -> Iterator[NewFile]:
        """Each file as it is published, one at a time in memory."""
        for file in self.files:
            yield NewFile(self.table, file.partition, self.data(file.partition), file.rows, self.schema_sha256)

    def rows(
        self, keep: Callable[[Partition], bool], where: pl.Expr, columns: Collection[str]
    ) -> Iterator[pl.DataFrame]:
        """The rows for which `where` holds, codes as text, file by file of the partitions that `keep` says."""
        for file in self.files:
            if keep(path_partition(file.partition)):
                yield pl.scan_parquet(self.data(file.partition)).filter(where).select(columns).collect()


def _close(held: Mapping[str, tuple[IO[bytes], int]]) -> None:
    for file, _ in held.values():
        file.close()


class Writer:
    """Writes a table whose rows come portion by portion. `derivation` says what a partition was made from.

    The files lie on the disk of the store, which must have room for them anyway. They are finished by the last portion; what
    was not finished when the block is left is thrown away.
    """

    def __init__(self, model: type[Table], store: Path, derivation: Callable[[Partition], Mapping[str, Any]]) -> None:
        self.waiting = Waiting.of(model)
        self._model, self._derivation, self._folder = model, derivation, store / "tmp"
        self._weaver = Weaver(PUBLISHED[self.waiting.table].rows_per_group)
        self._open: dict[Partition, _File] = {}
        self._late: dict[Partition, list[pl.DataFrame]] = {}
        self._together: IO[bytes] | None = None

    def __enter__(self) -> Self:
        self._folder.mkdir(exist_ok=True, parents=True)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, problem: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Each is told before one is waited for.
        for file in self._open.values():
            file.give_up()
        for file in self._open.values():
            file.close()
        if kind is not None and self._together is not None:
            # What could not be written is not tried again when the file is closed.
            with contextlib.suppress(OSError):
                self._together.close()

    def add(self, rows: pl.DataFrame, before: str | None) -> None:
        """Rows of a portion, in order; products from `before` on are still to come, none where it is the last portion.

        Raises SchemaErrors for rows that do not fit the model, OSError where the disk is full.
        """
        if rows.height:
            self._model.validate(rows, lazy=True)
        if before is None and self._weaver.is_empty() and not self._open and not self._late:
            # All at once: no need for threads.
            self._keep_whole(rows)
            return
        for partition, piece in self._weaver.add(rows, before):
            if partition in self._open or (len(self._open) < OPEN_MAX and partition not in self._late):
                self._put(partition, piece)
            else:
                self._late.setdefault(partition, []).append(piece)
        if before is None:
            for partition in sorted(self._open):
                self.waiting.keep(*self._open[partition].end())
                del self._open[partition]
            for partition in sorted(self._late):
                self._keep_whole(pl.concat(self._late.pop(partition)))

    def _put(self, partition: Partition, piece: pl.DataFrame) -> None:
        if partition not in self._open:
            self._open[partition] = _File(self._model, partition, self._derivation(partition), self._folder)
        self._open[partition].put(piece)

    def _keep_whole(self, rows: pl.DataFrame) -> None:
        """Rows of whole months, one file after the other: of years there may be more files than a process may have open."""
        for made in encode_months(self._model, rows, self._derivation, in_order=True):
            if self._together is None:
                self._together = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115
            begin = self._together.seek(0, io.SEEK_END)
            self._together.write(made.data)
            self._together.flush()
            file = WaitingFile(partition=made.partition, rows=made.rows, sha256=made.sha256, size=len(made.data))
            self.waiting.keep(file, self._together, begin)


class _GivenUp(Exception):
    """Nobody wants the file any more."""


class _File:
    """A file in the making: a thread takes the pieces and writes each as a row group."""

    def __init__(self, model: type[Table], partition: Partition, derivation: Mapping[str, Any], folder: Path) -> None:
        self._model, self._partition, self._derivation = model, partition, derivation
        self._held = _Hashed(tempfile.TemporaryFile(dir=folder))  # noqa: SIM115
        self._pieces: queue.Queue[pl.DataFrame | None] = queue.Queue(AHEAD)
        self._is_given_up, self._rows = False, 0
        self._problem: BaseException | None = None
        self._thread: threading.Thread | None = None

    def put(self, piece: pl.DataFrame) -> None:
        """Write a row group; waits until there is room. Raises what ended the thread."""
        rows = in_columns(self._model, piece)
        if self._thread is None:
            self._thread = threading.Thread(target=self._write, args=(rows.clear(),), daemon=True)
            self._thread.start()
        self._rows += rows.height
        self._hand_over(rows)

    def end(self) -> tuple[WaitingFile, IO[bytes]]:
        """No more row groups. Raises what ended the thread."""
        assert self._thread is not None, "a file begins with a piece"
        self._hand_over(None)
        self._thread.join()
        self._raise_problem()
        told = WaitingFile(
            partition=partition_path(self._partition), rows=self._rows, sha256=self._held.hash.hexdigest(), size=self._held.size
        )  # fmt: skip
        return told, self._held.file

    def give_up(self) -> None:
        """Have the thread end, whatever it waits for."""
        self._is_given_up = True

    def close(self) -> None:
        """Wait for the end of the thread; the file is gone then."""
        if self._thread is not None:
            self._thread.join()
        self._held.file.close()

    def _hand_over(self, rows: pl.DataFrame | None) -> None:
        while True:
            self._raise_problem()
            try:
                self._pieces.put(rows, timeout=PATIENCE_S)
            except queue.Full:
                continue
            return

    def _raise_problem(self) -> None:
        if self._problem is not None:
            raise self._held.problem or self._problem

    def _taken(self) -> Iterator[pl.DataFrame]:
        while True:
            try:
                rows = self._pieces.get(timeout=PATIENCE_S)
            except queue.Empty:
                if self._is_given_up:
                    raise _GivenUp from None
                continue
            if rows is None:
                return
            yield rows

    def _write(self, like: pl.DataFrame) -> None:
        try:
            source = register_io_source(lambda *asked: self._taken(), schema=like.schema)
            # What the engine is given to write goes through our hands, because it turns every problem into one of its own.
            source.sink_parquet(
                self._held,
                engine="streaming",
                maintain_order=True,
                **parquet_options(self._model, like, self._derivation),
            )  # type: ignore[call-overload]
        except BaseException as problem:
            self._problem = problem


class _Hashed:
    """A file that is written from beginning to end, and hashed on the way. The engine that writes wants to flush and close it."""

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
        """Nobody reads before it is written."""
        self.file.flush()

    def close(self) -> None:
        """It is read again; who waits for it closes it."""
