"""What is found by the names that people use, and what is said where nothing is called so."""

import inspect
from pathlib import Path
from typing import get_args

import pytest

from schemas.questions.search import Search
from schemas.reference.code_tables import code_table
from tasks.answers.inventory.search import nearest_names, search
from tasks.reading.query import open_published
from tasks.reading.resolver import Resolver
from tests.unit.soybean_store import soybean_store


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return soybean_store(tmp_path_factory.mktemp("asked"))


@pytest.mark.parametrize(
    ("text", "name"), [("magnts", "magnets"), ("Brasil", "Brazil"), ("rare earth magnet", "Rare earth magnets")]
)
def test_a_search_without_a_hit_names_what_is_nearest_also_in_the_terms_of_the_press(
    store: Path, text: str, name: str
) -> None:
    assert nearest_names(Resolver(open_published(store)), text)[0] == name
    found = search(Search(text, store=store))
    assert [f"the nearest: {name}" in note for note in found.notes] == [True] * (not found.rows.height)


@pytest.mark.parametrize(
    ("text", "changed", "note"),
    [
        ("12019019", {"12019019": ("", "070890 071029 071190", False)}, ""),
        ("0306", {"0306": ("", "0310", True), "030611": ("", "031051", True)}, ""),
        ("850511", {}, "the HS of 2028 leaves the goods of 850511"),
        ("magnts", {}, "the nearest: magnets"),
    ],
)
def test_what_the_next_edition_makes_of_a_code(
    store: Path, text: str, changed: dict[str, tuple[str, str, bool]], note: str
) -> None:
    found = search(Search(text, store=store, edition="2028"))
    rows = {code: tuple(row) for code, *row in found.rows.select("code", "gained_from", "lost_to", "ends").iter_rows()}
    assert {code: rows[code] for code in changed} == changed
    assert bool(rows) is bool(changed)
    assert [note in one for one in found.notes] == [True] * bool(note)


def test_each_edition_that_can_be_asked_for_has_its_changes() -> None:
    years, _ = get_args(get_args(inspect.get_annotations(Search)["edition"])[0])
    assert {month[:4] for month in code_table("hs_revisions")["from_month"]} == {*get_args(years)}
