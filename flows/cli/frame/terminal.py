"""Prints lines on the terminal. Rich is imported when the first one is printed: a version and many refusals need
none."""

import functools
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

import typer

from schemas import settings
from tasks.domain.text import visible

if TYPE_CHECKING:
    from rich.console import Console


def _terminal(*, stderr: bool) -> "Console":
    from rich.console import Console
    from rich.segment import Segment

    class Terminal(Console):
        """A console whose reader may close the pipe early, as `head` does, and on which no text acts: names and reasons
        are other people's.
        """

        def render(self, renderable: Any, options: Any = None) -> "Iterator[Segment]":
            """Yield what is printed, with what a terminal would obey in its texts made visible."""
            for one in super().render(renderable, options):
                yield one if one.control else Segment(visible(one.text), one.style)

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


def say_sentence(text: str) -> None:
    """Print a sentence: in a terminal broken between words at its width, elsewhere on one line."""
    console().print(text, markup=False, highlight=False, soft_wrap=not console().is_terminal)


def refuse(why: str) -> None:
    """Print why a command is refused, without rich, whose import takes longer than what most refusals check."""
    color = False if settings.value(settings.NO_COLOR) else None
    typer.echo(f"{typer.style('refused', fg='red', bold=True)} {visible(why)}", err=True, color=color)


def escape(text: str) -> str:
    """Return a text whose square brackets are printed and no markup."""
    from rich.markup import escape as escaped

    return escaped(text)


@contextmanager
def progress_bar() -> "Iterator[None]":
    """Show how far a flow over many files or stores is, as long as the context is open."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    from tasks.steps.listeners import listening

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=errors(), transient=True) as progress:
        shown = progress.add_task("looking", total=None)

        def show(done: int, total: int, name: str) -> None:
            progress.update(shown, completed=done, total=total, description=escape(name))

        with listening(file=show):
            yield


class OneLine(logging.Handler):
    """Prints errors that we log in one line on the terminal, without a traceback."""

    def emit(self, record: logging.LogRecord) -> None:
        """Print the message and the exception, if there is one."""
        problem = record.exc_info[1] if record.exc_info else None
        why = f": {type(problem).__name__}: {problem}" if problem else ""
        say(f"[yellow]warning[/] {escape(record.getMessage() + why)}", to=errors, markup=True)


# Warnings for the caller: unverified reads, why a release takes long, and what a worker blocks on.
for _name in ("tidewaiter.proof", "tidewaiter.known", "tidewaiter.cluster"):
    logging.getLogger(_name).addHandler(OneLine(logging.WARNING))
