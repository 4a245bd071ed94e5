"""What is printed goes to the terminal it is for, unbroken and as it is, and refusals are coloured for people alone."""

import pytest
from rich.table import Column, Table
from typer.testing import CliRunner

from flows.cli.app import app
from flows.cli.terminal import console, errors, escape, refuse, say
from tasks.domain.text import HIDDEN

LONG = "[not a tag] " + "word " * 100 + "end"


def test_a_line_is_printed_unbroken_and_its_brackets_are_text(capsys: pytest.CaptureFixture[str]) -> None:
    say(LONG)
    say(LONG, to=errors)
    say(f"[bold]{escape('[x]')}[/]", markup=True)
    printed = capsys.readouterr()
    assert printed.out == f"{LONG}\n[x]\n"
    assert printed.err == f"{LONG}\n"


def test_a_text_does_not_act_on_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """Names come from files and reasons from people: colours, bells, cleared screens and turned text are theirs."""
    acting = "a\x1b[31mb\x07c\x9bd\u202ee\u2066f\rg"
    say(acting)
    say(f"[bold]{escape(acting)}[/]", markup=True)
    refuse(acting)
    console().print(Table(Column(acting), title=acting))
    printed = "".join(capsys.readouterr())
    # Rich leaves out the bell and the carriage return by itself.
    assert printed.replace("b\ufffdc", "bc").replace("f\ufffdg", "fg").count("a\ufffd[31mbc\ufffdd\ufffde\ufffdfg") == 4
    assert HIDDEN.search(printed) is None


@pytest.mark.parametrize(
    "command",
    [["read", "\x1b[31m"], ["read", "--top", "\u202e"], ["\x1b]0;x\x07"], ["approve", "x", "--reason", "\x9b31m"]],
)
def test_an_argument_that_acts_on_a_terminal_is_refused(command: list[str]) -> None:
    done = CliRunner().invoke(app, command)
    assert (done.exit_code, HIDDEN.search(done.output)) == (2, None)
    assert "an argument has control characters or direction marks" in done.output


def test_a_refusal_is_one_line_on_standard_error_without_colour_codes_in_a_file(
    capsys: pytest.CaptureFixture[str],
) -> None:
    refuse(LONG)
    assert capsys.readouterr() == ("", f"refused {LONG}\n")
