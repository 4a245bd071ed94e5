"""The command in a folder of a project that has its own `flows/`, `tasks.py` or `schemas/`."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
COMMAND = "import sys; sys.argv[0] = 'tidewaiter'; from tidewaiter.__main__ import main; main()"
PROGRAM = "import tidewaiter; tidewaiter.read('magnets')"


def _project(folder: Path) -> Path:
    (folder / "flows").mkdir()
    (folder / "flows" / "__init__.py").write_text("raise RuntimeError('the wrong flows')\n")
    (folder / "tasks.py").write_text("raise RuntimeError('the wrong tasks')\n")
    (folder / "schemas").mkdir()
    return folder


def _run(folder: Path, *arguments: str, first: Path | None = None) -> "subprocess.CompletedProcess[str]":
    """As an installed command: the current folder is not on Python's path, unless `first` is put there."""
    path = os.pathsep.join(map(str, [*([first] if first else []), ROOT]))
    return subprocess.run(
        [sys.executable, "-P", "-c", *arguments], cwd=folder, env={**os.environ, "PYTHONPATH": path, "NO_COLOR": "1"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_command_works_in_the_folder_of_such_a_project_and_beside_a_folder_without_a_module(tmp_path: Path) -> None:
    """That nothing is deployed there: `cli/server/test_deploy.py`."""
    done = _run(_project(tmp_path), COMMAND, "--version")
    assert (done.returncode, done.stderr) == (0, "")
    (tmp_path / "empty" / "schemas").mkdir(parents=True)
    assert _run(tmp_path, COMMAND, "--version", first=tmp_path / "empty").returncode == 0


@pytest.mark.parametrize(("hides", "package"), [("flows/__init__.py", "flows"), ("tasks.py", "tasks")])
def test_what_comes_first_on_the_path_is_named_in_one_line(tmp_path: Path, hides: str, package: str) -> None:
    _project(tmp_path)
    for name in ("flows/__init__.py", "tasks.py"):
        if name != hides:
            (tmp_path / name).unlink()
    done = _run(tmp_path, COMMAND, "--version", first=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(
        f"refused {tmp_path / hides} hides the package `{package}` of Tidewaiter: run this from another folder"
    )
    in_python = _run(tmp_path, PROGRAM, first=tmp_path)
    assert in_python.stderr.splitlines()[-1] == f"ImportError: {line.removeprefix('refused ')}"
