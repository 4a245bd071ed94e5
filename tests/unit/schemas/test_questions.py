"""The classes of questions: what they refuse, and that reading them costs a command nothing."""

import dataclasses
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from schemas.questions.checks import checked, model_of, question_of
from schemas.questions.claims import CheckClaim, CheckClaims
from schemas.questions.event_brief import EventBrief
from schemas.questions.movers import Movers
from schemas.questions.plot import Plot
from schemas.questions.question import Form, Question, fields_of, help_of, summary_of, takes_several
from schemas.questions.read import Read
from schemas.questions.search import Search
from schemas.questions.trace import Trace
from tests.unit.schemas.question_modules import MODULES

BASE = "schemas.questions.question"
QUESTIONS: list[type[Question]] = [
    value
    for module in MODULES
    for value in vars(module).values()
    if isinstance(value, type) and issubclass(value, Question) and value.__module__ == module.__name__ != BASE
]


def test_the_questions_are_those_of_all_modules() -> None:
    assert len(QUESTIONS) >= 19
    assert {Read, CheckClaim, CheckClaims} < {*QUESTIONS}
    assert Question not in QUESTIONS


@pytest.mark.parametrize("question", QUESTIONS)
def test_each_field_has_a_help_that_fits_into_a_line_of_options(question: type[Question]) -> None:
    fields = [*fields_of(question)]
    assert {"store"} < {field.name for field in fields}
    assert fields[-1].name == "store", "what all questions share comes last"
    for field in fields:
        text = help_of(field).text
        assert 3 < len(text) < 200, field.name
        assert not text.endswith("."), field.name
    assert question.ARGUMENT in ("", *(field.name for field in fields))
    assert 20 < len(summary_of(question)) < 300
    assert ">>>" not in summary_of(question)
    assert "Returns" not in summary_of(question)


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Read(flow="both"), "there is no flow 'both'; there are export and import"),  # type: ignore[arg-type]
        (lambda: Read(flow="exports"), "there is no flow 'exports'; the nearest: export; there are export and import"),  # type: ignore[arg-type]
        (lambda: Trace("a", metric="mom"), "there is no metric 'mom'; the nearest: mom_pct; there are level, mom_pct"),
        (
            lambda: Trace("a", metric="MoM_pct"),
            "there is no metric 'MoM_pct'; the nearest: mom_pct; there are level, mom_pct",
        ),
        (lambda: Read(table="x"), "there is no table 'x'; there are claim, control_event, "),
        (lambda: Read(month=202406), "month is 202406: input should be a valid string; write 2024-06"),  # type: ignore[arg-type]
        (lambda: Read(top=0), "top is 0: input should be greater than or equal to 1"),
        (lambda: Read(top=10**10), "top is 10000000000: input should be less than or equal to 1000000000"),
        (lambda: Read(["a", 3]), r"product is \['a', 3\]: input should be a valid string"),  # type: ignore[list-item]
        (lambda: Trace("a", metric="size"), "there is no metric 'size'; there are level, mom_pct"),
        (
            lambda: Movers(against="week", flow="out"),  # type: ignore[arg-type]
            "there is no against 'week'; there are month, year, ytd and 12m; there is no flow 'out'",
        ),
        (lambda: Search(None), "text is None: input should be a valid string"),  # type: ignore[arg-type]
    ],
)
def test_what_a_question_does_not_take_is_said_field_by_field(make: Callable[[], Question], says: str) -> None:
    with pytest.raises(ValueError, match=f"^{says}"):
        checked(make())


def test_a_question_cannot_be_changed_and_takes_no_other_field() -> None:
    question = Read("magnets")
    with pytest.raises(dataclasses.FrozenInstanceError):
        question.month = "2025-06"  # type: ignore[misc]
    with pytest.raises(TypeError, match="colour"):
        Read(colour="red")  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="colour"):
        model_of(Read)(colour="red")
    schema = model_of(Read).model_json_schema()
    assert (schema["additionalProperties"], schema["properties"]["top"]["anyOf"][0]["minimum"]) == (False, 1)


def test_several_texts_are_read_once_and_kept_in_order() -> None:
    asked = checked(Read((name for name in ("b", "a")), columns="level, mom_pct", reporter=["CHN", "USA", "CHN"]))
    assert (asked.product, asked.shown, asked.reporters) == (("b", "a"), ("level", "mom_pct"), ("CHN", "USA"))
    assert checked(Read(columns=["reporter", "level"], reporter=("CHN", "USA"))).shown == ("level",)
    assert checked(Read(columns=["reporter", "level"])).shown == ("reporter", "level")
    assert [field.name for field in fields_of(Plot) if takes_several(field)] == [
        "product",
        "partner",
        "month",
        "reporter",
    ]
    assert checked(CheckClaims([{"value": 353}])).claims == ({"value": 353},)


def test_a_question_that_lacks_a_field_is_named_as_people_do() -> None:
    with pytest.raises(ValueError, match="the question about event brief lacks event "):
        question_of(EventBrief)


def test_a_field_without_help_is_a_fault() -> None:
    class Bare(Form):
        size: int = 1

    with pytest.raises(TypeError, match="the field size has no help"):
        help_of(next(fields_of(Bare)))


def test_the_questions_load_no_library() -> None:
    folder = Path(__file__).parents[3] / "schemas" / "questions"
    names = [
        f"schemas.questions.{file.stem}" for file in folder.glob("*.py") if file.stem not in ("__init__", "checks")
    ]
    code = f"import sys, {', '.join(names)}; print('pydantic' in sys.modules, 'polars' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=folder.parents[1]
    )
    assert (len(names) >= 13, done.stdout.split()) == (True, ["False", "False"])
