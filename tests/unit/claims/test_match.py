"""The digits of a claim against a reading, worked by hand."""

from fractions import Fraction

import pytest

from tasks.claims.match import in_claim_units, match, tolerance
from tasks.domain.precision import Interval, Reading, printed
from tests.unit.claims.in_memory import between, claim, exactly

OPEN = ", within what the printed digits behind it leave open"
# 353 t as printed in tonnes, and 353 t known to the kilogram.
TONNES = printed(Fraction(353_000), Fraction(1000), "353 t")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("353", "agrees"), ("352", f"agrees, cut off instead of rounded{OPEN}"), ("354", "agrees, if the figures behind it were cut off"),
        ("351", None), ("355", None), ("350", "agrees, rounded to tens"), ("353.4", f"agrees{OPEN}"),
    ],
)  # fmt: skip
def test_printed_tonnes(text: str, words: str | None) -> None:
    found = match(claim(text), TONNES)
    assert (found and found.words) == words
    assert found is None or found.is_sure == (text in ("353", "350"))


def test_digits_taken_as_printed_are_neither_rounded_to_tens_nor_from_figures_that_were_cut_off() -> None:
    assert match(claim("350"), TONNES, plain=True) is None
    assert match(claim("354"), TONNES, plain=True) is None
    assert match(claim("353"), TONNES, plain=True)


def test_a_growth_is_not_cut_off_to_tens() -> None:
    assert match(claim("150", "%", "mom"), exactly("157.6")) is None
    found = match(claim("157", "%", "mom"), exactly("157.6"))
    assert found is not None
    assert found.words == "agrees, cut off instead of rounded"
    rounded = match(claim("160", "%", "mom"), exactly("157.6"))
    assert rounded is not None
    assert rounded.words == "agrees, rounded to tens"


def test_a_reading_that_allows_three_such_figures_confirms_none() -> None:
    wide = match(claim("12", "%", "yoy"), between(10, 14))
    assert wide is not None
    assert (wide.words, wide.is_sure) == ("agrees", False)
    narrow = match(claim("12", "%", "yoy"), between("12.1", "12.2"))
    assert narrow is not None
    assert narrow.is_sure


@pytest.mark.parametrize(
    ("text", "reading", "is_sure"),
    [
        # A source that prints 226 t does not print 227, though 226.5 t would round to either.
        ("226", printed(Fraction(226_000), Fraction(1000), "226 t"), True), ("227", printed(Fraction(226_000), Fraction(1000), "226 t"), False),
        ("225", printed(Fraction(226_000), Fraction(1000), "226 t"), False), ("305", printed(Fraction(305_000), Fraction(1000), "305 t"), True),
        ("306", printed(Fraction(305_000), Fraction(1000), "305 t"), False), ("6145.623", printed(Fraction(6_146_000), Fraction(1000), "6,146 t"), False),
        # Two whole tonnes agree with what is known, however little it leaves open.
        ("40", between(40_400, 40_700), False), ("41", between(40_400, 40_700), False), ("41", between(40_900, 41_000), True),
        ("41", between(41_100, 41_200), True), ("42", between(41_100, 41_200), None),
        # To tens there is but one.
        ("5150", between(5_146_000, 5_154_000), True), ("5151", between(5_146_000, 5_154_000), False),
        # The ledger's own quotient is what it is, and another one that its digits allow is not.
        ("75.35", exactly("75.354"), True), ("75", Reading(Interval(Fraction(7496, 100), Fraction(7574, 100)), Interval(Fraction(7496, 100), Fraction(7574, 100)), Fraction(7535, 100), "computed", "+75.35 %"), True),
        ("76", Reading(Interval(Fraction(7496, 100), Fraction(7574, 100)), Interval(Fraction(7496, 100), Fraction(7574, 100)), Fraction(7535, 100), "computed", "+75.35 %"), False),
    ],
)  # fmt: skip
def test_a_figure_is_supported_if_no_other_one_with_its_digits_agrees(
    text: str, reading: Reading, is_sure: bool | None
) -> None:
    is_growth = reading.point < 1000
    stated = claim(text, "%", "yoy") if is_growth else claim(text)
    found = match(stated, reading)
    assert (found and found.is_sure) == is_sure, found


@pytest.mark.parametrize(
    ("text", "qualifier", "reading", "words"),
    [
        ("354", "below", exactly(353_000), "the figure lies just below"), ("353", "below", exactly(353_000), "the figure lies just below"),
        ("352", "below", exactly(353_000), None), ("400", "below", exactly(353_000), None),
        ("353", "above", exactly(353_000), "the figure lies above"), ("354", "above", exactly(353_000), None),
        ("235", "above", exactly(353_000), "the figure lies above, and far above"), ("236", "above", exactly(353_000), "the figure lies above"),
        ("350", "slightly above", exactly(385_000), "the figure lies above"), ("350", "slightly above", exactly(385_001), None),
        ("353", "under", exactly(353_000), "the figure lies below"), ("352", "under", exactly(353_000), None),
        ("350", "about", exactly(368_000), "as a rough figure"), ("350", "about", exactly(368_001), None),
        ("350", "about", exactly(332_000), "as a rough figure"), ("350", "about", exactly(331_999), None),
    ],
)  # fmt: skip
def test_qualified_levels_and_their_bounds(text: str, qualifier: str, reading: Reading, words: str | None) -> None:
    found = match(claim(text, qualifier=qualifier), reading)
    assert (found and found.words) == (words and f"agrees, {words}")


def test_silent_revisions_move_a_growth_twice_as_far_as_a_month() -> None:
    assert tolerance(claim("353"), exactly(353_000)) == Fraction(1, 10_000)
    assert tolerance(claim("353"), between(352_000, 354_000)) == Fraction(2, 10_000)
    assert tolerance(claim("5", "%", "yoy"), exactly(5)) == Fraction(2, 10_000)
    assert tolerance(claim("353"), exactly(353_000, is_revisable=True)) == Fraction(25, 10_000)


def test_units_of_the_claim() -> None:
    kilograms = Interval(Fraction(1000), Fraction(3000))
    assert in_claim_units(claim("1"), kilograms) == Interval(Fraction(1), Fraction(3))
    assert in_claim_units(claim("1", "USD/t", "unit_value"), Interval(Fraction(2), Fraction(3))) == Interval(Fraction(2000), Fraction(3000))  # fmt: skip
    rise = Interval(Fraction(660), Fraction(700))
    assert in_claim_units(claim("7", "times", "yoy_times"), rise) == Interval(Fraction("7.6"), Fraction(8))
    assert in_claim_units(claim("660", "%", "yoy"), rise) == rise
