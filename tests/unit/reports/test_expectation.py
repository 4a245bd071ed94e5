"""What a month was expected to be: by the months before it alone, how often it fires, what it finds, and what it leaves open."""

import math
from datetime import date
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import pytest

from schemas.reference.code_tables import code_table
from schemas.table import readers_schema
from tasks.domain.periods import month_number
from tasks.reports import expectation
from tasks.reports.expectation import METHOD, Model, expectation_rows, new_year_share, watched, window
from tasks.reports.movers import State

FIRST = month_number(date(2014, 1, 1))
SERIES, LENGTH = 20, 97


class Drawn(NamedTuple):
    """Levels, the logarithm that each month is expected to have by all before it, and the usual error of that."""

    levels: list[float]
    expected: list[float]
    noise: float


def drawn(seed: int, length: int = LENGTH) -> Drawn:
    """Levels with a trend, a season, a Lunar New Year and errors of which half goes over to the next month."""
    draw = np.random.default_rng(seed)
    season, holiday, trend, noise = draw.normal(0, 0.25, 12), -draw.uniform(0.1, 0.6), draw.normal(0, 0.004), draw.uniform(0.04, 0.3)  # fmt: skip
    error, found = 0.0, Drawn([], [], noise)
    for place in range(length):
        month = FIRST + place
        found.expected.append(14 + season[month % 12] + holiday * new_year_share(month) + trend * place + 0.5 * error)
        new = draw.normal(0, noise)
        found.levels.append(math.exp(found.expected[-1] + new))
        error = 0.5 * error + new
    return found


def shuffled(levels: list[float], seed: int) -> list[float]:
    """The same with each month of the year dealt to the years anew: the season stays, and nothing unusual has a place in time."""
    draw, found = np.random.default_rng(seed), [*levels]
    for of_year in range(12):
        places = [*range(of_year, len(levels), 12)]
        for place, other in zip(places, draw.permutation(places), strict=True):
            found[place] = levels[other]
    return found


def judged(levels: list[float], place: int) -> dict[str, Any]:
    return expectation._judged({FIRST + one: level for one, level in enumerate(levels)}, FIRST + place, None)


def test_it_fires_on_few_months_of_shuffled_seasons_and_finds_planted_shocks() -> None:
    fired, found, inside, months = 0, 0, 0, 0
    for seed in range(SERIES):
        series = drawn(seed)
        dealt = shuffled(series.levels, seed)
        for place in range(48, LENGTH, 7):
            row = judged(dealt, place)
            fired += row["unusual"]
            inside += row["low"] <= row["level"] <= row["high"]
            months += 1
            # The usual error of an expectation by so many months: that of the drawn series, not that which the model finds.
            model, row = Model(FIRST, series.levels[:place]), judged(series.levels, place)
            usual = series.noise * model.ahead(FIRST + place)[1] / math.sqrt(model.fit.scale)
            for sign in (-1, 1):
                shock = math.exp(series.expected[place] + sign * 3 * usual)
                found += not row["unusual_low"] <= shock <= row["unusual_high"]
    assert fired / months <= 0.05
    assert fired > 0, "a mark that never fires says nothing"
    assert found / (2 * months) >= 0.9
    assert 0.7 < inside / months < 0.9


def test_an_expectation_rests_on_the_months_before_alone() -> None:
    levels = drawn(1).levels
    row = judged(levels, 60)
    other = judged([*levels[:60], levels[60] * 9, *levels[61:]], 60)
    same = ("expected", "low", "high", "unusual_low", "unusual_high", "fired_pct", "window_start", "months")
    assert {name: row[name] for name in same} == {name: other[name] for name in same}
    assert judged(levels[:61], 60) == row
    assert (row["window_start"], row["months"], row["method"]) == (date(2014, 1, 1), 60, METHOD)
    assert row["version"].startswith("statsmodels ")


def test_its_own_past_is_what_it_said_in_those_months() -> None:
    levels = drawn(3, 84).levels
    past = Model(FIRST, levels).past()
    assert past == [judged(levels, place)["unusual"] for place in range(36, 84)]
    levels[50] *= 5
    assert Model(FIRST, levels).past()[50 - 36]


def test_the_season_and_a_holiday_that_moves_are_taken_out() -> None:
    """A season and a holiday without anything else: what is left is the trend."""
    levels = [
        math.exp(10 + 0.3 * math.sin(month % 12) - 0.5 * new_year_share(month) + 0.002 * (month - FIRST) + 0.001 * (month * 7 % 5))
        for month in range(FIRST, FIRST + 80)
    ]  # fmt: skip
    for place in range(60, 80):
        row = judged(levels, place)
        assert row["seasonally_adjusted_mom_pct"] == pytest.approx(0.2, abs=0.8)
    raw = [abs(math.log(levels[place] / levels[place - 1])) for place in range(60, 80)]
    assert max(raw) > 0.2
    days = [date.fromisoformat(day) for day in code_table("lunar_new_year")["day"]]
    assert (min(days), max(days), len(days)) == (date(1990, 1, 27), date(2035, 2, 8), 46)
    assert all((1, 21) <= (day.month, day.day) <= (2, 20) for day in days)
    # The days around 17 February 2026: none in January, seven and twelve in February, two in March.
    assert expectation.days_share(month_number(date(2026, 2, 1))) == pytest.approx(19 / 21)


@pytest.mark.parametrize(
    ("broken", "place", "status", "months"),
    [
        ({}, 35, "too_few_months", 35), ({}, 36, "expected", 36), ({20: None}, 40, "gap", 19), ({20: None}, 60, "expected", 39),
        ({20: 0.0}, 40, "zero", 19), ({40: None}, 40, "expected", 40), ({40: 0.0}, 40, "expected", 40),
    ],
)  # fmt: skip
def test_what_has_too_few_months_says_why(broken: dict[int, float | None], place: int, status: str, months: int) -> None:  # fmt: skip
    levels: list[Any] = [*drawn(5).levels]
    for at, level in broken.items():
        levels[at] = level
    row = judged(levels, place)
    assert (row["status"], row["months"], "expected" in row) == (status, months, status == "expected")
    assert row.get("unusual") is (
        None if status != "expected" or levels[place] is None else row["level"] == 0.0 or row["unusual"]
    )


def test_a_change_of_definition_ends_the_window() -> None:
    levels, since = {FIRST + one: level for one, level in enumerate(drawn(5).levels)}, date(2016, 1, 1)
    assert window(levels, FIRST + 59, since)[::2] == (FIRST + 24, "definition_break")
    assert window(levels, FIRST + 60, since)[::2] == (FIRST + 24, "expected")
    assert (
        window({month: level for month, level in levels.items() if month >= FIRST + 24}, FIRST + 59, since)[2]
        == "too_few_months"
    )


def test_the_codes_above_all_others_and_what_is_watched_are_followed() -> None:
    there = ["85", "8505", "85051110", "28053012", "basket:gallium", "line:rare_earths", "1201"]
    follow = {"1201", "28053012", "85", "basket:gallium", "line:rare_earths"}
    assert watched(there, there, "CHN", "export") == follow
    # A chapter of which a file has some codes alone is there, and not known.
    known = [one for one in there if one != "85"]
    assert watched(there, known, "CHN", "export") == follow - {"85"} | {"8505"}


def test_nothing_is_said_of_a_store_without_figures() -> None:
    kinds = readers_schema("metric")
    state = State(lambda table, keep, where, columns=("product", "measure", "period", "level"): pl.DataFrame(schema={name: kinds[name] for name in columns}), None)  # type: ignore[arg-type]  # fmt: skip
    assert expectation_rows(state, "export", [FIRST]).is_empty()
