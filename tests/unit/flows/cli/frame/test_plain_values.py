"""Options are read as Typer reads them, without pydantic where their values are plain."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
import typer

from flows.cli.app import app
from flows.cli.frame.command import Commands
from flows.cli.frame.plain_values import PlainValues
from schemas.store_address import read_address

Flow = StrEnum("Flow", ["export", "import"])
plain = Commands()


@plain.command()
def ask(
    words: Annotated[list[str] | None, typer.Argument()] = None,
    *,
    text: str | None = None,
    several: Annotated[list[str] | None, typer.Option()] = None,
    flow: Flow = Flow.export,
    language: Literal["en", "zh"] = "en",
    either: Annotated[Flow, typer.Option(case_sensitive=False)] = Flow.export,
    rows: Annotated[int, typer.Option(min=1, max=50)] = 40,
    number: int | None = None,
    share: float | None = None,
    file: Path | None = None,
    there_already: Annotated[Path | None, typer.Option(exists=True)] = None,
    store: Annotated[Path | None, typer.Option(parser=read_address)] = None,
    is_loud: Annotated[bool, typer.Option("--loud/--quiet")] = False,
) -> None:
    """Take a value of each kind."""


command = typer.main.get_command(plain)
# With options of the same kinds, which nothing of ours reads.
of_typer = typer.Typer()
of_typer.command()(ask)
as_typer = typer.main.get_command(of_typer)


def values_of(group: Any, arguments: list[str]) -> dict[str, Any]:
    return dict(group.make_context("ask", [*arguments]).params)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["metric", "稀土"],
        ["--text", ""],
        ["--text", " 007 "],
        ["--several", "USA", "--several", "USA"],
        ["--several", "USA"],
        ["--flow", "import", "--language", "zh"],
        ["--either", "IMPORT"],
        ["--rows", "1"],
        ["--rows", "50", "--number", "-3"],
        ["--rows", "007", "--number", "+3"],
        ["--number", "12345678901234567890"],
        ["--number", "1_000"],
        ["--number", " 3"],
        ["--share", "0.5"],
        ["--file", "a/./b.csv", "--there-already", str(Path(__file__).parent)],
        ["--file", ""],
        ["--store", "a", "--loud"],
        ["--store", "s3://customs/store/"],
    ],
)
def test_each_value_is_what_typer_makes_of_it(arguments: list[str]) -> None:
    values, expected = values_of(command, arguments), values_of(as_typer, arguments)
    assert values == expected
    assert {name: type(one) for name, one in values.items()} == {name: type(one) for name, one in expected.items()}


@pytest.mark.parametrize(
    "arguments",
    [
        ["--either", "both"],
        ["--rows", "0"],
        ["--rows", "51"],
        ["--rows", "many"],
        ["--number", "3.5"],
        ["--number", "３"],
        ["--share", "half"],
        ["--there-already", "no.csv"],
        ["--store", ""],
    ],
)
def test_what_typer_refuses_is_refused_in_its_words(arguments: list[str]) -> None:
    said = []
    for group in (command, as_typer):
        with pytest.raises(typer.BadParameter) as refused:
            values_of(group, arguments)
        said.append(refused.value.format_message().replace("Value error, ", ""))
    assert said[0] == said[1]
    assert arguments[0] in said[0]


def test_every_option_of_every_command_reads_plain_values() -> None:
    group: Any = typer.main.get_command(app)
    readers = [
        option.get_runtime_param()
        for name in group.commands
        for option in group.commands[name].get_params(typer.Context(group.commands[name]))
    ]
    assert len(readers) > 200
    assert {type(one) for one in readers} == {PlainValues}
