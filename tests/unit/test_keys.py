"""Whole numbers that stand for names: found again, told apart and put in order, with a table of all of them and without."""

import numpy
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks import keys
from tasks.keys import Index, distinct, number_distinct
from tasks.series_keys import KeySpace
from tests.draws import draws

SIZE = 30
NUMBERS = st.lists(st.integers(0, SIZE - 1), max_size=12)
WITH_TABLE_AND_WITHOUT = pytest.mark.parametrize("table_max", [keys.TABLE_MAX, 0])


def array(numbers: list[int]) -> keys.Array:
    return numpy.array(numbers, numpy.int64)


@WITH_TABLE_AND_WITHOUT
@given(st.sets(st.integers(0, SIZE - 1)), NUMBERS)
@draws(60)
def test_a_key_is_found_where_it_is_and_no_other_is_found(table_max: int, known: set[int], wanted: list[int]) -> None:
    there = sorted(known)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "TABLE_MAX", table_max)
        found = Index(array(there), SIZE).find(array(wanted))
    assert found.tolist() == [there.index(key) if key in known else -1 for key in wanted]


@WITH_TABLE_AND_WITHOUT
@given(NUMBERS, NUMBERS)
@draws(60)
def test_distinct_numbers_are_in_order_and_each_knows_its_own(table_max: int, one: list[int], other: list[int]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "TABLE_MAX", table_max)
        numbers, place = number_distinct(array(one), SIZE)
        both = distinct([array(one), array(other)], SIZE)
    assert numbers.tolist() == sorted(set(one))
    assert [numbers[each] for each in place] == one
    assert both.tolist() == sorted({*one, *other})


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 4), st.integers(0, 2), st.integers(0, 3)), min_size=1))
@draws(60)
def test_a_key_is_in_the_order_of_its_names_and_says_them_again(names: list[tuple[int, int, int, int]]) -> None:
    space = KeySpace(2, 5, 3, 4)
    key = space.key(*map(array, map(list, zip(*names, strict=True))))
    assert [*zip(*(part.tolist() for part in space.names_of(key)), strict=True)] == names
    assert [names[place] for place in numpy.argsort(key, kind="stable")] == sorted(names)
    assert 0 <= key.min() <= key.max() < space.size == 2 * 5 * 3 * 4
    assert space.product_of(key // space.measures).tolist() == [product for _, product, _, _ in names]
