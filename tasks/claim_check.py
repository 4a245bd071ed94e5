"""Whether a printed figure is what the ledger says: the verdict, and the sentence that gives both readings.

Nothing is rounded to make a match: what the claim's digits leave open and what the ledger's digits leave open either have
values in common or have not. Where the ledger is not sure enough to contradict, the claim is not checkable.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

from tasks.claim_changes import changes_between, said_changes
from tasks.claim_extremes import check_extreme
from tasks.claim_places import elsewhere
from tasks.claim_readings import Readings, known_months
from tasks.claim_stated import DIGITS_MIN, Spot, Stated
from tasks.claim_text import describe, show_level
from tasks.claim_words import read_claim
from tasks.errors import Unclear
from tasks.intervals import Interval, Reading, cut_off, rounded

Verdict = tuple[str, str]
# Customs revises months in silence by up to a few thousandths per cent of a total (vintages of HS 6910, 2026: 0.006 %), and
# months added up from releases of different days carry the revisions of all of them.
TOLERANCE = {
    "printed": Fraction(1, 10_000),
    "computed": Fraction(1, 10_000),
    "revisable": Fraction(25, 10_000),
    "implied": Fraction(25, 10_000),
}
IMPLIED_WIDTH_MAX = Fraction(1, 100)
NEAR = Fraction(5, 100)
FAR = Fraction(3, 2)
HAIR = Fraction(1, 100)
STEPS = {1: "", 10: " to tens", 100: " to hundreds", 1000: " to thousands"}
NAMES = {
    "level": "the level", "mom": "the change on the month before", "yoy": "the change on a year before", "share": "the share in the world total",
    "unit_value": "the unit value", "against": "the change",
}  # fmt: skip


def check_claim(readings: Readings, row: Mapping[str, Any]) -> Verdict:
    """The verdict on a row of a claims file, and the reason in a sentence."""
    try:
        stated = read_claim(dict(row))
    except Unclear as unclear:
        return "not_checkable", f"Not checkable: {unclear}."
    spot = readings.canonical(stated.spot)
    stated = replace(stated, spot=spot, against=stated.against and readings.canonical(stated.against))
    if stated.kind in ("rank", "since", "streak"):
        return check_extreme(readings, stated)
    found = direct(readings, stated)
    if agreed := _agreed(stated, found):
        return agreed
    if not found and (changes := changes_between(spot, _compared(stated))):
        return "not_checkable", f"Not checkable: {_incomparable(stated)}, because {said_changes(changes)}."
    if other := elsewhere(readings, stated, found, match):
        return "right_number_wrong_place", _misplaced(stated, found, other)
    return _against(readings, stated, found) if found else ("not_checkable", _missing(readings, stated))


def _agreed(stated: Stated, found: Sequence[Reading]) -> Verdict | None:
    """The verdict by the first reading that the claim agrees with."""
    for reading in found:
        how = match(stated, reading)
        if how and reading.tier == "implied" and not _is_narrow(stated, reading):
            said = f"printed {stated.shown}; the ledger only has {reading.words} for {describe(stated.spot)}"
            return "not_checkable", f"Nothing against it and not sure enough to confirm it: {said}."
        if how:
            return "supported", f"{stated.shown} {how}: the ledger has {reading.words} for {describe(stated.spot)}."
    return None


def _against(readings: Readings, stated: Stated, found: Sequence[Reading]) -> Verdict:
    """The verdict where every reading disagrees: by how much decides whether anybody can be called wrong."""
    words = "; or ".join(reading.words for reading in found)
    both = f"printed {stated.qualifier_text}{stated.shown}; the ledger has {words} for {describe(stated.spot)}"
    if any(_gap(stated, reading) <= TOLERANCE[reading.tier] for reading in found) and not stated.qualifier:
        return "not_checkable", f"Unresolved, a difference no larger than silent revisions make: {both}."
    sign = " The sign is the other way round." if _is_mirrored(stated, found) else ""
    return (
        "contradicted",
        f"{NAMES.get(stated.kind, 'the figure').capitalize()} differs: {both}.{sign}{_needed(readings, stated)}",
    )


def _needed(readings: Readings, stated: Stated) -> str:
    """What would have to be true for a growth to be right, where no place near by explains it."""
    if stated.kind not in ("mom", "yoy", "against") or stated.qualifier or stated.value <= -100:
        return ""
    base = _compared(stated)
    now, before = readings.level(stated.spot, exact=True), readings.level(base, exact=True)
    if not now or not before or changes_between(stated.spot, base):
        return ""
    ratio, measure = 1 + stated.value / 100, stated.spot.measure
    # Where there is nothing now, every base gives a fall of 100 %: no base can be named.
    instead = f", or {show_level(now[0].point / ratio, measure)} before" if now[0].point else ""
    return (
        f" It fits no figure near by; to be right it would take {show_level(before[0].point * ratio, measure)} now"
        f"{instead}."
    )


def direct(readings: Readings, stated: Stated) -> list[Reading]:
    """What the ledger has for the very figure that is claimed."""
    spot, kind = stated.spot, stated.kind.removesuffix("_times")
    if kind == "level":
        return readings.level(spot)
    if kind in ("mom", "yoy"):
        return readings.growth(spot, spot.base(kind))
    if kind == "against" and stated.against is not None:
        return readings.growth(spot, stated.against, printed_too=False)
    return readings.share(spot) if kind == "share" else readings.unit_value(spot) if kind == "unit_value" else []


def _compared(stated: Stated) -> Spot:
    """The period that the claim's is compared with; its own where the figure is no change."""
    kind = stated.kind.removesuffix("_times")
    return stated.against or (stated.spot.base(kind) if kind in ("mom", "yoy") else stated.spot)


def _incomparable(stated: Stated) -> str:
    base = _compared(stated)
    if base == stated.spot:
        return f"the months of {describe(stated.spot)} cannot be added up"
    return f"{describe(stated.spot)} cannot be compared with {base.months}"


def match(stated: Stated, reading: Reading, *, plain: bool = False) -> str | None:
    """How the claim's digits agree with a reading, in words; None where they do not. `plain` takes the digits as printed."""
    strict, loose, point = (
        _in_claim_units(stated, one) for one in (reading.strict, reading.loose, Interval(reading.point, reading.point))
    )
    if stated.qualifier and not plain:
        return _qualified(stated, loose)
    steps = stated.steps[:1] if plain else stated.steps
    is_growth = stated.kind not in ("level", "unit_value")
    doubts = [(point, ""), (strict, ", within what the printed digits behind it leave open")]
    # Two doubts at once make a match of almost anything: enough to let a figure stand, not to say that it is another's.
    doubts += [] if plain else [(loose, ", if the figures behind it were cut off")]
    for ours, doubt in doubts:
        for number, step in enumerate(steps):
            coarse = STEPS.get(int(step / stated.step), "") if number else ""
            if rounded(stated.value, step).meets(ours):
                return f"agrees{f', rounded{coarse}' if coarse else ''}{doubt}"
            # A growth cut off to tens is nobody's habit; tonnes are, but not 1 kt for 1,566 t.
            may_be_cut = not number if is_growth else stated.digits >= DIGITS_MIN
            if may_be_cut and _is_cut_off(stated.value, step, ours):
                return f"agrees, cut off{coarse} instead of rounded{doubt}"
    return None


def _is_cut_off(value: Fraction, step: Fraction, ours: Interval) -> bool:
    """Whether the claim may be our figure without its further digits; the next number is not, nor what falls short of it by a hair."""
    cut = cut_off(value, step)
    if not ours.width:
        return cut.meets(ours) and abs(ours.low) < abs(value) + step
    return min(cut.high, ours.high) - max(cut.low, ours.low) > step * HAIR


def _qualified(stated: Stated, ours: Interval) -> str | None:
    """With a qualifier the number is a bound or a neighbourhood; magnitudes count, so that "nearly -9 %" is short of a fall of 9 %."""
    value, far = abs(stated.value), max(abs(stated.value) * NEAR, stated.step)
    if stated.value < 0:
        ours = Interval(-ours.high, -ours.low)
    half = stated.step / 2
    if stated.qualifier == "below" and Interval(value - far, value).meets(ours):
        return "agrees, the figure lies just below"
    if stated.qualifier == "slightly above" and Interval(value, value + 2 * far).meets(ours):
        return "agrees, the figure lies above"
    if stated.qualifier == "above" and ours.high >= value:
        return "agrees, the figure lies above" + (", and far above" if ours.low > value * FAR else "")
    # A rise is no fall of less than 20 %. Figures other than growth are never below zero, so this excludes none of them.
    if stated.qualifier == "under" and ours.low <= value and ours.high >= 0:
        return "agrees, the figure lies below"
    if stated.qualifier == "about" and Interval(value - far - half, value + far + half).meets(ours):
        return "agrees, as a rough figure"
    return None


def _in_claim_units(stated: Stated, ours: Interval) -> Interval:
    if stated.kind == "level":
        return ours.scaled(Fraction(1, stated.unit_size))
    if stated.kind == "unit_value":
        return ours.scaled(stated.unit_size)
    # "Rose to six times" is a ratio.
    return ours.scaled(Fraction(1, 100), 1) if stated.kind.endswith("_times") else ours


def _is_narrow(stated: Stated, reading: Reading) -> bool:
    """Whether an implied figure is known well enough to confirm another."""
    whole = reading.point if stated.kind in ("level", "unit_value") else abs(reading.point) + 100
    return bool(whole) and reading.strict.width / whole <= IMPLIED_WIDTH_MAX


def _gap(stated: Stated, reading: Reading) -> Fraction:
    """How far the claim lies from what the ledger's digits leave open, as a share of the figure; of growths, of the ratio."""
    ours = _in_claim_units(stated, reading.loose)
    own = rounded(stated.value, stated.step)
    distance = max(ours.low - own.high, own.low - ours.high, Fraction(0))
    is_level = stated.kind in ("level", "unit_value") or stated.kind.endswith("_times")
    whole = max(abs(ours.middle), Fraction(1, 10**9)) if is_level else abs(ours.middle + 100) or Fraction(1)
    return distance / whole


def _is_mirrored(stated: Stated, found: Sequence[Reading]) -> bool:
    if stated.kind not in ("mom", "yoy", "against") or not stated.value:
        return False
    other = replace(stated, value=-stated.value)
    return any(match(other, reading, plain=True) for reading in found)


def _misplaced(stated: Stated, found: Sequence[Reading], other: tuple[str, str]) -> str:
    own = (
        f"the ledger has {found[0].words} for {describe(stated.spot)}"
        if found
        else f"the ledger has no such figure for {describe(stated.spot)}"
    )
    return f"{stated.shown} is right elsewhere: it is {other[0]} ({other[1]}); {own}."


def _missing(readings: Readings, stated: Stated) -> str:
    spot = stated.spot
    if (spot.flow, spot.product) not in readings.covered:
        return f"Not checkable: no release at hand speaks of {describe(spot)}."
    base = _compared(stated)
    if base != spot and (before := readings.level(base, exact=True)) and not before[0].point:
        return f"Not checkable: there is no growth of what was nothing: {before[0].words}, {describe(base)}."
    what = NAMES.get(stated.kind.removesuffix("_times"), "this figure")
    return f"Not checkable: no release at hand gives {what} of {describe(spot)}, nor what it could be computed from; months of this series: {known_months(readings, spot)}."
