"""Functions for Python programs are made from questions: what `help` shows, and where a remark is heard."""

import importlib
import inspect
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Literal

import polars as pl
import pytest

from schemas.forms.doubt import NumberDoubt
from schemas.questions.claims import CheckClaim, CheckClaims
from schemas.questions.movers import Movers
from schemas.questions.question import Question
from schemas.questions.registry import name_of, questions_of
from schemas.questions.trace import Trace
from tasks.answers.form.answer import Answer
from tasks.answers.trade.mirror import MirrorAnswer
from tasks.answers.trade.trace import TraceAnswer
from tasks.api.forms import answers_of, docstring_of, function_of, parameters_of
from tasks.domain.errors import HowUnderstood
from tasks.reading.query import open_published

ANSWERS: list[Answer] = []
CUT = NumberDoubt("no_last_page", (), (), 24305, 24305)
SAID = "in doubt: the last page is full, and more may follow, 2025-06"


def month_asked(question: Movers) -> Answer:
    """An answer that the test puts here, and the month of the question as its table."""
    return replace(ANSWERS[-1], table=f"{question.month} against {question.against}")


class AskedMonth(Movers):
    """A question of this test."""

    ANSWER = f"{__name__}:month_asked"


@pytest.fixture
def answer(sample_store: Path) -> Iterator[Answer]:
    ANSWERS.append(Answer(pl.DataFrame({"a": [1]}), open_published(sample_store), ("a note",), (CUT,)))
    yield ANSWERS[-1]
    ANSWERS.clear()


def test_a_function_takes_the_fields_of_its_question_checked(answer: Answer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Answer, "RESULT", "table")
    monkeypatch.setattr(Answer, "beside_result", ())
    ask = function_of(AskedMonth, "month_asked")
    assert (ask(), ask("2025-06", against="year")) == ("latest against month", "2025-06 against year")
    with pytest.raises(ValueError, match="there is no against 'week'; there are month, year, ytd and 12m"):
        ask(against="week")
    with pytest.raises(TypeError, match="takes from 1 to 2 positional arguments"):
        ask("2025-06", "year")
    assert (ask.__name__, ask.__module__) == ("month_asked", "tidewaiter")


@pytest.mark.parametrize("face", ["python", "tool"])
def test_the_answer_of_each_question_takes_it_and_has_its_name(face: Literal["python", "tool"]) -> None:
    questions = questions_of(face)
    assert len(questions) >= 12
    assert ({CheckClaim, CheckClaims} & {*questions.values()}) == {CheckClaims if face == "python" else CheckClaim}
    for name, question in questions.items():
        answers = answers_of(question)
        assert answers.__name__ == name == name_of(question)
        (parameter,) = inspect.signature(answers).parameters.values()
        assert parameter.annotation is question
        assert question.NARROW or question is CheckClaim
        # What it is said to return is the type of the field that a program gets.
        answer: type[Answer] = inspect.signature(answers).return_annotation
        results = (inspect.get_annotations(one).get(answer.RESULT) for one in answer.__mro__)
        module, _, kind = question.RETURNS.rpartition(".")
        assert getattr(importlib.import_module(module), kind) is next(filter(None, results))
    assert Question not in questions.values()


def test_help_shows_the_parameters_with_their_own_first_and_a_line_for_each() -> None:
    parameters = inspect.signature(function_of(Movers, "movers")).parameters
    assert [*parameters] == [
        "month",
        "product",
        "partner",
        "against",
        "flow",
        "measure",
        "list",
        "as_of",
        "reporter",
        "store",
    ]
    assert parameters["month"].kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
    assert parameters["against"].kind is inspect.Parameter.KEYWORD_ONLY
    assert str(inspect.Signature(parameters_of(Trace))).startswith("(product: str, partner: str = 'world', month: str")
    about = docstring_of(Movers)
    assert about == function_of(Movers, "movers").__doc__
    first, args, returns = (about.index(words) for words in ("What made", "Args:\n    month: One month", "Returns:"))
    assert first < args < returns
    assert "    as_of: As it was known on this day, YYYY-MM-DD; none: now.\n" in about
    assert max(map(len, about.splitlines())) <= 120


def test_a_remark_is_a_warning_in_the_line_that_asks(answer: Answer) -> None:
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        rows = function_of(AskedMonth, "month_asked")()
    assert rows is answer.rows
    assert [(str(one.message), one.category) for one in heard] == [
        ("a note", HowUnderstood),
        (SAID, HowUnderstood),
    ]
    assert {one.filename for one in heard} == {__file__}


def test_what_a_result_says_itself_is_no_warning_beside_it(answer: Answer) -> None:
    """A trace has its doubts and not the notes, the rows of a mirror have both."""
    given = {"rows": answer.rows, "snapshot": answer.snapshot, "notes": answer.notes, "doubts": answer.doubts}
    assert answer.beside_result == ("a note", SAID)
    assert TraceAnswer(**given, trace=None).beside_result == ("a note",)  # type: ignore[arg-type]
    assert MirrorAnswer(**given, mirror=None).beside_result == ()  # type: ignore[arg-type]
