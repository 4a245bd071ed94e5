"""The ledger: what stands on each day, worked by hand, and releases that come one by one.

`test_epochs.py` holds each day against a replay with a dictionary, with and without decisions.
"""

import random
from datetime import date
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from schemas.frames import Decision, Observation
from schemas.table import empty_frame
from schemas.tables.catalog import MODELS
from tasks.derive.affected_months import touched_months
from tasks.domain.decisions import NOTHING_DECIDED
from tasks.ingest.normalise import Normalised
from tasks.ledger import epochs
from tasks.ledger.merge import current_statements, merge
from tasks.ledger.published_state import PublishedState
from tasks.publication import assemble
from tests.draws import draws
from tests.unit import coverage_oracle, strategies
from tests.unit.builders import detail_table, number, release, release_table
from tests.unit.figures import Store, merged

Row = dict[str, Any]
ORDER = [*coverage_oracle.NUMBER, "known_from"]


def story(observation: pl.DataFrame) -> list[tuple[Any, ...]]:
    """Value, first day, last day, of one number."""
    return observation.sort("known_from").select("value", "known_from", "known_until").rows()


# Nothing is written there.


def arrived(store: Store) -> tuple[Observation, Decision]:
    """The ledger after the releases came one by one, and what their coming decided."""
    releases, observation = (
        MODELS["release"].validate(empty_frame("release")),
        MODELS["observation"].validate(empty_frame("observation")),
    )
    decisions = NOTHING_DECIDED
    landed: dict[str, list[Row]] = {}
    for row, rows in store:
        new = Normalised(detail_table(*rows), MODELS["quarantine"].validate(empty_frame("quarantine")),
                         MODELS["finding"].validate(empty_frame("finding")), release_table(row),
                         MODELS["printed_name"].validate(empty_frame("printed_name")))  # fmt: skip
        touched = touched_months(new)
        near = [said for rows in landed.values() for said in rows
                if (said["flow"], said["period_end"].year, said["period_end"].month) in touched]  # fmt: skip
        known = PublishedState(
            releases,
            observation,
            detail_table(*near),
            tuple(sorted(touched)),
            derived=(),
            snapshot=None,
            decisions=decisions,
        )
        after = assemble.merge(new, known)
        releases, observation, decisions = after.releases, assemble.whole(after, known), after.decisions
        landed[row["release_id"]] = rows
    return observation, decisions


@given(strategies.stores(3), st.randoms(use_true_random=False))
@draws(10)
def test_one_by_one_in_any_order_with_repetitions_gives_the_same_rows(store: Store, chance: random.Random) -> None:
    """Of releases of one query and day the order decides which counts, and the decisions keep it."""
    arriving = [*chance.sample(store, len(store)), chance.choice(store)]
    observation, decisions = arrived(arriving)
    details = detail_table(*(row for _, rows in store for row in rows))
    expected = epochs.merge(details, release_table(*(row for row, _ in store)), decisions)
    assert_frame_equal(observation.sort(ORDER), expected.sort(ORDER))


# By hand


@pytest.mark.parametrize(("since", "expected"), [
    ([], [(353, "2026-01-20", "2026-03-01"), (253, "2026-03-01", None)]),
    ([None], [(353, "2026-01-20", "2026-02-20")]),
    ([353], [(353, "2026-01-20", None)]),
    ([350], [(353, "2026-01-20", "2026-02-20"), (350, "2026-02-20", None)]),
])  # fmt: skip
def test_a_corrected_edition_is_the_word_unless_another_release_has_spoken_since_the_first(
    since: list[int | None], expected: list[tuple[int, str, str | None]]
) -> None:
    first, edition = release("r1", "2026-01-20"), release("r1.01-ab", "2026-03-01")
    store = [(first, [number(first, "USA", "2025-06", 353)]), (edition, [number(edition, "USA", "2025-06", 253)])]
    for value in since:
        other = release("r0", "2026-02-20")
        # It speaks of the month by another partner where it is silent about this one.
        store.append((other, [number(other, *(("USA", "2025-06", value) if value else ("DEU", "2025-06", 1)))]))
    told = merged(store).filter(partner="USA")
    assert [(value, *(day and str(day) for day in days)) for value, *days in story(told)] == expected


BOTH = ["quantity_kg", "value_usd"]


@pytest.mark.parametrize(
    "later",
    [{"products": ["8505"], "measures": ["value_usd"]}, {"source": "x"}, {"reporter": "USA"}, {"flow": "import"}],
)
def test_a_release_of_another_level_source_reporter_or_direction_changes_nothing(later: Row) -> None:
    first, second = release("first", "2026-03-23"), release("second", "2026-05-07", **later)
    told = [number(first, "USA", "2025-06", 1, measure) for measure in BOTH]
    observation = merged([(first, told), (second, [number(second, "DEU", "2024-01", 1)])])
    assert current_statements(observation).filter(pl.col("partner") == "USA")["measure"].to_list() == BOTH


def test_of_two_collections_of_print_the_one_that_goes_on_longer_stands() -> None:
    """A collected figure that was mistyped is mended in the next edition of the collection, under the same day of
    print."""
    scope: Row = {"kind": "published", "partners": "keys", "flow": None}
    first, mended = release("z", "2025-07-21", **scope), release("a", "2025-08-21", **scope)
    observation = merged([
        (first, [number(first, "USA", "2025-06", 535, day="2025-07-21")]),
        (mended, [number(mended, "USA", "2025-06", 353, day="2025-07-21"), number(mended, "USA", "2025-07", 619)]),
    ])  # fmt: skip
    assert observation["value"].to_list() == [353, 619]


def test_sums_over_provinces_are_exact_and_name_no_single_record() -> None:
    large = 10**15 - 1
    row = release()
    parts = [
        number(row, "USA", "2025-06", large, province=code, record=record)
        for record, code in enumerate(("11", "31", "44"), 1)
    ]
    observation = merged([(row, [*parts, number(row, "DEU", "2025-06", 1, record=9)])])
    assert observation.select("partner", "value", "record").rows() == [("DEU", 1, 9), ("USA", 3 * large, None)]


def test_a_sum_that_does_not_fit_is_refused_and_many_large_numbers_are_not() -> None:
    row = release(products=["*"])
    many = [number(row, f"gacc:{code}", "2025-06", 10**15) for code in range(100, 1000)]
    numbers = [{**said, "product": f"8505{code:04d}"} for said in many for code in range(10)]
    assert merged([(row, numbers)]).height == len(numbers)
    parts = [number(row, "USA", "2025-06", 10**15, province=f"{place:02d}", record=place + 1) for place in range(5000)]
    with pytest.raises(OverflowError, match="units"):
        merged([(row, parts)])


def test_a_number_of_a_release_that_nobody_knows_is_refused() -> None:
    known, stranger = release("known"), release("stranger")
    rows = detail_table(number(known, "USA", "2025-06", 1), number(stranger, "USA", "2025-07", 2))
    with pytest.raises(LookupError, match="stranger"):
        merge(rows, release_table(known))


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (1, [("DEU", 5, None), ("USA", 5, None)]),
        (2, [("DEU", 5, date(2026, 5, 7)), ("DEU", 6, None), ("USA", 5, date(2026, 5, 7))]),
    ],
)
def test_releases_of_other_months_change_nothing(told: int, words: list[tuple[Any, ...]]) -> None:
    """Also where they are told together with the months, as a history of ten years would be."""
    early, late = release("early", "2026-03-23", "2025-06"), release("late", "2026-05-07", "2025-06")
    store = [
        (row, [number(row, partner, "2025-06", 5 + place) for partner in ("USA", "DEU")[place:]])
        for place, row in enumerate((early, late))
    ][:told]
    others = [release(f"other{year}", "2026-06-01", f"{year}-06", products=("*",)) for year in range(2015, 2025)]
    detail = detail_table(*(row for _, rows in store for row in rows))
    alone = merge(detail, release_table(*(row for row, _ in store)))
    assert_frame_equal(merge(detail, release_table(*others, *(row for row, _ in store))), alone)
    assert alone.select("partner", "value", "known_until").rows() == words
