"""What is found by the names that people use, and what is said where nothing is called so."""

from pathlib import Path

import pytest

from schemas.questions.search import Search
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
