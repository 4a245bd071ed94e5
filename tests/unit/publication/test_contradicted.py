"""A release that is held puts what it contradicts in doubt at once, and a decision about it ends that."""

from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest
from bad_inputs.download import csv_bytes

from flows.ingestion import tell_contradictions
from schemas.questions.read import Read
from tasks.answers.trade.read import read_store
from tasks.domain.errors import Held
from tasks.inbox import held as held_releases
from tasks.publication.contradicted import FIRST_OF_HELD, untold
from tasks.store.snapshots.parquet import read_table
from tests.copied_store import copied
from tests.unit.customs import DAY, GERMANY, LATER, MAY, RIGHT, USA, Store

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows")

CODE = "85051110"
# Of the same day and of other goods asked for, so that it takes nobody's place.
OTHER_USA = (*USA[:5], "354000", *USA[6:])
SECOND = csv_bytes([*MAY, OTHER_USA, GERMANY])
FIRST = {"partners": "listed"}
ASKED = FIRST | {"products": ["850511"]}


def in_doubt(store: Store) -> set[tuple[str, str]]:
    """Partner and month of each level of kilograms that is in doubt, in Parquet."""
    rows = read_table(store.snapshot, "metric").filter("in_doubt", product=CODE, measure="quantity_kg")
    named = rows.filter(pl.col("figures_in_doubt").cast(pl.String).str.split("+").list.contains("level"))
    return {(partner, f"{month:%Y-%m}") for partner, month in named.select("partner", "period").rows()}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a store with one published file."""
    store = Store(tmp_path_factory.mktemp("published") / "root")
    store.ingest(RIGHT, DAY, **FIRST)
    assert not in_doubt(store)
    return store.folder


@pytest.fixture(scope="module")
def waiting(published: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The same, and a file of the same day that has another number of the United States in June."""
    store = Store(copied(published, tmp_path_factory.mktemp("waiting")))
    with pytest.raises(Held) as problem:
        store.ingest(SECOND, DAY, name="again.csv", **ASKED)
    return store.folder, problem.value.release_id


@pytest.fixture
def held(waiting: tuple[Path, str], tmp_path: Path) -> tuple[Store, str]:
    return Store(copied(waiting[0], tmp_path)), waiting[1]


BOTH_SIDES = {("USA", "2025-06")}


def test_the_published_side_is_in_doubt_before_anybody_decides(held: tuple[Store, str]) -> None:
    store, release_id = held
    assert in_doubt(store) == BOTH_SIDES
    findings = read_table(store.snapshot, "finding").filter(release_id=release_id)
    assert findings["severity"].unique().to_list() == ["held"]
    assert findings["number"].min() == FIRST_OF_HELD + 1
    assert release_id not in read_table(store.snapshot, "release")["release_id"]
    answer = read_store(Read(CODE, partner="USA", month="2025-06", measure="quantity_kg"), store.store)
    assert "two releases of one day have different numbers" in answer.rows["doubt"][0]
    assert any("two releases of one day" in one for one in answer.remarks)
    # It is told once.
    assert untold(store.store).is_empty()
    before = store.snapshot.id
    tell_contradictions(store.store)
    assert store.snapshot.id == before


def test_what_was_known_before_is_in_no_doubt(held: tuple[Store, str]) -> None:
    store, _ = held
    answer = read_store(Read(CODE, partner="USA", month="2025-06", measure="quantity_kg", as_of=LATER), store.store)
    assert answer.rows["in_doubt"].to_list() == [False]


def test_a_rejection_ends_the_doubt(held: tuple[Store, str]) -> None:
    store, release_id = held
    held_releases.decide(store.store, release_id, "reject", "Li Wei", "cut off", datetime(2025, 7, 21, tzinfo=UTC))
    tell_contradictions(store.store)
    assert not in_doubt(store)
    assert untold(store.store).is_empty()


def test_an_approval_leaves_both_sides_in_doubt_by_the_findings_of_the_release(held: tuple[Store, str]) -> None:
    store, release_id = held
    store.approve(release_id)
    doubts = read_table(store.snapshot, "doubt").filter(product=CODE, measure="quantity_kg", partner="USA")
    assert {*doubts["period"]} == {date(2025, 6, 1)}
    assert all(number < FIRST_OF_HELD for number in doubts["number"])


def test_a_run_that_was_killed_before_it_told_is_made_up_for(
    published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(copied(published, tmp_path))
    with monkeypatch.context() as killed:
        killed.setattr("flows.ingestion.tell_contradictions", lambda store: None)
        with pytest.raises(Held):
            store.ingest(SECOND, DAY, name="again.csv", **ASKED)
    assert not in_doubt(store)
    # The next run, of whatever file, tells it.
    store.ingest(RIGHT, DAY, **FIRST)
    assert in_doubt(store) == BOTH_SIDES


def test_a_hold_that_contradicts_nothing_published_publishes_nothing(published: Path, tmp_path: Path) -> None:
    store = Store(copied(published, tmp_path))
    before = store.snapshot.id
    # The numbers of June again, as those of July.
    july = csv_bytes([("202507", *row[1:]) for row in (USA, GERMANY)])
    with pytest.raises(Held):
        store.ingest(july, LATER, name="july.csv", months="2025-07", partners="all")
    assert store.snapshot.id == before
