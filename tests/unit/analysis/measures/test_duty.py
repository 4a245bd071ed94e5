"""What was assessed at the border: rates, their status, and a rise among placebos."""

import pytest

from tasks.analysis.measures.duty import assessed, rank_of, shift_of, together


@pytest.mark.parametrize(
    ("values", "rates", "status"),
    [
        ((200.0, 200.0, 50.0), (25.0, 25.0, 100.0), "dutiable"),
        ((200.0, 100.0, 25.0), (12.5, 25.0, 50.0), "partly_free"),
        ((200.0, 0.0, 0.0), (0.0, None, 0.0), "free"),
        ((200.0, 200.0, 0.0), (0.0, 0.0, 100.0), "zero_duty"),
        ((200.0, None, 50.0), (25.0, None, None), "no_dutiable_stated"),
        ((0.0, 0.0, 0.0), (None, None, None), "no_imports"),
        ((200.0, 200.0, None), (None, None, 100.0), "no_duty_stated"),
        ((0.0, 0.0, 5.0), (None, None, None), "duty_without_imports"),
        ((200.0, 0.0, 5.0), (2.5, None, 0.0), "duty_without_value"),
        ((None, None, None), (None, None, None), "not_covered"),
        ((None, 100.0, 5.0), (None, 5.0, None), "not_covered"),
    ],
)
def test_each_way_to_pay_or_not_has_its_status(
    values: tuple[float | None, ...], rates: tuple[float | None, ...], status: str
) -> None:
    made = assessed(*values)
    assert (made.rate, made.dutiable_rate, made.dutiable_share) == rates
    assert made.status == status


def test_the_rate_of_several_goods_is_that_of_their_sums_and_unknown_where_one_is() -> None:
    """25 % of 100 and nothing of 300 is 6.25 %, not the mean of two rates."""
    assert together([(100.0, 100.0, 25.0), (300.0, 0.0, 0.0)]).rate == 6.25
    assert together([(100.0, 100.0, 25.0), (None, None, None)]).status == "not_covered"
    assert together([]).status == "not_covered"


def test_a_rise_is_placed_among_those_of_placebos() -> None:
    assert shift_of(assessed(100, 100, 5), assessed(100, 100, 30)) == 25
    assert shift_of(assessed(0, 0, 0), assessed(100, 100, 30)) is None
    assert rank_of(25, [30, 25, 0, None, -5]) == (2, 4)
