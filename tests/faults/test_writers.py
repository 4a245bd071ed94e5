"""Two writers, names under the pointer, and a retention that is stopped anywhere."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.checks import check_names, check_stale
from tests.faults.checks_power import check_retention
from tests.faults.checks_processes import check_writers


@pytest.mark.parametrize("check", [check_names, check_writers, check_stale])
def test_two_writers_lose_nothing_and_no_name_gets_other_bytes(tmp_path: Path, check: Callable[[Path], None]) -> None:
    check(tmp_path)


def test_a_retention_that_is_stopped_anywhere_leaves_whole_snapshots(tmp_path: Path) -> None:
    assert check_retention(tmp_path) > 40
