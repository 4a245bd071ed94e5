"""Defines the commands and groups of Typer that all ours are of.

They print the notes of an answer, which are warnings in Python, on standard error. They refuse a second value for an
option that takes one: Typer takes the last value, so a person who asked for two products would see rows of one without
notice. They turn an error of the caller into one line and the exit code for refused.
"""

import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.models import CommandFunctionType

from flows.cli.options import refusals
from flows.cli.terminal import errors, say
from tasks.domain.errors import HowUnderstood


class _Strict:
    """What a command and a group have in common; a mixin of a class of Typer."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the options and arguments. Flags for help and completion are false where they are not given: Typer reads every
        missing value with pydantic, which takes as long to import as Typer.
        """
        found: list[Any] = super().get_params(ctx)  # type: ignore[misc]
        for option in found:
            if getattr(option, "is_flag", False) and option.default is None and not option.expose_value:
                option.default = False
        return found

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the arguments. Raises Exit."""
        with refusals():
            _, _, order = self.make_parser(ctx).parse_args(args=list(args))  # type: ignore[attr-defined]
            for option, count in Counter(order).items():
                if count > 1 and option.param_type_name == "option" and not (option.multiple or option.is_flag):
                    name = " ".join(ctx.command_path.split()[1:])
                    raise ValueError(f"{option.opts[0]} is given {count} times, and {name} takes one")
            read: list[str] = super().parse_args(ctx, args)  # type: ignore[misc]
            return read

    def invoke(self, ctx: Any) -> Any:
        """Run the command. Raises Exit."""
        with refusals(), _printed_notes():
            return super().invoke(ctx)  # type: ignore[misc]


@contextmanager
def _printed_notes() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("always", HowUnderstood)
        show = warnings.showwarning

        def print_note(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
            if issubclass(category, HowUnderstood):
                # Notes go to people; a file or a pipe gets rows alone.
                say(str(message), to=errors)
            else:
                show(message, category, *where, **more)

        warnings.showwarning = print_note
        yield


class Command(_Strict, TyperCommand):
    """A command."""


class Group(_Strict, TyperGroup):
    """Commands, perhaps with options of their own."""


class Commands(typer.Typer):
    """An application of such commands."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"cls": Group, **options})

    def command(self, *arguments: Any, **options: Any) -> Callable[[CommandFunctionType], CommandFunctionType]:
        """Register a command."""
        return super().command(*arguments, **{"cls": Command, **options})
