"""What is printed goes to the terminal it is for, unbroken and as it is, and refusals are coloured for people alone."""

import os
import pty
import subprocess
import sys

import pytest

from flows.cli.terminal import console, errors, escape, refuse, say

LONG = "[not a tag] " + "word " * 100 + "end"


def test_a_line_is_printed_unbroken_and_its_brackets_are_text(capsys: pytest.CaptureFixture[str]) -> None:
    say(LONG)
    say(LONG, to=errors)
    say(f"[bold]{escape('[x]')}[/]", markup=True)
    printed = capsys.readouterr()
    assert printed.out == f"{LONG}\n[x]\n"
    assert printed.err == f"{LONG}\n"


def test_there_is_one_terminal_for_rows_and_one_for_messages() -> None:
    assert console() is console()
    assert (console().stderr, errors().stderr) == (False, True)


def test_a_refusal_is_one_line_on_standard_error_without_colour_codes_in_a_file(
    capsys: pytest.CaptureFixture[str],
) -> None:
    refuse(LONG)
    assert capsys.readouterr() == ("", f"refused {LONG}\n")


@pytest.mark.parametrize(("no_colour", "is_coloured"), [("", True), ("1", False)])
def test_on_a_terminal_a_refusal_is_red_unless_the_person_wants_no_colour(no_colour: str, is_coloured: bool) -> None:
    reader, terminal = pty.openpty()
    environment = {key: value for key, value in os.environ.items() if key != "NO_COLOR"} | {"NO_COLOR": no_colour}
    program = "from flows.cli.terminal import refuse; refuse('this')"
    subprocess.run([sys.executable, "-c", program], stderr=terminal, env=environment, check=True)
    os.close(terminal)
    printed = os.read(reader, 1000).decode()
    os.close(reader)
    assert ("\x1b[31m" in printed) == is_coloured
    assert "refused" in printed
    assert "this" in printed
