"""Defines the commands and groups of Typer that all ours are of.

They refuse a second value for an option that takes one: Typer takes the last value, so a person who asked for two
products would see rows of one without notice. They turn an error of the caller into one line and the exit code for
refused.

`Stoppable` handles the end of a command from outside: Ctrl-C, SIGTERM, and a closed pipe. A signal becomes an exception
wherever the program is, also in a library, and not every library passes it on: Polars panics while it creates a type.
So the signal is remembered: how the command ended does not matter then, and the next step does not begin. Exit codes:
130 by Ctrl-C, 143 by SIGTERM, 141 for a closed pipe.
"""

import os
import signal
import sys
from collections import Counter
from collections.abc import Callable
from types import FrameType
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.models import CommandFunctionType

from flows.cli.frame.options import REFUSED, refusals
from flows.cli.frame.plain_values import read_plainly
from flows.cli.frame.terminal import errors, refuse, say
from tasks.domain.text import HIDDEN, clip


class _Strict:
    """What a command and a group have in common; a mixin of a class of Typer."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Return the options and arguments, which read plain values without pydantic. Flags for help and completion are
        false where they are not given.
        """
        parameters: list[Any] = super().get_params(ctx)  # type: ignore[misc]
        for option in parameters:
            if getattr(option, "is_flag", False) and option.default is None and not option.expose_value:
                option.default = False
            read_plainly(option)
        return parameters

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
        with refusals():
            return super().invoke(ctx)  # type: ignore[misc]


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


class Terminated(BaseException):
    """SIGTERM, as an exception: so that a progress bar is removed from the terminal and unfinished work is cleaned
    up, as by Ctrl-C.
    """


# The exception that each signal becomes.
_AS: dict[int, type[BaseException]] = {signal.SIGINT: KeyboardInterrupt, signal.SIGTERM: Terminated}
# The signals that this command was sent.
_sent: list[int] = []


def _end(number: int, frame: FrameType | None = None) -> None:
    _sent.append(number)
    raise _AS[number]


def end_again(step: str) -> None:
    """Raise the exception of a signal that was sent before `step`, which then does not begin."""
    if _sent:
        raise _AS[_sent[0]]


class Stoppable(Group):
    """The commands; each may be ended at any moment by Ctrl-C or SIGTERM, and then prints the state that it leaves."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the arguments. Raises Exit for one with characters that act on a terminal: messages repeat arguments."""
        for given in args:
            if HIDDEN.search(given):
                refuse(f"an argument has control characters or direction marks: {clip(given)}. Leave them out.")
                raise typer.Exit(REFUSED)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run a command. Raises Exit with 130 or 143 if it was ended, with 141 if the reader closed the pipe."""
        _sent.clear()
        before = {number: signal.getsignal(number) for number in _AS}
        # An ignored Ctrl-C, as for background processes, stays ignored.
        heard = [number for number, handler in before.items() if handler != signal.SIG_IGN]
        for number in heard:
            signal.signal(number, _end)
        result = None
        try:
            result = super().invoke(ctx)
        except BrokenPipeError as problem:
            # Nobody reads what is still to be flushed at the end; without a place for it, Python would complain on
            # stderr.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(128 + signal.SIGPIPE) from problem
        except BaseException:
            if not _sent:
                raise
        finally:
            for number in heard:
                signal.signal(number, before[number])
        if _sent:
            say(
                "[bold yellow]interrupted[/] what was published stands, and nothing is half published; run this again"
                " to go on",
                to=errors,
                markup=True,
            )
            raise typer.Exit(128 + _sent[0])
        return result
