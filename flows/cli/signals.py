"""Handles the end of a command from outside: Ctrl-C, SIGTERM, and a closed pipe.

A signal becomes an exception wherever the program is, also in a library, and not every library passes it on: Polars
panics while it creates a type. So the signal is remembered: how the command ended does not matter then, and the next
step does not begin. Exit codes: 130 by Ctrl-C, 143 by SIGTERM, 141 for a closed pipe.
"""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, NoReturn

import typer
from typer.core import TyperGroup

from flows.cli.once import QuickFlags
from flows.cli.options import REFUSED
from flows.cli.terminal import errors, refuse, say
from tasks.domain.text import HIDDEN, clip
from tasks.steps.listeners import listening


class Terminated(BaseException):
    """SIGTERM, as an exception: so that a progress bar is removed from the terminal and unfinished work is cleaned
    up, as by Ctrl-C.
    """


# The exception that each signal becomes.
_AS: dict[int, type[BaseException]] = {signal.SIGINT: KeyboardInterrupt, signal.SIGTERM: Terminated}


class Stoppable(QuickFlags, TyperGroup):
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
        with _signals() as sent:
            try:
                with listening(step=lambda step: _end_again(sent)):
                    made = super().invoke(ctx)
            except BrokenPipeError as end:
                # Nobody reads what is still to be flushed at the end; without a place for it, Python would complain on
                # stderr.
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
                raise typer.Exit(128 + signal.SIGPIPE) from end
            except BaseException as end:
                if not sent:
                    raise
                raise _interrupted(sent) from end
            if sent:
                raise _interrupted(sent)
            return made


@contextmanager
def _signals() -> Iterator[list[int]]:
    """Collect the signals that were sent while this is open. An ignored Ctrl-C, as for background processes, stays
    ignored.
    """
    sent: list[int] = []

    def end(number: int, frame: FrameType | None) -> NoReturn:
        sent.append(number)
        raise _AS[number]

    before = {number: signal.getsignal(number) for number in _AS}
    for number, handler in before.items():
        if handler != signal.SIG_IGN:
            signal.signal(number, end)
    try:
        yield sent
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end_again(sent: list[int]) -> None:
    if sent:
        raise _AS[sent[0]]


def _interrupted(sent: list[int]) -> typer.Exit:
    say(
        "[bold yellow]interrupted[/] what was published stands, and nothing is half published; run this again to go on",
        to=errors, markup=True,
    )  # fmt: skip
    return typer.Exit(128 + sent[0])
