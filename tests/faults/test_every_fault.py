"""Kill, full disk, broken disk, short write, at the calls of a publication, from every start state.

The move of the pointer and one call of three are tried, other ones for each fault and start, and each of them by `make
search`.
"""

from pathlib import Path

import pytest

from tests.draws import some
from tests.faults.checks import STARTS, check_every_fault
from tests.faults.faulty import FAULTS


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("fault", FAULTS)
def test_any_fault_leaves_old_or_new_and_the_same_run_again_ends_in_new(tmp_path: Path, fault: str, start: str) -> None:
    places = check_every_fault(tmp_path, fault, start, some)
    assert places > 0 or (fault, start) in {("torn", "unpointed"), ("short", "unpointed")}
