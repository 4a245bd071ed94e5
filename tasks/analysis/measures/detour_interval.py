"""Says in which interval what went by a hub lies: 80 %, from the errors of the same screen on placebo goods.

No detour goes by the legs of placebo goods, so what the screen estimates there is error: by noise that lasts, by
seasons, by the lag that is chosen because it fits. An amount is planted into both legs of each, a part of it arriving
later or not yet, and the screen estimates it. The interval of a hub holds the amounts of which its own estimate is
neither among the lowest nor among the highest tenth of those estimates. A hub that fires is compared with placebos that
fire, and one that does not with those that do not: it was chosen because its score is high, and the interval allows for
that.

Errors are counted in units of the legs' own spread, and the placebos are those whose legs vary most alike.

Belongs here: the interval. The screen is in `tasks.analysis.measures.detours`; `benchmarks.detour_world` counts how
often intervals of drawn goods hold the truth.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from tasks.analysis.measures.detours import (
    LAGS,
    PLACEBOS_MIN,
    DetourWindow,
    Goods,
    HubScore,
    Leg,
    Legs,
    legs_of,
    pooled,
)

# The part of amounts that intervals hold, and what is left out at either end of them.
HELD_PCT = 80
TAIL = (100 - HELD_PCT) / 200
# How much of what is sent arrives after 0, 1 and 2 months: early, evenly or late in turn, because nobody knows it.
ARRIVALS = ((2 / 3, 1 / 3, 0.0), (1 / 3, 1 / 3, 1 / 3), (0.0, 1 / 3, 2 / 3))
# Placebos that are compared, the nearest in noise; an amount of which a hub stays silent more rarely is excluded.
NEAREST, SURELY = 400, 0.1
# Halvings of a span of amounts, and the spreads beyond the estimate with which it ends.
HALVINGS, BEYOND = 14, 12.0


class LagReading(NamedTuple):
    """Both legs of a placebo at one lag, gains and spreads in units of `Placebo.unit`: the weight of the first leg in
    the estimate, and what each leg gains by a planted unit that arrives."""

    gains: tuple[float, float]
    spreads: tuple[float, float]
    weight: float
    planted: tuple[float, float]


class Placebo(NamedTuple):
    """A placebo good by one hub, read at each lag; `noise` is how much its legs vary, as logarithms of their shares."""

    noise: tuple[float, float]
    readings: tuple[LagReading, ...]


def placebos_of(
    goods: Sequence[Goods], window: DetourWindow, growths: Mapping[str, tuple[float, float]]
) -> list[Placebo]:
    """Return a placebo for each good and hub whose legs are known; none where the goods are too few to know."""
    if len(goods) < PLACEBOS_MIN:
        return []
    return [
        _placebo(legs, window.months, ARRIVALS[(place + number) % len(ARRIVALS)])
        for place, one in enumerate(goods)
        for number, hub in enumerate(one.hubs)
        if (legs := legs_of(one, hub, hub, window, growths.get(hub, (1.0, 1.0)))) is not None
    ]


def _placebo(legs: Legs, months: int, arrivals: tuple[float, ...]) -> Placebo:
    unit, readings = _unit(legs), []
    arrived = _arriving(months, 0, arrivals)
    for lag, second in legs.second.items():
        _, spread = pooled(legs.first, second)
        planted = (months / arrived, _arriving(months, lag, arrivals) / arrived) if arrived else (0.0, 0.0)
        gains = legs.first.gain / unit, second.gain / unit
        spreads = legs.first.spread / unit, second.spread / unit
        readings.append(LagReading(gains, spreads, (spread / max(legs.first.spread, 1e-9)) ** 2, planted))
    return Placebo(_noise(legs), tuple(readings))


def _arriving(months: int, lag: int, arrivals: Sequence[float]) -> float:
    """Of one unit sent each month, what arrives in the months that the second leg counts at a lag."""
    return sum(part * max(months - max(later, lag), 0) for later, part in zip(LAGS, arrivals, strict=True))


def _unit(legs: Legs) -> float:
    return max(pooled(legs.first, legs.second[min(legs.second)])[1], 1e-9)


def _noise(legs: Legs) -> tuple[float, float]:
    first, second = (_share(leg) for leg in (legs.first, legs.second[min(legs.second)]))
    return first, second


def _share(leg: Leg) -> float:
    return math.log(max(leg.spread, 1e-9) / max(leg.before, 1e-9))


def interval(hub: HubScore, placebos: Sequence[Placebo], threshold: float | None) -> tuple[float, float] | None:
    """Return the lowest and the highest amount that fit what the screen says of a hub, the estimate among them; None
    without placebos. Where the screen fires too seldom on placebos to tell, it ends at zero or at the ceiling."""
    if not placebos:
        return None
    legs, cut = hub.legs, math.inf if threshold is None else threshold
    unit, noise = _unit(legs), _noise(legs)
    alike = sorted(placebos, key=lambda one: math.dist(one.noise, noise))[:NEAREST]
    seen, fires = hub.gain / unit, hub.score > cut

    def fits(amount: float, *, too_low: bool) -> bool:
        """Whether the estimates of an amount are not all but a tenth beyond the one that was seen."""
        estimates = [one for one, best in (_estimate(each, amount) for each in alike) if (best > cut) == fires]
        if not fires and len(estimates) < SURELY * len(alike):
            return False
        beyond = sum(one >= seen if too_low else one <= seen for one in estimates)
        return (beyond + 1) / (len(estimates) + 1) > TAIL

    top = max(seen, 0.0)
    low = 0.0 if fits(0.0, too_low=True) else _edge(0.0, top, lambda amount: fits(amount, too_low=True))
    end = top + BEYOND
    high = math.inf if fits(end, too_low=False) else _edge(end, top, lambda amount: fits(amount, too_low=False))
    ends = low * unit, high * unit
    return min(*ends, hub.estimate), min(max(*ends, hub.estimate), hub.ceiling)


def _edge(outside: float, inside: float, fits: Callable[[float], bool]) -> float:
    """The amount where a span begins to fit, between one that does not and one that is taken to."""
    for _ in range(HALVINGS):
        middle = (outside + inside) / 2
        if fits(middle):
            inside = middle
        else:
            outside = middle
    return inside


def _estimate(placebo: Placebo, amount: float) -> tuple[float, float]:
    """What the screen estimates of a placebo into which an amount was planted, and its score."""
    best = estimate = -math.inf
    for reading in placebo.readings:
        first = reading.gains[0] + amount * reading.planted[0]
        second = reading.gains[1] + amount * reading.planted[1]
        score = min(first / reading.spreads[0], second / reading.spreads[1])
        if score > best:
            best, estimate = score, reading.weight * first + (1 - reading.weight) * second
    return estimate, best
