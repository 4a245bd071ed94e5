"""A step cannot be made without a promise, cannot break it in silence, and cannot run without leaving its record."""

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NamedTuple

import polars as pl
import pytest
from pandera.errors import SchemaErrors
from pandera.polars import Field

from schemas.frames import Finding
from schemas.model import Table, columns_of
from tasks.domain import hashing
from tasks.domain.doubt.findings import finding, gather
from tasks.domain.hashing import frame_sha256
from tasks.lineage.records import Run, as_table, recording
from tasks.steps import catalog, reading
from tasks.steps.step import Step


class Pair(NamedTuple):
    findings: Finding
    note: str


def _finding(severity: str = "info") -> pl.DataFrame:
    return gather("x", [finding("x", severity, "x", observed="x", expected="x", advice="x")])


def one(frame: pl.DataFrame) -> Finding:
    return frame  # type: ignore[return-value]


def two(frame: pl.DataFrame) -> Pair:
    return Pair(frame, "text")  # type: ignore[arg-type]


def test_a_function_without_a_schema_in_its_signature_cannot_become_a_step() -> None:
    def vague(frame: pl.DataFrame) -> pl.DataFrame:
        return frame

    with pytest.raises(TypeError, match="vague cannot be a step"):
        Step(vague)


def test_the_catalogue_holds_the_steps_that_the_flows_take_and_nothing_else() -> None:
    taken = {
        name for file in (Path(catalog.__file__).parents[2] / "flows").rglob("*.py")
        for name in re.findall(r"\b(?:step|reading)\.([a-z_]+)", file.read_text(encoding="utf-8"))
    }  # fmt: skip
    assert taken == {name for name, value in vars(catalog).items() if isinstance(value, Step)}
    assert {"land", "parse", "normalise", "merge", "derive", "publish"} <= taken
    # Those of reading are the same in both places.
    of_reading = {name: value for name, value in vars(reading).items() if isinstance(value, Step)}
    assert {*of_reading} == {"declare", "land", "amend", "parse", "correct", "normalise"}
    assert all(getattr(catalog, name) is value for name, value in of_reading.items())


@pytest.mark.parametrize("function", [one, two])
def test_a_step_refuses_what_its_schema_refuses_with_every_failure_and_leaves_a_record_of_it(function) -> None:  # type: ignore[no-untyped-def]
    bad = pl.concat([_finding(severity="dreadful"), _finding(severity="awful")])
    with recording(Run()) as run, pytest.raises(SchemaErrors) as raised:
        Step(function)(bad)
    assert sorted(raised.value.failure_cases["failure_case"]) == ["awful", "dreadful"]
    assert ["SchemaErrors" in (record.error or "") for record in run.records] == [True]


def test_a_step_leaves_a_record_with_hashes_rows_and_schema() -> None:
    frame = _finding()
    with recording(Run()) as run:
        Step(two)(frame)
    (record,) = run.records
    assert (record.step, record.rows_in, record.rows_out) == ("two", {"frame": 1}, {"findings": 1})
    assert record.inputs == {"frame": frame_sha256(frame)}
    assert record.outputs["findings"] == frame_sha256(frame)
    assert record.tables == {"findings": "finding"}
    assert record.error is None
    assert record.started <= record.ended


def test_the_trail_has_a_step_that_was_tried_again_once() -> None:
    """A disk that failed and then did not is no part of what was derived; who gets the events is told of both."""
    fails = [OSError("Input/output error")]

    def flaky(frame: pl.DataFrame) -> Finding:
        if fails:
            raise fails.pop()
        return frame  # type: ignore[return-value]

    step = Step(flaky)
    with recording(Run()) as run:
        with pytest.raises(OSError, match="Input/output"):
            step(_finding())
        step(_finding())
        Step(one)(_finding())
    assert [record.error is None for record in run.records] == [False, True, True]
    with recording(Run()) as smooth:
        step(_finding())
        Step(one)(_finding())
    made = as_table("r", run.records)
    assert made.select("position", "step").rows() == [(1, "flaky"), (2, "one")]
    assert made.equals(as_table("r", smooth.records))
    assert as_table("r", run.records[:1])["step"].to_list() == ["flaky"]


@pytest.fixture(params=[0, hashing.FEW_ROWS])
def few_rows(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """Frames of few rows are hashed in another way than those of many; here the same frames both ways."""
    monkeypatch.setattr(hashing, "FEW_ROWS", request.param)
    return int(request.param)


@pytest.mark.parametrize("kind", [pl.String, pl.Categorical, pl.Enum(["a", "b", "c"])])
@pytest.mark.parametrize("repeated", [1, 50_000])
@pytest.mark.usefixtures("few_rows")
def test_the_hash_of_a_frame_tells_rows_that_repeat_themselves_apart(kind: pl.DataType, repeated: int) -> None:
    """A value moved by one row, one run cut in two, a null for an empty text, columns that flow into one another."""
    texts = [[None, "a", "b"], ["a", "a", "b"], ["a", "b", "b"], ["b", "a", "b"], ["a", "b", None], [None, None, None]]
    frames = [pl.DataFrame({"x": [text for text in row for _ in range(repeated)]}, schema={"x": kind}) for row in texts]
    frames += [frames[0][1:], frames[0][:-1], pl.concat([frames[0][1:], frames[0][:1]]), frames[0].clear()]
    if kind == pl.String:
        frames += [
            pl.DataFrame({"x": ["", "a", "b"]}),
            pl.DataFrame({"x": ["a", "", "b"]}),
            pl.DataFrame({"x": ["ab", ""]}),
        ]
    expected = len({tuple(frame["x"]) for frame in frames})
    assert len({frame_sha256(frame) for frame in frames}) == expected


def test_the_hash_of_a_frame_is_the_same_on_every_machine(few_rows: int) -> None:
    """The number stands here as it came out once: a lineage is compared with one that was made elsewhere, years
    later."""
    frame = pl.DataFrame(
        {
            "code": ["a", "b", None, "a"], "word": ["a"] * 4, "n": [1, None, 3, 4], "x": [0.5, None, -0.0, 2.0],
            "yes": [True, False, None, True], "list": [["a"], [], None, ["b", "c"]],
        },
        schema_overrides={"code": pl.Categorical},
    )  # fmt: skip
    many, few = (
        "dd8efec6b6b6de4a079cdf36ffb7d28d19a85f5dba29269ad2f5bf89facf36cc",
        "71811cd139f3247ca7e542863dd0a758434c6aa76a7c9a7c05f4f5d9c5375966",
    )
    assert frame_sha256(frame) == (few if few_rows else many)


def _table(
    name: str = "x", kind: type = pl.Int64, words: str = "how much", unit: str = "kg", **checks: object
) -> type[Table]:
    field = Field(description=words, metadata={"unit": unit}, **checks)  # type: ignore[arg-type]
    return type("Made", (Table,), {"__annotations__": {name: kind}, name: field})


def test_the_schema_hash_knows_all_that_a_reader_is_told() -> None:
    tables = [
        _table(),
        _table(name="y"),
        _table(kind=pl.Float64),
        _table(words="how many"),
        _table(unit="g"),
        _table(ge=0),
        _table(ge=1),
        _table(nullable=True),
    ]
    assert len({str(columns_of(table)) for table in tables}) == len(tables)
    assert columns_of(_table(ge=1)) == columns_of(_table(ge=1))


@dataclass(frozen=True)
class Note:
    text: str


def note(text: str, day: date, folder: Path, today: date) -> Note:
    return Note(text) if text else text  # type: ignore[return-value]


def test_a_step_that_makes_another_thing_than_it_promised_is_refused() -> None:
    with recording(Run()) as run, pytest.raises(TypeError, match="a step promised Note and made str"):
        Step(note)("", date(2025, 7, 20), Path(), date(2025, 8, 1))
    assert ["TypeError" in (record.error or "") for record in run.records] == [True]


def test_a_record_names_the_settings_of_a_step_and_neither_the_clock_nor_a_place() -> None:
    with recording(Run()) as run:
        Step(note)("text", date(2025, 7, 20), Path(), today=date(2025, 8, 1))
    assert [record.parameters for record in run.records] == [{"text": "text", "day": "2025-07-20"}]
