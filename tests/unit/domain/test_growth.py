"""Growth is the same of numbers, exact fractions and columns."""

from fractions import Fraction

import polars as pl
import pytest

from tasks.domain.growth import growth_pct


@pytest.mark.parametrize(("now", "base", "growth"), [(3.0, 2.0, 50.0), (0.0, 7.0, -100.0), (2.0, 3.0, -100 / 3)])
def test_growth_is_the_change_as_a_share_of_the_base(now: float, base: float, growth: float) -> None:
    column = pl.select(growth_pct(pl.lit(now), pl.lit(base))).item()
    assert growth_pct(now, base) == column == pytest.approx(growth)
    assert growth_pct(Fraction(now), Fraction(base)) == 100 * Fraction(int(now - base), int(base))
