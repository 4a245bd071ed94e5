"""The interval of a detour: how often it holds the truth in a drawn world (synthetic), and ends worked by hand."""

import math

import pytest

from benchmarks import detour_world
from benchmarks.detour_world import cell
from tasks.analysis.measures import detour_interval
from tasks.analysis.measures.detour_interval import HELD_PCT, arrived, interval, placebos_of
from tasks.analysis.measures.detours import DetourWindow, Goods, Leg, Placebos, between, judge

SINCE = 24_303
YEAR = DetourWindow(SINCE, 12)
# Noise of the goods, the part of the fall that was rerouted, and that of the rest which others' makers replace.
CELLS = ((0.2, 0.1, 0.0), (0.2, 0.5, 1.0), (0.5, 0.25, 0.5), (0.5, 0.5, 0.0))


def flat(level: float, after: float) -> dict[int, float]:
    """A flow with one level in each month of two years, and another since the date."""
    return {month: level if month < SINCE else after for month in range(SINCE - 24, SINCE + 12)}


def goods(after: float) -> Goods:
    return Goods(flat(1_000, 100), {"VNM": (flat(100, after),)}, {"VNM": (flat(100, after),)})


@pytest.mark.parametrize(("seed", "mixed"), [(21, False), (22, True)])
def test_a_stated_interval_holds_the_truth_as_often_as_it_says(seed: int, mixed: bool) -> None:
    """Synthetic, and of other seeds than those of the table in docs/controls.md; with `mixed`, placebo goods are of
    other noise than the good. A cell of 40 goods may miss by chance, so cells are counted together."""
    made = [cell(seed, noise, share, 40, part, mixed=mixed) for noise, share, part in CELLS]
    held = sum(one.inside for one in made) / sum(one.goods for one in made)
    assert (HELD_PCT - 6) / 100 <= held <= (HELD_PCT + 6) / 100
    assert all(one.inside / one.goods >= 0.65 for one in made)
    at_half = [one for one in made if one.share == 0.5]
    assert sum(one.above_zero for one in at_half) / sum(one.goods for one in at_half) >= 0.8
    assert sum(one.above_ceiling for one in made) == 0


def test_an_interval_of_errors_that_are_thought_to_be_a_third_as_large_holds_too_little(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So the test above can fail."""
    quantile = detour_interval.Errors.quantile
    monkeypatch.setattr(detour_interval.Errors, "quantile", lambda self, part: quantile(self, part) / 3)
    made = [cell(21, noise, share, 40, part) for noise, share, part in CELLS]
    assert sum(one.inside for one in made) / sum(one.goods for one in made) < (HELD_PCT - 6) / 100


@pytest.mark.parametrize("part", [0.0, 0.5, 1.0])
def test_the_stated_rates_of_false_alarms_are_those_of_goods_of_which_nothing_is_rerouted(part: float) -> None:
    """Synthetic: what is seen of 300 goods, with nothing, half and all of the loss replaced, lies within the interval
    of the rate that is said, which rests on 99 placebo goods, widened by that of what is seen."""
    made = [cell(seed, 0.35, 0.0, 100, part) for seed in (31, 32, 33)]
    seen = between(sum(one.fired for one in made), 300)
    stated = {0.0: "goods", 0.5: "half", 1.0: "all"}[part]
    counts = [one.stated.counts[stated] for one in made]
    said = between(sum(fired for fired, _ in counts), sum(tried for _, tried in counts))
    assert max(seen[0], said[0]) <= min(seen[1], said[1]), (seen, said)


def test_the_ends_are_those_of_the_first_leg_with_the_part_that_arrives() -> None:
    """Placebo i of 100 has errors of i - 50 hundredths of a spread: of all that was sent the ends lie 0.38
    spreads below and 0.43 above, with what is unsure of the arrival, and no later than what came by the second leg."""
    found = judge(goods(400), "VNM", "VNM", YEAR)
    assert found is not None
    noise = detour_interval._noise(found.legs)
    errors = [(number - 50) / 100 for number in range(1, 101)]
    placebos = [detour_interval.Placebo(noise, (error, error)) for error in errors]
    scale = detour_interval.Errors(errors, [1.0] * 100).scale
    part, unsure = arrived(found.first, found.second, (scale, scale), 12)
    doubt = detour_interval.TENTHS / 2 * unsure * found.first.gain
    below, above = (part * errors_of * found.first.spread for errors_of in (0.38, 0.43))
    low, high = interval(found, placebos, YEAR) or (0.0, 0.0)
    assert 0.9 < part <= 1
    assert low == pytest.approx(part * found.first.gain - math.hypot(below, doubt), rel=0.01)
    assert high <= part * found.first.gain + math.hypot(above, doubt) + 1
    quieter = found._replace(legs=found.legs._replace(second={0: found.second._replace(gain=100.0)}))
    assert (interval(quieter, placebos, YEAR) or (0.0, 0.0))[1] <= 100.0 + 0.44 * found.second.spread


def test_what_arrives_late_is_told_by_both_legs_and_is_the_mean_where_they_do_not_tell() -> None:
    def sure(gain: float) -> Leg:
        return Leg(1_000.0, 1_000.0 + gain, gain, 1.0)

    assert arrived(sure(1_200), sure(1_200), (1.0, 1.0), 12)[0] == pytest.approx(1.0)
    assert arrived(sure(1_200), sure(1_000), (1.0, 1.0), 12) == pytest.approx((10 / 12, 0.0), abs=1e-6)
    vague = Leg(1_000.0, 1_000.0, 0.0, 1.0)
    assert arrived(vague, vague, (1.0, 1.0), 12) == pytest.approx((0.92, 0.05), abs=0.01)


def test_the_interval_ends_at_the_ceiling() -> None:
    found = judge(goods(400), "VNM", "VNM", YEAR)
    assert found is not None
    placebos = placebos_of([goods(100 + number) for number in range(-20, 20)], YEAR, {})
    low, high = interval(found, placebos, YEAR) or (0.0, 0.0)
    assert 0 <= low <= high <= found.ceiling


def test_too_few_placebo_goods_give_no_interval() -> None:
    found = judge(goods(400), "VNM", "VNM", YEAR)
    assert found is not None
    assert placebos_of([goods(100)] * 19, YEAR, {}) == []
    assert interval(found, [], YEAR) is None


def test_the_table_is_labelled_as_drawn(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    stated = Placebos(1.0, (4, 99), (0, 0), (0, 0), (11, 99), (25, 99))
    row = detour_world.Cell(0.25, 0.2, 0.5, 200, 170, 164, 160, 180, 0, stated)
    monkeypatch.setattr(detour_world, "cells", lambda *given, **named: [row])
    detour_world.main(2)
    printed = capsys.readouterr().out
    assert "SYNTHETIC" in printed
    assert f"truth in its {HELD_PCT} %" in printed
    rates = "4 (2 to 10) % | 11 (6 to 19) % | 25 (18 to 35) % |"
    assert printed.endswith(f"| 0.20 | 50 % | 25 % | 85 % | 82 % | 80 % | 90 % | {rates}\n")
