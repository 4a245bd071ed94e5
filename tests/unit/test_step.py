"""A step cannot be made without a promise, cannot break it in silence, and cannot run without leaving its record."""

import sys
from pathlib import Path
from typing import NamedTuple

import polars as pl
import pytest
from pandera.errors import SchemaErrors
from pandera.typing.polars import DataFrame

from schemas.release import Finding
from schemas.table import empty_frame, schema_sha256
from tasks import catalog
from tasks.lineage import Run, frame_sha256, modules_behind, recording, versions
from tasks.step import Step


class Pair(NamedTuple):
    findings: DataFrame[Finding]
    note: str


def _finding(**other: str) -> pl.DataFrame:
    row = {
        "release_id": "r",
        "check": "c",
        "severity": "info",
        "subject": "s",
        "observed": "o",
        "expected": "e",
        "advice": "a",
    }
    return pl.DataFrame([{**row, **other}])


def one(frame: pl.DataFrame) -> DataFrame[Finding]:
    return frame  # type: ignore[return-value]


def two(frame: pl.DataFrame) -> Pair:
    return Pair(frame, "text")  # type: ignore[arg-type]


def test_a_function_without_a_schema_in_its_signature_cannot_become_a_step() -> None:
    def vague(frame: pl.DataFrame) -> pl.DataFrame:
        return frame

    with pytest.raises(TypeError, match="vague cannot be a step"):
        Step(vague)


def test_every_entry_of_the_catalogue_is_a_step_or_the_two_context_managers() -> None:
    steps = {name: value for name, value in vars(catalog).items() if isinstance(value, Step)}
    assert len(steps) >= 14
    assert all(step.models for step in steps.values())


@pytest.mark.parametrize("function", [one, two])
def test_a_step_refuses_what_its_schema_refuses_with_every_failure(function) -> None:  # type: ignore[no-untyped-def]
    bad = pl.concat([_finding(severity="dreadful"), _finding(severity="awful")])
    with pytest.raises(SchemaErrors) as raised:
        Step(function)(bad)
    assert sorted(raised.value.failure_cases["failure_case"]) == ["awful", "dreadful"]


def test_a_step_leaves_a_record_with_hashes_rows_and_schema() -> None:
    frame = _finding()
    with recording(Run()) as run:
        Step(two)(frame)
    (record,) = run.records
    assert (record.step, record.rows_in, record.rows_out) == ("two", {"frame": 1}, {"findings": 1})
    assert record.inputs == {"frame": frame_sha256(frame)}
    assert record.outputs["findings"] == frame_sha256(frame)
    assert record.models == {"findings": Finding}
    assert record.error is None
    assert record.started <= record.ended


def test_a_step_that_fails_leaves_a_record_that_says_so() -> None:
    with recording(Run()) as run, pytest.raises(SchemaErrors):
        Step(one)(_finding(severity="dreadful"))
    (record,) = run.records
    assert record.error is not None
    assert "SchemaErrors" in record.error


def test_the_hash_of_a_frame_is_that_of_its_content_not_of_its_chunks() -> None:
    whole = pl.DataFrame({"code": ["a", "b", "a"], "n": [1, 2, None]}).with_columns(pl.col("code").cast(pl.Categorical))
    parts = pl.concat([whole[:1], whole[1:]], rechunk=False)
    assert parts.n_chunks() == 2
    assert frame_sha256(parts) == frame_sha256(whole)
    assert frame_sha256(whole[::-1]) != frame_sha256(whole)
    assert frame_sha256(whole.rename({"n": "m"})) != frame_sha256(whole)


def test_the_schema_hash_knows_ranges_and_words() -> None:
    class Narrow(Finding):
        pass

    assert schema_sha256(Narrow) == schema_sha256(Finding)
    assert empty_frame(Finding).columns == list(Finding.to_schema().columns)


def test_the_hash_of_a_steps_code_speaks_of_all_code_that_it_runs() -> None:
    """A parser is reached by the name of its source, and a loop or a constant by import alone."""
    read, derived = modules_behind("tasks.parse"), modules_behind("tasks.metrics")
    assert {
        "tasks.sources.gacc_query",
        "tasks.sources.published",
        "tasks.lexer",
        "tasks.quoted",
        "tasks.workbook",
    } <= set(read)
    assert {"tasks.figures", "tasks.sums", "tasks.calendar_grid", "tasks.definitions", "schemas.metric"} <= set(derived)
    assert not {"tasks.lexer", "tasks.quoted"} & set(derived)
    for name, file in {**read, **derived}.items():
        loaded = sys.modules.get(name)
        assert loaded is None or Path(str(loaded.__file__)) == file
    with pytest.raises(LookupError, match="no source file"):
        modules_behind("tasks.not_there")


def test_the_libraries_that_a_record_names_are_those_that_compute() -> None:
    assert {"polars", "pyarrow", "numba", "numpy"} <= set(versions())
