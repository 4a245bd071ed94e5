"""Rejects an option that takes one value and is given twice, and gives commands about one reporter the option --reporter.

The command-line library takes the last value, so a person who asked for two products would see rows of one without
notice.
"""

import functools
import inspect
from collections import Counter
from collections.abc import Callable
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.models import CommandFunctionType

from flows.cli.flags import QuickFlags
from flows.cli.options import OF_ONE_REPORTER, REFUSED, REPORTER, REPORTER_HELP
from flows.cli.terminal import refuse


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
    """An application whose commands reject second values, and of whose stores --reporter names one."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"cls": OnceGroup, **options})

    def command(self, *arguments: Any, **options: Any) -> Callable[[CommandFunctionType], CommandFunctionType]:
        """Register a command."""
        register = super().command(*arguments, **{"cls": Once, **options})

        def added(function: CommandFunctionType) -> CommandFunctionType:
            is_of_one = inspect.signature(function).parameters.get("store", NO_STORE).annotation in OF_ONE_REPORTER
            register(_with_reporter(function) if is_of_one else function)
            return function

        return added


NO_STORE = inspect.Parameter("store", inspect.Parameter.KEYWORD_ONLY)


def _noted(context: typer.Context, reporter: str | None) -> str | None:
    context.meta[REPORTER] = reporter
    return reporter


# Read first, because --store needs the answer.
Reporter = Annotated[str | None, typer.Option("--reporter", help=REPORTER_HELP, is_eager=True, callback=_noted)]


def _with_reporter(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the command with an option more, which it is not passed: its store is already that of the reporter."""

    @functools.wraps(function)
    def command(reporter: str | None = None, **given: Any) -> Any:
        return function(**given)

    signature = inspect.signature(function)
    more = inspect.Parameter("reporter", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Reporter)
    command.__signature__ = signature.replace(parameters=[*signature.parameters.values(), more])  # type: ignore[attr-defined]
    command.__annotations__ = {**function.__annotations__, "reporter": Reporter}
    return command
