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

from tasks.analysis.measures.detour_interval import HELD_PCT, interval, placebos_of
from tasks.analysis.measures.detours import DetourWindow, Goods, growths_of, placebo_rates, screen

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
    """What the screen made of goods with one share rerouted and one noise, each count of `goods`; `inside` and
    `fired_inside` count goods whose truth lies in the interval of their hub, and hubs that fired with the truth in
    theirs."""

    share: float
    noise: float
    goods: int
    fired: int
    right_hub: int
    inside: int
    hubs_fired: int
    fired_inside: int
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


def world(seed: int, noise: float, share: float, count: int, *, mixed: bool = False) -> tuple[list[Drawn], list[Goods]]:
    """Draw goods that a measure touches, and placebo goods: of the same noise, or of all noises in turn."""
    draw = random.Random(f"{seed} {noise} {share}")
    booms = {hub: (draw.lognormvariate(0, 0.15), draw.lognormvariate(0, 0.15)) for hub in HUBS}
    noises = NOISES if mixed else (noise,)
    return [good(draw, noise, share, booms) for _ in range(count)], [
        good(draw, noises[number % len(noises)], 0.0, booms).goods for number in range(PLACEBOS)
    ]


def cell(seed: int, noise: float, share: float, count: int, *, mixed: bool = False) -> Cell:
    """Screen drawn goods and count."""
    touched, placebos = world(seed, noise, share, count, mixed=mixed)
    window = DetourWindow(SINCE, MONTHS)
    growths = {hub: growths_of(placebos, hub, window) for hub in HUBS}
    rates, _ = placebo_rates(touched[0].goods, placebos, window, growths)
    assert rates.threshold is not None
    known = placebos_of(placebos, window, growths)
    fired = right = inside = hubs_fired = fired_inside = smaller = ceiling = 0
    for one in touched:
        found = screen(one.goods, window, growths)
        fires = found[0].score > rates.threshold
        fired += fires
        right += fires and found[0].hub == one.hub
        for hub in found:
            if not (is_firing := hub.score > rates.threshold) and hub.hub != one.hub:
                continue
            truth, ends = one.rerouted if hub.hub == one.hub else 0.0, interval(hub, known, rates.threshold)
            assert ends is not None
            holds = ends[0] <= truth <= ends[1]
            hubs_fired += is_firing
            fired_inside += is_firing and holds
            if hub.hub == one.hub:
                inside += holds
                smaller += truth > min(hub.first.gain, hub.second.gain)
                ceiling += truth > hub.ceiling * (1 + 1e-9)
    return Cell(share, noise, count, fired, right, inside, hubs_fired, fired_inside, smaller, ceiling)


def cells(
    count: int,
    seed: int = 1,
    shares: Sequence[float] = SHARES,
    noises: Sequence[float] = NOISES,
    *,
    mixed: bool = False,
) -> Iterator[Cell]:
    """Yield a cell for each share and noise."""
    for noise in noises:
        for share in shares:
            yield cell(seed, noise, share, count, mixed=mixed)


def main(count: int = 200, seed: int = 1, mixed: int = 0) -> None:
    """Print the table."""
    kind = "of all three noises" if mixed else "of the same noise"
    drawn = f"{count} goods a row, seed {seed}, {len(HUBS)} hubs, {PLACEBOS} placebo goods {kind}, {MONTHS} months"
    titles = ("noise", "rerouted", "fires", "at the right hub", f"truth in its {HELD_PCT} %", "of hubs that fire")
    print(f"SYNTHETIC: {drawn}\n| {' | '.join(titles)} | above smaller gain |\n{'|--:' * (len(titles) + 1)}|")
    for one in cells(count, seed, mixed=bool(mixed)):
        shown = [(number, one.goods) for number in (one.fired, one.right_hub, one.inside)]
        shown += [(one.fired_inside, one.hubs_fired), (one.above_smaller_gain, one.goods)]
        parts = " | ".join(f"{100 * number / of:.0f} %" if of else "–" for number, of in shown)
        print(f"| {one.noise:.2f} | {100 * one.share:.0f} % | {parts} |", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
