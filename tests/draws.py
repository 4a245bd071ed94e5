"""How many examples a property is tried on: few and always the same, so that a run fails for what was changed and for
nothing else. `TIDEWAITER_DRAWS` says how many times as many: 0.25 in `make test`, 1 in `make test-all`, and 50 in `make
search`, which draws new ones each time. Of other cases that are many and alike, such as the points at which a run is
killed, `some` takes a third, and `make search` all."""

import os
from collections.abc import Sequence
from typing import Any, TypeVar

from hypothesis import settings

TIMES = float(os.environ.get("TIDEWAITER_DRAWS", "1"))
ONE_OF = 1 if TIMES > 1 else 3


Case = TypeVar("Case")


def some(cases: Sequence[Case], first: int = 0) -> Sequence[Case]:
    """Every third, from one of the first three on; all where that leaves none, and in `make search`."""
    return cases[first % ONE_OF :: ONE_OF] or cases


def draws(examples: int, **how: Any) -> settings:
    """The settings of a property of so many examples; `how` goes to Hypothesis."""
    return settings(max_examples=max(2, round(examples * TIMES)), deadline=None, derandomize=TIMES <= 1, **how)
