"""Reads the values of options and arguments that need no pydantic: texts, choices, whole numbers, paths, addresses.

Typer reads every value with pydantic, also one that nobody gave, and pydantic takes as long to import as Typer. What is
not plainly right is left to Typer, which says what is wrong with it; only a choice that there is not is refused here.
"""

import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, get_args, get_origin

import typer

from schemas.questions.question import no_choice

DIGITS_MAX = 9


class NotPlain(Exception):
    """A value that Typer reads."""


class PlainValues:
    """Reads the values of one parameter of a command, in place of what Typer makes for it."""

    def __init__(self, of_typer: Callable[[], Any]) -> None:
        self._of_typer = of_typer

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """Return the value of a parameter: a list of one that may be repeated, None where nothing was given. Raises
        typer.BadParameter."""
        read = partial(_plain, about=param.type_descriptor, name=param.opts[0].lstrip("-"))
        try:
            if param.multiple or param.nargs == -1:
                if isinstance(value, str):
                    raise NotPlain
                return [read(one) for one in value] if value is not None else ()
            return read(value) if value is not None else None
        except NotPlain:
            return self._of_typer().coerce(value, param=param, ctx=ctx)
        except typer.BadParameter as error:
            error.ctx, error.param = ctx, param
            raise


def read_plainly(parameter: Any) -> None:
    """Make a parameter read its plain values without pydantic."""
    if not isinstance(parameter.get_runtime_param, partial):
        parameter.get_runtime_param = partial(PlainValues, parameter.get_runtime_param)


def _plain(value: Any, about: Any, name: str) -> Any:
    """Return one value. Raises NotPlain for one of a kind that is not known here, and typer.BadParameter."""
    kind, info = about.annotation, about.parameter_info
    kind = get_args(kind)[0] if get_origin(kind) is list else kind
    if about.is_file or get_origin(kind) is tuple:
        raise NotPlain
    if info.parser is not None:
        try:
            return info.parser(value)
        except ValueError as error:
            raise NotPlain from error
    if about.choices is not None:
        return _choice(value, about, name)
    if kind is str and isinstance(value, str):
        return value
    if kind is int:
        return _whole_number(value, info)
    if kind is Path:
        return _path(value, info)
    raise NotPlain


def _choice(value: Any, about: Any, field: str) -> Any:
    if not about.case_sensitive:
        raise NotPlain
    names = {str(getattr(choice, "value", choice)): choice for choice in about.choices}
    name = str(getattr(value, "value", value))
    if name not in names:
        raise typer.BadParameter(no_choice(field, repr(name), [*names]))
    return names[name]


def _whole_number(value: Any, info: Any) -> int:
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= DIGITS_MAX:
        value = int(value)
    if type(value) is not int or info.clamp:
        raise NotPlain
    if (info.min is not None and value < info.min) or (info.max is not None and value > info.max):
        raise NotPlain
    return value


def _path(value: Any, info: Any) -> Path:
    """Return a path of which nothing is asked but that it can be read where it exists."""
    asks = info.exists or info.writable or info.resolve_path or info.allow_dash or info.path_type
    if asks or not (info.file_okay and info.dir_okay) or not isinstance(value, (str, Path)):
        raise NotPlain
    if info.readable and os.path.exists(value) and not os.access(value, os.R_OK):
        raise NotPlain
    return Path(value)
