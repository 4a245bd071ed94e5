"""Compares the digits of a claim with a reading of the ledger: whether they agree, how surely, and how far apart they
are.

Nothing is rounded to make a match: the values that the claim's digits allow and those that the ledger's digits allow
either overlap or do not. Width and distance are measured alike for levels and growths, as a share of the level or of
the growth's ratio, so that a growth and the level that implies it are judged alike.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from tasks.claims.statement import DIGITS_MIN, Stated
from tasks.domain.precision import Interval, Reading, cut_off, rounded

# Customs revises a month in silence by up to a few thousandths per cent of a total (vintages of HS 6910, 2026: 0.006
# %). A growth rests on two months, and so does a level that a growth implies; a figure made of totals of different days
# rests on many.
ONE_MONTH, TWO_MONTHS, MANY_MONTHS = Fraction(1, 10_000), Fraction(2, 10_000), Fraction(25, 10_000)
# What is computed from printed figures is the ledger's own value as long as they leave no more than this open.
WIDE = Fraction(1, 100)
NEARBY_SHARE = Fraction(5, 100)
FAR = Fraction(3, 2)
HAIR = Fraction(1, 100)
STEPS = {1: "", 10: " to tens", 100: " to hundreds", 1000: " to thousands"}


@dataclass(frozen=True)
class Agreement:
    """How a claim agrees with a reading, in words, and whether the reading is precise enough to confirm it."""

    words: str
    is_sure: bool


def match(stated: Stated, reading: Reading, *, plain: bool = False) -> Agreement | None:
    """Compare the claim's digits with a reading; None if they disagree. `plain` takes the digits as printed."""
    if stated.qualifier and not plain:
        return _qualified_match(stated, reading)
    agreements = list(_agreements(stated, reading, plain=plain))
    return next((one for one in agreements if one.is_sure), agreements[0] if agreements else None)


def _agreements(stated: Stated, reading: Reading, *, plain: bool) -> Iterator[Agreement]:
    """Yield how the claim agrees, the least doubt and the last printed digit first."""
    steps = stated.steps[:1] if plain else stated.steps
    for doubt, ours in _doubts(stated, reading, plain=plain):
        for number, step in enumerate(steps):
            coarse = STEPS.get(int(step / stated.step), "") if number else ""
            if how := _how(stated, stated.value, step, ours, is_first=not number):
                words = f"{how.format(coarse=coarse)}{doubt}"
                yield Agreement(words, is_sure=_confirms(stated, reading, step, is_point=not doubt))


def distance(stated: Stated, reading: Reading) -> Fraction:
    """Compute how far the claim lies from the values that the ledger's digits allow, as a share of the level or of
    the growth's ratio.
    """
    ours, printed = in_claim_units(stated, reading.loose), rounded(stated.value, stated.step)
    return max(ours.low - printed.high, printed.low - ours.high, Fraction(0)) / _whole(stated, ours.middle)


def tolerance(stated: Stated, reading: Reading) -> Fraction:
    """Compute how far silent revisions alone may move a claim from a reading: the same for a growth and for the
    level that implies it.
    """
    if reading.is_revisable:
        return MANY_MONTHS
    return ONE_MONTH if stated.kind == "level" and reading.tier != "implied" else TWO_MONTHS


def in_claim_units(stated: Stated, ours: Interval) -> Interval:
    """Convert an interval of the ledger to the units of a claim."""
    if stated.kind == "level":
        return ours.scaled(Fraction(1, stated.unit_size))
    if stated.kind == "unit_value":
        return ours.scaled(stated.unit_size)
    # "Rose to six times" is a ratio.
    return ours.scaled(Fraction(1, 100), 1) if stated.kind.endswith("_times") else ours


def _doubts(stated: Stated, reading: Reading, *, plain: bool) -> list[tuple[str, Interval]]:
    """Return the possible values of the reading, from its single value to all that is possible, each with its doubt
    in words.
    """
    point = Interval(reading.point, reading.point)
    doubts = [("", point), (", within what the printed digits behind it leave open", reading.strict)]
    # Two doubts at once match almost anything: enough not to exclude a figure, not enough to find it elsewhere.
    doubts += [] if plain else [(", if the figures behind it were cut off", reading.loose)]
    return [(doubt, in_claim_units(stated, ours)) for doubt, ours in doubts]


def _how(stated: Stated, value: Fraction, step: Fraction, ours: Interval, *, is_first: bool) -> str:
    """Describe how a value agrees with an interval: rounded or cut off; empty if it does not."""
    if rounded(value, step).meets(ours):
        return "agrees" if is_first else "agrees, rounded{coarse}"
    # Nobody cuts a growth off to tens; tonnes are cut off, but not 1 kt for 1,566 t.
    is_growth = stated.kind not in ("level", "unit_value")
    may_be_cut = is_first if is_growth else stated.digits >= DIGITS_MIN
    return "agrees, cut off{coarse} instead of rounded" if may_be_cut and _is_cut_off(value, step, ours) else ""


def _is_cut_off(value: Fraction, step: Fraction, ours: Interval) -> bool:
    """Whether the claim may be our figure without its further digits; an overlap of less than HAIR steps is too
    small."""
    cut = cut_off(value, step)
    if not ours.width:
        return cut.meets(ours) and abs(ours.low) < abs(value) + step
    return min(cut.high, ours.high) - max(cut.low, ours.low) > step * HAIR


def _confirms(stated: Stated, reading: Reading, step: Fraction, *, is_point: bool) -> bool:
    """Whether a reading that agrees confirms the claim. There are two ways, and no other:

    - The ledger's own value has these digits: a source prints it, or it is computed from printed figures that leave it
      open by no more than a hundredth. An `implied` reading has no value of its own, only its bounds.
    - Of all figures with as many digits, the claim is the only one to which what is left open can be rounded.

    So 227 t is not confirmed by a source that prints 226 t, although 226.5 t would be both; and where 40.4 to 40.7 t is
    all that is known, 40 t and 41 t agree alike. A figure that was cut off is excused by that, and never confirmed.
    """
    strict = in_claim_units(stated, reading.strict)
    if is_point and reading.tier == "printed":
        return True
    if is_point and reading.tier == "computed" and strict.width <= WIDE * _whole(stated, strict.middle):
        return True
    itself, *others = (rounded(stated.value + shift * step, step).meets(strict) for shift in (0, -1, 1))
    return itself and not any(others)


def _qualified_match(stated: Stated, reading: Reading) -> Agreement | None:
    """Match a claim with a qualifier before its number: it is sure if every possible value of the reading agrees, or
    if the reading is precise.
    """
    words = _qualified(stated, in_claim_units(stated, reading.loose))
    if words is None:
        return None
    strict = in_claim_units(stated, reading.strict)
    is_known = reading.tier == "printed" or strict.width <= WIDE * _whole(stated, strict.middle)
    ends = (Interval(end, end) for end in (strict.low, strict.high))
    return Agreement(words, is_sure=is_known or all(_qualified(stated, end) for end in ends))


def _qualified(stated: Stated, ours: Interval) -> str | None:
    """Compare a qualified claim, whose number is a bound or a neighbourhood; magnitudes count, so "nearly -9 %" is
    short of a fall of 9 %.
    """
    value, far = abs(stated.value), max(abs(stated.value) * NEARBY_SHARE, stated.step)
    if stated.value < 0:
        ours = Interval(-ours.high, -ours.low)
    half = stated.step / 2
    if stated.qualifier == "below" and Interval(value - far, value).meets(ours):
        return "agrees, the figure lies just below"
    if stated.qualifier == "slightly above" and Interval(value, value + 2 * far).meets(ours):
        return "agrees, the figure lies above"
    if stated.qualifier == "above" and ours.high >= value:
        return "agrees, the figure lies above" + (", and far above" if ours.low > value * FAR else "")
    # A rise is not a fall of less than 20 %. Figures other than growth are never below zero, so this excludes none of
    # them.
    if stated.qualifier == "under" and ours.low <= value and ours.high >= 0:
        return "agrees, the figure lies below"
    if stated.qualifier == "about" and Interval(value - far - half, value + far + half).meets(ours):
        return "agrees, as a rough figure"
    return None


def _whole(stated: Stated, middle: Fraction) -> Fraction:
    """Return what a width or a distance is a share of: the figure, or for a growth its ratio in per cent."""
    is_ratio = stated.kind in ("mom", "yoy", "against")
    return max(abs(middle + 100 if is_ratio else middle), Fraction(1, 10**9))
