"""Reads the statements of a file: here, or ahead of its turn by whoever does pieces.

What is read ahead counts only where the file then lands exactly as was expected: the same bytes, declaration, day and
edition. Otherwise, and where it cannot be read, it is read in its turn, so that nothing but time depends on it. With
the statements comes what they make of the ledger (`publication.ledger_ahead`). Belongs here: the steps from bytes to
statements, and how their results come back. Does not belong here: what the steps do (`ingest`), which files are read
ahead (`flows.watch`).
"""

import contextlib
import logging
import shutil
from collections import deque
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from schemas.forms.request import Landed, ReleaseRequest
from tasks.derive.executor import Pieces, pieces_ahead, pieces_at_once
from tasks.derive.portions import leave_frame, read_frame
from tasks.ingest.declaration import locate
from tasks.ingest.editions import amended
from tasks.ingest.normalise import Normalised
from tasks.ingest.raw_store import expected
from tasks.ingest.unpack import read_download
from tasks.lineage.records import Run, StepRecord, current_run, recording
from tasks.publication.ledger_ahead import LedgerAhead, LedgerLeft
from tasks.publication.publication import leave_ledger
from tasks.sources.registry import SOURCES, read_file
from tasks.steps.reading import correct, normalise, parse
from tasks.store.files.snapshot import open_snapshot
from tasks.store.files.temporary import folder_next_to
from tasks.store.snapshots.parquet import read_table

# Larger frames are left in the place of the run and do not pass through a pipe or a scheduler.
FEW_ROWS = 2_000
# Bytes of a download for each of its records, about.
BYTES_OF_A_RECORD = 100
log = logging.getLogger("tidewaiter.statements")


class FileToRead(NamedTuple):
    """A file to read ahead, the store that it is for, where its statements are left, and a `title` for people."""

    request: ReleaseRequest
    store: Path
    place: Path
    today: date
    title: str


class FileRead(NamedTuple):
    """What was read: how the file was expected to land, the records of the steps, the statements, of which large frames
    are names, and what they make of the ledger, None where another release is known of their months."""

    landed: Landed
    records: list[StepRecord]
    parts: dict[str, pl.DataFrame | str]
    ledger: LedgerLeft | None


def read_one(piece: FileToRead) -> FileRead | None:
    """Read a file wherever it lies; None where that fails in any way, because its own turn says why."""
    try:
        declared = locate(piece.request)
        raw = read_download(declared.file, is_archive=SOURCES[declared.source].is_archive)
        landed = amended(expected(declared, raw, piece.today), piece.store, piece.today, declared.released_on)
        landed = landed.model_copy(update={"parsed": read_file(landed.source, raw, landed.file.name)})
        del raw
        with recording(Run()) as run:
            statements = normalise(landed, correct(landed, parse(landed), piece.today))
        landed = landed.without_records
        piece.place.mkdir()
        parts = {
            name: leave_frame(piece.place, frame) if frame.height > FEW_ROWS else frame
            for name, frame in statements._asdict().items()
        }
    except Exception as problem:
        log.info("%s is read in its turn: %s", piece.request.file, problem)
        shutil.rmtree(piece.place, ignore_errors=True)
        return None
    return FileRead(landed, run.records, parts, _ledger(piece, statements))


def _ledger(piece: FileToRead, statements: Normalised) -> LedgerLeft | None:
    try:
        return leave_ledger(statements, piece.place, read_table(open_snapshot(piece.store), "release"))
    except Exception as problem:
        log.info("%s is entered into the ledger in its turn: %s", piece.request.file, problem)
        return None


class ReadAhead:
    """Files that are read ahead, in the order of their turns; none where it does not pay."""

    def __init__(self, pieces: Pieces | None, waiting: Sequence[FileToRead], today: date) -> None:
        self._pieces, self._waiting, self._today = pieces, deque(waiting), today
        self._ledger: LedgerAhead | None = None
        self._used: Path | None = None

    def take_ledger(self) -> LedgerAhead | None:
        """What the last statements make of the ledger, once: its frames are large. None where they were not read
        ahead."""
        ledger, self._ledger = self._ledger, None
        return ledger

    def statements(self, landed: Landed, today: date) -> Normalised | None:
        """The statements of a file that has landed, with the records of their steps in the current run; None where it
        was not read ahead, or has landed in another way than was expected."""
        self._ledger = None
        done = self._of(landed.file)
        if done is None or today != self._today or _print(done[1].landed) != _print(landed):
            return None
        piece, (_, records, parts, ledger) = done
        statements = Normalised(
            **{name: read_frame(piece.place, part) if isinstance(part, str) else part for name, part in parts.items()}
        )
        run = current_run()
        assert run is not None, "a release is read in a run"
        run.records += records
        for name, sha256 in records[-1].outputs.items():
            run.know(getattr(statements, name), sha256)
        self._ledger = ledger and LedgerAhead(ledger, statements.detail)
        # What it makes of the ledger is taken from here in its turn.
        self._used = piece.place
        return statements

    def _of(self, file: Path) -> tuple[FileToRead, FileRead] | None:
        if self._pieces is None or all(piece.request.file != file for piece in self._waiting):
            return None
        if self._used is not None:
            shutil.rmtree(self._used, ignore_errors=True)
        # Files between them were refused before they were read.
        while True:
            piece, read = self._waiting.popleft(), self._next()
            if piece.request.file == file and read is not None:
                return piece, read
            shutil.rmtree(piece.place, ignore_errors=True)
            if piece.request.file == file:
                return None

    def _next(self) -> FileRead | None:
        assert self._pieces is not None
        try:
            read: FileRead | None = next(self._pieces)
        except Exception as problem:
            # Whoever did it has failed, and not the file: that is read in its turn.
            log.info("a file is read in its turn: %s", problem)
            return None
        return read


def _print(landed: Landed) -> dict[str, Any]:
    """What of a landed file its statements rest on."""
    return landed.model_dump(exclude={"raw", "store"})


@contextlib.contextmanager
def reading_ahead(requests: Sequence[ReleaseRequest], store: Path, today: date) -> Iterator[ReadAhead]:
    """Read all files but the first ahead, which is read here meanwhile, where there is an engine and it pays."""
    with contextlib.ExitStack() as stack:
        waiting, pieces = list[FileToRead](), None
        # Where no folder can be made beside the store, the turn of a file says why.
        with contextlib.suppress(OSError):
            rows = sum(request.file.stat().st_size for request in requests) // BYTES_OF_A_RECORD
            if len(requests) > 1 and pieces_at_once(rows) > 1:
                folder = stack.enter_context(folder_next_to(store))
                waiting = [
                    FileToRead(request, store.absolute(), folder / str(number), today, f"read {request.file.name}")
                    for number, request in enumerate(requests[1:])
                ]
                pieces = pieces_ahead(read_one, waiting, rows=rows)
        if pieces is not None:
            stack.callback(pieces.close)
        yield ReadAhead(pieces, waiting, today)


NOTHING_AHEAD = ReadAhead(None, (), date.min)
