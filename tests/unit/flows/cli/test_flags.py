"""A flag for help or completion is false where it is not given, and other missing flags stay missing."""

from typing import Annotated

import typer
from typer.main import get_command
from typer.testing import CliRunner

from flows.cli.flags import QuickFlags
from flows.cli.once import Commands, Once

app = Commands(add_completion=False)


@app.command()
def show(loud: Annotated[bool | None, typer.Option("--loud/--quiet")] = None) -> None:
    """Prints what it was given."""
    typer.echo(repr(loud))


def test_a_flag_of_the_command_that_is_not_given_is_still_missing() -> None:
    given = {option: CliRunner().invoke(app, [option] if option else []).output for option in ("", "--loud", "--quiet")}
    assert given == {"": "None\n", "--loud": "True\n", "--quiet": "False\n"}


def test_the_flag_for_help_is_false_and_works() -> None:
    command = get_command(app)
    assert isinstance(command, Once)
    assert issubclass(Once, QuickFlags)
    context = command.make_context("show", [])
    helps = [option for option in command.get_params(context) if option.name == "help"]
    assert [option.default for option in helps] == [False]
    shown = CliRunner().invoke(app, ["--help"])
    assert shown.exit_code == 0
    assert "--loud" in shown.output
