"""The interval of a detour: how often it holds the truth in a drawn world (synthetic), and ends worked by hand."""

from typing import Any

import pytest

from benchmarks import detour_world
from benchmarks.detour_world import Cell, cell, together
from tasks.analysis.measures import detour_interval
from tasks.analysis.measures.detour_interval import HELD_PCT, Placebo, arrived, interval, placebos_of
from tasks.analysis.measures.detours import DetourWindow, Goods, Leg, Legs, between, judge, screen

SINCE = 24_303
YEAR = DetourWindow(SINCE, 12)
# Noise of the goods, the part of the fall that was rerouted, and that of the rest which others' makers replace.
CELLS = ((0.2, 0.1, 0.0), (0.2, 0.5, 1.0), (0.5, 0.25, 0.5), (0.5, 0.5, 0.0))


def flat(level: float, after: float) -> dict[int, float]:
    """A flow with one level in each month of two years, and another since the date."""
    return {month: level if month < SINCE else after for month in range(SINCE - 24, SINCE + 12)}


def goods(after: float) -> Goods:
    return Goods(flat(1_000, 100), {"VNM": (flat(100, after),)}, {"VNM": (flat(100, after),)})


@pytest.fixture(scope="module")
def drawn() -> list[Cell]:
    """Synthetic, and of other seeds than those of the table in docs/controls.md."""
    return [together(cell(seed, noise, share, 20, part) for seed in (21, 22)) for noise, share, part in CELLS]


def test_a_stated_interval_holds_the_truth_as_often_as_it_says(drawn: list[Cell]) -> None:
    """A cell of 40 goods may miss by chance, so cells are counted together."""
    held = sum(one.inside for one in drawn) / sum(one.goods for one in drawn)
    assert (HELD_PCT - 6) / 100 <= held <= (HELD_PCT + 6) / 100
    assert all(one.inside / one.goods >= 0.65 for one in drawn)
    at_half = [one for one in drawn if one.share == 0.5]
    assert sum(one.above_zero for one in at_half) / sum(one.goods for one in at_half) >= 0.8
    assert sum(one.above_ceiling for one in drawn) == 0


def test_an_interval_of_errors_that_are_thought_to_be_a_third_as_large_holds_too_little(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """So the test above can fail."""
    right = detour_interval.placebos_of

    def sure(*given: Any) -> list[Placebo]:
        return [one._replace(errors=(one.errors[0] / 3, one.errors[1] / 3)) for one in right(*given)]

    monkeypatch.setattr(detour_world, "placebos_of", sure)
    made = [cell(21, noise, share, 20, part) for noise, share, part in CELLS]
    assert sum(one.inside for one in made) / sum(one.goods for one in made) < (HELD_PCT - 6) / 100


@pytest.mark.parametrize(("noise", "part"), [(0.35, 0.0), (0.2, 0.5), (0.5, 1.0)])
def test_the_stated_rates_of_false_alarms_are_those_of_goods_of_which_nothing_is_rerouted(
    noise: float, part: float
) -> None:
    """Synthetic: what is seen of 80 goods, with nothing, half and all of the loss replaced, lies within the interval
    of the rate that is said, which rests on 99 placebo goods a world, widened by that of what is seen."""
    made = together(cell(seed, noise, 0.0, 40, part) for seed in (31, 32))
    seen, said = between(made.fired, made.goods), between(*made.stated)
    assert max(seen[0], said[0]) <= min(seen[1], said[1]), (seen, said)


def test_the_ends_are_those_of_the_first_leg_with_the_part_that_arrives() -> None:
    """Placebo i of 100 has errors of i - 50 hundredths of a spread of 45; 300 a month were sent and came at once. So of
    all amounts the 18th is 3,600 less 0.33 spreads, the 98th 0.47 more, and at most 0.48 more came by the second
    leg."""
    found = judge(goods(400), "VNM", "VNM", YEAR)
    assert found is not None
    assert found.first.spread == found.second.spread == pytest.approx(45)
    noise = detour_interval._noise(found.legs)
    placebos = [Placebo(noise, ((number - 50) / 100, (number - 50) / 100)) for number in range(1, 101)]
    assert interval(found, placebos, YEAR) == pytest.approx((3_600 - 0.33 * 45, 3_600 + 0.47 * 45))
    quieter = found._replace(legs=found.legs._replace(second={0: found.second._replace(gain=100.0)}))
    assert (interval(quieter, placebos, YEAR) or (0.0, 0.0))[1] == pytest.approx(100 + 0.48 * 45)


@pytest.mark.parametrize(
    ("months", "part"),
    [
        ([100] * 12, 1.0),
        ([0] + [100] * 11, 11 / 12),
        ([50] + [150] * 11, 11 / 12),
        ([50] + [100] * 11, 23 / 24),
        ([0, 0] + [100] * 10, 10 / 12),
    ],
)
def test_what_is_on_its_way_is_missing_in_the_first_months(months: list[int], part: float) -> None:
    """Sent are 100 a month. In the third case others' makers sell 50 a month beside it."""
    legs = Legs(Leg(1_000, 2_200, 1_200, 1.0), {lag: Leg(1_000, 0, sum(months[lag:]), 1.0) for lag in range(3)})
    ways = arrived(legs, 1.0, 12)
    assert max(ways, key=lambda one: one[1])[0] == pytest.approx(part)
    assert sum(likely for _, likely in ways) == pytest.approx(1.0, abs=1e-6)


def test_each_way_is_as_likely_where_the_legs_do_not_tell() -> None:
    vague = Leg(1_000, 1_000, 0.0, 1.0)
    for legs in (Legs(vague, dict.fromkeys(range(3), vague)), Legs(vague, {0: vague})):
        assert [likely for _, likely in arrived(legs, 1.0, 12)] == pytest.approx([1.0] * 6)


def test_the_interval_ends_at_the_ceiling() -> None:
    found = judge(goods(400), "VNM", "VNM", YEAR)
    assert found is not None
    placebos = placebos_of([screen(goods(100 + number), YEAR, {}) for number in range(-20, 20)])
    low, high = interval(found, placebos, YEAR) or (0.0, 0.0)
    assert 0 <= low <= high <= found.ceiling


def test_too_few_placebo_goods_give_no_interval() -> None:
    found = judge(goods(400), "VNM", "VNM", YEAR)
    assert found is not None
    assert placebos_of([screen(goods(100), YEAR, {})] * 19) == []
    assert interval(found, [], YEAR) is None


def test_the_table_is_labelled_as_drawn(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    row = Cell(0.25, 0.2, 0.5, 200, 170, 164, 160, 180, 0, (4.0, 99))
    monkeypatch.setattr(
        detour_world, "cell", lambda *given: row._replace(share=given[2], noise=given[1], part=given[4])
    )
    detour_world.main(200, 1)
    printed = capsys.readouterr().out
    assert "SYNTHETIC" in printed
    assert f"truth in its {HELD_PCT} %" in printed
    assert "| 0.20 | 50 % | 0 % | 85 % | 82 % | 80 % | 90 % | 4 (2 to 10) % |\n" in printed
    assert printed.endswith("| 0.50 | 100 % | 50 % | 85 % | 82 % | 80 % | 90 % |  |\n")
