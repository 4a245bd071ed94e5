"""An answer with figures says what is in doubt of them, whoever wrote the question."""

import polars as pl
import pytest
from bad_inputs.download import csv_bytes, magnets

from tasks.answers.form.answer import Answer
from tasks.answers.form.doubted import doubted
from tasks.reading import query
from tests.unit.customs import MAY, Store

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows")

FEW = "few partners for a file of all partners, 2025-05 to 2025-06"
KEYS = ["flow", "product", "partner", "measure", "period"]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """A file of three partners that was declared as all of them: its sum passed for the world."""
    store = Store(tmp_path_factory.mktemp("three"))
    three = [magnets(partner, "900000", "90,000,000") for partner in ("502", "304", "133")]
    assert store.ingest(csv_bytes([*MAY, *three])).status == "published"
    return store


def world(store: Store) -> pl.DataFrame:
    return query.query(store.store, "metric", product="85051110", partner="WLD", month=(2025, 6)).filter(
        measure="quantity_kg"
    )


@pytest.mark.parametrize(
    "columns", [[*KEYS, "level"], [*KEYS, "level", "figures_in_doubt"], [*KEYS, "yoy_pct", "mom_pct"]]
)
def test_a_question_that_says_nothing_of_doubt_shows_it(store: Store, columns: list[str]) -> None:
    answer = Answer(world(store).select(columns), store.snapshot, table="metric")
    assert answer.rows["doubt"][0].startswith(FEW)
    assert [one.check for one in answer.doubts] == ["few_partners"]
    assert any(one.startswith(f"in doubt: {FEW}") for one in answer.remarks)


def test_figures_without_the_numbers_that_they_are_of_are_no_answer(store: Store) -> None:
    rows = world(store)
    with pytest.raises(ValueError, match="without flow, partner, product: nobody can say what is in doubt"):
        Answer(rows.select("period", "level"), store.snapshot)
    assert Answer(rows.select("period", "product"), store.snapshot).doubts == ()


def test_what_is_sound_has_no_column_of_doubts(store: Store) -> None:
    rows = query.query(store.store, "metric", product="85051110", partner="USA", month=(2025, 6))
    rows, doubts = doubted(rows.select(*KEYS, "level"), store.snapshot)
    assert ("doubt" in rows.columns, doubts) == (False, ())
