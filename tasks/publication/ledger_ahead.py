"""What a release makes of the ledger where no other release covers its months, made ahead by whoever has read its file.

A part of it counts only where its turn would make the same: nothing else is known of the months, nothing is decided,
the same is in doubt, and a file names the same derivation. Otherwise its turn makes that part, so that nothing but time
depends on it. Belongs here: what is handed over, and when it counts. Does not belong here: how it is made
(`publication.leave_ledger`), who makes it (`steps.statements`).
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl

from schemas.frames import Decision, Observation
from schemas.layouts import LAYOUTS
from schemas.table import schema_sha256
from tasks.checks.frame.context import NO_FRAMES
from tasks.checks.frame.registry import NO_FINDINGS, FileChecked, FindingsByCheck
from tasks.derive.portions import leave_frame, read_frame
from tasks.domain.hashing import frame_sha256
from tasks.domain.periods import month_index
from tasks.ledger.doubts import of_numbers
from tasks.ledger.ledger_after import Ledger
from tasks.ledger.published_state import PublishedState
from tasks.lineage.records import current_run
from tasks.store.snapshots.parquet import Partition, partition_month, path_partition
from tasks.store.snapshots.publish import PlacedFile

MadeOf = Callable[[Partition], Mapping[str, Any]]


class LeftFrame(NamedTuple):
    """A frame that was left: the name of its part, and the hash that a record has of it."""

    name: str
    sha256: str


class LeftFile(NamedTuple):
    """A file that was left under its hash, and what it says it was made from."""

    table: str
    partition: str
    sha256: str
    size: int
    rows: int
    derivation: str


class LedgerLeft(NamedTuple):
    """What was left in `place`: the findings of checks that need the file alone, the names of the frames that checks
    have `gathered`, the rows of the ledger, the wide table that has these `doubts`, and the files of the tables
    `detail`, `observation` and `trade_flow`."""

    place: Path
    findings_by_check: FindingsByCheck
    gathered: Mapping[str, str]
    touched: LeftFrame
    trade_flow: LeftFrame
    doubts: pl.DataFrame
    files: list[LeftFile]


class LedgerAhead:
    """What was left for a release, as its turn asks for it. Of these frames alone it has files."""

    def __init__(self, left: LedgerLeft, detail: pl.DataFrame) -> None:
        self._left, self._frames = left, {"detail": detail}

    def checked(self, known: PublishedState) -> FileChecked:
        """What checks have raised, and the frames that they have gathered; nothing where another release is known of
        the months."""
        if not is_alone(known):
            return FileChecked(NO_FINDINGS, NO_FRAMES)
        gathered = {name: read_frame(self._left.place, part) for name, part in self._left.gathered.items()}
        return FileChecked(self._left.findings_by_check, gathered)

    def touched(self, known: PublishedState, decisions: Decision) -> Observation | None:
        """The rows of the ledger; None where another release, or a decision, is known of their months."""
        if decisions.height or not is_alone(known):
            return None
        return self._read("observation", self._left.touched)

    def trade_flow(self, ledger_after: Ledger) -> pl.DataFrame | None:
        """The wide table of a ledger; None where its rows are others, or others of them are in doubt."""
        names = ledger_after.touched["release_id"].unique().cast(pl.String).to_list()
        doubts = ledger_after.doubts.filter(pl.col("release_id").is_in(names))
        if not self._is_of("observation", ledger_after.touched) or not _same(doubts, self._left.doubts):
            return None
        return self._read("trade_flow", self._left.trade_flow)

    def files(self, table: str, frame: pl.DataFrame, made_of: MadeOf) -> list[PlacedFile] | None:
        """The files of a frame of a table; None where they are of another, or of another derivation."""
        files = [file for file in self._left.files if file.table == table]
        if not self._is_of(table, frame) or any(
            file.derivation != text_of(made_of(path_partition(file.partition))) for file in files
        ):
            return None
        schema, place, is_added = schema_sha256(table), self._left.place, LAYOUTS[table].by_release
        return [
            PlacedFile(table, file.partition, place / file.sha256, file.sha256, file.size, file.rows, schema, is_added)
            for file in files
        ]

    def _is_of(self, table: str, frame: pl.DataFrame) -> bool:
        return self._frames.get(table) is frame

    def _read(self, table: str, left: LeftFrame) -> pl.DataFrame:
        frame = self._frames[table] = read_frame(self._left.place, left.name)
        if (run := current_run()) is not None:
            run.know(frame, left.sha256)
        return frame


def left_frame(place: Path, frame: pl.DataFrame) -> LeftFrame:
    """Leave a frame."""
    return LeftFrame(leave_frame(place, frame), frame_sha256(frame))


def text_of(derivation: Mapping[str, Any]) -> str:
    """A derivation as text, the same for the same content."""
    return json.dumps(derivation, sort_keys=True)


def is_alone(known: PublishedState) -> bool:
    """Whether no release that is known covers the months that a new one touches, or has a row in them."""
    months = {(month[0], partition_month(month)) for month in known.touched}
    spans = known.releases.select("flow", month_index("first_month"), month_index("last_month").alias("last")).unique()
    numbers = known.detail.select(pl.col("flow").cast(pl.String), month_index("period_end")).unique()
    return months.isdisjoint(numbers.iter_rows()) and not any(
        flow in (None, one) and first <= month <= last
        for flow, first, last in spans.iter_rows()
        for one, month in months
    )


def _same(doubts: pl.DataFrame, others: pl.DataFrame) -> bool:
    """Whether the doubts about numbers are the same, whichever place they have among all."""
    one, other = (of_numbers(some).drop("number") for some in (doubts, others))
    return one.equals(other)
