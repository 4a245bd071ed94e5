"""What the product takes from the inside of libraries: each hook in one module, and what it rests on still there."""

import asyncio
import inspect
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from benchmarks import structure
from flows.cli.app import ALLOCATOR
from schemas.questions.question import sign

HOOKS = {
    r"\.__signature__ =": "schemas/questions/question.py",
    r"distributed\.comm\.core": "tasks/derive/cluster.py",
    r"_RJEM_MALLOC_CONF": "flows/cli/app.py",
    r"get_extra_info\(": "tasks/fetch/transport.py",
}
# What would be further ones.
NONE_OF = (r"warnings\.showwarning", r'"PATCH"', r"sys\.settrace", r"sys\.excepthook")


@pytest.fixture(scope="module")
def program() -> dict[str, str]:
    return structure.texts(Path(structure.__file__).parents[1], structure.PACKAGES)


def test_each_hook_is_in_one_module(program: dict[str, str]) -> None:
    for pattern, module in HOOKS.items():
        assert [file for file, text in program.items() if re.search(pattern, text)] == [module], pattern
    for pattern in NONE_OF:
        assert [file for file, text in program.items() if re.search(pattern, text)] == [], pattern


def test_typer_and_inspect_read_the_signature_that_a_function_is_given() -> None:
    def run(**given: Any) -> None:
        typer.echo(given)

    parameter = inspect.Parameter("rows", inspect.Parameter.KEYWORD_ONLY, default=3, annotation=int)
    sign(run, [parameter], None)
    assert str(inspect.signature(run)) == "(*, rows: int = 3) -> None"
    app = typer.Typer()
    app.command()(run)
    assert CliRunner().invoke(app, ["--rows", "7"]).stdout == "{'rows': 7}\n"
    assert CliRunner().invoke(app, ["--rows", "seven"]).exit_code == 2


def test_the_allocator_of_polars_reads_its_variable_and_knows_our_settings() -> None:
    def complaints(settings: str) -> str:
        name, *_ = ALLOCATOR
        return subprocess.run(
            [sys.executable, "-c", "import polars; polars.DataFrame({'a': [1]})"],
            env=os.environ | {name: settings},
            capture_output=True,
            text=True,
            check=True,
        ).stderr

    assert "Invalid conf pair: moon:3" in complaints("moon:3")
    assert complaints(ALLOCATOR["_RJEM_MALLOC_CONF"]) == ""


def test_a_connection_of_distributed_is_made_alone_and_ends_in_time() -> None:
    """At an address where nobody listens it is an error, and no wait without end."""
    from distributed.comm.core import connect

    assert inspect.iscoroutinefunction(connect)
    assert "timeout" in inspect.signature(connect).parameters
    with pytest.raises(OSError, match="Timed out"):
        asyncio.run(connect("tcp://127.0.0.1:9", timeout=0.2))
