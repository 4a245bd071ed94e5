"""Two writers, names under the pointer, and a retention that is stopped anywhere."""

from pathlib import Path

from tests.faults.checks import check_names, check_stale
from tests.faults.checks_power import check_retention
from tests.faults.checks_processes import check_writers


def test_a_name_listed_through_the_pointer_never_gets_other_bytes(tmp_path: Path) -> None:
    check_names(tmp_path)


def test_two_writers_under_the_lock_lose_nothing(tmp_path: Path) -> None:
    check_writers(tmp_path)


def test_a_writer_without_the_lock_is_refused_loudly(tmp_path: Path) -> None:
    check_stale(tmp_path)


def test_a_retention_that_is_stopped_anywhere_leaves_whole_snapshots(tmp_path: Path) -> None:
    assert check_retention(tmp_path) > 40
