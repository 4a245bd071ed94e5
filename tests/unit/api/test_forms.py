"""Functions for Python programs are made from questions: what `help` shows, and where a remark is heard."""

import inspect
import warnings
from pathlib import Path

import polars as pl
import pytest

from schemas.questions.movers import Movers
from schemas.questions.trace import Trace
from tasks.answers.form.answer import Answer
from tasks.api.forms import docstring_of, function_of, parameters_of, tell
from tasks.domain.errors import HowUnderstood
from tasks.reading.query import open_published


@function_of(Movers)
def asked_month(question: Movers) -> str:
    return f"{question.month} against {question.against}"


def test_a_function_takes_the_fields_of_its_question_checked() -> None:
    assert (asked_month(), asked_month("2025-06", against="year")) == ("latest against month", "2025-06 against year")
    with pytest.raises(ValueError, match="there is no against 'week'; there are month and year"):
        asked_month(against="week")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="takes from 1 to 2 positional arguments"):
        asked_month("2025-06", "year")  # type: ignore[call-arg]
    assert (asked_month.__name__, asked_month.__module__) == ("asked_month", __name__)


def test_help_shows_the_parameters_with_their_own_first_and_a_line_for_each() -> None:
    parameters = inspect.signature(asked_month).parameters
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
    assert about == asked_month.__doc__
    first, args, returns = (about.index(words) for words in ("What made", "Args:\n    month: One month", "Returns:"))
    assert first < args < returns
    assert "    as_of: As it was known on this day, YYYY-MM-DD; none: now.\n" in about
    assert max(map(len, about.splitlines())) <= 120


def test_a_remark_is_a_warning_in_the_line_that_asks(sample_store: Path) -> None:
    answer = Answer(pl.DataFrame(), open_published(sample_store), notes=("a note",), doubts=("one row",))

    @function_of(Movers)
    def rows(_: Movers) -> Answer:
        return tell(answer)

    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        rows()
    assert [(str(one.message), one.category) for one in heard] == [
        ("a note", HowUnderstood),
        ("in doubt: one row", HowUnderstood),
    ]
    assert {one.filename for one in heard} == {__file__}
