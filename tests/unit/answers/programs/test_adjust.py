"""Which months and dated interventions a tool of seasonal adjustment is given, and its result beside ours."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from schemas.questions.adjust import Adjust
from schemas.questions.read import Read
from tasks.analysis.reporter.expectation import new_year_share
from tasks.answers.programs import jdemetra, x13
from tasks.answers.programs.adjust import AHEAD, Result, compared, handed
from tasks.answers.trade.read import read
from tasks.domain.doubt.doubt_words import doubt_sentences
from tasks.domain.periods import first_day
from tests.unit.corrected_store import corrected_store
from tests.unit.customs import Store
from tests.unit.season_store import CONTROLLED, FIRST, LAST, levels, season_store

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return season_store(tmp_path_factory.mktemp("season"))


def question(store: Store, **asked: str) -> Adjust:
    return Adjust("85051110", **({"partner": "us"} | asked), store=store.folder)  # type: ignore[arg-type]


def test_a_series_has_every_month_and_the_regressor_goes_as_far_as_forecasts(store: Store) -> None:
    series = handed(question(store))
    assert (series.first, series.levels) == (FIRST, tuple(map(float, levels().values())))
    assert series.new_year == tuple(new_year_share(month) for month in range(FIRST, LAST + 1 + AHEAD))
    assert series.is_positive


def test_level_shifts_are_at_control_measures_and_definition_breaks_and_none_at_an_end(store: Store) -> None:
    series = handed(question(store))
    reasons = {one.month: one.reason for one in series.interventions}
    assert reasons[CONTROLLED] == "control measure mofcom-gacc-2025-18"
    # China's list of goods has another edition of the HS from 2022 on.
    assert reasons[2022 * 12] == "definition break"
    assert all(FIRST + 1 < month < LAST for month in reasons)
    assert [one.month for one in series.left_out] == [LAST]


def test_too_few_months_are_refused(tmp_path: Path) -> None:
    few = corrected_store(tmp_path)
    with pytest.raises(
        ValueError, match="2 months of exports of 85051110, USA, quantity_kg are known, and seasonal adj"
    ):
        handed(Adjust("85051110", partner="us", store=few.folder))


def test_a_result_stands_beside_the_levels_and_what_changed_since_is_said(store: Store, tmp_path: Path) -> None:
    given = {first_day(month): float(level) for month, level in levels().items()}
    adjusted = {month: level * 2 for month, level in given.items()}
    answer = compared(question(store), Result(adjusted, given, "a method", "tool 1"))
    assert answer.notes == ()
    assert answer.rows.columns == [
        "period", "level", "adjusted", "adjusted_mom_pct", "seasonally_adjusted", "method", "version"
    ]  # fmt: skip
    assert answer.rows["adjusted"].to_list() == [*adjusted.values()]
    growth = [*given.values()]
    assert answer.rows["adjusted_mom_pct"][1] == pytest.approx((growth[1] / growth[0] - 1) * 100)
    # One month was corrected since, and one came after it.
    corrected, new = date(2025, 6, 1), date(2025, 12, 1)
    given[corrected] += 1000
    del given[new], adjusted[new]
    first, second = compared(question(store), Result(adjusted, given, "a method", None)).notes
    assert first.startswith("the tool was given other numbers of 1 months, the first 2025-06: ")
    assert second.startswith("the tool did not have 1 months, the first 2025-12")
    other = season_store(tmp_path, {FIRST + 3: levels()[FIRST + 3] + 1})
    (note,) = compared(
        question(other), Result(adjusted | {new: 1.0}, given | {corrected: given[corrected] - 1000}, "m", None)
    ).notes
    assert "the first 2020-04" in note


def test_our_own_adjustment_of_all_partners_stands_beside_it(store: Store) -> None:
    # It follows the heading, which is above all codes of the store.
    world = replace(question(store, partner="world"), product="8505")
    asked = Read("8505", table="expectation", measure="quantity_kg", names=False, store=store.folder)
    ours = {period: own for period, own in read(asked).rows.select("period", "seasonally_adjusted").iter_rows() if own}
    # Three years after the edition of 2022.
    assert sorted(ours) == [date(2025, month, 1) for month in range(1, 13)]
    rows = compared(world, Result({}, {}, "m", None)).rows
    assert dict(rows.select("period", "seasonally_adjusted").drop_nulls().iter_rows()) == ours
    # Ours is of all partners together, and not of one.
    assert compared(question(store), Result({}, {}, "m", None)).rows["seasonally_adjusted"].null_count() == rows.height


def test_what_is_in_doubt_of_the_series_goes_with_it_and_with_the_result(store: Store) -> None:
    """One partner was declared as all: the sum over partners is in doubt in every month, and the partner is not."""
    few = "few partners for a file of all partners, 2020-01 to 2025-12: only United States"
    world, partner = question(store, partner="world"), question(store)
    series = handed(world)
    assert (doubt_sentences(series.doubts), handed(partner).doubts) == ([few], ())
    comments = [line for line in x13.files_of(series)["adjust.spc"].decode().splitlines() if line.startswith("# in d")]
    assert comments == [f"# in doubt: {few}"]
    assert jdemetra.files_of(series)["doubts.csv"].decode().splitlines()[1] == f'2020-01-01,"{few}"'
    assert "in doubt" not in x13.files_of(handed(partner))["adjust.spc"].decode()
    # It is written without a row, so that it takes the place of what lay in the folder for another series.
    assert jdemetra.files_of(handed(partner))["doubts.csv"].decode().split() == ["date,doubt"]
    answer = compared(world, Result({}, {}, "m", None))
    assert {*answer.rows["doubt"]} == {few}
    assert f"in doubt: {few}" in answer.remarks
    # What is expected of a month rests on the months of its window.
    expected = read(Read("8505", table="expectation", measure="quantity_kg", store=store.folder))
    assert {*expected.rows["doubt"]} == {few}
