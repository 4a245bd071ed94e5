"""The files behind a module, read from its text without importing anything."""

import sys
from pathlib import Path
from types import ModuleType

import pytest

from tasks.domain.source_files import ROOT, modules_behind


def behind(monkeypatch: pytest.MonkeyPatch, file: Path, text: str) -> dict[str, Path]:
    file.write_text(text, encoding="utf-8")
    module = ModuleType(f"made_{file.stem}")
    module.__file__ = str(file)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    return modules_behind(module.__name__)


def test_a_module_without_imports_stands_alone() -> None:
    assert modules_behind("tasks.domain.units") == {"tasks.domain.units": ROOT / "tasks" / "domain" / "units.py"}


def test_every_way_of_importing_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    text = (
        "import polars as pl\n"
        "import schemas.errors\n"
        "from tasks.domain import (\n    text,\n    units as sizes,\n)\n"
        "# from tasks.domain import hashing\n"
        "def late() -> None:\n    from tasks.domain.findings import SHOWN_LENGTH\n"
    )
    found = behind(monkeypatch, tmp_path / "ways.py", text)
    direct = {"made_ways", "schemas.errors", "tasks.domain", "tasks.domain.text", "tasks.domain.units", "tasks.domain.findings"}  # fmt: skip
    # `findings` imports these two itself.
    assert direct | {"schemas.table", "schemas.tables.release"} <= {*found}
    assert "tasks.domain.hashing" not in found
    assert found["made_ways"] == tmp_path / "ways.py"
    assert found["tasks.domain"] == ROOT / "tasks" / "domain" / "__init__.py"


def test_modules_that_import_each_other_are_found_once() -> None:
    found = modules_behind("tasks.domain.hashing")
    assert {"tasks.domain.source_files", "schemas.code_files", "schemas.reference.code_tables"} <= {*found}
    assert all(file.is_file() for file in found.values())


def test_a_name_without_a_file_is_refused() -> None:
    with pytest.raises(LookupError, match=r"^tasks\.domain\.nothing: no source file; a step must be in a module"):
        modules_behind("tasks.domain.nothing")
