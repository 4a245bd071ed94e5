"""Handles the end of a command from outside: Ctrl-C, SIGTERM, and a closed pipe.

A signal becomes an exception wherever the program is, also in a library, and not every library passes it on: Polars
panics while it creates a type. So the signal is remembered: how the command ended does not matter then, and the next
step does not begin. Exit codes: 130 by Ctrl-C, 143 by SIGTERM, 141 for a closed pipe.
"""

import os
import signal
import sys
from types import FrameType
from typing import Any

import typer

from flows.cli.command import Group
from flows.cli.options import REFUSED
from flows.cli.terminal import errors, refuse, say
from tasks.domain.text import HIDDEN, clip


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
        made = None
        try:
            made = super().invoke(ctx)
        except BrokenPipeError as problem:
            # Nobody reads what is still to be flushed at the end; without a place for it, Python would complain on stderr.
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
                "[bold yellow]interrupted[/] what was published stands, and nothing is half published; run this again to go on",
                to=errors, markup=True,
            )  # fmt: skip
            raise typer.Exit(128 + _sent[0])
        return made
