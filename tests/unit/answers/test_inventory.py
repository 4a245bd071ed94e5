"""What a store has, by the names that people use."""

from pathlib import Path

import pytest

from tasks.answers.inventory import nearest_names
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
    assert nearest_names(store, text)[0] == name
