"""An answer with figures says what is in doubt of them, whoever wrote the question."""

import polars as pl
import pytest

from tasks.answers.form.answer import Answer
from tasks.answers.form.doubted import doubted
from tasks.reading import query
from tests.unit.customs import Store

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows")

FEW = "few partners for a file of all partners, 2025-05 to 2025-06"
KEYS = ["flow", "product", "partner", "measure", "period"]


def world(few_partners: Store) -> pl.DataFrame:
    return query.query(few_partners.store, "metric", product="85051110", partner="WLD", month=(2025, 6)).filter(
        measure="quantity_kg"
    )


@pytest.mark.parametrize(
    "columns", [[*KEYS, "level"], [*KEYS, "level", "figures_in_doubt"], [*KEYS, "yoy_pct", "mom_pct"]]
)
def test_a_question_that_says_nothing_of_doubt_shows_it(few_partners: Store, columns: list[str]) -> None:
    answer = Answer(world(few_partners).select(columns), few_partners.snapshot, table="metric")
    assert answer.rows["doubt"][0].startswith(FEW)
    assert [one.check for one in answer.doubts] == ["few_partners"]
    assert any(one.startswith(f"in doubt: {FEW}") for one in answer.remarks)


def test_figures_without_the_numbers_that_they_are_of_are_no_answer(few_partners: Store) -> None:
    rows = world(few_partners)
    with pytest.raises(ValueError, match="without flow, partner, product: nobody can say what is in doubt"):
        Answer(rows.select("period", "level"), few_partners.snapshot)
    assert Answer(rows.select("period", "product"), few_partners.snapshot).doubts == ()


def test_what_is_sound_has_no_column_of_doubts(few_partners: Store) -> None:
    rows = query.query(few_partners.store, "metric", product="85051110", partner="USA", month=(2025, 6))
    rows, doubts = doubted(rows.select(*KEYS, "level"), few_partners.snapshot)
    assert ("doubt" in rows.columns, doubts) == (False, ())
