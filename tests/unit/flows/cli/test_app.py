"""The commands of the command line, each in the module that is imported for it."""

import subprocess
import sys

import pytest
import typer

from flows.cli import questions
from flows.cli.app import LISTED, MODULES, Main, app, commands_of, with_others


def main() -> Main:
    group = typer.main.get_command(app)
    assert isinstance(group, Main)
    return group


@pytest.mark.parametrize("module", MODULES)
def test_a_module_has_the_commands_under_which_it_is_imported(module: str) -> None:
    assert tuple(commands_of(module)) == MODULES[module]


def test_a_module_of_questions_that_is_not_listed_has_the_command_of_its_name() -> None:
    rest = {module: names for module, names in LISTED.items() if module != "flows.cli.questions.catalog"}
    found = with_others(rest, questions)
    assert found == {**rest, "flows.cli.questions.catalog": ("catalog",)}
    assert [*found][-1] == "flows.cli.questions.catalog"
    assert {*with_others({}, questions)} >= {"flows.cli.questions.read", "flows.cli.questions.site"}


def test_all_commands_are_listed_in_the_order_of_the_modules_after_help() -> None:
    listed = ["help", *(name for names in MODULES.values() for name in names)]
    assert [*main().commands] == [name for name, _ in main().commands.items()] == listed
    assert (len(main().commands), len({*listed})) == (len(listed), len(listed))
    assert "raed" not in main().commands


def test_a_command_imports_no_module_of_other_ones() -> None:
    program = (
        "import sys, typer; from flows.cli.app import MODULES, app; typer.main.get_command(app).commands['search'];"
        " print(*(name for name in MODULES if name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["flows.cli.questions.search"]
