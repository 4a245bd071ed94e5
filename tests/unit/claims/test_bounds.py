"""What printed figures leave open for one that nobody prints: it holds the truth, and it is as narrow as arithmetic by
hand."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.claims.bounds import Period, PrintedSeries
from tasks.claims.numbers import Printed
from tasks.domain.precision import Interval
from tests.draws import draws

JANUARY = 2024 * 12
ONE = Fraction(1)


def series(
    levels: dict[Period, Printed],
    growths: dict[Period, Printed] | None = None,
    exact: dict[Period, Fraction] | None = None,
    cut: int | None = None,
) -> PrintedSeries:
    """A series; from the month `cut` on it means something else."""

    def is_comparable(one: Period, other: Period) -> bool:
        return cut is None or not min(one[0], other[0]) < cut <= max(one[1], other[1])

    return PrintedSeries(levels, growths or {}, exact or {}, is_comparable)


def span(first: int, last: int) -> Period:
    return JANUARY + first - 1, JANUARY + last - 1


def strict(one: PrintedSeries, period: Period) -> Interval | None:
    found = one.between(period)
    return found and found[0]


def test_a_month_between_two_totals_and_one_that_a_growth_implies() -> None:
    """The line of rare earths: 18,049.5 t to April 2024 and 8,773.9 t to February; April 2025 was 4,784.8 t, up 4.8
    %."""
    tenth = Fraction(1, 10)
    levels = {
        span(1, 4): (Fraction("18049.5"), tenth), span(1, 2): (Fraction("8773.9"), tenth),
        span(16, 16): (Fraction("4784.8"), tenth),
    }  # fmt: skip
    known = series(levels, {span(16, 16): (Fraction("4.8"), tenth)})
    april = strict(known, span(4, 4))
    assert april == Interval(Fraction("4784.75") / Fraction("1.0485"), Fraction("4784.85") / Fraction("1.0475"))
    march = strict(known, span(3, 3))
    assert march is not None
    assert march.low == Fraction("18049.45") - Fraction("8773.95") - april.high
    assert march.high == Fraction("18049.55") - Fraction("8773.85") - april.low
    assert (float(march.low), float(march.high)) == pytest.approx((4707.62, 4712.28), abs=0.01)
    found = known.between(span(3, 3))
    assert found is not None
    assert {(source.first, source.last, source.is_growth) for source in found[2]} == {
        (*span(1, 4), False), (*span(1, 2), False), (*span(16, 16), False), (*span(16, 16), True),
    }  # fmt: skip

    gone = series({span(13, 13): (Fraction(0), ONE)}, {span(13, 13): (Fraction(-100), ONE)})
    assert strict(gone, span(1, 1)) is None, "a fall by everything names no base"


@pytest.mark.parametrize(
    ("levels", "left"),
    [
        ({(1, 3): 100, (2, 2): 30}, {(1, 1): (0, 71), (3, 3): (0, 71), (4, 4): None, (1, 12): None}),
        ({(1, 6): 100, (1, 3): 40}, {(4, 6): (59, 61), (4, 5): (0, 61)}),
        ({(4, 6): 60, (4, 4): 10, (5, 5): 20}, {(6, 6): ("28.5", "31.5")}),
        # Customs revised January in silence: the total is less than the month.
        ({(1, 1): 50, (1, 2): 40}, {(1, 1): ("49.5", "50.5"), (1, 2): ("39.5", "40.5")}),
    ],
    ids=[
        "at most what its total leaves",
        "a difference of totals",
        "a sum of months",
        "what the first of numbers that contradict leaves",
    ],
)
def test_what_totals_and_months_leave_to_others(
    levels: dict[Period, int], left: dict[Period, tuple[int | str, int | str] | None]
) -> None:
    known = series({span(*months): (Fraction(value), ONE) for months, value in levels.items()})
    for months, ends in left.items():
        assert strict(known, span(*months)) == (ends and Interval(*map(Fraction, ends))), months


def test_nothing_is_added_up_or_compared_over_a_change_of_what_it_means() -> None:
    levels = {span(1, 3): (Fraction(100), ONE), span(1, 2): (Fraction(60), ONE), span(13, 13): (Fraction(50), ONE)}
    growths = {span(13, 13): (Fraction(25), ONE)}
    whole = series(levels, growths)
    assert strict(whole, span(3, 3)) == Interval(Fraction(39), Fraction(41))
    assert strict(whole, span(1, 1)) is not None
    assert strict(series(levels, growths, cut=JANUARY + 2), span(3, 3)) is None
    assert strict(series(levels, growths, cut=JANUARY + 12), span(1, 1)) == Interval(Fraction(0), Fraction("60.5"))


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[int], PrintedSeries]:
    """Two years of months, some of whose months, totals and growths are printed, rounded."""
    months = draw(st.lists(st.integers(0, 5000), min_size=24, max_size=24))
    steps = st.sampled_from([1, 10, 100])

    def total(first: int, last: int) -> int:
        return sum(months[first - 1 : last])

    levels: dict[Period, Printed] = {}
    growths: dict[Period, Printed] = {}
    periods = [(month, month) for month in range(1, 25)] + [(13, 12 + last) for last in range(2, 13)]
    periods += [(1, last) for last in range(2, 13)] + [(4, 6), (7, 9)]
    for first, last in draw(st.lists(st.sampled_from(periods), max_size=14, unique=True)):
        step = draw(steps)
        levels[span(first, last)] = (Fraction(round(total(first, last) / step) * step), Fraction(step))
    for first, last in draw(
        st.lists(st.sampled_from([one for one in periods if one[0] > 12]), max_size=6, unique=True)
    ):
        before = total(first - 12, last - 12)
        if before:
            growth = Fraction(total(first, last), before) * 100 - 100
            growths[span(first, last)] = (Fraction(round(growth * 10), 10), Fraction(1, 10))
    exact = draw(st.lists(st.integers(1, 24), max_size=3, unique=True))
    return months, series(levels, growths, {span(month, month): Fraction(months[month - 1]) for month in exact})


@draws(100)
@given(worlds())
def test_the_truth_lies_in_what_is_left_open(world: tuple[list[int], PrintedSeries]) -> None:
    months, known = world
    asked = (
        [(month, month) for month in range(1, 25)] + [(1, last) for last in range(2, 13)] + [(4, 6), (13, 18), (20, 22)]
    )
    for first, last in asked:
        if (found := known.between(span(first, last))) is not None:
            truth = sum(months[first - 1 : last])
            for interval in found[:2]:
                assert interval.low <= truth <= interval.high, (first, last)
