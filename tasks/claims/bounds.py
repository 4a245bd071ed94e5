"""Computes bounds for a month or a total that nobody prints, from the printed totals, months and growths of its series.

Each period is a quantity of zero or more. A year to date is the year to date of the month before plus the month; a
printed growth relates a period to the same one a year before. Every such relation narrows the bounds of its parts,
until none narrows anything any more. A printed number is taken as it is, and so is what follows from it by one printed
growth. Where two relations contradict each other, because customs revised one of their numbers in silence, the later
one narrows nothing.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from math import inf

from tasks.claims.numbers import Printed
from tasks.claims.statement import show_level
from tasks.domain.periods import Month, month_name
from tasks.domain.precision import Interval, Reading, cut_off, hull, rounded

# First and last month.
Period = tuple[int, int]
YEAR = 12
ROUNDS_MAX = 40
# A smaller gain is not worth another number in the reason.
WORTH = Fraction(1, 100)
HUNDRED = Fraction(1, 100)
# A reason names up to this many of the printed figures behind an interval.
NAMED_MAX = 8
IsComparable = Callable[[Period, Period], bool]
Of = Callable[[Fraction, Fraction], Interval]


@dataclass(frozen=True, order=True)
class BoundSource:
    """A printed number that a bound rests on."""

    first: int
    last: int
    is_growth: bool


Sources = frozenset[BoundSource]
NOTHING: Sources = frozenset()


@dataclass
class Bound:
    """The bounds of a period, each with the printed numbers that it rests on; without an upper bound `high` is
    infinite."""

    low: Fraction = Fraction(0)
    high: Fraction | float = inf
    low_from: Sources = NOTHING
    high_from: Sources = NOTHING
    is_fixed: bool = False

    def raise_low(self, low: Fraction | float, source: Sources) -> bool:
        """Raise the lower bound if the gain is large enough and contradicts nothing."""
        is_inside = not self.is_fixed and self.low < low <= self.high
        if not is_inside or low - self.low < WORTH * (low if self.high == inf else self.high - self.low):
            return False
        self.low, self.low_from = Fraction(low), source
        return True

    def lower_high(self, high: Fraction | float, source: Sources) -> bool:
        """Lower the upper bound if the gain is large enough and contradicts nothing."""
        is_inside = not self.is_fixed and self.low <= high < self.high
        if not is_inside or (self.high < inf and self.high - high < WORTH * (self.high - self.low)):
            return False
        self.high, self.high_from = high, source
        return True


@dataclass
class PrintedSeries:
    """The printed numbers of one series, by period, and which pairs of periods mean the same."""

    levels: Mapping[Period, Printed]
    growths: Mapping[Period, Printed]
    # Sums of parts and zeros, which are exact.
    exact: Mapping[Period, Fraction]
    is_comparable: IsComparable
    _solved: tuple[dict[Period, Bound], dict[Period, Bound]] | None = field(default=None, repr=False)

    def between(self, period: Period) -> tuple[Interval, Interval, Sources] | None:
        """Return the bounds of a period if all printed numbers were rounded, those if some were cut off, and the
        sources.

        None if nothing limits the period, or if it means several things.
        """
        if not self.is_comparable(period, period):
            return None
        if self._solved is None:
            rounded_or_cut_off = self._solve(lambda value, step: hull(rounded(value, step), cut_off(value, step)))
            self._solved = (self._solve(rounded), rounded_or_cut_off)
        strict, loose = (_of(period, bounds) for bounds in self._solved)
        if inf in (strict.high, loose.high):
            return None
        inside, outside = (Interval(bound.low, Fraction(bound.high)) for bound in (strict, loose))
        return inside, hull(inside, outside), strict.low_from | strict.high_from

    def _solve(self, opened: Of) -> dict[Period, Bound]:
        bounds = {period: Bound() for period in self._periods()}
        for period, printed in self.levels.items():
            interval = opened(*printed)
            source = frozenset({BoundSource(*period, is_growth=False)})
            bounds[period] = Bound(max(interval.low, Fraction(0)), interval.high, source, source, is_fixed=True)
        for period, value in self.exact.items():
            bounds[period] = Bound(value, value, is_fixed=True)
        sums = list(self._sums())
        growths = [(period, opened(*printed).scaled(HUNDRED, 1)) for period, printed in sorted(self.growths.items())]
        printed_places = {period for period, bound in bounds.items() if bound.is_fixed}
        _until_settled(lambda: [_add_up(bounds, whole, parts) for whole, parts in sums])
        for period, ratio in growths:
            ends = {period, _year_before(period)}
            if len(ends & printed_places) == 1 and self._grow(bounds, period, ratio):
                (other,) = ends - printed_places
                bounds[other].is_fixed = of_growth(bounds[other].low_from | bounds[other].high_from) is not None
        _until_settled(
            lambda: [
                *(_add_up(bounds, whole, parts) for whole, parts in sums),
                *(self._grow(bounds, period, ratio) for period, ratio in growths),
            ]
        )
        return bounds

    def _years(self) -> list[int]:
        periods = [*self.levels, *self.exact, *self.growths, *(_year_before(period) for period in self.growths)]
        return sorted({Month(month).year for period in periods for month in period})

    def _periods(self) -> Iterator[Period]:
        for year in self._years():
            january = Month.of(year, 1)
            yield from ((month, month) for month in range(january, january + YEAR))
            yield from ((january, month) for month in range(january + 1, january + YEAR))
        yield from (*self.levels, *self.growths, *(_year_before(period) for period in self.growths))

    def _sums(self) -> Iterator[tuple[Period, list[Period]]]:
        """Yield periods and the periods that they are the sum of."""
        for year in self._years():
            january, december = Month.of(year, 1), Month.of(year, 12)
            if self.is_comparable((january, december), (january, december)):
                for month in range(january + 1, december + 1):
                    yield (january, month), [(january, month - 1), (month, month)]
        for first, last in sorted({*self._periods()}):
            if first < last and not Month(first).is_january and self.is_comparable((first, last), (first, last)):
                yield (first, last), [(month, month) for month in range(first, last + 1)]
                january = Month(first).january
                if last < january + YEAR and self.is_comparable((january, last), (january, last)):
                    yield (january, last), [(january, first - 1), (first, last)]

    def _grow(self, bounds: dict[Period, Bound], period: Period, ratio: Interval) -> bool:
        """Narrow a period and the same one a year before by the growth printed between them."""
        base = _year_before(period)
        if not self.is_comparable(period, base) or ratio.high <= 0:
            return False
        now, before, source = bounds[period], bounds[base], frozenset({BoundSource(*period, is_growth=True)})
        narrowed = [
            before.raise_low(now.low / ratio.high, now.low_from | source),
            now.raise_low(before.low * max(ratio.low, Fraction(0)), before.low_from | source),
            now.lower_high(before.high * ratio.high, before.high_from | source),
        ]
        if ratio.low > 0:
            narrowed.append(before.lower_high(now.high / ratio.low, now.high_from | source))
        return any(narrowed)


def reading(bounds_of: tuple[Interval, Interval, Sources], series: PrintedSeries, measure: str) -> Reading:
    """Make a reading of a level that follows from others; one that rests on more than a month and its growth carries
    the silent revisions of all of them.
    """
    strict, loose, sources = bounds_of
    low, high = (show_level(end, measure) for end in (strict.low, strict.high))
    between = f"between {low} and {high}" if strict.low else f"at most {high}"
    growth = of_growth(sources)
    if growth is not None:
        rate = series.growths[growth.first, growth.last][0]
        words = f"{between}, as the printed growth of {float(rate):+.10g} % implies"
    else:
        named = [_named(source, series, measure) for source in sorted(sources)]
        more = f" and {len(named) - NAMED_MAX} more" if len(named) > NAMED_MAX else ""
        words = f"{between}, as these printed figures leave open: {', '.join(named[:NAMED_MAX])}{more}"
    return Reading(strict, loose, strict.middle, "implied", words, is_revisable=growth is None)


def _named(source: BoundSource, series: PrintedSeries, measure: str) -> str:
    """Return a printed number as the reason of a verdict names it."""
    period = source.first, source.last
    months = month_name(source.first) + (f"..{month_name(source.last)}" if source.last > source.first else "")
    if source.is_growth:
        return f"the growth of {months} ({float(series.growths[period][0]):+.10g} %)"
    return f"{months} ({show_level(series.levels[period][0], measure)})"


def of_growth(sources: Sources) -> BoundSource | None:
    """Return the printed growth that a bound rests on, if it rests on one growth and one level alone."""
    growths = [source for source in sources if source.is_growth]
    return growths[0] if len(growths) == 1 and len(sources) <= len(growths) + 1 else None


def _until_settled(narrow: Callable[[], list[bool]]) -> None:
    """Call `narrow` until it narrows nothing any more."""
    for _ in range(ROUNDS_MAX):
        if not any(narrow()):
            return


def _add_up(bounds: dict[Period, Bound], whole: Period, parts: list[Period]) -> bool:
    """Narrow a sum by its parts, and each part by the sum and the other parts."""
    total, pieces = bounds[whole], [bounds[part] for part in parts]
    narrowed = [
        total.raise_low(sum(one.low for one in pieces), _union(one.low_from for one in pieces)),
        total.lower_high(sum(one.high for one in pieces), _union(one.high_from for one in pieces)),
    ]
    for place, piece in enumerate(pieces):
        others = pieces[:place] + pieces[place + 1 :]
        low_from = total.low_from | _union(one.high_from for one in others)
        high_from = total.high_from | _union(one.low_from for one in others)
        narrowed.append(piece.raise_low(total.low - sum(one.high for one in others), low_from))
        narrowed.append(piece.lower_high(total.high - sum(one.low for one in others), high_from))
    return any(narrowed)


def _of(period: Period, bounds: dict[Period, Bound]) -> Bound:
    """Return the bounds of a period, also of one that is the difference of two years to date or the sum of months."""
    if period in bounds:
        return bounds[period]
    first, last = period
    bound, january = Bound(), Month(first).january
    extended = bounds | {period: bound}
    months = [(month, month) for month in range(first, last + 1)]
    if all(month in bounds for month in months):
        _add_up(extended, period, months)
    if first > january and (january, last) in bounds:
        _add_up({**extended}, (january, last), [(january, first - 1), period])
    return bound


def _union(sources: Iterator[Sources]) -> Sources:
    return frozenset().union(*sources)


def _year_before(period: Period) -> Period:
    return period[0] - YEAR, period[1] - YEAR
