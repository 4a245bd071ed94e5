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
    """What was public for a part of a day alone has no day, and stands on that day in no other row of its number."""
    for _, rows in merged(world[0], *world[1]).sort(ORDER).group_by(coverage_oracle.NUMBER, maintain_order=True):
        all_spans = rows.select("known_from", "known_until", "release_id").rows()
        spans = [(start, until) for start, until, _ in all_spans if start != until]
        assert all(until is None or start < until for start, until in spans)
        assert all(until is not None and until <= start for (_, until), (start, _) in pairwise(spans))
        said_on = [(day, name) for start, until, name in all_spans for day in {start, until}]
        moments = [(start, name) for start, until, name in all_spans if start == until]
        assert all(said_on.count(moment) == 1 for moment in moments)


@draws(15)
@given(decided_stores())
def test_what_decisions_revised_leads_from_the_day_before_to_their_day(world: tuple[Store, list[Row]]) -> None:
    """The changes of a number on a day without a release are together what it was before and what it is then."""
    store, decided = world
    # The words of a release of one grain are those of the ledger.
    store = [(row, [one for one in rows if one["province"] is None]) for row, rows in store]
    store = [(row, rows) for row, rows in store if rows]
    if not store:
        return
    found, observation = revised(store, *decided), merged(store, *decided)
    days_of_words = {one["known_from"] for _, rows in store for one in rows} | {row["released_on"] for row, _ in store}
    for day in {row["decided_on"] for row in decided} - days_of_words:
        before, now = (words(as_of(observation, one)) for one in (day - timedelta(days=1), day))
        # A number that is there for the first time revises nothing, as where a release brings it.
        ever = words(observation.filter(pl.col("known_from") < day))
        changes: dict[tuple[Any, ...], int] = {}
        for row in found.filter(revised_on=day).iter_rows(named=True):
            assert row["new_release_id"].startswith(("withdrawn-", "reinstated-"))
            key = tuple((row | {"reporter": "CHN"})[name] for name in coverage_oracle.NUMBER)
            changes[key] = changes.get(key, 0) + (row["new_value"] or 0) - (row["old_value"] or 0)
        for key in before.keys() | (now.keys() & ever.keys()):
            was, is_now = (known[key].value if key in known else 0 for known in (before, now))
            is_place = key[coverage_oracle.NUMBER.index("partner")] == "WLD"
            assert is_place or is_now - was == changes.get(key, 0)


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
    an_hour = (353, first, "2025-07-20", "2025-07-20")
    assert sorted(story(merged(store, replaced))) == [(300, second, "2025-07-20", None), an_hour]
    assert story(merged(store, replaced), "DEU") == [(764, first, "2025-07-20", "2025-07-20")]
    found = revised(store, replaced).sort("partner")
    columns = ("partner", "kind", "old_value", "new_value", "old_release_id", "new_release_id")
    assert found.select(columns).rows() == [
        ("DEU", "removed", 764, None, first, second), ("USA", "changed", 353, 300, first, second),
    ]  # fmt: skip
    back = merged(store, replaced, decision("withdrawn", second, "2025-08-01"))
    spans = [(300, second, "2025-07-20", "2025-08-01"), an_hour, (353, first, "2025-08-01", None)]
    assert sorted(story(back)) == spans


AN_HOUR = (353, "r1", "2025-07-20", "2025-07-20")


@pytest.mark.parametrize(
    ("edition", "day", "expected"),
    [
        # A correction corrects what was replaced, and so counts no more than that.
        ("r1.01-ab", "2025-08-10", [(300, "r2", "2025-07-20", None), AN_HOUR]),
        # The same file public again on a later day is a word of that day.
        (
            "r1.01-",
            "2025-08-10",
            [(300, "r2", "2025-07-20", "2025-08-10"), AN_HOUR, (353, "r1.01-", "2025-08-10", None)],
        ),
    ],
)
def test_editions_of_a_replaced_release(edition: str, day: str, expected: list[tuple[Any, ...]]) -> None:
    a, b, again = release("r1", "2025-07-20"), release("r2", "2025-07-20"), release(edition, day)
    store = [(row, [number(row, "USA", "2025-06", kilograms)]) for row, kilograms in ((a, 353), (b, 300), (again, 353))]
    replaced = decision("replaced", "r1", "2025-07-20", replaced_by="r2")
    assert sorted(story(merged(store, replaced))) == expected
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


def test_of_two_decisions_of_a_day_a_revision_names_the_one_that_ended_its_number() -> None:
    first, second = release("r1", months="2025-05..2025-06"), release("r3", months="2025-06")
    own = [number(first, "USA", "2025-05", 350), number(first, "USA", "2025-06", 353)]
    decided = [decision("withdrawn", name, "2026-02-01", 1) for name in ("r1", "r3")]
    found = revised([(first, own), (second, [number(second, "DEU", "2025-06", 764)])], *decided)
    found = found.filter(pl.col("partner") != "WLD").sort("period_end", "partner")
    assert found["new_release_id"].to_list() == [f"withdrawn-{name}-01" for name in ("r1", "r3", "r1")]


def test_a_number_that_was_public_for_an_hour_leaves_a_row_of_no_day_and_its_revisions() -> None:
    """353 t since July; another release of 20 September said 300 t, was corrected, withdrawn, reinstated, withdrawn."""
    second, again = release("r2", "2025-09-20"), release("r2.01-ab", "2025-09-20")
    store = [*_two(), (again, [number(again, "USA", "2025-06", 310)])]
    turns = ("withdrawn", "reinstated", "withdrawn")
    decided = [decision(kind, "r2", "2025-09-20", place) for place, kind in enumerate(turns, 1)]
    assert story(merged(store, *decided)) == [
        (353, "r1", "2025-07-20", "2025-09-20"),
        (353, "r1", "2025-09-20", None),
        (300, "r2", "2025-09-20", "2025-09-20"),
        (310, "r2.01-ab", "2025-09-20", "2025-09-20"),
    ]
    found = revised(store, *decided).filter(partner="USA").select("old_value", "new_value", "new_release_id")
    assert sorted(found.rows(), key=str) == [
        (300, 310, "r2.01-ab"),
        (310, 353, "withdrawn-r2-01"),
        (310, 353, "withdrawn-r2-03"),
        (353, 300, "r2"),
        (353, 310, "reinstated-r2-02"),
    ]
    assert second["release_id"] == "r2"


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ("2025-11-01", [("USA", 353, 111, "r1", "r3")]),
        # A release of the day of the withdrawal comes first, and nothing is left to withdraw.
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
