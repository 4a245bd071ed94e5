"""How many examples a property is tried on: few and always the same, so that a run fails for what was changed and for nothing
else. With TIDEWAITER_DRAWS=50, as in `make search`, fifty times as many are tried, new ones each time."""

import os
from typing import Any

from hypothesis import settings

TIMES = int(os.environ.get("TIDEWAITER_DRAWS", "1"))


def draws(examples: int, **how: Any) -> settings:
    """The settings of a property of so many examples; `how` goes to Hypothesis."""
    return settings(max_examples=examples * TIMES, deadline=None, derandomize=TIMES == 1, **how)
