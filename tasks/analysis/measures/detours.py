"""Screens for detours: whether goods that no longer go from one country to another direct arrive by a third one.

A flow falls, and the exporter's trade with a hub and the hub's with the importer both rise. Trade alone proves no
detour: other trade may have risen in both legs. So the screen says how often it fires where there can be none: on
placebo goods, of headings that no measure of the exporter names, on pairs of legs that belong to two hubs, and on
dates before.

The months since a date are compared with the same months of the year before, or of two, each leg with what that leg
did for placebo goods (their median growth), and its gain with how much the leg varied before the date. The score of a
hub is the smaller of both legs' gains in those units, at the lag of 0 to 2 months of the second leg that fits best. A
hub fires where its score is higher than that of all hubs of all but one in twenty placebo goods.

The estimate weighs the gains of both legs by how sure they are. It is neither a lower nor an upper bound. The ceiling
is: no more can have been rerouted than either leg carried at all.

Belongs here: the arithmetic, on months and levels. Where the levels are from is in `tasks.answers.measures.detours`.
"""

import math
import statistics
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

YEAR = 12
LAGS = (0, 1, 2)
# Years before that a base is the mean of, at most.
YEARS_MAX = 2
# Months of a window at most, so that each has a month a year before, and months of noise at least.
MONTHS_MAX, NOISE_MIN = 12, 6
# Of placebo goods, what the screen may fire on, and how many it takes to know.
ALARMS, PLACEBOS_MIN = 0.05, 20
# Which part of the loss others' makers replace, beside nothing, where the rate of false alarms is counted.
REPLACED = (0.5, 1.0)
# Goods that show how a leg grew in general.
GROWTHS_MIN = 8
# A leg is not quieter than this share of itself, nor than this share of the direct flow.
QUIET_OF_LEG, QUIET_OF_DIRECT = 0.15, 0.01

# Month number -> level; a month that is not there is not known.
Series = Mapping[int, float]
NOTHING: Series = MappingProxyType({})


class DetourWindow(NamedTuple):
    """The months since a date (month numbers): the first, and how many."""

    since: int
    months: int

    @property
    def after(self) -> range:
        """The months that are judged."""
        return range(self.since, self.since + self.months)


class Leg(NamedTuple):
    """What became of a leg: its sum after the date, that of the same months a year before times the general growth, the
    gain, and by how much such a gain varies by itself."""

    before: float
    after: float
    gain: float
    spread: float

    @property
    def score(self) -> float:
        """The gain in units of its spread."""
        return self.gain / self.spread if self.spread > 0 else 0.0


class Legs(NamedTuple):
    """Both legs of a detour: the first, and the second by lag."""

    first: Leg
    second: Mapping[int, Leg]


class HubScore(NamedTuple):
    """What the screen says of a hub: both legs, the lag that fits best, the score, the gain of both legs together, and
    the ceiling."""

    hub: str
    lag: int
    legs: Legs
    score: float
    gain: float
    ceiling: float

    @property
    def first(self) -> Leg:
        """The leg from the exporter to the hub."""
        return self.legs.first

    @property
    def second(self) -> Leg:
        """The leg from the hub to the importer, at the lag that fits best."""
        return self.legs.second[self.lag]

    @property
    def estimate(self) -> float:
        """The gain, where it is neither negative nor more than the smaller leg carried."""
        return min(max(self.gain, 0.0), self.ceiling)


class Goods(NamedTuple):
    """The levels of one good by hub: exporter to hub, and hub to importer. Each leg has one statement or two, that of
    the hub last; `direct` is what goes from exporter to importer, and `direct_there` the same as the importer says."""

    direct: Series
    first: Mapping[str, Sequence[Series]]
    second: Mapping[str, Sequence[Series]]
    direct_there: Series = NOTHING

    @property
    def hubs(self) -> list[str]:
        """The hubs with both legs."""
        return sorted({*self.first} & {*self.second})


class Placebos(NamedTuple):
    """How often the screen fires where there is no detour: fired and tried, of goods, pairs of hubs, dates, and goods
    whose loss others replace; and the score from which on it fires (None: too few placebo goods to know)."""

    threshold: float | None
    goods: tuple[int, int]
    pairs: tuple[int, int]
    dates: tuple[int, int]
    # Placebo goods that lose as much as the good, of which others' makers sell a half or all by the hubs.
    half: tuple[int, int] = (0, 0)
    all: tuple[int, int] = (0, 0)

    @property
    def counts(self) -> dict[str, tuple[int, int]]:
        """Fired and tried by what is tried."""
        return {name: getattr(self, name) for name in ("goods", "half", "all", "pairs", "dates")}


def leg(series: Series, window: DetourWindow, lag: int, growth: float, quiet: float) -> Leg | None:
    """Return what became of a leg; None where a month of the window, of the year before, or too many of the months of
    noise are not known. `quiet` is the least that a month varies."""
    months = range(window.since + lag, window.since + window.months)
    years = _years_before(series, months)
    if not months or not years or any(month not in series for month in months):
        return None
    residuals = [
        series[month] - growth_before * series[month - YEAR]
        for growth_before in [_own_growth(series, window.since)]
        for month in range(window.since - YEAR, window.since)
        if month in series and month - YEAR in series
    ]
    levels = [series[month] for month in range(window.since - YEAR, window.since) if month in series]
    if len(residuals) < NOISE_MIN:
        # Without a second year the months of one say how much a leg varies, its season with it.
        if len(levels) < NOISE_MIN:
            return None
        noise = statistics.pstdev(levels) * math.sqrt(2)
    else:
        noise = math.sqrt(sum(one * one for one in residuals) / len(residuals))
    noise = max(noise, QUIET_OF_LEG * statistics.fmean(levels or [0.0]), quiet)
    after = math.fsum(series[month] for month in months)
    before = growth * _base(series, months, years)
    # The residuals are of one year by another; a mean of years varies less.
    return Leg(before, after, after - before, noise * math.sqrt(len(months) * (1 + 1 / years) / 2))


def _years_before(series: Series, months: range) -> int:
    """How many years before have all of these months, one after another, up to YEARS_MAX."""
    years = 0
    while years < YEARS_MAX and all(month - YEAR * (years + 1) in series for month in months):
        years += 1
    return years


def _base(series: Series, months: range, years: int) -> float:
    """The sum of the same months of the years before, as a mean of the years."""
    return math.fsum(series[month - YEAR * back] for month in months for back in range(1, years + 1)) / years


def _own_growth(series: Series, since: int) -> float:
    """By how much the leg itself had grown in the year before the date; 1 where that is not known."""
    pairs = [
        (series[month], series[month - YEAR])
        for month in range(since - YEAR, since)
        if month in series and month - YEAR in series
    ]
    base = math.fsum(before for _, before in pairs)
    return math.fsum(now for now, _ in pairs) / base if base > 0 else 1.0


def plain_sums(series: Series, window: DetourWindow) -> tuple[float, float] | None:
    """Return the sum of the same months of the years before, and of the months since the date; None where one is not
    known."""
    years = _years_before(series, window.after)
    if not years or any(month not in series for month in window.after):
        return None
    return _base(series, window.after, years), math.fsum(series[month] for month in window.after)


def weakest(statements: Sequence[Series], window: DetourWindow, lag: int, growth: float, quiet: float) -> Leg | None:
    """Return the leg by the statement that shows the smaller rise; None where one of them is not known."""
    legs = [leg(series, window, lag, growth, quiet) for series in statements]
    known = [one for one in legs if one is not None]
    return min(known, key=lambda one: one.score) if known and len(known) == len(legs) else None


def legs_of(goods: Goods, first: str, second: str, window: DetourWindow, growths: tuple[float, float]) -> Legs | None:
    """Return the first leg of one hub and the second of another, which is the same but for placebos; None where one of
    them is not known."""
    quiet = QUIET_OF_DIRECT * _mean_before(goods.direct, window)
    one = weakest(goods.first[first], window, 0, growths[0], quiet)
    if one is None:
        return None
    others = {lag: weakest(goods.second[second], window, lag, growths[1], quiet) for lag in LAGS}
    known = {lag: other for lag, other in others.items() if other is not None}
    return Legs(one, known) if known else None


def judge(
    goods: Goods, first: str, second: str, window: DetourWindow, growths: tuple[float, float] = (1.0, 1.0)
) -> HubScore | None:
    """Return what the screen says of the first leg of one hub and the second of another; None where a leg is not
    known."""
    legs = legs_of(goods, first, second, window, growths)
    if legs is None:
        return None
    # Of lags that fit as well, the shortest.
    lag = max(legs.second, key=lambda each: min(legs.first.score, legs.second[each].score))
    one, other = legs.first, legs.second[lag]
    # What arrives in the first months counts too, however late the lag that fits best.
    ceiling = min(one.after, legs.second[min(legs.second)].after)
    return HubScore(first, lag, legs, min(one.score, other.score), pooled(one, other)[0], ceiling)


def _mean_before(series: Series, window: DetourWindow) -> float:
    known = [series[month] for month in range(window.since - YEAR, window.since) if month in series]
    return statistics.fmean(known) if known else 0.0


def pooled(one: Leg, other: Leg) -> tuple[float, float]:
    """Return the gain of both legs weighed by their spreads, and its own spread."""
    weights = [1 / max(each.spread, 1e-9) ** 2 for each in (one, other)]
    gain = sum(weight * each.gain for weight, each in zip(weights, (one, other), strict=True)) / sum(weights)
    return gain, 1 / math.sqrt(sum(weights))


def growths_of(placebos: Sequence[Goods], hub: str, window: DetourWindow) -> tuple[float, float]:
    """Return by how much both legs of a hub grew in general: the median over placebo goods of the months after by the
    same months a year before; 1 where too few are known."""
    medians = []
    for side in ("first", "second"):
        ratios = [
            ratio
            for one in placebos
            for series in getattr(one, side).get(hub, ())[:1]
            if (ratio := _ratio(series, window)) is not None
        ]
        medians.append(statistics.median(ratios) if len(ratios) >= GROWTHS_MIN else 1.0)
    return medians[0], medians[1]


def _ratio(series: Series, window: DetourWindow) -> float | None:
    sums = plain_sums(series, window)
    return sums[1] / sums[0] if sums is not None and sums[0] > 0 else None


def screen(goods: Goods, window: DetourWindow, growths: Mapping[str, tuple[float, float]]) -> list[HubScore]:
    """Return what the screen says of each hub with both legs known, the highest score first."""
    judged = (judge(goods, hub, hub, window, growths.get(hub, (1.0, 1.0))) for hub in goods.hubs)
    return sorted((one for one in judged if one is not None), key=lambda one: (-one.score, one.hub))


def highest(goods: Goods, window: DetourWindow, growths: Mapping[str, tuple[float, float]]) -> float | None:
    """Return the highest score of a good's hubs; None where no hub can be judged."""
    return max((one.score for one in screen(goods, window, growths)), default=None)


def placebo_rates(
    goods: Goods,
    screens: Sequence[Sequence[HubScore]],
    window: DetourWindow,
    growths: Mapping[str, tuple[float, float]],
) -> tuple[Placebos, list[float]]:
    """Return how often the screen fires where there is no detour, by the screens of placebo goods, and the highest
    score of each of these in order."""
    scores = sorted(each[0].score for each in screens if each)
    threshold = threshold_of(scores)
    if threshold is None:
        return Placebos(None, (0, len(scores)), (0, 0), (0, 0)), scores
    pairs = [one.score > threshold for one in _crossed(goods, window, growths)]
    dates = [score > threshold for score in _earlier(goods, window)]
    fired = sum(score > threshold for score in scores)
    counts = ((fired, len(scores)), (sum(pairs), len(pairs)), (sum(dates), len(dates)))
    with_makers = rates_with_makers(goods, screens, threshold, window, growths)
    return Placebos(threshold, *counts, *with_makers), scores


def rates_with_makers(
    goods: Goods,
    screens: Sequence[Sequence[HubScore]],
    threshold: float,
    window: DetourWindow,
    growths: Mapping[str, tuple[float, float]],
) -> list[tuple[int, int]]:
    """Return how often the screen fires on placebo goods if makers in the hubs sell each part of REPLACED of what the
    good lost: fired and tried. The second legs of placebo goods rise by as many spreads as those of the good would, so
    that the rates are those of a good as noisy as it."""
    lost, rates = lost_of(goods, window), []
    plain = {one.hub: one.legs.second for one in screen(goods, window, growths)}
    for part in REPLACED:
        sold = dict.fromkeys(window.after, part * lost)
        rises = {
            (one.hub, lag): (leg.gain - plain[one.hub][lag].gain) / leg.spread
            for one in screen(replaced(goods, window, sold), window, growths)
            for lag, leg in one.legs.second.items()
            if leg.spread > 0
        }
        scores = [max(_raised(one, rises) for one in each) for each in screens if each]
        rates.append((sum(score > threshold for score in scores), len(scores)))
    return rates


def _raised(one: HubScore, rises: Mapping[tuple[str, int], float]) -> float:
    """The score of a hub whose second leg rises by more spreads; `rises` has how many, by hub and lag."""
    second = (leg.score + rises.get((one.hub, lag), 0.0) for lag, leg in one.legs.second.items())
    return min(one.first.score, max(second))


def lost_of(goods: Goods, window: DetourWindow) -> float:
    """How much of the direct flow a month lost; 0 where it lost nothing, or nothing is known."""
    sums = plain_sums(goods.direct, window)
    return max(sums[0] - sums[1], 0.0) / window.months if sums is not None else 0.0


def replaced(goods: Goods, window: DetourWindow, sold: Series) -> Goods:
    """Return a good of which makers in the hubs sell so much more in each month of the window, each as it sold before:
    only the second legs rise."""
    sizes = {hub: _mean_before(goods.second[hub][0], window) for hub in goods.hubs}
    every = math.fsum(sizes.values())
    if not every:
        return goods

    def raised(series: Series, hub: str) -> Series:
        more = {month: sizes[hub] / every * sold[month] for month in window.after}
        return {month: level + more.get(month, 0.0) for month, level in series.items()}

    second = {hub: [raised(one, hub) for one in goods.second[hub]] for hub in goods.hubs}
    return goods._replace(second={**goods.second, **second})


def between(fired: float, tried: int) -> tuple[float, float]:
    """Between which per cent a rate lies of which so many of so many are seen: 95 %, by Wilson."""
    if not tried:
        return 0.0, 100.0
    z, rate = 1.96, fired / tried
    middle, half = rate + z * z / (2 * tried), z * math.sqrt(rate * (1 - rate) / tried + z * z / (4 * tried * tried))
    ends = ((middle + side * half) / (1 + z * z / tried) for side in (-1, 1))
    low, high = (100 * min(max(end, 0.0), 1.0) for end in ends)
    return low, high


def threshold_of(scores: Sequence[float]) -> float | None:
    """Return the score that at most ALARMS of placebo goods exceed, and that a good without a detour exceeds as rarely:
    of n scores the k-th highest, k = ALARMS (n + 1). None where there are too few, or it is not above zero."""
    if len(scores) < PLACEBOS_MIN:
        return None
    rank = max(math.floor(ALARMS * (len(scores) + 1)), 1)
    return max(sorted(scores, reverse=True)[rank - 1], 0.0)


def chance_of(score: float, scores: Sequence[float]) -> float:
    """Return how likely a good without a detour has a hub with so high a score, by the placebo goods: at least one in
    their number and one."""
    return (sum(one >= score for one in scores) + 1) / (len(scores) + 1)


def _crossed(goods: Goods, window: DetourWindow, growths: Mapping[str, tuple[float, float]]) -> Iterator[HubScore]:
    """Judge the first leg of each hub with the second of each other one: no detour has them."""
    plain = (1.0, 1.0)
    for first in goods.hubs:
        for second in goods.hubs:
            if first != second:
                both = growths.get(first, plain)[0], growths.get(second, plain)[1]
                if (gain := judge(goods, first, second, window, both)) is not None:
                    yield gain


def _earlier(goods: Goods, window: DetourWindow) -> Iterator[float]:
    """The highest score of the good at each earlier date whose months all lie before the date; the general growth of
    those months is not known, so the legs' own counts there."""
    known = [month for hub in goods.hubs for series in goods.first[hub] for month in series]
    if not known:
        return
    for since in range(min(known) + YEAR, window.since - window.months + 1):
        score = highest(goods, DetourWindow(since, window.months), {})
        if score is not None:
            yield score
