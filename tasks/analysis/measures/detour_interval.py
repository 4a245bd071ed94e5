"""Says in which interval what arrived by a hub lies: 80 %, from the errors of the same legs of placebo goods.

No detour goes by the legs of placebo goods, so what they gain is error: by noise that lasts, by seasons, by growth of
their own. Errors are counted in units of each leg's own spread, so that a good noisier than its placebos has a wider
interval, and placebos whose legs vary alike weigh more.

The first leg says what was sent: others' makers do not raise it. Of what was sent a part arrives within the months,
which depends on how long the way takes: 0, 1 or 2 months, or some in each. How much is estimated by what both legs
gained. The second leg says what arrived at most: it has what others' makers sold in place of what no longer comes. So
the interval begins and ends by the first leg, and ends no later than by the second, nor than the ceiling.

Belongs here: the interval. The screen is in `tasks.analysis.measures.detours`; `benchmarks.detour_world` counts how
often intervals of drawn goods hold the truth.
"""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from tasks.analysis.measures.detours import PLACEBOS_MIN, DetourWindow, Goods, HubScore, Leg, Legs, legs_of

# The part of amounts that intervals hold, and what is left out below, and above by each of both legs.
HELD_PCT = 80
BELOW, ABOVE = 0.12, 0.065
# How much of what is sent arrives after 0, 1 and 2 months, of which the legs tell the likelier.
ARRIVALS = ((1.0, 0.0, 0.0), (0.5, 0.5, 0.0), (0.3, 0.5, 0.2), (0.0, 1.0, 0.0), (0.0, 0.5, 0.5), (0.0, 0.0, 1.0))
# How alike the logarithms of noise are of placebos that weigh most, and the weight of the others.
ALIKE, LEAST_WEIGHT = 0.5, 0.05
# The span of a normal error between its lowest and its highest tenth.
TENTHS = 2.563


class Placebo(NamedTuple):
    """A placebo good by one hub: how much its legs vary, as logarithms of their shares, and what they gain, in units of
    their spreads."""

    noise: tuple[float, float]
    errors: tuple[float, float]


def placebos_of(
    goods: Sequence[Goods], window: DetourWindow, growths: Mapping[str, tuple[float, float]]
) -> list[Placebo]:
    """Return a placebo for each good and hub whose legs are known; none where the goods are too few to know."""
    if len(goods) < PLACEBOS_MIN:
        return []
    every = (legs_of(one, hub, hub, window, growths.get(hub, (1.0, 1.0))) for one in goods for hub in one.hubs)
    return [Placebo(_noise(legs), (legs.first.score, _all_months(legs).score)) for legs in every if legs is not None]


def _all_months(legs: Legs) -> Leg:
    """The second leg over all months that are known."""
    return legs.second[min(legs.second)]


def _noise(legs: Legs) -> tuple[float, float]:
    first, second = (math.log(max(leg.spread, 1e-9) / max(leg.before, 1e-9)) for leg in (legs.first, _all_months(legs)))
    return first, second


class Errors:
    """Errors of one leg of placebos with their weights, in order."""

    def __init__(self, values: Sequence[float], weights: Sequence[float]) -> None:
        """Sort the errors."""
        self.rows = sorted(zip(values, weights, strict=True))
        self.total = sum(weights)

    def quantile(self, part: float) -> float:
        """The error that a part of the weight does not exceed."""
        wanted, so_far = part * self.total, 0.0
        for value, weight in self.rows:
            so_far += weight
            if so_far >= wanted:
                return value
        return self.rows[-1][0]

    @property
    def scale(self) -> float:
        """How many spreads an error has."""
        return max((self.quantile(0.9) - self.quantile(0.1)) / TENTHS, 1e-9)


def interval(hub: HubScore, placebos: Sequence[Placebo], window: DetourWindow) -> tuple[float, float] | None:
    """Return the lowest and the highest amount that fit what both legs of a hub gained; None without placebos."""
    if not placebos:
        return None
    one, other, noise = hub.first, _all_months(hub.legs), _noise(hub.legs)
    weights = [LEAST_WEIGHT + math.exp(-((math.dist(each.noise, noise) / ALIKE) ** 2) / 2) for each in placebos]
    first, second = (Errors([each.errors[side] for each in placebos], weights) for side in (0, 1))
    part, unsure = arrived(one, other, (first.scale, second.scale), window.months)
    doubt = TENTHS / 2 * unsure * one.gain
    sent, below = part * one.gain, part * first.quantile(1 - BELOW) * one.spread
    above = part * first.quantile(ABOVE) * one.spread
    low = sent - math.copysign(math.hypot(below, doubt), below)
    sent_at_most = sent - math.copysign(math.hypot(above, doubt), above)
    came_at_most = other.gain - second.quantile(ABOVE) * other.spread
    high = min(max(sent_at_most, 0.0), max(came_at_most, 0.0), hub.ceiling)
    return min(max(low, 0.0), high), high


def arrived(one: Leg, other: Leg, scales: tuple[float, float], months: int) -> tuple[float, float]:
    """The part of what was sent that arrives within the months, and how unsure it is: mean and deviation over ARRIVALS,
    each as likely as both legs' gains are by it."""
    parts = [
        sum(part * max(months - later, 0) for later, part in enumerate(arrivals)) / months for arrivals in ARRIVALS
    ]
    likely = []
    for part in parts:
        spread = math.hypot(part * one.spread * scales[0], other.spread * scales[1])
        likely.append(math.exp(-(((other.gain - part * one.gain) / max(spread, 1e-9)) ** 2) / 2) + 1e-12)
    mean = sum(part * weight for part, weight in zip(parts, likely, strict=True)) / sum(likely)
    square = sum((part - mean) ** 2 * weight for part, weight in zip(parts, likely, strict=True)) / sum(likely)
    return mean, math.sqrt(square)
