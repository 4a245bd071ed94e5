"""Each module of `tasks/` has a test module in its own room that imports it."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TESTS = ROOT / "tests" / "unit"


def modules() -> list[str]:
    """The modules of the rooms, such as `tasks.store.parquet`."""
    files = (path for path in (ROOT / "tasks").rglob("*.py") if path.name not in ("__init__.py", "__main__.py"))
    return sorted(".".join(path.relative_to(ROOT).with_suffix("").parts) for path in files)


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


def test_every_module_is_tested_in_its_own_room() -> None:
    every = modules()
    assert len(every) > 150
    rooms = {name.split(".")[1] for name in every}
    by_room = {room: imports_of(room) for room in rooms}
    assert [name for name in every if name not in by_room[name.split(".")[1]]] == []


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("import tasks.store.s3", {"tasks.store.s3"}), ("from tasks.store import s3 as bucket", {"tasks.store", "tasks.store.s3"}),
        ("def late():\n    from tasks.store.s3 import Bucket", {"tasks.store.s3", "tasks.store.s3.Bucket"}), ('"""import tasks.store.s3"""', set()),
    ],
)  # fmt: skip
def test_only_imports_count(tmp_path: Path, text: str, names: set[str]) -> None:
    file = tmp_path / "test_made.py"
    file.write_text(text)
    assert imported(file) == names
