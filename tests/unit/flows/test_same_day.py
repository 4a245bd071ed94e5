"""A wrong release is put right on its own day by a second landing of the same query."""

from datetime import date
from pathlib import Path

import pytest
from bad_inputs.download import csv_bytes, magnets

from tasks.domain.errors import Held
from tasks.lineage.audit import audit
from tests.unit.customs import CHILE, DAY, GERMANY, LATER, MAY, OTHER, RIGHT, USA, Store, same_figures


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def test_a_second_landing_of_a_query_on_one_day_takes_its_place_also_where_it_has_less(store: Store) -> None:
    wrong = csv_bytes([*MAY, USA, GERMANY, CHILE])
    first = store.ingest(wrong)
    assert store.kilograms("CHL") == [1000]
    second = store.ingest(RIGHT)
    assert (second.status, first.release_id != second.release_id) == ("published", True)
    assert store.kilograms("CHL") == []
    assert store.kilograms("WLD") == [1_117_000]
    assert store.words("CHL") == []
    assert store.words() == [(353_000, DAY, None)]
    # Both lie about, and come again as often as anybody looks.
    before = store.snapshot.id
    for data in (wrong, RIGHT):
        assert store.ingest(data).status == "nothing new"
    assert store.snapshot.id == before
    assert audit(store.store, 30).problems == []
    alone = Store(store.folder / "alone")
    alone.ingest(RIGHT)
    assert same_figures(store, alone)


@pytest.mark.parametrize("approved_on", [DAY, LATER])
def test_a_removal_that_is_approved_on_the_day_of_the_wrong_release_removes(store: Store, approved_on: date) -> None:
    store.ingest(csv_bytes([*MAY, USA, GERMANY, OTHER]))
    assert store.kilograms(product="85051900") == [900_000]
    with pytest.raises(Held, match="product_removed") as held:
        store.ingest(RIGHT)
    assert store.approve(held.value.release_id, approved_on).status == "published"
    assert store.kilograms(product="85051900") == []
    assert store.words(product="85051900") == []
    assert store.kilograms() == [353_000]
    assert audit(store.store, 30).problems == []


@pytest.mark.parametrize("is_right_later", [True, False])
def test_a_number_that_a_second_landing_has_otherwise_is_held_and_then_counts_whatever_the_names(
    store: Store, is_right_later: bool
) -> None:
    files = [csv_bytes([*MAY, magnets("502", "350000", "20,121,000"), GERMANY]), RIGHT]
    first, second = files if is_right_later else files[::-1]
    store.ingest(first)
    with pytest.raises(Held, match=r"editions_disagree.*takes the place of the other one") as held:
        store.ingest(second)
    store.approve(held.value.release_id)
    assert store.kilograms() == ([353_000] if is_right_later else [350_000])


def test_a_query_in_another_currency_of_that_day_takes_nobodys_place(store: Store) -> None:
    store.ingest(RIGHT)
    in_yuan = [(*row[:-1], f"{7 * int(row[-1].replace(',', '')):,}") for row in (*MAY, USA, CHILE)]
    yuan = csv_bytes(in_yuan).decode("gb18030").replace("美元", "人民币").encode("gb18030")
    store.ingest(yuan, name="yuan.csv")
    # The silence of the second one ends no number of the first.
    assert store.kilograms("DEU") == [764_000]
    assert store.kilograms("CHL") == [1000]


def test_a_file_that_is_public_again_after_its_day_counts_although_it_was_replaced_on_it(store: Store) -> None:
    wrong = csv_bytes([*MAY, USA, GERMANY, CHILE])
    store.ingest(wrong)
    store.ingest(RIGHT)
    store.ingest(wrong, LATER, released_on=LATER)
    assert store.words("CHL") == [(1000, LATER, None)]


def test_what_the_question_says_about_a_removal_is_what_approving_it_does(store: Store) -> None:
    """A query of June alone does not replace one of May and June of the same day: approving it removed nothing and looked green."""
    wide = store.ingest(csv_bytes([*MAY, USA, GERMANY, OTHER]))
    june = csv_bytes([USA, GERMANY])
    with pytest.raises(Held, match="product_removed") as held:
        store.ingest(june, months="2025-06")
    (line,) = [line for line in held.value.lines if "product_removed" in line]
    assert f"Approving removes nothing: {wide.release_id} of the same day asked for more" in line
    assert f"first tidewaiter withdraw {wide.release_id}, then approve" in line
    assert store.approve(held.value.release_id).status == "published"
    assert store.kilograms(product="85051900") == [900_000], "as the question says"
    store.withdraw(wide.release_id, DAY)
    assert store.kilograms(product="85051900") == []
    assert store.kilograms() == [353_000]


def test_the_same_bytes_with_a_narrower_declaration_take_the_place_of_the_earlier_one(store: Store) -> None:
    """Three partners that were declared as all of them are declared as a list: no world is made of them any more."""
    three = csv_bytes([*MAY, USA, GERMANY])
    first = store.ingest(three)
    assert store.kilograms("WLD") == [1_117_000]
    second = store.ingest(three, partners="listed")
    assert (second.status, second.release_id != first.release_id) == ("published", True)
    assert store.kilograms("WLD") == []
    assert store.kilograms("USA") == [353_000]
    assert audit(store.store, 30).problems == []
    alone = Store(store.folder / "alone")
    alone.ingest(three, partners="listed")
    assert same_figures(store, alone)
    # Of another day both count, and the finding says what to do.
    later = store.ingest(three, LATER, released_on=LATER)
    assert any(f"tidewaiter withdraw {second.release_id}" in line for line in later.warnings)
