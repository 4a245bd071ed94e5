"""Rejects an option that takes one value and is given twice.

The command-line library takes the last value, so a person who asked for two products would see rows of one without
notice.
"""

from collections import Counter
from collections.abc import Callable
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.models import CommandFunctionType

from flows.cli.options import REFUSED, errors, say


def _refuse_second_values(command: Any, ctx: Any, args: list[str]) -> None:
    _, _, order = command.make_parser(ctx).parse_args(args=list(args))
    for option, count in Counter(order).items():
        if count > 1 and option.param_type_name == "option" and not (option.multiple or option.is_flag):
            name = " ".join(ctx.command_path.split()[1:])
            say(
                f"[bold red]refused[/] {option.opts[0]} is given {count} times, and {name} takes one",
                to=errors, markup=True,
            )  # fmt: skip
            raise typer.Exit(REFUSED)


class Once(TyperCommand):
    """A command that rejects a second value for an option that takes one."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the arguments. Raises Exit."""
        _refuse_second_values(self, ctx, args)
        return super().parse_args(ctx, args)


class OnceGroup(TyperGroup):
    """A group with its own options that rejects a second value."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the arguments. Raises Exit."""
        _refuse_second_values(self, ctx, args)
        return super().parse_args(ctx, args)


class Commands(typer.Typer):
    """An application whose commands reject second values."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"cls": OnceGroup, **options})

    def command(self, *arguments: Any, **options: Any) -> Callable[[CommandFunctionType], CommandFunctionType]:
        """Register a command."""
        return super().command(*arguments, **{"cls": Once, **options})
