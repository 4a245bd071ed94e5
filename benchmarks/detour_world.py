"""A drawn world of trade with known detours, and how often the screen finds them: SYNTHETIC, no number of it is trade.

Each good goes from one country to another direct and by hubs, with a season, a noise that lasts for some months and a
growth of each hub that all goods share. From a month on the direct flow of some goods falls by 40 to 80 %; a share of
what is lost goes by one hub and arrives in the same month or up to two later, and a part of the rest is sold by makers
in the hubs. Goods are as noisy as their placebos, or noisier or quieter. `python -m benchmarks.detour_world` prints how
often the screen fires and its intervals hold the truth, by noise, share and what is replaced. Goods of one world share
its placebo goods, so each row counts goods of several worlds.
"""

import itertools
import math
import random
import statistics
import sys
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from tasks.analysis.measures.detour_interval import HELD_PCT, interval, placebos_of
from tasks.analysis.measures.detours import (
    DetourWindow,
    Goods,
    between,
    growths_of,
    rates_with_makers,
    replaced,
    screen,
    threshold_of,
)

HUBS = tuple(f"H{number:02d}" for number in range(10))
SINCE, MONTHS, FIRST = 24_303, 12, 24_303 - 36
# What arrives after 0, 1 and 2 months, one of these for each good.
LAGS = ((1.0, 0.0, 0.0), (0.6, 0.4, 0.0), (0.3, 0.5, 0.2), (0.0, 0.4, 0.6))
SHARES, NOISES, REPLACED = (0.0, 0.1, 0.25, 0.5), (0.2, 0.35, 0.5), (0.0, 0.5, 1.0)
PLACEBOS = 99


class Drawn(NamedTuple):
    """A good, the hub by which its trade was rerouted, and how much of that arrived within the months."""

    goods: Goods
    hub: str
    rerouted: float


class Cell(NamedTuple):
    """What the screen made of goods with one noise and share rerouted, of the rest a part replaced, each count of
    `goods`; `inside` counts goods whose truth lies in the interval of their hub, `above_zero` those whose interval
    begins above zero. `stated` has the false alarms that the screen states of a good where nothing is rerouted, and the
    number of placebo goods that it counts them on."""

    share: float
    noise: float
    part: float
    goods: int
    fired: int
    right_hub: int
    inside: int
    above_zero: int
    above_ceiling: int
    stated: tuple[float, int]


def _flow(draw: random.Random, level: float, noise: float, growth: float) -> dict[int, float]:
    phase, last, series = draw.uniform(0, 2 * math.pi), 0.0, dict[int, float]()
    for month in range(FIRST, SINCE + MONTHS):
        last = 0.5 * last + math.sqrt(1 - 0.25) * draw.gauss(0, noise)
        season = 0.15 * math.sin(2 * math.pi * month / 12 + phase)
        grown = growth if month >= SINCE else 1.0
        series[month] = level * grown * math.exp(season + last)
    return series


def good(
    draw: random.Random,
    noise: float,
    share: float,
    booms: Mapping[str, tuple[float, float]],
    part: float = 0.0,
    *,
    falls: bool = True,
) -> Drawn:
    """Draw a good; without a share nothing is rerouted, and the direct flow falls all the same if it `falls`."""
    direct = _flow(draw, draw.lognormvariate(4, 1), noise, 1.0)
    size = sum(direct.values()) / len(direct)
    legs = [
        {hub: _flow(draw, size * draw.lognormvariate(math.log(0.2), 0.8), noise, booms[hub][side]) for hub in HUBS}
        for side in (0, 1)
    ]
    fall, hub, rerouted, lags = draw.uniform(0.4, 0.8) * falls, draw.choice(HUBS), 0.0, draw.choice(LAGS)
    made = replaced(
        Goods(direct, *({name: (series,) for name, series in side.items()} for side in legs)),
        DetourWindow(SINCE, MONTHS),
        {month: part * fall * (1 - share) * level for month, level in direct.items()},
    )
    legs[1] = {name: {**made.second[name][0]} for name in HUBS}
    for month in range(SINCE, SINCE + MONTHS):
        moved = share * fall * direct[month]
        direct[month] *= 1 - fall
        legs[0][hub][month] += moved
        for lag, arriving in enumerate(lags):
            if month + lag < SINCE + MONTHS:
                legs[1][hub][month + lag] += arriving * moved
                rerouted += arriving * moved
    first, second = ({name: (series,) for name, series in side.items()} for side in legs)
    return Drawn(Goods(direct, first, second), hub, rerouted)


def world(seed: int, noise: float, share: float, count: int, part: float = 0.0) -> tuple[list[Drawn], list[Goods]]:
    """Draw goods that a measure touches, and placebo goods, which lose nothing, of all noises in turn."""
    draw = random.Random(f"{seed} {noise} {share} {part}")
    booms = {hub: (draw.lognormvariate(0, 0.15), draw.lognormvariate(0, 0.15)) for hub in HUBS}
    return [good(draw, noise, share, booms, part) for _ in range(count)], [
        good(draw, NOISES[number % len(NOISES)], 0.0, booms, falls=False).goods for number in range(PLACEBOS)
    ]


def cell(seed: int, noise: float, share: float, count: int, part: float = 0.0) -> Cell:
    """Screen drawn goods and count; the false alarms of `stated` are the mean of those stated of each good."""
    touched, placebos = world(seed, noise, share, count, part)
    window = DetourWindow(SINCE, MONTHS)
    growths = {hub: growths_of(placebos, hub, window) for hub in HUBS}
    screens = [screen(one, window, growths) for one in placebos]
    known = placebos_of(screens)
    scores = [each[0].score for each in screens]
    threshold = threshold_of(scores)
    assert threshold is not None
    fired = right = inside = above_zero = ceiling = 0
    alarms = [sum(score > threshold for score in scores)] * (not part)
    for one in touched:
        found = screen(one.goods, window, growths)
        fires = found[0].score > threshold
        fired += fires
        right += fires and found[0].hub == one.hub
        hub = next(each for each in found if each.hub == one.hub)
        ends = interval(hub, known, window)
        assert ends is not None
        inside += ends[0] <= one.rerouted <= ends[1]
        above_zero += ends[0] > 0
        ceiling += one.rerouted > hub.ceiling * (1 + 1e-9)
        if part and not share:
            of_good = rates_with_makers(one.goods, screens, threshold, window, growths)
            alarms.append(of_good[REPLACED.index(part) - 1][0])
    stated = (statistics.fmean(alarms or [0.0]), len(scores))
    return Cell(share, noise, part, count, fired, right, inside, above_zero, ceiling, stated)


def together(worlds: Iterable[Cell]) -> Cell:
    """Add up cells of several worlds that are alike."""
    each = list(worlds)
    goods, fired, right, inside, above_zero, ceiling = (sum(one[place] for one in each) for place in range(3, 9))
    stated = sum(one.stated[0] for one in each), sum(one.stated[1] for one in each)
    return Cell(*each[0][:3], goods, fired, right, inside, above_zero, ceiling, stated)


def main(count: int = 100, worlds: int = 10, seed: int = 1) -> None:
    """Print the table."""
    drawn = (
        f"{worlds} worlds from seed {seed} on, {count} goods of each a row, {len(HUBS)} hubs, {PLACEBOS} placebo goods"
    )
    titles = (
        "noise", "replaced", "rerouted", "fires", "at the right hub", f"truth in its {HELD_PCT} %", "begins above zero",
        "stated rate of false alarms",
    )  # fmt: skip
    print(f"SYNTHETIC: {drawn} of all three noises, {MONTHS} months\n| {' | '.join(titles)} |\n{'|--:' * len(titles)}|")
    for noise, part, share in itertools.product(NOISES, REPLACED, SHARES):
        one = together(cell(seed + place, noise, share, count, part) for place in range(worlds))
        shown = [one.fired, one.right_hub, one.inside, one.above_zero]
        cells = [f"{100 * number / one.goods:.0f} %" for number in shown]
        low, high = between(*one.stated)
        cells.append("" if share else f"{100 * one.stated[0] / one.stated[1]:.0f} ({low:.0f} to {high:.0f}) %")
        print(f"| {noise:.2f} | {100 * part:.0f} % | {100 * share:.0f} % | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
