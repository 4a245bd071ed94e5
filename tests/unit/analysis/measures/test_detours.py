"""The screen for detours: a drawn world (synthetic) in which the detours are known, and numbers worked by hand."""

import pytest

from benchmarks.detour_world import cell
from tasks.analysis.measures import detours
from tasks.analysis.measures.detours import (
    DetourWindow,
    Goods,
    chance_of,
    judge,
    leg,
    placebo_rates,
    screen,
    threshold_of,
)

# The date, and a year from it.
SINCE = 24_303
YEAR = DetourWindow(SINCE, 12)


def flat(level: float, after: float | None = None, back: int = 24) -> dict[int, float]:
    """A flow with the same level in each month, and another one since the date."""
    months = range(SINCE - back, SINCE + 12)
    return {month: level if after is None or month < SINCE else after for month in months}


def test_a_leg_gains_what_it_carries_beyond_the_years_before_times_the_general_growth() -> None:
    """100 a month before and 160 since; goods in general grew by a tenth, so 50 a month are the leg's own."""
    found = leg(flat(100, 160), YEAR, 0, 1.1, 0.0)
    assert found is not None
    assert (found.before, found.after) == (pytest.approx(1_320), 1_920)
    assert found.gain == pytest.approx(600)
    assert found.spread == pytest.approx(15 * (12 * 0.75) ** 0.5), "a quiet leg varies by 15 % of itself; two years"
    lagged = leg(flat(100, 160), YEAR, 2, 1.0, 0.0)
    assert lagged is not None
    assert (lagged.before, lagged.after) == (1_000, 1_600)


def test_a_month_that_is_not_known_leaves_the_leg_unjudged() -> None:
    series = flat(100, 160)
    del series[SINCE + 3]
    assert leg(series, YEAR, 0, 1.0, 0.0) is None
    before = flat(100, 160)
    del before[SINCE + 3 - 12]
    assert leg(before, YEAR, 0, 1.0, 0.0) is None
    assert (
        leg({month: level for month, level in flat(100, 160).items() if month >= SINCE - 12}, YEAR, 0, 1.0, 0)
        is not None
    )


def test_no_more_can_have_gone_by_a_hub_than_its_smaller_leg_carried() -> None:
    goods = Goods(flat(1_000, 100), {"VNM": (flat(10, 500),)}, {"VNM": (flat(5, 30),)})
    (found,) = screen(goods, YEAR, {})
    assert found.ceiling == pytest.approx(30 * 12)
    assert 0 <= found.estimate <= found.ceiling
    assert found.lag == 0


def test_the_second_leg_may_follow_a_month_or_two_later() -> None:
    second = flat(100)
    second |= dict.fromkeys(range(SINCE + 2, SINCE + 12), 200)
    found = judge(Goods(flat(1_000, 100), {"VNM": (flat(100, 200),)}, {"VNM": (second,)}), "VNM", "VNM", YEAR)
    assert found is not None
    assert found.lag == 2


def test_what_the_hub_itself_says_tightens_the_screen() -> None:
    """The exporter says that it sent 500 a month to the hub, the hub that it got 120: the smaller rise counts."""
    two = Goods(flat(1_000, 100), {"VNM": (flat(100, 500), flat(100, 120))}, {"VNM": (flat(100, 500),)})
    one = Goods(flat(1_000, 100), {"VNM": (flat(100, 500),)}, {"VNM": (flat(100, 500),)})
    tight, loose = (screen(goods, YEAR, {})[0] for goods in (two, one))
    assert (tight.ceiling, loose.ceiling) == (120 * 12, 500 * 12)
    assert tight.score < loose.score
    unknown = Goods(flat(1_000, 100), {"VNM": (flat(100, 500), {})}, {"VNM": (flat(100, 500),)})
    assert screen(unknown, YEAR, {}) == [], "a statement that is not known vouches for nothing"


def test_the_score_from_which_on_it_fires_is_that_of_one_in_twenty_placebo_goods() -> None:
    scores = [float(number) for number in range(1, 100)]
    assert threshold_of(scores) == 95.0
    assert sum(score > 95 for score in scores) / 100 < 0.05
    assert threshold_of(scores[:19]) is None, "too few to know"
    assert threshold_of([-1.0] * 40) == 0.0, "a hub that lost trade never fires"
    assert chance_of(99.0, scores) == pytest.approx(0.02)
    assert chance_of(1_000.0, scores) == pytest.approx(0.01)


def test_without_placebo_goods_nothing_is_said_of_the_error() -> None:
    goods = Goods(flat(1_000, 100), {"VNM": (flat(10, 500),)}, {"VNM": (flat(5, 30),)})
    rates, scores = placebo_rates(goods, [screen(goods, YEAR, {})] * 5, YEAR, {})
    assert (rates.threshold, rates.goods, rates.pairs, rates.dates) == (None, (0, 5), (0, 0), (0, 0))
    assert len(scores) == 5


def test_legs_of_two_hubs_and_earlier_dates_are_placebos() -> None:
    """The first leg of Vietnam rises and the second of Malaysia: as a pair they fire, and no detour has them."""
    first = {"VNM": (flat(100, 900, 48),), "MYS": (flat(100, None, 48),)}
    second = {"VNM": (flat(100, None, 48),), "MYS": (flat(100, 900, 48),)}
    goods = Goods(flat(1_000, 100, 48), first, second)
    quiet = Goods(
        flat(1_000, 900, 48), {"VNM": first["MYS"], "MYS": first["MYS"]}, {"VNM": second["VNM"], "MYS": second["VNM"]}
    )
    rates, _ = placebo_rates(goods, [screen(quiet, YEAR, {})] * 30, YEAR, {})
    assert rates.pairs == (1, 2)
    assert [one.score for one in screen(goods, YEAR, {})] == [0.0, 0.0]
    assert rates.dates[0] == 0
    assert rates.dates[1] > 0


def test_what_arrives_in_the_first_months_counts_to_the_ceiling_whatever_the_lag() -> None:
    """From the third month on the second leg has 200, before it 100: of the twelve months 2,200 arrive, at lag 2."""
    second = flat(100) | dict.fromkeys(range(SINCE + 2, SINCE + 12), 200)
    found = judge(Goods(flat(1_000, 100), {"VNM": (flat(100, 900),)}, {"VNM": (second,)}), "VNM", "VNM", YEAR)
    assert found is not None
    assert (found.lag, found.ceiling) == (2, 2_200)


def test_in_a_drawn_world_known_detours_are_found_and_few_others() -> None:
    """Synthetic; bounds are those of the table in docs/controls.md, less what 50 goods may miss by chance."""
    quarter, half, loud = (cell(1, noise, share, 50) for noise, share in ((0.2, 0.25), (0.2, 0.5), (0.5, 0.25)))
    assert quarter.right_hub / quarter.goods >= 0.6
    assert half.right_hub / half.goods >= 0.9
    assert half.above_ceiling == 0
    assert loud.right_hub < quarter.right_hub, "noise hides detours"


def test_a_screen_that_looks_at_one_leg_alone_fails_in_the_drawn_world(monkeypatch: pytest.MonkeyPatch) -> None:
    """So the test above can fail: the score of the first leg finds fewer right hubs."""
    right = cell(1, 0.35, 0.25, 50).right_hub
    first = detours.weakest

    def blind(statements, window, lag, growth, quiet):  # type: ignore[no-untyped-def]
        found = first(statements, window, lag, growth, quiet)
        return found and found._replace(gain=found.spread * 50) if lag else found

    monkeypatch.setattr(detours, "weakest", blind)
    assert cell(1, 0.35, 0.25, 50).right_hub < right
