"""Each module has a test module in its own room that imports it: of `tasks/`, of `flows/` and of `schemas/`."""

import ast
from pathlib import Path

import pytest

from flows.cli import app
from tests.unit.schemas import question_modules

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests" / "unit"
GOLDEN = ROOT / "tests" / "golden" / "test_said.py"


def modules_of(package: str) -> list[str]:
    """The modules of a package, such as `tasks.store.snapshots.parquet`."""
    files = (path for path in (ROOT / package).rglob("*.py") if path.name not in ("__init__.py", "__main__.py"))
    return sorted(".".join(path.relative_to(ROOT).with_suffix("").parts) for path in files)


def room_of(module: str) -> str:
    """The folder of tests of a module: a room of `tasks`, or the package."""
    package, *parts = module.split(".")
    return parts[0] if package == "tasks" else package


def imported(file: Path) -> set[str]:
    """The modules that a file imports directly, by its syntax tree."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def imports_of(room: str) -> set[str]:
    """What the test modules of a room import."""
    files = sorted((TESTS / room).rglob("test_*.py"))
    return set().union(*map(imported, files)) if files else set()


@pytest.mark.parametrize(("package", "least"), [("tasks", 150), ("flows", 20), ("schemas", 20)])
def test_every_module_is_tested_in_its_own_room(package: str, least: int) -> None:
    every = modules_of(package)
    assert len(every) > least
    by_room = {room: imports_of(room) for room in {room_of(name) for name in every}}
    # These it imports one by one, and checks each class of.
    by_room[package] = by_room.get(package, set()) | {module.__name__ for module in question_modules.MODULES}
    # `test_form` compares each command with its question; one in a module of its own prints in a golden session.
    alone = {module: names[0] for module, names in app.MODULES.items() if module not in app.LISTED}
    by_room[package] |= {
        module for module, name in alone.items() if f'": "{name} ' in GOLDEN.read_text(encoding="utf-8")
    }
    assert [name for name in every if name not in by_room[room_of(name)]] == []


def test_no_test_module_imports_another() -> None:
    """What several of them need lies in a module beside them, so that a change of one test reaches no other."""
    files = [*TESTS.parent.rglob("*.py")]
    tests = {file.stem for file in files if file.stem.startswith("test_")}
    assert len(tests) > 200
    lent = {name for file in files for module in imported(file) for name in module.split(".") if name in tests}
    assert lent == set()
