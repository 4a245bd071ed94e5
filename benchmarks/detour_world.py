"""A drawn world of trade with known detours, and how often the screen finds them: SYNTHETIC, no number of it is trade.

Each good goes from one country to another direct and by hubs, with a season, a noise that lasts for some months and a
growth of each hub that all goods share. From a month on the direct flow of some goods falls by 40 to 80 %, and a share
of what is lost goes by one hub, a part of it one or two months later. `python -m benchmarks.detour_world` prints how
often the screen fires by that share and the noise.
"""

import math
import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from tasks.analysis.measures.detours import DetourWindow, Goods, growths_of, placebo_rates, screen, widened

HUBS = tuple(f"H{number:02d}" for number in range(10))
SINCE, MONTHS, FIRST = 24_303, 12, 24_303 - 36
LAGS = (0.3, 0.5, 0.2)
SHARES, NOISES = (0.0, 0.1, 0.25, 0.5), (0.2, 0.35, 0.5)
PLACEBOS = 99


class Drawn(NamedTuple):
    """A good, the hub by which its trade was rerouted, and how much of that arrived within the months."""

    goods: Goods
    hub: str
    rerouted: float


class Cell(NamedTuple):
    """What the screen made of goods with one share rerouted and one noise, each count of `goods`."""

    share: float
    noise: float
    goods: int
    fired: int
    right_hub: int
    inside: int
    above_smaller_gain: int
    above_ceiling: int


def _flow(draw: random.Random, level: float, noise: float, growth: float) -> dict[int, float]:
    phase, last, series = draw.uniform(0, 2 * math.pi), 0.0, dict[int, float]()
    for month in range(FIRST, SINCE + MONTHS):
        last = 0.5 * last + math.sqrt(1 - 0.25) * draw.gauss(0, noise)
        season = 0.15 * math.sin(2 * math.pi * month / 12 + phase)
        grown = growth if month >= SINCE else 1.0
        series[month] = level * grown * math.exp(season + last)
    return series


def good(draw: random.Random, noise: float, share: float, booms: Mapping[str, tuple[float, float]]) -> Drawn:
    """Draw a good; without a share nothing is rerouted, and the direct flow falls all the same."""
    direct = _flow(draw, draw.lognormvariate(4, 1), noise, 1.0)
    size = sum(direct.values()) / len(direct)
    legs = [
        {hub: _flow(draw, size * draw.lognormvariate(math.log(0.2), 0.8), noise, booms[hub][side]) for hub in HUBS}
        for side in (0, 1)
    ]
    fall, hub, rerouted = draw.uniform(0.4, 0.8), draw.choice(HUBS), 0.0
    for month in range(SINCE, SINCE + MONTHS):
        moved = share * fall * direct[month]
        direct[month] *= 1 - fall
        legs[0][hub][month] += moved
        for lag, part in enumerate(LAGS):
            if month + lag < SINCE + MONTHS:
                legs[1][hub][month + lag] += part * moved
                rerouted += part * moved
    first, second = ({name: (series,) for name, series in side.items()} for side in legs)
    return Drawn(Goods(direct, first, second), hub, rerouted)


def world(seed: int, noise: float, share: float, count: int) -> tuple[list[Drawn], list[Goods]]:
    """Draw goods that a measure touches, and placebo goods."""
    draw = random.Random(f"{seed} {noise} {share}")
    booms = {hub: (draw.lognormvariate(0, 0.15), draw.lognormvariate(0, 0.15)) for hub in HUBS}
    return [good(draw, noise, share, booms) for _ in range(count)], [
        good(draw, noise, 0.0, booms).goods for _ in range(PLACEBOS)
    ]


def cell(seed: int, noise: float, share: float, count: int) -> Cell:
    """Screen drawn goods and count."""
    touched, placebos = world(seed, noise, share, count)
    window = DetourWindow(SINCE, MONTHS)
    growths = {hub: growths_of(placebos, hub, window) for hub in HUBS}
    rates, _ = placebo_rates(touched[0].goods, placebos, window, growths)
    assert rates.threshold is not None
    fired = right = inside = smaller = ceiling = 0
    for one in touched:
        found = screen(one.goods, window, growths)
        fires = found[0].score > rates.threshold
        fired += fires
        right += fires and found[0].hub == one.hub
        of_hub = widened(next(each for each in found if each.hub == one.hub), rates.widening)
        inside += of_hub.low <= one.rerouted <= of_hub.high
        smaller += one.rerouted > min(of_hub.first.gain, of_hub.second.gain)
        ceiling += one.rerouted > of_hub.ceiling * (1 + 1e-9) and of_hub.lag == 0
    return Cell(share, noise, count, fired, right, inside, smaller, ceiling)


def cells(
    count: int, seed: int = 1, shares: Sequence[float] = SHARES, noises: Sequence[float] = NOISES
) -> Iterator[Cell]:
    """Yield a cell for each share and noise."""
    for noise in noises:
        for share in shares:
            yield cell(seed, noise, share, count)


def main(count: int = 200) -> None:
    """Print the table."""
    print(f"SYNTHETIC: {count} goods a row, {len(HUBS)} hubs, {PLACEBOS} placebo goods, {MONTHS} months")
    print("| noise | rerouted | fires | at the right hub | truth in the interval | truth above the smaller gain |")
    print("|--:|--:|--:|--:|--:|--:|")
    for one in cells(count):
        shown = (one.fired, one.right_hub, one.inside, one.above_smaller_gain)
        parts = " | ".join(f"{100 * number / one.goods:.0f} %" for number in shown)
        print(f"| {one.noise:.2f} | {100 * one.share:.0f} % | {parts} |")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
