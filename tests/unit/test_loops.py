"""Compiled loops are those of the code as it is, or a number would not come from the code that its lineage names."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tasks.imports import ROOT


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of all that loops can rest on."""
    for name in ("tasks", "schemas"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def _kept(house: Path, **environment: str) -> Path:
    shown = subprocess.run(
        [sys.executable, "-c", "import os, tasks; print(os.environ['NUMBA_CACHE_DIR'])"], cwd=house, check=True,
        capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(house), **environment},
    )  # fmt: skip
    return Path(shown.stdout.strip())


@pytest.mark.parametrize(
    ("file", "is_other"),
    [("month_sets.py", True), ("scope.py", True), ("figures.py", True), ("brief.py", False), ("report.py", False)],
)
def test_loops_are_kept_by_the_code_that_they_rest_on(house: Path, file: str, is_other: bool) -> None:
    before = _kept(house)
    assert before.parent == house / "tasks" / "__pycache__" / "tidewaiter-loops"
    with (house / "tasks" / file).open("a", encoding="utf-8") as code:
        code.write("\nMORE = 1\n")
    assert (_kept(house) != before) == is_other


def test_a_folder_of_another_version_is_not_taken_over_and_one_that_was_chosen_is(house: Path) -> None:
    ours = _kept(house)
    assert _kept(house, NUMBA_CACHE_DIR=str(ours.with_name("0123456789abcdef"))) == ours
    assert _kept(house, NUMBA_CACHE_DIR="/chosen") == Path("/chosen")


def test_of_earlier_code_the_newest_loops_are_left(house: Path) -> None:
    home = _kept(house).parent
    for day in range(1, 6):
        (home / f"{day:016x}" / "month_sets").mkdir(parents=True)
        os.utime(home / f"{day:016x}", (day, day))
    _kept(house)
    assert sorted(folder.name for folder in home.iterdir()) == [f"{day:016x}" for day in (3, 4, 5)]


def test_a_loop_says_what_the_code_says_that_it_calls(house: Path) -> None:
    """Two months that are in a set, then a change in the file of what the loop calls."""
    program = "from tasks.month_sets import empty_sets, put\nfrom tasks.asked import count\n" \
              "sets = empty_sets(1, 12); put(sets, 0, 3); put(sets, 0, 5); print(count(sets))"  # fmt: skip
    (house / "tasks" / "asked.py").write_text(
        "import numba\nfrom tasks.month_sets import has\n\n\n@numba.njit(cache=True)\ndef count(sets):\n"
        "    return sum([has(sets, 0, month) for month in range(12)])\n"
    )
    sets = house / "tasks" / "month_sets.py"
    text = sets.read_text(encoding="utf-8")
    said = []
    for changed in (text, text.replace("return bool((sets[row", "return not bool((sets[row")):
        sets.write_text(changed, encoding="utf-8")
        shown = subprocess.run(
            [sys.executable, "-c", program], cwd=house, check=True, capture_output=True, text=True,
            env={**os.environ, "PYTHONPATH": str(house)},
        )  # fmt: skip
        said.append(int(shown.stdout))
    assert said == [2, 10]
