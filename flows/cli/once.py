"""Defines the commands and groups of Typer that all ours are of: one that takes a value once refuses a second one.

The library takes the last value, so a person who asked for two products would see rows of one without notice.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.models import CommandFunctionType

from flows.cli.options import REFUSED
from flows.cli.terminal import refuse


class QuickFlags:
    """A command whose flags for help and completion are false where they are not given. Typer reads every missing value with
    pydantic, which takes as long to import as Typer, but no flag that is false; these flags go to no function.
    """

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the options and arguments of the command."""
        found: list[Any] = super().get_params(ctx)  # type: ignore[misc]  # of the command that this is mixed into
        for option in found:
            if getattr(option, "is_flag", False) and option.default is None and not option.expose_value:
                option.default = False
        return found


def _refuse_second_values(command: Any, ctx: Any, args: list[str]) -> None:
    _, _, order = command.make_parser(ctx).parse_args(args=list(args))
    for option, count in Counter(order).items():
        if count > 1 and option.param_type_name == "option" and not (option.multiple or option.is_flag):
            name = " ".join(ctx.command_path.split()[1:])
            refuse(f"{option.opts[0]} is given {count} times, and {name} takes one")
            raise typer.Exit(REFUSED)


class Once(QuickFlags, TyperCommand):
    """A command that rejects a second value for an option that takes one."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the arguments. Raises Exit."""
        _refuse_second_values(self, ctx, args)
        return super().parse_args(ctx, args)


class OnceGroup(QuickFlags, TyperGroup):
    """A group with its own options that rejects a second value."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the arguments. Raises Exit."""
        _refuse_second_values(self, ctx, args)
        return super().parse_args(ctx, args)


class Commands(typer.Typer):
    """An application whose commands refuse second values."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"cls": OnceGroup, **options})

    def command(self, *arguments: Any, **options: Any) -> Callable[[CommandFunctionType], CommandFunctionType]:
        """Register a command."""
        return super().command(*arguments, **{"cls": Once, **options})
