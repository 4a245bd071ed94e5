"""Months that are derived together share what they look back on, and fit into memory."""

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.derive import derivation
from tasks.domain.coverage import FIGURES_LOOK_BACK
from tests.draws import draws


@given(st.randoms(use_true_random=False))
@draws(20)
def test_months_are_divided_where_they_share_no_month_or_become_too_many_rows(chance: random.Random) -> None:
    most = chance.choice([1, 50, 200])
    months = sorted(chance.sample(range(200), 25))
    rows = {month: chance.randint(0, 60) for month in months if chance.random() < 0.8}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(derivation, "LEDGER_ROWS_AT_ONCE", most)
        parts = [*derivation._chunks(months, rows)]
    assert [*itertools.chain(*parts)] == months
    weights = [sum(rows.get(month, 0) for month in part) for part in parts]
    assert all(weight <= most or len(part) == 1 for part, weight in zip(parts, weights, strict=True))
    assert all(after - before <= FIGURES_LOOK_BACK for part in parts for before, after in itertools.pairwise(part))
    for (part, following), weight in zip(itertools.pairwise(parts), weights, strict=False):
        is_far = following[0] - part[-1] > FIGURES_LOOK_BACK
        assert is_far or weight + rows.get(following[0], 0) > most, "cut for no reason"
