"""The ledger that is cut where a decision begins to hold, against a replay with a dictionary."""

import random
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from schemas.frames import Observation, Revision
from tasks.domain.decisions import counting
from tasks.ledger import epochs
from tasks.ledger.merge import as_of, current_statements
from tasks.ledger.revisions import revisions
from tests.draws import draws
from tests.unit import coverage_oracle, strategies
from tests.unit.builders import detail_table, number, release, release_table
from tests.unit.decisions import decision, decision_table
from tests.unit.figures import Store

Row = dict[str, Any]
ORDER = [*coverage_oracle.NUMBER, "known_from"]


def merged(store: Store, *decided: Row) -> Observation:
    details = detail_table(*(row for _, rows in store for row in rows))
    return epochs.merge(details, release_table(*(row for row, _ in store)), decision_table(*decided))


def revised(store: Store, *decided: Row) -> Revision:
    details = detail_table(*(row for _, rows in store for row in rows))
    releases = release_table(*(row for row, _ in store))
    return revisions(details, merged(store, *decided), releases, decision_table(*decided))


def words(observation: pl.DataFrame) -> dict[tuple[Any, ...], coverage_oracle.Word]:
    return {
        tuple(row[name] for name in coverage_oracle.NUMBER): coverage_oracle.Word(
            row["value"], row["resolution"], row["release_id"]
        )
        for row in observation.iter_rows(named=True)
    }


def story(observation: pl.DataFrame, partner: str = "USA") -> list[tuple[Any, ...]]:
    """Value, release, first day, last day, of the numbers of a partner."""
    rows = observation.filter(partner=partner).sort("known_from")
    return [
        (value, name, str(first), last and str(last))
        for value, name, first, last in rows.select("value", "release_id", "known_from", "known_until").rows()
    ]


@st.composite
def decided_stores(draw: st.DrawFn) -> tuple[Store, list[Row]]:
    """A few releases, some of which are withdrawn, reinstated, or replaced by one of their day."""
    store = draw(strategies.stores(4))
    rows: list[Row] = []
    for place, (row, _) in enumerate(store):
        turns = draw(st.integers(0, 3))
        days = sorted(draw(st.lists(st.sampled_from(strategies.DAYS), min_size=turns, max_size=turns)))
        for turn, day in enumerate(days):
            rows.append(decision(("withdrawn", "reinstated")[turn % 2], row["release_id"], day, turn + 1))
        later = [other["release_id"] for other, _ in store[place + 1 :] if other["released_on"] == row["released_on"]]
        if later and draw(st.booleans()):
            by = draw(st.sampled_from(later))
            rows.append(decision("replaced", row["release_id"], str(row["released_on"]), 9, replaced_by=by))
    return store, rows


@draws(40)
@given(decided_stores())
def test_each_day_says_what_a_replay_without_what_does_not_count_says(world: tuple[Store, list[Row]]) -> None:
    store, decided = world
    observation = merged(store, *decided)
    releases, numbers = [row for row, _ in store], [row for _, rows in store for row in rows]
    for day in strategies.all_days():
        assert words(as_of(observation, day)) == coverage_oracle.replay(releases, numbers, day, decided)
        counts = counting(release_table(*releases), decision_table(*decided), day)["release_id"]
        assert {*counts} == {row["release_id"] for row in releases} - coverage_oracle.out_of_force(decided, day)
    assert words(current_statements(observation)) == coverage_oracle.replay(releases, numbers, date.max, decided)


@draws(10)
@given(decided_stores(), st.randoms(use_true_random=False))
def test_any_order_of_releases_rows_and_decisions_gives_the_same_rows(
    world: tuple[Store, list[Row]], chance: random.Random
) -> None:
    store, decided = world
    shuffled = [(row, chance.sample(rows, len(rows))) for row, rows in chance.sample(store, len(store))]
    again = merged(shuffled, *chance.sample(decided, len(decided)))
    assert_frame_equal(again, merged(store, *decided))


@draws(10)
@given(decided_stores())
def test_the_days_of_one_number_follow_one_another(world: tuple[Store, list[Row]]) -> None:
    for _, rows in merged(world[0], *world[1]).sort(ORDER).group_by(coverage_oracle.NUMBER, maintain_order=True):
        spans = rows.select("known_from", "known_until").rows()
        assert all(until is None or start < until for start, until in spans)
        assert all(until is not None and until <= start for (_, until), (start, _) in pairwise(spans))


@draws(15)
@given(decided_stores())
def test_what_a_decision_revised_leads_from_the_day_before_to_its_day(world: tuple[Store, list[Row]]) -> None:
    """Both ways: each row of a decision is a change of the ledger, and a change on a day without a release has a
    row."""
    store, decided = world
    # The words of a release of one grain are those of the ledger.
    store = [(row, [one for one in rows if one["province"] is None]) for row, rows in store]
    store = [(row, rows) for row, rows in store if rows]
    if not store:
        return
    found = revised(store, *decided)
    observation = merged(store, *decided)
    days_of_words = {one["known_from"] for _, rows in store for one in rows} | {row["released_on"] for row, _ in store}
    told = set()
    for row in found.iter_rows(named=True):
        key = tuple((row | {"reporter": "CHN"})[name] for name in coverage_oracle.NUMBER)
        if row["new_release_id"].startswith(("withdrawn-", "reinstated-")):
            told.add((key, row["revised_on"]))
            days = (row["revised_on"] - timedelta(days=1), row["revised_on"])
            before, now = (words(as_of(observation, day)).get(key) for day in days)
            assert (before and before.value, now and now.value) == (row["old_value"], row["new_value"])
    for day in {row["decided_on"] for row in decided} - days_of_words:
        before, now = (words(as_of(observation, one)) for one in (day - timedelta(days=1), day))
        # A number that is there for the first time revises nothing, as where a release brings it.
        ever = words(observation.filter(pl.col("known_from") < day))
        for key in before.keys() | (now.keys() & ever.keys()):
            values = [word and word.value for word in (before.get(key), now.get(key))]
            is_place = key[coverage_oracle.NUMBER.index("partner")] == "WLD"
            assert values[0] == values[1] or is_place or (key, day) in told


# By hand


def _two() -> Store:
    """353 t in July, revised to 300 t in September; Germany only in the first of the two."""
    first, second = release("r1", "2025-07-20"), release("r2", "2025-09-20")
    return [
        (first, [number(first, "USA", "2025-06", 353), number(first, "DEU", "2025-06", 764)]),
        (second, [number(second, "USA", "2025-06", 300)]),
    ]


@pytest.mark.parametrize(("first", "second"), [("r1", "r2"), ("r2", "r1")])
def test_of_two_landings_of_one_day_the_later_counts_whatever_their_names(first: str, second: str) -> None:
    a, b = release(first, "2025-07-20"), release(second, "2025-07-20")
    store = [
        (a, [number(a, "USA", "2025-06", 353), number(a, "DEU", "2025-06", 764)]),
        (b, [number(b, "USA", "2025-06", 300)]),
    ]
    replaced = decision("replaced", first, "2025-07-20", replaced_by=second)
    assert story(merged(store, replaced)) == [(300, second, "2025-07-20", None)]
    assert story(merged(store, replaced), "DEU") == []
    back = merged(store, replaced, decision("withdrawn", second, "2025-08-01"))
    assert story(back) == [(300, second, "2025-07-20", "2025-08-01"), (353, first, "2025-08-01", None)]


@pytest.mark.parametrize(
    ("edition", "day", "expected"),
    [
        # A correction corrects what was replaced, and so counts no more than that.
        ("r1.01-ab", "2025-08-10", [(300, "r2", "2025-07-20", None)]),
        # The same file public again on a later day is a word of that day.
        ("r1.01-", "2025-08-10", [(300, "r2", "2025-07-20", "2025-08-10"), (353, "r1.01-", "2025-08-10", None)]),
    ],
)
def test_editions_of_a_replaced_release(edition: str, day: str, expected: list[tuple[Any, ...]]) -> None:
    a, b, again = release("r1", "2025-07-20"), release("r2", "2025-07-20"), release(edition, day)
    store = [(row, [number(row, "USA", "2025-06", kilograms)]) for row, kilograms in ((a, 353), (b, 300), (again, 353))]
    replaced = decision("replaced", "r1", "2025-07-20", replaced_by="r2")
    assert story(merged(store, replaced)) == expected
    gone = merged(store, replaced, decision("withdrawn", "r1", "2025-09-01", 2))
    assert current_statements(gone)["value"].to_list() == [300]


def test_revisions_name_the_decision_and_the_release_whose_word_it_ended() -> None:
    found = revised(_two(), decision("withdrawn", "r2", "2025-10-01")).filter(revised_on=date(2025, 10, 1))
    shown = found.sort("partner").select(
        "partner", "kind", "old_value", "new_value", "old_release_id", "new_release_id"
    )
    assert shown.rows() == [
        ("DEU", "added", None, 764, "r2", "withdrawn-r2-01"), ("USA", "changed", 300, 353, "r2", "withdrawn-r2-01"),
    ]  # fmt: skip
    assert found.sort("partner").select("world_old", "world_new").rows() == [(300, 1117)] * 2


def test_of_two_decisions_of_a_day_a_revision_names_the_last_one_about_its_month_and_direction() -> None:
    first, second = release("r1", months="2025-05..2025-06"), release("r3", months="2025-06")
    own = [number(first, "USA", "2025-05", 350), number(first, "USA", "2025-06", 353)]
    decided = [decision("withdrawn", name, "2026-02-01", 1) for name in ("r1", "r3")]
    for flow, names in (("export", ["r1", "r3", "r3"]), ("import", ["r1", "r3", "r1"])):
        told = (first | {"flow": flow}, [one | {"flow": flow} for one in own])
        found = revised([told, (second, [number(second, "DEU", "2025-06", 764)])], *decided)
        found = found.filter(pl.col("partner") != "WLD").sort("period_end", "partner")
        assert found["new_release_id"].to_list() == [f"withdrawn-{name}-01" for name in names], flow


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2025-11-01", [("USA", 353, 111, "r1", "r3")]),
        # On the day of the withdrawal itself no older word stands again, and Germany has its own again.
        ("2025-10-01", [("DEU", None, 764, "r2", "r3"), ("USA", 300, 111, "r2", "r3")]),
    ],
)
def test_a_revision_after_a_withdrawal_is_told_from_the_word_that_stood_again(day: str, expected: list[Any]) -> None:
    third = release("r3", day)
    store = [
        *_two(), (third, [number(third, "USA", "2025-06", 111), number(third, "DEU", "2025-06", 764)]),
    ]  # fmt: skip
    found = revised(store, decision("withdrawn", "r2", "2025-10-01")).filter(revised_on=date.fromisoformat(day))
    columns = ("partner", "old_value", "new_value", "old_release_id", "new_release_id")
    assert found.sort("partner").select(columns).rows() == expected


def test_what_was_withdrawn_of_provinces_is_told_of_the_partner() -> None:
    """The first one says 353 at once, the withdrawn one 53 and 300 in two provinces, and then 1 more."""
    first, second = release("r1", "2025-07-20"), release("r2", "2025-09-20")
    parts = [
        number(second, "USA", "2025-06", kilograms, province=code, record=int(code))
        for kilograms, code in ((54, "11"), (300, "44"))
    ]
    store = [(first, [number(first, "USA", "2025-06", 353)]), (second, parts)]
    found = revised(store, decision("withdrawn", "r2", "2025-10-01"))
    columns = ("province", "kind", "old_value", "new_value", "new_release_id")
    assert found.sort("revised_on").select(columns).rows() == [
        (None, "changed", 353, 354, "r2"), (None, "changed", 354, 353, "withdrawn-r2-01"),
    ]  # fmt: skip
