"""Says in which interval what arrived by a hub lies: 80 %, from the errors of the same legs of placebo goods.

No detour goes by the legs of placebo goods, so what they gain is error: by noise that lasts, by seasons, by growth of
their own. Errors are counted in units of each leg's own spread, so that a good noisier than its placebos has a wider
interval, and placebos whose legs vary alike weigh more.

The first leg says what was sent: others' makers do not raise it. Of what was sent a part arrives within the months,
which depends on how long the way takes: 0, 1 or 2 months, or some in each. How much, the first two months of the second
leg tell: what is still on its way is missing there, beside the later months, which others' makers raise as much. So the
interval is that of all amounts sent, by all errors and ways, each as often as it is likely. It ends no later than what
came by the second leg at most, nor than the ceiling.

Belongs here: the interval. The screen is in `tasks.analysis.measures.detours`; `benchmarks.detour_world` counts how
often intervals of drawn goods hold the truth.
"""

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tasks.analysis.measures.detours import LAGS, PLACEBOS_MIN, DetourWindow, HubScore, Leg, Legs

# The part of amounts that intervals hold. More is left out below than above, so that intervals hold the truth as often
# where nothing was rerouted, which none ends below, and so that few begin at zero where much was.
HELD_PCT = 80
BELOW, ABOVE = 0.175, 0.02
# How much of what is sent arrives after 0, 1 and 2 months.
ARRIVALS = ((1.0, 0.0, 0.0), (0.5, 0.5, 0.0), (0.3, 0.5, 0.2), (0.0, 1.0, 0.0), (0.0, 0.5, 0.5), (0.0, 0.0, 1.0))
# How alike the logarithms of noise are of placebos that weigh most, and the weight of the others.
ALIKE, LEAST_WEIGHT = 0.5, 0.05
# The span of a normal error between its lowest and its highest tenth.
TENTHS = 2.563
# What no way is less likely than.
UNLIKELY = 1e-9


class Placebo(NamedTuple):
    """A placebo good by one hub: how much its legs vary, as logarithms of their shares, and what they gain, in units of
    their spreads."""

    noise: tuple[float, float]
    errors: tuple[float, float]


def placebos_of(screens: Sequence[Sequence[HubScore]]) -> list[Placebo]:
    """Return a placebo for each good and hub of which the screen knows both legs; none where the goods are too few to
    know."""
    if len(screens) < PLACEBOS_MIN:
        return []
    return [
        Placebo(_noise(one.legs), (one.first.score, _all_months(one.legs).score)) for hubs in screens for one in hubs
    ]


def _all_months(legs: Legs) -> Leg:
    """The second leg over all months that are known."""
    return legs.second[min(legs.second)]


def _noise(legs: Legs) -> tuple[float, float]:
    first, second = (math.log(max(leg.spread, 1e-9) / max(leg.before, 1e-9)) for leg in (legs.first, _all_months(legs)))
    return first, second


class Weighted:
    """Numbers with their weights, in order."""

    def __init__(self, rows: Iterable[tuple[float, float]]) -> None:
        """Sort the numbers."""
        self.rows = sorted(rows)
        self.total = sum(weight for _, weight in self.rows)

    def quantile(self, part: float) -> float:
        """The number that a part of the weight does not exceed."""
        wanted, so_far = part * self.total, 0.0
        for value, weight in self.rows:
            so_far += weight
            if so_far >= wanted:
                return value
        return self.rows[-1][0]

    @property
    def scale(self) -> float:
        """The deviation of a normal distribution with the same lowest and highest tenth."""
        return (self.quantile(0.9) - self.quantile(0.1)) / TENTHS


def interval(hub: HubScore, placebos: Sequence[Placebo], window: DetourWindow) -> tuple[float, float] | None:
    """Return the lowest and the highest amount that fit what both legs of a hub gained; None without placebos."""
    if not placebos:
        return None
    one, other, noise = hub.first, _all_months(hub.legs), _noise(hub.legs)
    weights = [LEAST_WEIGHT + math.exp(-((math.dist(each.noise, noise) / ALIKE) ** 2) / 2) for each in placebos]
    of_second = Weighted((each.errors[1], weight) for each, weight in zip(placebos, weights, strict=True))
    sent = [one.gain - each.errors[0] * one.spread for each in placebos]
    came = Weighted(
        (part * amount, likely * weight)
        for part, likely in arrived(hub.legs, of_second.scale, window.months)
        for amount, weight in zip(sent, weights, strict=True)
    )
    came_at_most = other.gain - of_second.quantile(ABOVE) * other.spread
    high = min(max(came.quantile(1 - ABOVE), 0.0), max(came_at_most, 0.0), hub.ceiling)
    return min(max(came.quantile(BELOW), 0.0), high), high


def arrived(legs: Legs, scale: float, months: int) -> list[tuple[float, float]]:
    """The part of what was sent that arrives within the months, and how likely it is, for each of ARRIVALS. `scale` is
    how many spreads the second leg errs; without a third month each is as likely."""
    parts = [
        sum(part * max(months - later, 0) for later, part in enumerate(arrivals)) / months for arrivals in ARRIVALS
    ]
    if {*LAGS} - {*legs.second}:
        return [(part, 1.0) for part in parts]
    gains = [legs.second[lag].gain for lag in LAGS]
    later = gains[-1] / (months - LAGS[-1])
    missing = [later - (gains[lag] - gains[lag + 1]) for lag in LAGS[:-1]]
    sent = max(legs.first.gain, 0.0) / months
    spread = max(_all_months(legs).spread * scale / math.sqrt(months), 1e-9)
    due = [[(1 - sum(arrivals[: lag + 1])) * sent for lag in LAGS[:-1]] for arrivals in ARRIVALS]
    likely = [math.exp(-((math.dist(missing, one) / spread) ** 2) / 2) + UNLIKELY for one in due]
    return list(zip(parts, likely, strict=True))
