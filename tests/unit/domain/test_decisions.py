"""What decides about a release: the same query once more on its day, and a person; its editions and turns, from ids and
days alone."""

from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from tasks.domain.decisions import brought_about, out_on, withdrawal
from tasks.domain.errors import Refused
from tasks.domain.release_ids import in_turns
from tests.unit.builders import release, release_table
from tests.unit.decisions import decision, decision_table

RELEASES = release_table(
    release("q-1", "2025-07-20", "2025-06", products=["85051110"]), release("q-1.01-ab", "2025-07-25", "2025-06"),
    release("q-2", "2025-07-20", "2025-06", products=["85051110"], measures=("quantity", "value_cny")),
    release("q-3", "2025-07-20", "2025-05..2025-06", products=["8505"]),
    release("q-4", "2025-07-20", "2025-06", products=["12"]),
    release("q-5", "2025-07-20", "2025-06", products=["85051110"], flow="import"),
    release("q-6", "2025-07-20", "2025-06", products=["85051110"], partners="listed"),
    release("q-7", "2025-07-21", "2025-06", products=["85051110"]),
).with_columns(raw_sha256=pl.col("release_id").str.slice(0, 3))  # fmt: skip
NONE = decision_table()
TODAY = date(2025, 8, 1)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, ["q-1"]),
        ({"name": "q-9.00-ab"}, ["q-1"]),
        ({"products": ["8505"]}, ["q-1"]),
        ({"products": ["8505"], "months": "2025-05..2025-06"}, ["q-1", "q-3"]),
        ({"products": ["*"]}, ["q-1", "q-4"]),
        ({"products": ["850511"], "measures": ("quantity", "value_cny")}, ["q-2"]),
        ({"day": "2025-07-22"}, []),
        ({"months": "2025-05"}, []),
        ({"products": ["85051190"]}, []),
        ({"flow": "import"}, ["q-5"]),
        ({"partners": "listed"}, ["q-6"]),
        ({"kind": "published", "flow": None, "partners": "keys"}, []),
        # An edition is no other landing.
        ({"name": "q-7.01-"}, []),
    ],
)
def test_what_comes_once_more_on_its_day_replaces_what_asked_for_no_more(
    changed: dict[str, Any], expected: list[str]
) -> None:
    asked = {"name": "q-9", "day": "2025-07-20", "months": "2025-06", "products": ["85051110"]} | changed
    new = release_table(release(**asked))
    found = brought_about(new, RELEASES, NONE)
    assert found.select("release_id", "kind", "replaced_by").rows() == [(name, "replaced", "q-9") for name in expected]
    assert found["decided_on"].unique().to_list() == ([date(2025, 7, 20)] if expected else [])
    # Once it is published it decides nothing more.
    assert brought_about(new, pl.concat([RELEASES, new]), found).height == 0


def test_a_withdrawal_is_about_every_edition_and_comes_after_the_decisions_before_it() -> None:
    first = withdrawal("q-1.01-ab", RELEASES, NONE, " Li Wei ", "cut off", TODAY, undo=False)
    assert first.select("decision_id", "decided_by").rows() == [("withdrawn-q-1-01", "Li Wei")]
    assert out_on(RELEASES, first, TODAY) == {"q-1", "q-1.01-ab"}
    assert out_on(RELEASES, first, TODAY - timedelta(days=1)) == frozenset()
    # The clock went back.
    back = withdrawal("q-1", RELEASES, first, "Li Wei", "not cut off", date(2025, 7, 30), undo=True)
    assert back.select("decision_id", "decided_on").rows() == [("reinstated-q-1-02", TODAY)]
    assert out_on(RELEASES, pl.concat([first, back]), TODAY) == frozenset()


def test_the_first_of_three_landings_stays_replaced_where_one_of_the_later_two_is_withdrawn() -> None:
    three = release_table(*(release(name, "2025-07-20") for name in ("a", "b", "c")))
    decided = NONE
    for place in (1, 2):
        decided = pl.concat([decided, brought_about(three[place : place + 1], three[:place], decided)])
    assert out_on(three, decided) == {"a", "b"}
    for gone, out in (("b", {"a", "b"}), ("c", {"a", "c"})):
        one = decision_table(decision("withdrawn", gone, "2025-08-01", 9))
        assert out_on(three, pl.concat([decided, one])) == out


@pytest.mark.parametrize(
    ("release_id", "by", "reason", "undo", "said"),
    [
        ("q-8", "Li Wei", "x", False, r"q-8: no release of that name is published. The nearest: q-\d"),
        ("q-1", " ", "x", False, "needs a name and a reason"),
        ("q-1", "Li Wei", " ", True, "needs a name and a reason"),
        ("q-1", "Li Wei", "x", True, "q-1: it is not withdrawn"),
        ("q-2", "Li Wei", "x", False, "q-2: withdrawn on 2025-08-01 by Li Wei: cut off. Take that back with --undo"),
    ],
)
def test_a_decision_that_cannot_be_taken_says_why(release_id: str, by: str, reason: str, undo: bool, said: str) -> None:
    before = withdrawal("q-2", RELEASES, NONE, "Li Wei", "cut off", TODAY, undo=False)
    with pytest.raises(Refused, match=said):
        withdrawal(release_id, RELEASES, before, by, reason, TODAY, undo=undo)


def ids(*rows: tuple[str, str]) -> pl.DataFrame:
    return pl.DataFrame(
        [(name, date.fromisoformat(day)) for name, day in rows],
        schema={"release_id": pl.String, "released_on": pl.Date}, orient="row",
    )  # fmt: skip


def test_turns_count_publications_and_keep_their_first_day() -> None:
    rows = ids(
        ("b", "2026-01-03"),
        ("a", "2026-01-01"),
        ("a.2-", "2026-01-05"),
        ("a.3-f0", "2026-01-06"),
        ("a.4-f0", "2026-01-09"),
    )
    found = in_turns(rows).select("release_id", "name", "turn", "first_day").rows()
    assert found == [
        ("a", "a", 0, date(2026, 1, 1)), ("b", "b", 0, date(2026, 1, 3)), ("a.2-", "a", 1, date(2026, 1, 5)),
        ("a.3-f0", "a", 1, date(2026, 1, 5)), ("a.4-f0", "a", 2, date(2026, 1, 9)),
    ]  # fmt: skip
