"""One question has one form: functions of Python, options of the command line and tools of the Model Context Protocol
take the same fields with the same defaults, choices and help. Each is read where its users meet it."""

import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args, get_origin

import pytest
import typer

import tidewaiter
from flows.cli.app import app
from flows.cli.frame.form import kind_of, plain
from flows.cli.questions.mcp import server_of
from schemas.questions.question import Question, fields_of
from tasks.api.mcp import TOOLS

# What a tool adds to a question.
OF_TOOLS = {"rows"}
# One reporter's mirror is published without a product: the command says so itself.
NOT_REQUIRED = {("mirror", "product")}


class Shown(NamedTuple):
    """What a user is told about a field; several texts have one default."""

    is_required: bool
    default: object
    choices: tuple[str, ...]
    help: str


def commands_of(group: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every command by its name."""
    for name, one in group.commands.items():
        if hasattr(one, "commands"):
            yield from commands_of(one, f"{path}{name} ")
        else:
            yield f"{path}{name}", one


COMMANDS = dict(commands_of(typer.main.get_command(app)))
COMMAND_OF = {one.callback.question: name for name, one in COMMANDS.items() if hasattr(one.callback, "question")}
FUNCTION_OF = {
    one.question: name for name in tidewaiter.__all__ if hasattr(one := getattr(tidewaiter, name), "question")
}
TOOL_OF = {tool.question: name for name, tool in TOOLS.items()}


def test_the_questions_of_the_package_are_commands_and_those_with_rows_are_tools() -> None:
    assert len(FUNCTION_OF) >= 10
    assert {*FUNCTION_OF} <= {*COMMAND_OF}
    # A tool writes no file, and checks one claim at a time.
    assert {one.__name__ for one in {*FUNCTION_OF} - {*TOOL_OF}} == {"Brief", "Plot", "CheckClaims"}
    assert {one.__name__ for one in {*TOOL_OF} - {*FUNCTION_OF}} == {"CheckClaim"}


def of_command(name: str) -> dict[str, Shown]:
    """The options and arguments of a command, as Typer has them, that are not its own."""
    found = COMMANDS[name]
    own = {field.name for field in fields_of(found.callback.extra)} | {"help"}
    shown = {}
    for one in found.params:
        if one.name in own:
            continue
        kind = one.type_descriptor.annotation
        choices = get_args(kind) if get_origin(kind) is Literal else ()
        words = re.sub(r"; (may be repeated|one or several)$", "", one.help)
        is_required = one.required or (name, one.name) in NOT_REQUIRED
        shown[one.name] = Shown(is_required, plain(one.default), choices, words)
    return shown


def of_function(function: Callable[..., Any]) -> dict[str, Shown]:
    """The parameters of a function, and the lines of its docstring about them."""
    about = inspect.getdoc(function).partition("Args:\n")[2].partition("\n\n")[0]  # type: ignore[union-attr]
    lines = re.findall(r"^    (\w+): (.*?)\.$(?=\n    \w|\Z)", about, re.MULTILINE | re.DOTALL)
    words = {name: re.sub(r"\s+", " ", text).removesuffix("; or several") for name, text in lines}
    shown = {}
    for name, one in inspect.signature(function).parameters.items():
        kinds = (one.annotation, *get_args(one.annotation))
        choices = next((get_args(kind) for kind in kinds if get_origin(kind) is Literal), ())
        is_required = one.default is inspect.Parameter.empty
        shown[name] = Shown(is_required, None if is_required else one.default, choices, words[name])
    return shown


def of_tool(schema: dict[str, Any]) -> dict[str, Shown]:
    """The fields of a tool's schema."""
    shown = {}
    for name, one in schema["properties"].items():
        kinds = (one, *one.get("anyOf", ()))
        choices = next((tuple(kind["enum"]) for kind in kinds if "enum" in kind), ())
        shown[name] = Shown(name in schema.get("required", ()), one.get("default"), choices, one["description"])
    return shown


def drift(one: dict[str, Shown], other: dict[str, Shown]) -> list[str]:
    """Where two ways of asking differ; the first letter of a help may be a capital."""
    found = [f"only one has {name}" for name in sorted({*one} ^ {*other})]
    for name in {*one} & {*other}:
        here, there = (
            shown._replace(help=shown.help[:1].lower() + shown.help[1:]) for shown in (one[name], other[name])
        )
        found += [f"{name}: {here} and {there}"] if here != there else []
    return found


def without(shown: dict[str, Shown], names: set[str]) -> dict[str, Shown]:
    return {name: one for name, one in shown.items() if name not in names}


@pytest.fixture(scope="module")
def schemas(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """The schema of each tool, as a program is told."""
    import asyncio

    tools = asyncio.run(server_of(tmp_path_factory.mktemp("stores")).list_tools())
    return {tool.name: tool.model_dump()["input_schema"] for tool in tools}


@pytest.mark.parametrize("question", FUNCTION_OF, ids=lambda one: one.__name__)
def test_every_way_of_asking_takes_the_same_fields(
    question: type[Question], schemas: dict[str, dict[str, Any]]
) -> None:
    python = of_function(getattr(tidewaiter, FUNCTION_OF[question]))
    typed = of_command(COMMAND_OF[question])
    # A command has its own words for the place of the stores, which it takes from the environment, too.
    assert drift(without(typed, {"store"}), without(python, {"store"})) == []
    assert "store" in typed
    assert len(python) >= 3
    if question in TOOL_OF:
        tool = of_tool(schemas[TOOL_OF[question]])
        assert drift(without(tool, OF_TOOLS), without(python, {"store"})) == []


def test_a_field_that_differs_is_found(schemas: dict[str, dict[str, Any]]) -> None:
    typed, tool, python = of_command("movers"), of_tool(schemas["movers"]), of_function(tidewaiter.movers)
    right = without(python, {"store"})
    assert drift(without(typed, {"store"}), right) == []
    wrong = {
        "month": right["month"]._replace(default="2025-06"),
        "against": right["against"]._replace(choices=("month",)),
        "measure": right["measure"]._replace(help="something else"),
        "flow": right["flow"]._replace(is_required=True),
    }
    for name, one in wrong.items():
        assert [line.split(":")[0] for line in drift(right, right | {name: one})] == [name]
    assert drift(tool, right) == ["only one has rows"]
    assert drift(without(right, {"as_of"}), right) == ["only one has as_of"]


@pytest.mark.parametrize(
    ("kind", "is_typed"),
    [(int | None, int), (str | Path, Path), (str | None, str), (bool, bool), (Literal["a"] | None, Literal["a"])],
)
def test_the_type_of_an_option_is_what_a_person_can_write(kind: object, is_typed: object) -> None:
    assert kind_of(kind) == is_typed


@pytest.mark.parametrize(("given", "asked"), [([], None), (["a"], "a"), (["a", "b"], ("a", "b")), (3, 3)])
def test_an_option_that_is_given_once_is_one_text(given: object, asked: object) -> None:
    assert plain(given) == asked
