"""Steps that were taken elsewhere leave the records, the hashes and the error that they would have left here."""

import pickle
from typing import Any, NamedTuple

import polars as pl
import pytest

from schemas.table import DataFrame, empty_frame
from schemas.tables.release import Finding
from tasks.domain.hashing import frame_sha256
from tasks.lineage import records as lineage
from tasks.lineage.records import Run, StepRecord, recording
from tasks.steps.done import Done, adopt, set_down
from tasks.steps.step import Step


class Both(NamedTuple):
    findings: DataFrame[Finding]
    note: str


def both(number: int) -> Both:
    return Both(counted(number), "text")


def counted(number: int) -> DataFrame[Finding]:
    if number > 1:
        raise ValueError(f"{number} is too many")
    return DataFrame[Finding](empty_frame(Finding))


class AskingForTwo(Exception):
    """Goes into a pickle and does not come out of it."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{what} in {where}")

    def __reduce__(self) -> tuple[Any, ...]:
        return AskingForTwo, ()


def _two(second: int) -> Done:
    """Two steps, which came back from another process."""
    step = Step(counted)
    done: Done = pickle.loads(pickle.dumps(set_down(lambda: [step(1), step(second)][-1])))
    return done


def test_the_error_of_the_last_step_ends_those_who_take_them_over() -> None:
    told: list[tuple[StepRecord, Exception | None]] = []
    with pytest.raises(ValueError, match=r"^2 is too many$"):
        adopt(_two(2), lambda record, problem: told.append((record, problem)))
    (first, no_problem), (last, problem) = told
    assert (first.error, no_problem) == (None, None)
    assert "2 is too many" in str(last.error)
    assert isinstance(problem, ValueError)


def test_steps_that_ended_well_have_no_problem_and_leave_nothing_in_the_run_around_them() -> None:
    told: list[Exception | None] = []
    with recording(Run()) as run:
        done = _two(1)
        assert run.records == []
        assert adopt(done, lambda record, problem: told.append(problem)).equals(empty_frame(Finding))
    assert told == [None, None]


def test_an_error_that_cannot_travel_is_told_with_its_name() -> None:
    def fails() -> None:
        raise AskingForTwo("a.csv", "a quote")

    problem = set_down(fails).problem
    assert type(problem) is RuntimeError
    assert str(problem) == "AskingForTwo: a quote in a.csv"


def test_frames_that_were_hashed_elsewhere_are_not_hashed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    done = set_down(lambda: Step(both)(1))
    hashed: list[pl.DataFrame] = []
    monkeypatch.setattr(lineage, "frame_sha256", lambda frame: str(hashed.append(frame)))
    with recording(Run()) as run:
        made = adopt(done, lambda record, problem: None)
        assert run.frame_sha256(made.findings) == frame_sha256(made.findings)
    assert hashed == []
