"""What a publication onto a large store writes, by the benchmark that measures it."""

import argparse
from pathlib import Path
from typing import Any

from benchmarks import publications


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
