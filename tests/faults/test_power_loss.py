"""Power loss: what returned survives, else old or new; never unreadable, never stuck. The move of the pointer and a
third of the calls, all by `make search`."""

from pathlib import Path

import pytest

from tests.draws import some
from tests.faults.checks import STARTS
from tests.faults.checks_power import check_power, check_power_after_kill, check_retention_power


@pytest.mark.parametrize("start", STARTS)
def test_power_loss_leaves_old_or_new_and_keeps_what_returned(tmp_path: Path, start: str) -> None:
    assert check_power(tmp_path, start, of=some) >= 20


@pytest.mark.parametrize("start", ["empty", "one"])
def test_run_again_after_a_kill_outlives_the_power(tmp_path: Path, start: str) -> None:
    assert check_power_after_kill(tmp_path, start, of=some) >= 60


def test_power_loss_during_retention_leaves_whole_snapshots(tmp_path: Path) -> None:
    assert check_retention_power(tmp_path, some) >= 60
