"""How many examples a property is tried on: few and always the same, so that a run fails for what was changed and for nothing
else. `TIDEWAITER_DRAWS` says how many times as many: 0.25 in `make test`, 1 in `make test-all`, and 50 in `make search`, which
draws new ones each time."""

import os
from typing import Any

from hypothesis import settings

TIMES = float(os.environ.get("TIDEWAITER_DRAWS", "1"))
# Of so many points at which a run may fail, one is tried.
ONE_POINT_OF = 3 if TIMES < 1 else 1


def draws(examples: int, **how: Any) -> settings:
    """The settings of a property of so many examples; `how` goes to Hypothesis."""
    return settings(max_examples=max(2, round(examples * TIMES)), deadline=None, derandomize=TIMES <= 1, **how)
