"""Readers next to a writer, two writers, and a retention that is stopped anywhere."""

from pathlib import Path

import pytest

from tests.faults.checks import check_names, check_stale
from tests.faults.checks_power import check_retention
from tests.faults.checks_processes import check_live, check_writers


@pytest.mark.slow
def test_every_read_of_every_engine_is_one_whole_release_and_never_an_older_one(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    # On a real disk: a thousand snapshots are too many for the memory of a container.
    tallies = check_live(tmp_path_factory.mktemp("live"), seconds=4.0)
    assert set(tallies) == {"polars", "duckdb", "pyarrow"}


def test_name_listed_through_the_pointer_never_gets_other_bytes(tmp_path: Path) -> None:
    check_names(tmp_path)


def test_two_writers_under_the_lock_lose_nothing(tmp_path: Path) -> None:
    check_writers(tmp_path)


def test_writer_without_the_lock_is_refused_loudly(tmp_path: Path) -> None:
    check_stale(tmp_path)


def test_retention_stopped_anywhere_leaves_whole_snapshots(tmp_path: Path) -> None:
    assert check_retention(tmp_path) > 40
