"""What a publication onto a large store writes, by the benchmark that measures it."""

import argparse
import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks import generate, publications
from benchmarks.written import Filled

ROOT = Path(__file__).parents[3]


def grown(folder: Path, months: int) -> dict[str, Any]:
    """The second correction of the newest month of a store of that many months, published a year at a time."""
    full = months // 12
    given = argparse.Namespace(months=months, at_once=12, publications=full + 2, keep=100)
    (figures,) = publications.grow(folder, given, {full + 2})
    return figures


def test_a_correction_costs_a_store_of_three_times_the_years_a_line_a_file_and_no_sync_more(tmp_path: Path) -> None:
    few, many = grown(tmp_path / "few", 24), grown(tmp_path / "many", 72)
    assert (few["files"], many["files"]) == (216, 648)
    assert many["syncs"] <= few["syncs"]
    # Of each file more the manifest has a line; nothing else of it is written again.
    assert many["bytes"] - few["bytes"] < (648 - 216) * 330


def test_a_backfill_writes_little_more_than_what_is_in_the_store(tmp_path: Path) -> None:
    """Figures were once written three times: as parts, as files that wait, and as objects."""
    files = tmp_path / "files"
    generate.generate(generate.Size(date(2024, 1, 1), 14, 7, 2_000, 120, 30), files)
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.written", "--fill", str(files), str(tmp_path / "reporter=CHN")],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        # What Python compiles at the first start is no file of the store.
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
    )
    filled = Filled(*json.loads(done.stdout.splitlines()[-1]))
    written, published = filled.written, filled.published
    assert published > 1_000_000
    assert published <= written < 1.3 * published
