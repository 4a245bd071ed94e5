"""Whole numbers to units: what is told is the float nearest to the exact number."""

import math
from fractions import Fraction

from hypothesis import example, given
from hypothesis import strategies as st

from tasks.cube import NOTHING
from tasks.quotients import in_units
from tasks.series import EXACT_MAX, YEAR_MAX
from tests.draws import draws

SIZES = st.sampled_from((1, 100, 1_000, 10**6))


@draws(300)
@given(st.integers(-EXACT_MAX, EXACT_MAX), SIZES)
@example(1_247_000_000, 10**6)
@example(9_007_199_254_740_991, 1_000)
def test_a_number_of_units_is_the_nearest_float(whole: int, size: int) -> None:
    assert in_units(whole, size) == float(Fraction(whole, size))


@draws(300)
@given(st.integers(EXACT_MAX, YEAR_MAX), SIZES, st.sampled_from((-1, 1)))
def test_of_a_larger_one_the_whole_units_are_exact(whole: int, size: int, sign: int) -> None:
    """The last digit of a float may be another, the units may not."""
    told = in_units(sign * whole, size)
    assert abs(Fraction(told) - Fraction(sign * whole, size)) <= Fraction(math.ulp(told))
    units = whole // size * size
    assert in_units(sign * units, size) == float(sign * (units // size))


def test_there_are_no_units_of_nothing() -> None:
    assert math.isnan(in_units(NOTHING, 10**6))
