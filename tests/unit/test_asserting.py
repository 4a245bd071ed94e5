"""No test asserts nothing: each has an assertion, expects an error, or calls a function of the tests that does."""

import ast
from pathlib import Path

TESTS = Path(__file__).parents[1]
Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions() -> list[tuple[str, Function]]:
    """Every function of the tests, with the place where it is."""
    files = {file: ast.parse(file.read_text(encoding="utf-8")) for file in sorted(TESTS.rglob("*.py"))}
    return [
        (f"{file.relative_to(TESTS)}::{node.name}", node)
        for file, tree in files.items()
        for node in ast.walk(tree)
        if isinstance(node, Function)
    ]


def called(function: Function) -> set[str]:
    """The names of what a function calls, without what is before their last dot."""
    calls = (node.func for node in ast.walk(function) if isinstance(node, ast.Call))
    return {call.attr if isinstance(call, ast.Attribute) else getattr(call, "id", "") for call in calls}


def asserting(every: list[Function]) -> set[str]:
    """The names of the functions that fail where something is not as it should be, those that call one included."""
    known = {"raises", "warns", "fail", "assert_frame_equal", "assert_series_equal", "raise_for_status"}
    known |= {one.name for one in every if any(isinstance(node, ast.Assert | ast.Raise) for node in ast.walk(one))}
    calls = [(one.name, called(one)) for one in every if one.name not in known]
    while more := {name for name, names in calls if name not in known and names & known}:
        known |= more
    return known


def test_every_test_asserts_something() -> None:
    every = functions()
    tests = [(place, one) for place, one in every if one.name.startswith("test_")]
    assert len(tests) > 1000, "the tests were not found"
    known = asserting([one for _, one in every])
    silent = [place for place, one in tests if one.name not in known]
    assert silent == [], f"these tests assert nothing: {silent}"


def test_a_test_without_an_assertion_is_found() -> None:
    tree = ast.parse("def helps():\n    assert 1\ndef test_a():\n    helps()\ndef test_b():\n    print(1)\n")
    assert asserting([node for node in tree.body if isinstance(node, Function)]) >= {"test_a", "helps"}
    assert "test_b" not in asserting([node for node in tree.body if isinstance(node, Function)])
