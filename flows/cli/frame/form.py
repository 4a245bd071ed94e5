"""Makes a command from a question: its options, defaults and help are those of the question.

What a command has of its own, a format, a file or a number of rows, is another class of fields, each annotated as Typer
reads it. A command takes both: `def read(question: Read, page: Listed) -> None`.
"""

import inspect
from collections.abc import Callable, Collection
from dataclasses import MISSING
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

import typer

from flows.cli.frame import options
from flows.cli.frame.command import Commands
from schemas.questions.question import (
    Form,
    FormField,
    Question,
    fields_of,
    help_of,
    sign,
    summary_of,
    takes_several,
    type_of,
)

QuestionT = TypeVar("QuestionT", bound=Question)
OptionsT = TypeVar("OptionsT", bound=Form)
STORE = "store"
# The last options of every command.
SHARED = ("reporter", STORE)


class NoOptions(Form):
    """Nothing besides the question."""


class Printed(Form, kw_only=True):
    """How rows are printed."""

    form: options.Printed = options.Form.table


class Written(Printed, kw_only=True):
    """How rows are printed, or the file into which they are written."""

    output: options.Output = None


def command(
    commands: Commands,
    question: type[QuestionT],
    extra: type[OptionsT],
    *,
    epilog: str,
    name: str | None = None,
    optional: Collection[str] = (),
) -> Callable[[Callable[[QuestionT, OptionsT], None]], Callable[[QuestionT, OptionsT], None]]:
    """Register a function that answers a question as a command; its help is the docstring of the question.

    `optional` are fields of the question that the command can do without, because an option of its own replaces them.
    """
    parameters = [parameter_of(field, question, is_optional=field.name in optional) for field in fields_of(question)]
    place = next(number for number, one in enumerate(parameters) if one.name in SHARED)
    parameters[place:place] = map(own_parameter, fields_of(extra))
    names = {field.name for field in fields_of(question)}

    def register(function: Callable[[QuestionT, OptionsT], None]) -> Callable[[QuestionT, OptionsT], None]:
        def run(**given: Any) -> None:
            fields = {key: plain(value) for key, value in given.items() if key in names}
            function(question(**fields), extra(**{key: value for key, value in given.items() if key not in names}))

        # Of what it is made, for who compares it with other ways of asking.
        run.question, run.extra = question, extra  # type: ignore[attr-defined]
        sign(run, parameters, None)
        commands.command(name or function.__name__, help=summary_of(question), epilog=epilog)(run)
        return function

    return register


def plain(value: Any) -> Any:
    """Return what a question is asked with: of an option that may be repeated the only value, or several, or None."""
    if isinstance(value, list):
        return tuple(value) if len(value) > 1 else next(iter(value), None)
    return value


def parameter_of(field: FormField, question: type[Question], *, is_optional: bool = False) -> inspect.Parameter:
    """Return the option, or the word, of a field of a question."""
    kind = options.StoreGiven if field.name == STORE else _option(field, question, is_optional=is_optional)
    is_required = field.default is MISSING and not is_optional
    default: Any = inspect.Parameter.empty if is_required else options.STORE if field.name == STORE else _default(field)
    return inspect.Parameter(field.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)


def own_parameter(field: FormField) -> inspect.Parameter:
    """Return an option that a command has of its own."""
    default = inspect.Parameter.empty if field.default is MISSING else field.default
    return inspect.Parameter(field.name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=field.type)


def _default(field: FormField) -> Any:
    """Return the default of a field; of one that takes several there is a list, or none."""
    if field.default is MISSING:
        return None
    return [field.default] if takes_several(field) and isinstance(field.default, str) else field.default


def _option(field: FormField, question: type[Question], *, is_optional: bool) -> Any:
    about, kind, several = help_of(field), type_of(field), takes_several(field)
    shown = kind_of(kind)
    if several:
        shown = list[str]
    if field.default is None or is_optional:
        shown = Union[shown, None]  # noqa: UP007  (the type is not known here)
    if field.name == question.ARGUMENT:
        return Annotated[shown, typer.Argument(help=about.text + (options.SEVERAL if several else ""))]
    text = about.text + (options.MORE if several else "")
    # A field is called from_, because Python keeps the word.
    name = "--" + field.name.rstrip("_").replace("_", "-")
    flag = f"{name}/--no-{name[2:]}" if field.default is True else name
    return Annotated[shown, typer.Option(flag, help=text, min=about.least, max=about.most)]


def kind_of(kind: Any) -> Any:
    """Return the type of what a person writes for a field: choices, a number, a flag, a file, otherwise a text.

    >>> [kind_of(kind).__name__ for kind in (int | None, Path | str, str | None)]
    ['int', 'Path', 'str']
    """
    members = [one for one in get_args(kind) if one is not NoneType] if _is_union(kind) else [kind]
    choices = next((one for one in members if get_origin(one) is Literal), None)
    if choices is not None:
        return choices
    return next((one for one in (bool, int, Path) if one in members), str)


def _is_union(kind: Any) -> bool:
    return get_origin(kind) in (Union, UnionType)
