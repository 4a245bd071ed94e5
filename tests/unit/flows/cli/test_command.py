"""An option that takes one value refuses a second one."""

from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from flows.cli.command import Commands
from flows.cli.options import REFUSED

app = Commands()


@app.callback()
def group(store: str = "store") -> None:
    """A group with an option of its own."""


@app.command()
def read(
    name: Annotated[str, typer.Argument()] = "metric",
    flow: str = "export",
    product: Annotated[list[str] | None, typer.Option()] = None,
    ascending: Annotated[bool, typer.Option("--ascending/--descending", "-a")] = False,
) -> None:
    """A command with an option of each kind."""
    typer.echo(f"{name} {flow} {product} {ascending}")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["read"], "metric export None False"), (["read", "--flow", "import"], "metric import None False"),
        (["read", "--product", "a", "--product", "b"], "metric export ['a', 'b'] False"), (["--store", "a", "read", "x", "-a", "--descending"], "x export None False"),
    ],
)  # fmt: skip
def test_one_value_and_lists_and_flags_pass(given: list[str], said: str) -> None:
    result = CliRunner().invoke(app, given)
    assert (result.exit_code, result.stdout.strip()) == (0, said)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["read", "--flow", "import", "--flow", "export"], "--flow is given 2 times, and read takes one"), (["read", "--flow=a", "--flow", "a", "--flow", "b"], "given 3 times"),
        (["--store", "a", "--store", "b", "read"], "--store is given 2 times"),
    ],
)  # fmt: skip
def test_a_second_value_is_refused_by_name(given: list[str], said: str) -> None:
    result = CliRunner().invoke(app, given)
    assert result.exit_code == REFUSED
    assert said in " ".join(result.output.split())
    assert "metric" not in result.stdout


quick = Commands(add_completion=False)


@quick.command()
def show(loud: Annotated[bool | None, typer.Option("--loud/--quiet")] = None) -> None:
    """Prints what it was given."""
    typer.echo(repr(loud))


def test_a_flag_of_the_command_that_is_not_given_is_still_missing() -> None:
    given = {
        option: CliRunner().invoke(quick, [option] if option else []).output for option in ("", "--loud", "--quiet")
    }
    assert given == {"": "None\n", "--loud": "True\n", "--quiet": "False\n"}
