"""Makes a function for Python programs from a question: its parameters, defaults, types and docstring.

Type checkers take the parameters from the class of the question, `help` and notebooks from the signature and docstring
that are made here. Neither is written out a second time.
"""

import inspect
import textwrap
import warnings
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from schemas.questions.checks import checked, default_of
from schemas.questions.question import Form, fields_of, help_of, sign, takes_several, type_of
from tasks.answers.form.answer import Answer
from tasks.domain.errors import HowUnderstood

P = ParamSpec("P")
R = TypeVar("R")
FormT = TypeVar("FormT", bound=Form)
AnswerT = TypeVar("AnswerT", bound=Answer)
# From a warning to the line of the caller: `tell`, the function that answers, and the one that asks.
LEVELS = 4
WIDTH = 110


def function_of(question: Callable[P, FormT]) -> Callable[[Callable[[FormT], R]], Callable[P, R]]:
    """Return a decorator of a function that answers a question: the caller gives the fields of the question."""

    def decorate(answer: Callable[[FormT], R]) -> Callable[P, R]:
        def ask(*args: P.args, **kwargs: P.kwargs) -> R:
            return answer(checked(question(*args, **kwargs)))

        ask.__name__ = ask.__qualname__ = answer.__name__
        ask.__module__ = answer.__module__
        ask.__doc__ = docstring_of(question)  # type: ignore[arg-type]  # a class is what makes its objects
        # Of which question it is made, for who compares it with other ways of asking.
        ask.question = question  # type: ignore[attr-defined]
        sign(ask, parameters_of(question), inspect.signature(answer).return_annotation)  # type: ignore[arg-type]
        return ask

    return decorate


def tell(answer: AnswerT) -> AnswerT:
    """Return an answer whose remarks have become warnings, where the caller asked."""
    for remark in answer.remarks:
        warnings.warn(remark, HowUnderstood, stacklevel=LEVELS)
    return answer


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
