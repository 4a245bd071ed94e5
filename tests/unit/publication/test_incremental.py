"""A month's metrics from the bounded window that a release reads equal those from the whole ledger, row for row."""

import itertools
import random
import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from schemas.frames import Decision
from schemas.table import empty_frame
from tasks.derive import derivation, portions
from tasks.domain.decisions import NOTHING_DECIDED, counting
from tasks.domain.release_ids import MARK
from tasks.ingest.normalise import Normalised
from tasks.ledger import epochs, revisions
from tasks.ledger import merge as ledger
from tasks.ledger.trade_flow import widen
from tasks.metrics.derive import derive
from tasks.publication import assemble
from tasks.publication.batch import opened
from tasks.publication.open_published import open_known
from tasks.publication.publication import Derived, Entered, enter, publish_tables
from tasks.publication.withdrawal import recall, withdraw
from tasks.store.files.snapshot import open_snapshot
from tasks.store.snapshots.parquet import read_table
from tests.draws import draws
from tests.unit import strategies
from tests.unit.builders import detail_table, number, release, release_table
from tests.unit.figures import Store, rows_as_read

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows")


def _published(store: Path, row: dict[str, object], rows: list[dict[str, object]]) -> None:
    """One release more in a store, on the way of the flow, without the tables of export controls."""
    said = Normalised(
        detail_table(*rows),
        empty_frame("quarantine"),
        empty_frame("finding"),
        release_table(row),
        empty_frame("printed_name"),  # type: ignore[arg-type]
    )
    _publish(store, said, NOTHING_DECIDED)


def _decided(store: Path, release_id: str, day: date, *, undo: bool) -> None:
    """A release of a store withdrawn, or reinstated, on the way of the flow."""
    said = recall(store, release_id)
    with opened(store) as batch:
        known = open_known(batch, said)
    _publish(store, said, withdraw(known, release_id, "Li Wei", "wrong file", undo, day))


def _publish(store: Path, said: Normalised, decided: Decision) -> None:
    with opened(store) as batch:
        known = open_known(batch, said)
        after = assemble.merge(said, known, decided)
        enter(batch, said, Entered(after, assemble.widen_ledger(after), assemble.revise(said, after, known)), known)
        known = open_known(batch, said, derives=True)
        derived = Derived(derivation.derive(known, batch.place), empty_frame("control_event"))  # type: ignore[arg-type]
        publish_tables(batch, said, derived, empty_frame("lineage"), known)  # type: ignore[arg-type]


@given(
    st.one_of(strategies.histories(4), strategies.decades(), strategies.years_so_far()),
    st.randoms(use_true_random=False),
)
@draws(6)
def test_releases_that_come_one_by_one_in_any_order_make_what_all_at_once_make(
    store: Store, chance: random.Random
) -> None:
    """Of both directions, where the figures of few series are made at once, and where some are withdrawn and
    reinstated."""
    # An edition has the direction of its release.
    imports = {row["release_id"].partition(MARK)[0] for row, _ in store if row["flow"] and chance.random() < 0.25}
    told = [
        (row | flow, [number | flow for number in rows])
        for row, rows in store
        for flow in [{"flow": "import"} if row["release_id"].partition(MARK)[0] in imports else {}]
    ]
    chance.shuffle(told)
    # An edition corrects a release that is there.
    told.sort(key=lambda one: MARK in one[0]["release_id"])
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(portions, "ROWS_AT_ONCE", chance.choice((1, 20, portions.ROWS_AT_ONCE)))
        patch.setattr(portions, "ROWS_OF_A_LARGE_MONTH", chance.choice((1, portions.ROWS_OF_A_LARGE_MONTH)))
        patch.setattr(derivation, "LEDGER_ROWS_AT_ONCE", chance.choice((5, derivation.LEDGER_ROWS_AT_ONCE)))
        withdrawn: set[str] = set()
        for row, rows in told:
            _published(Path(folder), row, rows)
            if chance.random() < 0.4:
                name = chance.choice(told[: told.index((row, rows)) + 1])[0]["release_id"].partition(MARK)[0]
                day = date.fromisoformat(chance.choice(strategies.DAYS)) + timedelta(days=chance.choice((0, 1)))
                _decided(Path(folder), name, day, undo=name in withdrawn)
                withdrawn ^= {name}
        details, releases = (
            detail_table(*(one for _, rows in told for one in rows)),
            release_table(*(row for row, _ in told)),
        )
        snapshot = open_snapshot(Path(folder))
        decisions = read_table(snapshot, "decision")
        observation, counts = epochs.merge(details, releases, decisions), counting(releases, decisions)
        word = ledger.current_statements(observation)
        expected: dict[str, pl.DataFrame] = {
            "observation": observation,
            "trade_flow": widen(word, counts),
            "metric": derive(word, counts, all_records=False),
            "revision": revisions.revisions(details, observation, releases, decisions),
        }
        for model, frame in expected.items():
            found = read_table(snapshot, model).select(frame.columns)
            assert_frame_equal(rows_as_read(found), rows_as_read(frame), check_dtypes=False)


QUERY = {"measures": ["quantity"]}
PAPER = {"kind": "published", "flow": None, "partners": "keys", "measures": ["quantity"]}


@pytest.mark.parametrize(
    ("partner", "scope", "order"),
    [
        *(("USA", QUERY, order) for order in itertools.permutations(range(3))),
        ("WLD", PAPER, (0, 1, 2)), ("WLD", PAPER, (1, 2, 0)),
    ],
)  # fmt: skip
def test_a_revision_tells_of_the_growth_of_the_world_whenever_the_year_before_comes(
    partner: str, scope: dict[str, Any], order: tuple[int, ...], tmp_path: Path
) -> None:
    """80 kilograms in June 2024, and 100 a year later, which became 110."""
    said = [
        ("base", "2024-07-20", "2024-06", 80),
        ("first", "2025-07-20", "2025-06", 100),
        ("again", "2025-08-20", "2025-06", 110),
    ]
    for place in order:
        name, day, month, kilograms = said[place]
        row = release(name, day, month, **scope)
        _published(tmp_path, row, [number(row, partner, month, kilograms)])
    (found,) = read_table(open_snapshot(tmp_path), "revision").iter_rows(named=True)
    assert (found["old_value"], found["new_value"], found["world_old"], found["world_new"]) == (100, 110, 100, 110)
    assert (found["world_yoy_old_pct"], found["world_yoy_new_pct"]) == pytest.approx((25, 37.5))
