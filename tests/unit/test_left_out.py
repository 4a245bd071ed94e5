"""What tests leave out of a release they name: no fixture that acts by itself changes the program."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas import settings
from tasks.analysis.after import after_release, watch_rules
from tasks.analysis.reporter.of_reporter import MAKERS
from tasks.pages.brief.watched import watch_list
from tests.left_out import all_trusted, nothing_watched

TESTS = Path(__file__).parents[1]
# What changes a program while it runs.
CHANGES = {"setattr", "setitem", "setenv", "delattr", "delitem", "delenv", "environ", "chdir", "putenv"}


def is_autouse(function: ast.FunctionDef) -> bool:
    """Whether a fixture acts on tests that do not name it."""
    given = [word for one in function.decorator_list if isinstance(one, ast.Call) for word in one.keywords]
    return any(
        word.arg == "autouse" and not (isinstance(word.value, ast.Constant) and not word.value.value) for word in given
    )


def changing(text: str) -> Iterator[str]:
    """The fixtures of a module that act by themselves and change something of the program or its environment."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef) and is_autouse(node):
            names = {getattr(one, "attr", getattr(one, "id", "")) for one in ast.walk(node)}
            if names & CHANGES:
                yield node.name


def test_no_shared_fixture_changes_the_program_by_itself() -> None:
    """One that does stands in the module whose tests it concerns, where who reads them sees it."""
    shared = [*TESTS.rglob("conftest.py")]
    assert len(shared) >= 4
    found = {file.relative_to(TESTS): [*changing(file.read_text(encoding="utf-8"))] for file in shared}
    assert {file: names for file, names in found.items() if names} == {}


@pytest.mark.parametrize(
    ("decorator", "body", "is_found"),
    [
        ("pytest.fixture(autouse=True)", "monkeypatch.setattr('tasks.a.B', {})", True),
        ("pytest.fixture(scope='session', autouse=True)", "os.environ['A'] = 'b'", True),
        ("pytest.fixture(autouse=True)", "patch.setenv('A', 'b')", True),
        ("pytest.fixture(autouse=True)", "gc.collect()", False),
        ("pytest.fixture(autouse=False)", "patch.setenv('A', 'b')", False),
        ("pytest.fixture", "patch.setenv('A', 'b')", False),
    ],
)
def test_a_fixture_that_does_is_found(decorator: str, body: str, is_found: bool) -> None:
    assert [*changing(f"@{decorator}\ndef one(patch):\n    {body}\n")] == (["one"] if is_found else [])


def test_without_a_name_the_program_is_as_users_have_it() -> None:
    assert after_release.MAKERS is MAKERS
    assert {*MAKERS} == {"mover", "expectation"}
    assert watch_list().height > 0
    assert len(watch_rules.watch_rules("CHN")) > 0
    assert settings.text(settings.EXPERIMENTAL) == ""


@pytest.mark.usefixtures("nothing_is_watched", "nothing_follows", "experimental_sources_are_trusted")
def test_what_is_named_is_left_out() -> None:
    assert after_release.MAKERS == {}
    assert watch_list().height == 0
    assert watch_rules.watch_rules("CHN") == []
    assert settings.text(settings.EXPERIMENTAL).split() == all_trusted()[settings.EXPERIMENTAL].split()
    assert "us_census_bulk" in settings.text(settings.EXPERIMENTAL)


def test_the_files_of_nothing_are_read_as_such(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in nothing_watched(tmp_path).items():
        monkeypatch.setenv(name, value)
    assert (watch_list().height, watch_rules.watch_rules("USA")) == (0, [])
