"""A command that is ended from outside, wherever the signal finds it."""

import os
import signal

import pytest
import typer
from typer.testing import CliRunner

from flows.cli.signals import Stoppable, end_again
from tasks.steps.listeners import listening, tell_begin


class Panic(BaseException):
    """What a library that is not of Python makes of any exception."""


app = typer.Typer(cls=Stoppable)


@app.command()
def swallow(number: int) -> None:
    """Be where an exception is not let through, and go on."""
    heard: list[str] = []
    with listening(step=end_again), listening(step=heard.append):
        tell_begin("first")
        try:
            os.kill(os.getpid(), number)
        except BaseException as lost:
            typer.echo(f"lost {type(lost).__name__} {heard}")
        tell_begin("second")
    typer.echo("went on")


@app.command()
def turn(number: int) -> None:
    """Be where an exception becomes another one."""
    try:
        os.kill(os.getpid(), number)
    except BaseException as problem:
        raise Panic from problem


@app.command()
def last(number: int) -> None:
    """Be where an exception is not let through, and at the end."""
    try:
        os.kill(os.getpid(), number)
    except BaseException:
        typer.echo("done")


@app.command()
def panic(number: int) -> None:
    """End without a signal."""
    raise Panic(number)


@pytest.fixture(autouse=True)
def _listens() -> None:
    # A shell that starts tests next to other work has its children ignore Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.mark.parametrize(("number", "name"), [(signal.SIGINT, "KeyboardInterrupt"), (signal.SIGTERM, "Terminated")])
@pytest.mark.parametrize(("command", "said"), [("swallow", "lost {} ['first']\n"), ("turn", ""), ("last", "done\n")])
def test_a_signal_that_a_library_does_not_let_through_ends_the_command(
    command: str, said: str, number: int, name: str
) -> None:
    before = {sent: signal.getsignal(sent) for sent in (signal.SIGINT, signal.SIGTERM)}
    ended = CliRunner().invoke(app, [command, str(int(number))])
    assert (ended.exit_code, ended.stdout) == (128 + number, said.format(name))
    assert ended.stderr.startswith("interrupted what was published stands")
    assert {sent: signal.getsignal(sent) for sent in before} == before


def test_what_ends_by_itself_is_not_taken_for_ended_from_outside() -> None:
    with pytest.raises(Panic, match="7"):
        CliRunner().invoke(app, ["panic", "7"])


def test_what_ignores_ctrl_c_goes_on_ignoring_it() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ended = CliRunner().invoke(app, ["last", str(int(signal.SIGINT))])
    assert (ended.exit_code, ended.stdout, ended.stderr) == (0, "", "")
    assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN
