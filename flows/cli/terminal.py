"""Prints lines on the terminal. Rich is imported when the first one is printed: a version and many refusals need none."""

import functools
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn

import typer

if TYPE_CHECKING:
    from rich.console import Console


def _terminal(*, stderr: bool) -> "Console":
    from rich.console import Console

    class Terminal(Console):
        """A console whose reader may close the pipe early, as `head` does."""

        def on_broken_pipe(self) -> NoReturn:
            """Leave it to `Stoppable`, as without rich."""
            raise BrokenPipeError

    return Terminal(stderr=stderr)


@functools.cache
def console() -> "Console":
    """Return the terminal for what a command prints."""
    return _terminal(stderr=False)


@functools.cache
def errors() -> "Console":
    """Return the terminal for messages to the caller, which a pipe does not pass on."""
    return _terminal(stderr=True)


def say(text: str, *, to: "Callable[[], Console]" = console, markup: bool = False, style: str | None = None) -> None:
    """Print a line unchanged, however long: not broken, no number coloured, and square brackets are tags only with
    `markup`.
    """
    to().print(text, style=style, markup=markup, highlight=False, soft_wrap=True)


def refuse(why: str) -> None:
    """Print why a command is refused, without rich, whose import takes longer than what most refusals check."""
    color = False if os.environ.get("NO_COLOR") else None
    typer.echo(f"{typer.style('refused', fg='red', bold=True)} {why}", err=True, color=color)


def escape(text: str) -> str:
    """Return a text whose square brackets are printed and no markup."""
    from rich.markup import escape as escaped

    return escaped(text)
