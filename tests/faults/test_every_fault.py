"""Kill, full disk, broken disk, short write: at every single call of a publication, from every start state."""

from pathlib import Path

import pytest

from tests.draws import ONE_POINT_OF
from tests.faults.checks import STARTS, check_every_fault
from tests.faults.faulty import FAULTS


@pytest.mark.parametrize("start", STARTS)
# A stop is a kill without a process; the kill itself takes ten times as long.
@pytest.mark.parametrize(
    "fault", [pytest.param(one, marks=[pytest.mark.slow] * (one in {"kill", "torn"})) for one in FAULTS]
)
def test_any_fault_leaves_old_or_new_and_the_same_run_again_ends_in_new(tmp_path: Path, fault: str, start: str) -> None:
    places = check_every_fault(tmp_path, fault, start, ONE_POINT_OF)
    assert places > 0 or (fault, start) in {("torn", "unpointed"), ("short", "unpointed")}
