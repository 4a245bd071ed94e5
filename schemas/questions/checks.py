"""Checks what a question was given: the model of pydantic of a question, and what is wrong in one sentence."""

import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import MISSING
from datetime import date
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

import pydantic
from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError, create_model
from pydantic_core import ErrorDetails

from schemas.questions.question import Form, FormField, fields_of, help_of, no_choice, summary_of, type_of

FormT = TypeVar("FormT", bound=Form)
# As a person writes it, for fields whose texts have a form.
EXAMPLES = {"month": "2024-06, June 2024, 2024-01..2024-06 or latest", "as_of": "2025-06-30"}
# Fields of months; a day stands for its month.
MONTHS = ("month", "since", "until")


def checked(question: FormT) -> FormT:
    """Return a question whose fields have the types, bounds and choices that it names; several texts are a tuple.

    Raises ValueError, which says of each field what is wrong.
    """
    kind: Any = type(question)
    given = {field.name: _of_month(field, getattr(question, field.name)) for field in fields_of(kind)}
    try:
        read = model_of(kind)(**given)
    except ValidationError as error:
        raise ValueError(sentence(error)) from None
    checked_question: FormT = kind(**{name: getattr(read, name) for name in given})
    return checked_question


def question_of(question: type[FormT], *args: Any, **given: Any) -> FormT:
    """Return a question of what was given. Raises ValueError that names each field that it lacks, and what it is."""
    fields = [*fields_of(question)]
    in_order = (field.name for field in fields if not field.kw_only)
    known = {*given, *(name for name, _ in zip(in_order, args, strict=False))}
    if lacking := [field for field in fields if default_of(field) is ... and field.name not in known]:
        named = "; ".join(f"{field.name} ({help_of(field).text})" for field in lacking)
        name = re.sub(r"\B[A-Z]", r" \g<0>", question.__name__).lower()
        raise ValueError(f"the question about {name} lacks {named}")
    return question(*args, **given)


def _of_month(field: FormField, value: Any) -> Any:
    """A value of a field, of a month also where it is a day of Python, alone or among others."""
    if field.name not in MONTHS or value is None or isinstance(value, str | bytes):
        return value
    if isinstance(value, date):
        return f"{value:%Y-%m}"
    return [_of_month(field, one) for one in value] if isinstance(value, Iterable) else value


@functools.cache
def model_of(question: type[Form]) -> type[BaseModel]:
    """Return the model of pydantic of a question."""
    fields = {field.name: (annotation_of(field), default_of(field)) for field in fields_of(question)}
    config = ConfigDict(frozen=True, extra="forbid")
    # Its overloads take no fields of which the names are not known.
    create: Any = create_model
    model: type[BaseModel] = create(question.__name__, __config__=config, __doc__=summary_of(question), **fields)
    return model


def annotation_of(field: FormField) -> Any:
    """Return the type of a field with its help and bounds, as pydantic has them."""
    about = help_of(field)
    bounds = pydantic.Field(description=about.text, ge=about.least, le=about.most)
    return Annotated[_without_iterators(type_of(field)), bounds]


def default_of(field: FormField) -> Any:
    """Return the default of a field; `...` for one that must be given."""
    return ... if field.default is MISSING else field.default


def _without_iterators(kind: Any) -> Any:
    """Replace what can be read once alone: several texts become a tuple."""
    if get_origin(kind) is Iterable:
        return Annotated[tuple[(*get_args(kind), ...)], BeforeValidator(_listed)]  # type: ignore[misc]
    if any(get_origin(one) is Iterable for one in get_args(kind)):
        return Union[tuple(map(_without_iterators, get_args(kind)))]  # noqa: UP007  (its members are not known here)
    return kind


def _listed(given: Any) -> Any:
    return tuple(given) if isinstance(given, Iterable) and not isinstance(given, str | bytes | Mapping) else given


def sentence(error: ValidationError) -> str:
    """Return what is wrong with each field, in one sentence."""
    by_field: dict[str, ErrorDetails] = {}
    for problem in error.errors(include_url=False):
        # Of a field that takes one text or several, the first problem is that of one.
        by_field.setdefault(str(problem["loc"][0]) if problem["loc"] else "", problem)
    return "; ".join(_words(field, problem) for field, problem in by_field.items())


def _words(field: str, problem: ErrorDetails) -> str:
    given = repr(problem["input"])
    shown = given if len(given) <= SHOWN_MAX else given[:SHOWN_MAX] + "…"
    if problem["type"] == "missing":
        return f"{field} is missing: field required"
    if problem["type"] == "literal_error":
        first, _, last = problem["ctx"]["expected"].replace("'", "").rpartition(" or ")
        return no_choice(field, shown, [*first.split(", "), last] if first else [last])
    why = f"{field} is {shown}: {problem['msg'][:1].lower()}{problem['msg'][1:]}"
    return f"{why}; write {EXAMPLES[field]}" if field in EXAMPLES else why


# Of what was given a message repeats as much.
SHOWN_MAX = 100
