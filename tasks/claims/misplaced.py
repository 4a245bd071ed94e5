"""Searches for the place where a wrong figure would be right, for the verdict "right number, wrong place".

The nearest mistakes come first: another base, another figure of the same place, another basket, partner, month or
direction, another unit. The fewer digits a claim has, the nearer a place must be, because two digits match somewhere by
accident.
"""

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction

from tasks.claims.match import Agreement
from tasks.claims.readings import Readings, growth_of
from tasks.claims.statement import Spot, Stated, show_level
from tasks.domain.classification import BASKET
from tasks.domain.coverage import WORLD
from tasks.domain.growth import growth_pct
from tasks.domain.periods import Month
from tasks.domain.precision import Interval, Reading

Match = Callable[..., Agreement | None]
FIGURES = {
    "mom": "the change on the month before",
    "yoy": "the change on a year before",
    "share": "the share in the world total",
}
SURE = 4
FAIRLY_SURE = 3
SHORT_TON_KG = Fraction(90718474, 100000)
MIXED_UNITS = (
    (Fraction(1, 1000), "the figure in thousandths of this unit, as kilograms are of tonnes"),
    (Fraction(1000), "the figure in thousands of this unit"),
    (Fraction(10), "the figure with a zero lost"),
    (Fraction(1, 10), "the figure with a zero too many"),
    (SHORT_TON_KG / 1000, "the figure in short tons"),
)


def elsewhere(readings: Readings, stated: Stated, read: Sequence[Reading], match: Match) -> tuple[str, str] | None:
    """Return the nearest place where the claim's digits are right: its description, and the ledger's reading there."""
    if stated.qualifier and stated.digits < FAIRLY_SURE:
        return None
    for digits, what, as_kind, reading in _places(readings, stated, read):
        if stated.digits < digits:
            continue
        same = replace(stated, kind=as_kind)
        if reading.tier != "implied" and match(same, reading, plain=True):
            return what, reading.words
    return None


def at_same_place(readings: Readings, stated: Stated, match: Match) -> tuple[str, str] | None:
    """Return another figure of the same place with the claim's digits, however few these are: m/m for y/y, the year
    to date for the month.
    """
    if stated.qualifier or stated.kind not in ("mom", "yoy"):
        return None
    for _, what, as_kind, reading in _same_place(readings, stated):
        if match(replace(stated, kind=as_kind), reading, plain=True):
            return what, reading.words
    return None


# Minimum number of digits of the claim, description of the place, kind of figure there, and the reading there.
Candidate = tuple[int, str, str, Reading]


def _places(readings: Readings, stated: Stated, read: Sequence[Reading]) -> Iterator[Candidate]:
    spot, kind = stated.spot, stated.kind
    if not read:
        yield from _uncovered(readings, stated)
        return
    if kind.endswith("_times"):
        yield from _multiples(read)
    if kind in ("mom", "yoy", "against"):
        yield from _variants(readings, stated, read)
        yield from _same_place(readings, stated)
    if kind == "level":
        yield from _within(readings, spot)
        for factor, what in MIXED_UNITS:
            other_unit = functools.partial(Interval.scaled, factor=1 / factor)
            yield FAIRLY_SURE, what, "level", read[0].mapped(other_unit)
    for digits, what, other in _spots(readings, spot):
        for reading in readings.figure(other, kind, exact=True):
            yield digits, what, kind, reading
    if kind in FIGURES:
        for digits, what, other in _spots(readings, spot, is_nearby=True):
            for name, words in FIGURES.items():
                if name != kind:
                    for reading in readings.figure(other, name, exact=True):
                        yield max(digits, FAIRLY_SURE), f"{words}, {what}", name, reading


def _multiples(read: Sequence[Reading]) -> Iterator[Candidate]:
    """Yield the growth in multiples, which is one less than the ratio: "six times" for a growth of 660 %."""
    for reading in read:
        growth = reading.mapped(lambda one: one.scaled(1, -100))
        times = float(reading.point) / 100 + 1
        yield 1, f"the growth in multiples; the figure rose to {times:.1f} times what it was", "yoy_times", growth


def _variants(readings: Readings, stated: Stated, read: Sequence[Reading]) -> Iterator[Candidate]:
    """Yield the growth from figures that were rounded first, the ratio in per cent, the change measured from the
    later figure.
    """
    spot = stated.spot
    base = stated.against or spot.base(stated.kind)
    now, before = readings.level(spot, exact=True), readings.level(base, exact=True)
    if not (now and before and now[0].point and before[0].point) or readings.changes(spot, base):
        return
    unit = 1000 if spot.measure == "quantity_kg" else 10**6
    for how, more in (("rounded", Fraction(1, 2)), ("cut off", Fraction(0))):
        a, b = (Fraction((one.point / unit + more) // 1) * unit for one in (now[0], before[0]))
        if b and (a, b) != (now[0].point, before[0].point):
            point = growth_pct(a, b)
            both = f"{show_level(a, spot.measure)} against {show_level(b, spot.measure)}"
            one = Interval(point, point)
            rounded = Reading(one, one, point, "computed", f"{both} is {float(point):+.1f} %")
            what = f"the growth from figures that were {how} first; from the unrounded ones it is {read[0].words}"
            yield 2, what, stated.kind, readings.judged(spot, base, rounded, both)
    if growth := readings.growth(spot, base, printed_too=False, exact=True):
        ratio = growth[0].mapped(lambda one: one.scaled(1, 100))
        digits = 1 if stated.unit == "times" else FAIRLY_SURE
        yield digits, "the later figure in times or per cent of the earlier one, not the growth", stated.kind, ratio
    if backwards := growth_of(before[0], now[0]):
        flipped = backwards.mapped(lambda one: Interval(-one.high, -one.low))
        yield FAIRLY_SURE, "the change in per cent of the later figure instead of the earlier one", stated.kind, flipped


def _same_place(readings: Readings, stated: Stated) -> Iterator[Candidate]:
    """Yield other figures at the same place: m/m for y/y, the month for the year to date, tonnes for money."""
    spot = stated.spot
    january = spot.at(first=Month(spot.last).january)
    for other, what in (
        (spot, "of the same period"),
        (january, "of the year to date"),
        (spot.at(first=spot.last), "of the last month alone"),
    ):
        for name in ("mom", "yoy"):
            if (other, name) != (spot, stated.kind):
                for reading in readings.figure(other, name, exact=True):
                    yield 2, f"{FIGURES[name]} {what}, {readings.describe(other)}", name, reading


def _within(readings: Readings, spot: Spot) -> Iterator[Candidate]:
    """Yield a month for the total, and the total for the month; a single month of the claimed period needs few
    digits.
    """
    january = spot.at(first=Month(spot.last).january)
    span = [] if spot.is_month else range(spot.last, spot.first - 1, -1)
    months = [spot.at(first=month, last=month) for month in span]
    for place, other in enumerate([*months, january]):
        if other != spot:
            for reading in readings.level(other, exact=True):
                yield 1 if place < min(3, len(months)) else FAIRLY_SURE, readings.describe(other), "level", reading


def _spots(readings: Readings, spot: Spot, *, is_nearby: bool = False) -> Iterator[tuple[int, str, Spot]]:
    """Yield other places, nearest first: basket, partner, month, direction."""
    for other in _baskets(readings, spot):
        yield FAIRLY_SURE, f"another basket: {readings.describe(other)}", other
    partners = [WORLD, *readings.partners(spot)]
    for partner in partners:
        if partner != spot.partner:
            other = spot.at(partner=partner)
            yield FAIRLY_SURE, f"another partner: {readings.describe(other)}", other
    for shift in (-1, 1, -12, 12):
        is_longer = not spot.is_month and abs(shift) == 1 and spot.last + shift > spot.first
        other = spot.at(last=spot.last + shift) if is_longer else spot.shifted(shift)
        yield FAIRLY_SURE, f"another month: {readings.describe(other)}", other
    yield FAIRLY_SURE, f"the other direction: {readings.describe(_other_way(spot))}", _other_way(spot)
    if is_nearby:
        return
    for shift in (*range(-11, -1), *range(2, 12)):
        if not spot.is_month and Month(spot.first).is_january and spot.first < spot.last + shift < spot.first + 12:
            other = spot.at(last=spot.last + shift)
            yield SURE, f"another month: {readings.describe(other)}", other
        if spot.is_month:
            yield FAIRLY_SURE, f"another month: {readings.describe(spot.shifted(shift))}", spot.shifted(shift)
    for shift in (-1, 1):
        for partner in partners:
            if partner != spot.partner and spot.is_month:
                other = spot.shifted(shift).at(partner=partner)
                yield SURE, f"another partner and month: {readings.describe(other)}", other


def _baskets(readings: Readings, spot: Spot) -> Iterator[Spot]:
    """Yield the same place for other codes and lines that are as narrow as those that people confuse."""
    for flow, product in sorted(readings.covered):
        if flow == spot.flow and product != spot.product and not product.startswith(BASKET) and len(product) > 6:
            yield spot.at(product=product)


def _other_way(spot: Spot) -> Spot:
    return spot.at(flow="import" if spot.flow == "export" else "export")


def _uncovered(readings: Readings, stated: Stated) -> Iterator[Candidate]:
    """Yield nearby places if the ledger has nothing for the place itself; only a number of several digits counts."""
    spot, kind = stated.spot, stated.kind
    if kind in ("mom", "yoy"):
        for digits, what, as_kind, reading in _same_place(readings, stated):
            yield max(digits, FAIRLY_SURE), what, as_kind, reading
    if kind == "level":
        for other in _baskets(readings, spot):
            for reading in readings.level(other, exact=True):
                yield SURE, f"another basket: {readings.describe(other)}", kind, reading
    years = (("another year", spot.shifted(shift)) for shift in (-12, 12))
    for what, other in (("the other direction", _other_way(spot)), *years):
        for reading in readings.figure(other, kind, exact=True):
            yield SURE if kind == "level" else FAIRLY_SURE, f"{what}: {readings.describe(other)}", kind, reading
