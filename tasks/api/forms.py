"""Makes a function for Python programs from a question: its parameters, defaults, types and docstring.

`help` and notebooks read the signature and docstring that are made here; type checkers and editors read them in
`tidewaiter/__init__.pyi`, which `tidewaiter.stub` writes. Nobody writes either out.
"""

import functools
import importlib
import inspect
import textwrap
import warnings
from collections.abc import Callable
from typing import Any

from schemas.questions.checks import checked, default_of, question_of
from schemas.questions.question import Form, Question, fields_of, help_of, sign, takes_several, type_of
from tasks.answers.form.answer import Answer
from tasks.domain.errors import HowUnderstood

PACKAGE = "tidewaiter"
WIDTH = 110


def answers_of(question: type[Question]) -> Callable[[Any], Answer]:
    """Return the function that answers a question; its module is imported now."""
    module, _, name = question.ANSWER.partition(":")
    function: Callable[[Any], Answer] = getattr(importlib.import_module(module), name)
    return function


@functools.cache
def function_of(question: type[Question], name: str) -> Callable[..., Any]:
    """Return the function that asks a question and is called `name` in the package: the caller gives the fields, and
    gets the result of the answer."""

    def ask(*args: Any, **kwargs: Any) -> Any:
        answer = answers_of(question)(checked(question_of(question, *args, **kwargs)))
        for remark in answer.beside_result:
            warnings.warn(remark, HowUnderstood, stacklevel=2)
        return getattr(answer, answer.RESULT)

    ask.__name__ = ask.__qualname__ = name
    ask.__module__ = PACKAGE
    ask.__doc__ = docstring_of(question)
    # Of which question it is made, for who compares it with other ways of asking.
    ask.question = question  # type: ignore[attr-defined]
    sign(ask, parameters_of(question), question.RETURNS)
    return ask


def parameters_of(question: type[Form]) -> list[inspect.Parameter]:
    """Return the parameters of a question, its own first."""
    return [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY if field.kw_only else inspect.Parameter.POSITIONAL_OR_KEYWORD,
            default=inspect.Parameter.empty if (default := default_of(field)) is ... else default,
            annotation=type_of(field),
        )
        for field in fields_of(question)
    ]


def docstring_of(question: type[Form]) -> str:
    """Return the docstring of a question with a line for each field, before what Python programs get."""
    lines = []
    for field in fields_of(question):
        text = help_of(field).text
        several = "; or several" if takes_several(field) else ""
        line = f"{field.name}: {text[:1].upper()}{text[1:]}{several}."
        lines.append(textwrap.fill(line, WIDTH, initial_indent="    ", subsequent_indent="        "))
    paragraphs = inspect.cleandoc(question.__doc__ or "").split("\n\n")
    place = next(
        (number for number, one in enumerate(paragraphs) if one.startswith(("Returns:", "Raises:", ">>>"))),
        len(paragraphs),
    )
    return "\n\n".join([*paragraphs[:place], "\n".join(["Args:", *lines]), *paragraphs[place:]])
