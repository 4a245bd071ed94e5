"""Intervals of printed numbers, worked by hand with exact fractions."""

from fractions import Fraction

import polars as pl
import pytest

from tasks.domain.precision import Interval, Reading, cut_off, has_fewer_digits, hull, printed, rounded


def interval(low: int | str, high: int | str) -> Interval:
    return Interval(Fraction(low), Fraction(high))


def test_a_printed_number_may_be_rounded_or_cut_off() -> None:
    assert rounded(Fraction(353), Fraction(1)) == interval("352.5", "353.5")
    assert cut_off(Fraction(353), Fraction(1)) == interval(353, 354)
    assert cut_off(Fraction("-4.8"), Fraction("0.1")) == interval("-4.9", "-4.8")
    assert cut_off(Fraction(0), Fraction(1)) == interval(0, 1)
    assert hull(interval(1, 2), interval(0, 1), interval("1.5", 3)) == interval(0, 3)


def test_sums_and_quotients_carry_both_ends_and_there_is_none_by_zero_or_of_what_may_be_negative() -> None:
    assert interval(1, 2) + interval(10, 20) == interval(11, 22)
    assert interval(10, 20) - interval(1, 2) == interval(8, 19)
    assert interval(6, 8).over(interval(0, 4)) is None
    assert interval(-1, 8).over(interval(2, 4)) is None
    assert interval(0, 8).over(interval(2, 4)) == interval(0, 4)


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        (interval(1, 2), interval(2, 3), False),
        (interval(1, 2), interval("1.9", 3), True),
        (interval(1, 2), interval(3, 4), False),
        (interval(2, 2), interval(1, 2), True),
        (interval(2, 2), interval(2, 2), True),
        (interval(2, 2), interval(3, 3), False),
    ],
)
def test_intervals_meet_in_more_than_an_end(one: Interval, other: Interval, meet: bool) -> None:
    assert one.meets(other) is meet
    assert other.meets(one) is meet


def test_a_reading_of_a_printed_number_and_what_follows_from_it() -> None:
    one = printed(Fraction(353), Fraction(1), "353 t")
    assert one == Reading(interval("352.5", "353.5"), interval("352.5", 354), Fraction(353), "printed", "353 t")
    doubled = one.mapped(lambda part: part.scaled(2))
    assert (doubled.point, doubled.strict, doubled.loose) == (Fraction(706), interval(705, 707), interval(705, 708))
    assert (doubled.tier, doubled.words) == ("printed", "353 t")
    assert one.over(printed(Fraction(100), Fraction(2), "100 t")) == (
        interval("352.5", "353.5").over(interval(99, 101)),
        interval("352.5", 354).over(interval(99, 102)),
    )
    assert one.over(printed(Fraction(0), Fraction(1), "0 t")) is None
    # Where only figures that were cut off may be zero there is no quotient either.
    assert one.over(Reading(interval(1, 2), interval(0, 2), Fraction(1), "computed", "1")) is None


@pytest.mark.parametrize(
    ("value", "resolution", "earlier", "earlier_resolution", "fewer"),
    [
        (353_000, 1000, 353_499, 1, True), (353_000, 1000, 353_999, 1, True), (353_000, 1000, 354_000, 1, False),
        (353_000, 1000, 352_500, 1, True), (353_000, 1000, 352_499, 1, False), (353_000, 1, 353_000, 1, False),
        (353_000, 1, 353_000, 1000, False), (-353_000, 1000, -353_999, 1, True), (-353_000, 1000, -352_400, 1, False),
        (0, 1000, 500, 1, True), (0, 1000, 999, 1, True),
    ],
)  # fmt: skip
def test_the_same_number_with_fewer_digits(
    value: int, resolution: int, earlier: int, earlier_resolution: int, fewer: bool
) -> None:
    row = pl.DataFrame({"v": [value], "r": [resolution], "t": [earlier], "s": [earlier_resolution]})
    found = row.select(has_fewer_digits(*(pl.col(name) for name in "vrts"))).item()
    assert found is fewer
