"""What type checkers and editors read of the package is what its functions are."""

import ast
import builtins
import inspect
from pathlib import Path

import pytest

import tidewaiter
from tidewaiter import stub

TREE = ast.parse(stub.FILE.read_text(encoding="utf-8"))
FUNCTIONS = {node.name: node for node in TREE.body if isinstance(node, ast.FunctionDef)}


def test_the_file_is_that_of_the_functions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert stub.main(["--check"]) == 0
    monkeypatch.setattr(stub, "FILE", tmp_path / "__init__.pyi")
    assert stub.main(["--check"]) == 1
    assert capsys.readouterr().err == "__init__.pyi is not that of the functions: run make dictionary\n"
    assert stub.main([]) == stub.main(["--check"]) == 0


@pytest.mark.parametrize("name", [name for name in tidewaiter.__all__ if name != "__version__"])
def test_a_function_has_the_parameters_that_help_shows(name: str) -> None:
    parameters = inspect.signature(getattr(tidewaiter, name)).parameters.values()
    written = FUNCTIONS[name].args
    assert [one.arg for one in written.args] == [one.name for one in parameters if one.kind is not one.KEYWORD_ONLY]
    assert [one.arg for one in written.kwonlyargs] == [one.name for one in parameters if one.kind is one.KEYWORD_ONLY]
    defaults = [*written.defaults, *(one for one in written.kw_defaults if one is not None)]
    expected = [one.default for one in parameters if one.default is not one.empty]
    assert list(map(ast.literal_eval, defaults)) == expected
    assert ast.get_docstring(FUNCTIONS[name]) == inspect.getdoc(getattr(tidewaiter, name))


def test_each_type_that_is_named_is_imported() -> None:
    imported = {alias.name for node in TREE.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    kinds = [
        kind
        for one in FUNCTIONS.values()
        for kind in (one.returns, *(arg.annotation for arg in (*one.args.args, *one.args.kwonlyargs)))
    ]
    assert len(kinds) > 100
    names = {node.id for kind in kinds if kind for node in ast.walk(kind) if isinstance(node, ast.Name)}
    assert {"DataFrame", "LazyFrame", "TraceReport", "DocumentPage", "Literal"} <= names <= imported | {*dir(builtins)}
