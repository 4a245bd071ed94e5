"""Records each step of a run, with hashes of its inputs and outputs.

A record has two parts. The derivation (step, code, schema, inputs, outputs, rows, parameters, versions) is the same
whenever and wherever the step runs; it is published as the table `lineage`. The run (clock, ids, host) is not; it goes
into the OpenLineage events next to the store's tables and never into hashed content.
"""

import contextlib
import functools
import json
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import polars as pl
from pydantic import BaseModel

from schemas.forms.outcome import Outcome
from schemas.frames import Lineage
from schemas.store_address import S3Url
from schemas.table import polars_schema
from tasks.domain.hashing import frame_sha256, json_sha256, versions
from tasks.domain.text import counted
from tasks.store.files.snapshot import Snapshot


@dataclass(frozen=True)
class StepRecord:
    """One executed step.

    `inputs` and `outputs` map a name to the sha256 of its content; `tables` maps the name of an output frame to its
    table; `error` is the message of the exception that ended the step, None where it completed.
    """

    step: str
    code_sha256: str
    schema_sha256: str
    inputs: dict[str, str]
    outputs: dict[str, str]
    rows_in: dict[str, int]
    rows_out: dict[str, int]
    parameters: dict[str, Any]
    tables: dict[str, str]
    started: datetime
    ended: datetime
    run_id: UUID
    task_run_id: str | None = None
    error: str | None = None

    @property
    def line(self) -> str:
        """One line for a person: `normalise: 121 rows (120 detail, 1 release), 117 ms`."""
        if self.error is not None:
            return f"{self.step}: {self.error}"
        names = [name for name in self.rows_out if name != self.step]
        each = [name if len(names) == 1 else f"{self.rows_out[name]:,} {name}" for name in names]
        rows = [counted(sum(self.rows_out.values()), "row") + (f" ({', '.join(each)})" if each else "")]
        spent = round((self.ended - self.started).total_seconds() * 1000)
        return f"{self.step}: {', '.join([*(rows if self.rows_out else []), f'{spent:,} ms'])}"


@dataclass
class Run:
    """One pass through the steps: their records so far, the store, its external ids, and how it ended."""

    run_id: UUID = field(default_factory=uuid4)
    flow_run_id: str | None = None
    store: Path | None = None
    records: list[StepRecord] = field(default_factory=list)
    outcome: Outcome | None = None
    hashes: dict[int, tuple[weakref.ref[pl.DataFrame], str]] = field(default_factory=dict)

    def value_sha256(self, value: object) -> str:
        """Hash of an input or an output of a step, without what differs by machine."""
        if isinstance(value, pl.DataFrame):
            return self.frame_sha256(value)
        if isinstance(value, Snapshot):
            return json_sha256(value.id)
        if isinstance(value, BaseModel):
            # A dry run makes the snapshot that the run itself would make; tables follow when it is published.
            given = value.model_dump(mode="python", exclude={"dry_run", "tables"})
            plain = {key: part for key, part in given.items() if not isinstance(part, (Path, S3Url))}
            return json_sha256(plain)
        return json_sha256(repr(value))

    def frame_sha256(self, frame: pl.DataFrame) -> str:
        """Hash of a frame, computed once for all steps; the frame is not kept alive."""
        known, sha256 = self.hashes.get(id(frame), (None, ""))
        # A new frame may have the id of a deleted one.
        if known is None or known() is not frame:
            sha256 = frame_sha256(frame)
            self.hashes[id(frame)] = (weakref.ref(frame), sha256)
        return sha256


_current: ContextVar[Run | None] = ContextVar("tidewaiter_run", default=None)


@contextlib.contextmanager
def recording(run: Run) -> Iterator[Run]:
    """Steps inside add their records to `run`."""
    token = _current.set(run)
    try:
        yield run
    finally:
        _current.reset(token)


def current_run() -> Run | None:
    """The run that is being recorded, None outside of one."""
    return _current.get()


def as_table(release_id: str, records: Sequence[StepRecord]) -> Lineage:
    """The deterministic part of the records as rows of the table `lineage`, in the order of the steps.

    Failed attempts of a step that later succeeded are left out: a disk error is not part of a derivation.
    """
    rows = [
        lineage_row(
            release_id,
            position,
            record.step,
            record.code_sha256,
            record.schema_sha256,
            record.inputs,
            record.outputs,
            sum(record.rows_in.values()),
            sum(record.rows_out.values()),
            record.parameters,
        )
        for position, record in enumerate(_that_count(records), start=1)
    ]
    return pl.DataFrame(rows, schema=polars_schema("lineage"))


def _that_count(records: Sequence[StepRecord]) -> list[StepRecord]:
    last = {record.step: place for place, record in enumerate(records) if record.error is None}
    return [record for place, record in enumerate(records) if record.error is None or place > last.get(record.step, -1)]


def lineage_row(
    release_id: str,
    position: int,
    step: str,
    code: str,
    schema: str,
    inputs: Mapping[str, str],
    outputs: Mapping[str, str],
    rows_in: int,
    rows_out: int,
    parameters: Mapping[str, Any],
) -> dict[str, Any]:
    """One row of the table `lineage`."""
    given, results = ([f"{name}={sha256}" for name, sha256 in sorted(one.items())] for one in (inputs, outputs))
    parameters_text = json.dumps(dict(parameters), sort_keys=True, ensure_ascii=False, default=str)
    made_with = json.dumps(versions(), sort_keys=True)
    row = (release_id, position, step, code, schema, given, results, rows_in, rows_out, parameters_text, made_with)
    return dict(zip(_columns(), row, strict=True))


@functools.cache
def _columns() -> tuple[str, ...]:
    return (*polars_schema("lineage"),)
