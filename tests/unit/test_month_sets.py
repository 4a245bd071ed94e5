"""Sets of months as bits say what sets of months say, also where they reach over several words."""

import numpy
from hypothesis import given
from hypothesis import strategies as st

from tasks.month_sets import empty_sets, first_of, grown, has, last_before, last_of, pack, put, spread, spread_members
from tests.draws import draws

MONTHS = 150
SETS = st.lists(st.sets(st.one_of(st.integers(0, MONTHS - 1), st.sampled_from([0, 63, 64, 127, 128, MONTHS - 1]))), min_size=1, max_size=4)  # fmt: skip


def bits(sets: list[set[int]]) -> numpy.ndarray:
    made = empty_sets(len(sets), MONTHS)
    for row, months in enumerate(sets):
        for month in months:
            put(made, row, month)
    return made


def months_in(sets: numpy.ndarray) -> list[set[int]]:
    return [{month for month in range(MONTHS) if has(sets, row, month)} for row in range(len(sets))]


@given(SETS)
@draws(60)
def test_a_set_has_what_was_put_into_it_and_knows_its_ends(sets: list[set[int]]) -> None:
    made = bits(sets)
    assert months_in(made) == sets
    flags = numpy.zeros((len(sets), MONTHS), bool)
    for row, months in enumerate(sets):
        flags[row, [*months]] = True
        assert (first_of(made, row), last_of(made, row)) == (min(months, default=-1), max(months, default=-1))
        for month in (0, 63, 64, 65, 128, MONTHS):
            assert last_before(made, row, month) == max((one for one in months if one < month), default=-1)
    packed = empty_sets(len(sets), MONTHS)
    pack(flags, packed)
    assert (packed == made).all()


@given(SETS, st.integers(0, 63))
@draws(60)
def test_a_set_grows_by_the_months_after_its_own(sets: list[set[int]], by: int) -> None:
    expected = [
        {month + step for month in months for step in range(by + 1) if month + step < MONTHS} for months in sets
    ]
    assert months_in(grown(bits(sets), by)) == expected


@given(SETS, st.lists(st.integers(-1, 1), min_size=4, max_size=4), st.sets(st.integers(0, MONTHS - 1)))
@draws(60)
def test_months_are_spread_to_targets_and_those_of_members_alone_while_they_are(
    sets: list[set[int]], targets: list[int], valid: set[int]
) -> None:
    child, target = numpy.arange(len(sets)), numpy.array(targets[: len(sets)])
    everything, of_members = empty_sets(2, MONTHS), empty_sets(2, MONTHS)
    spread(child, target, bits(sets), everything)
    spread_members(child, target, bits(sets), of_members, numpy.zeros(len(sets), numpy.int64), bits([valid]))
    united = [
        set[int]().union(*(months for months, to in zip(sets, targets, strict=False) if to == row)) for row in (0, 1)
    ]
    assert months_in(everything) == united
    assert months_in(of_members) == [months & valid for months in united]
