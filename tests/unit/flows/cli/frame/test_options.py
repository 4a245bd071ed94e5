"""What all commands have in common: how options are read, what goes to which side of the terminal, and how a flow is
run."""

import json
import os
import signal
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Annotated, Any

import pytest
import typer
from typer.testing import CliRunner

from flows.announce import NeedsAttention
from flows.cli.app import app as all_commands
from flows.cli.frame.command import Commands, Stoppable, end_again
from flows.cli.frame.options import REFUSED, Output
from flows.cli.frame.terminal import console, errors, escape, refuse, say, say_sentence
from flows.cli.releases.running import run_flow
from tasks.answers.form.tables import table
from tasks.domain.text import HIDDEN
from tasks.steps.listeners import listening, tell_begin

pytestmark = pytest.mark.usefixtures("wide_terminal")

API = "http://127.0.0.1:4200/api"
app = Commands()
Several = Annotated[list[str] | None, typer.Option()]


@app.callback()
def group(store: str = "store") -> None:
    """A group with an option of its own."""


@app.command()
def read(
    name: Annotated[str, typer.Argument()] = "metric",
    flow: str = "export",
    product: Several = None,
    partner: Several = None,
    month: Several = None,
    measure: Several = None,
    output: Output = None,
    ascending: Annotated[bool, typer.Option("--ascending/--descending", "-a")] = False,
    loud: Annotated[bool | None, typer.Option("--loud/--quiet")] = None,
) -> None:
    """Says what it was given."""
    typer.echo(json.dumps([name, flow, product, partner, month, measure, output and str(output), ascending, loud]))


NOTHING = ["metric", "export", None, None, None, None, None, False, None]


@pytest.mark.parametrize(
    ("given", "read_as"),
    [
        (["read"], NOTHING),
        (["read", "--flow", "import"], ["metric", "import", *NOTHING[2:]]),
        (["--store", "a", "read", "x", "-a", "--descending"], ["x", *NOTHING[1:]]),
        (
            ["read", "--product", "a", "--product", "b", "-a"],
            ["metric", "export", ["a", "b"], *NOTHING[3:7], True, None],
        ),
        # A flag that is not given is still missing.
        (["read", "--loud"], [*NOTHING[:-1], True]),
        (["read", "--quiet"], [*NOTHING[:-1], False]),
        (
            ["read", "--partner", "USA", "--month", "2025-06", "--measure", "value_usd", "--output", "x.csv"],
            ["metric", "export", None, ["USA"], ["2025-06"], ["value_usd"], "x.csv", False, None],
        ),
    ],
)
def test_one_value_and_lists_and_flags_pass_in_their_order(given: list[str], read_as: list[Any]) -> None:
    result = CliRunner().invoke(app, given)
    assert (result.exit_code, json.loads(result.stdout)) == (0, read_as)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["read", "--flow", "import", "--flow", "export"], "--flow is given 2 times, and read takes one"),
        (["read", "--flow=a", "--flow", "a", "--flow", "b"], "given 3 times"),
        (["--store", "a", "--store", "b", "read"], "--store is given 2 times"),
        (["read", "--output", "a.csv", "--output", "b.csv"], "--output is given 2 times"),
    ],
)
def test_a_second_value_is_refused_by_name(given: list[str], said: str) -> None:
    result = CliRunner().invoke(app, given)
    assert (result.exit_code, result.stdout, said in " ".join(result.stderr.split())) == (REFUSED, "", True)


LONG = "[not a tag] " + "word " * 100 + "end"


def test_a_line_is_printed_unbroken_and_its_brackets_are_text(capsys: pytest.CaptureFixture[str]) -> None:
    say(LONG)
    say(LONG, to=errors)
    say(f"[bold]{escape('[x]')}[/]", markup=True)
    refuse(LONG)
    assert capsys.readouterr() == (f"{LONG}\n[x]\n", f"{LONG}\nrefused {LONG}\n")


def test_a_text_does_not_act_on_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """Names come from files and reasons from people: colours, bells, cleared screens and turned text are theirs."""
    acting = "a\x1b[31mb\x07c\x9bd\u202ee\u2066f\rg\u200bh\ufeffi"
    say(acting)
    say(f"[bold]{escape(acting)}[/]", markup=True)
    refuse(acting)
    console().print(table({"name": [acting, "short"]}, above=acting, below=[acting]))
    printed = "".join(capsys.readouterr())
    # Rich leaves out the bell and the carriage return by itself.
    plain = printed.replace(r"b\x07c", "bc").replace(r"f\rg", "fg")
    assert plain.count(r"a\x1b[31mbc\x9bd\u202ee\u2066fg\u200bh\ufeffi") == 6
    assert HIDDEN.search(printed) is None
    for command in (
        ["read", "\x1b[31m"],
        ["read", "--top", "\u202e"],
        ["\x1b]0;x\x07"],
        ["approve", "x", "--reason", "\x9b31m"],
    ):
        done = CliRunner().invoke(all_commands, command)
        assert (done.exit_code, HIDDEN.search(done.output)) == (2, None)
        assert "an argument has control characters or direction marks" in done.output


def test_a_flow_runs_without_a_server_or_gives_its_page_also_where_it_needs_attention() -> None:
    assert run_flow(SimpleNamespace(fn=lambda request: f"made of {request}"), "june", None) == ("made of june", None)
    report = SimpleNamespace(headline="Refused 1")

    def failed() -> None:
        raise NeedsAttention(report, "page.csv")

    def run(request: str, *, return_state: bool) -> Any:
        return SimpleNamespace(result=failed, state_details=SimpleNamespace(flow_run_id="7"))

    assert run_flow(run, "june", API) == (report, "http://127.0.0.1:4200/runs/flow-run/7")


class Panic(BaseException):
    """What a library that is not of Python makes of any exception."""


ended_from_outside = typer.Typer(cls=Stoppable)


@ended_from_outside.command()
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


@ended_from_outside.command()
def turn(number: int) -> None:
    """Be where an exception becomes another one."""
    try:
        os.kill(os.getpid(), number)
    except BaseException as problem:
        raise Panic from problem


@ended_from_outside.command()
def last(number: int) -> None:
    """Be where an exception is not let through, and at the end."""
    try:
        os.kill(os.getpid(), number)
    except BaseException:
        typer.echo("done")


@ended_from_outside.command()
def panic(number: int) -> None:
    """End without a signal."""
    raise Panic(number)


@pytest.fixture
def listens() -> Iterator[None]:
    """A shell that starts tests next to other work has its children ignore Ctrl-C."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize(("number", "name"), [(signal.SIGINT, "KeyboardInterrupt"), (signal.SIGTERM, "Terminated")])
@pytest.mark.parametrize(("command", "said"), [("swallow", "lost {} ['first']\n"), ("turn", ""), ("last", "done\n")])
def test_a_signal_that_a_library_does_not_let_through_ends_the_command(
    listens: None, command: str, said: str, number: int, name: str
) -> None:
    before = {sent: signal.getsignal(sent) for sent in (signal.SIGINT, signal.SIGTERM)}
    ended = CliRunner().invoke(ended_from_outside, [command, str(int(number))])
    assert (ended.exit_code, ended.stdout) == (128 + number, said.format(name))
    assert ended.stderr.startswith("interrupted what was published stands")
    assert {sent: signal.getsignal(sent) for sent in before} == before


def test_what_ends_by_itself_is_not_taken_for_ended_and_what_ignores_ctrl_c_goes_on_ignoring_it(listens: None) -> None:
    with pytest.raises(Panic, match="7"):
        CliRunner().invoke(ended_from_outside, ["panic", "7"])
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ended = CliRunner().invoke(ended_from_outside, ["last", str(int(signal.SIGINT))])
    assert (ended.exit_code, ended.stdout, ended.stderr) == (0, "", "")
    assert signal.getsignal(signal.SIGINT) == signal.SIG_IGN


def test_a_sentence_is_broken_between_words_in_a_terminal_and_on_one_line_elsewhere(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sentence = "Announcement 10 of 2025 applies from 2025-02-04; " * 4
    say_sentence(sentence)
    assert capsys.readouterr().out == f"{sentence}\n"
    from rich.console import Console

    monkeypatch.setattr("flows.cli.frame.terminal.console", lambda: Console(width=80, force_terminal=True))
    say_sentence(sentence)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) > 2
    assert all(len(line) <= 80 for line in lines)
    assert " ".join(" ".join(lines).split()) == sentence.strip()
