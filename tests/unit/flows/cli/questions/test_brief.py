"""What is in doubt of an answer is printed in words beside it."""

import pytest
from typer.testing import CliRunner

from flows.cli.app import app
from tests.unit.customs import Store
from tests.unit.season_store import season_store

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows", "wide_terminal")

FEW = "in doubt: few partners for a file of all partners, 2020-01 to 2025-12: only United States"


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return season_store(tmp_path_factory.mktemp("season"))


@pytest.mark.parametrize("asked", ["events windows 85051110", "adjust 85051110 --for x13"])
def test_what_is_in_doubt_of_all_partners_is_said_and_of_one_nothing(asked: str, store: Store) -> None:
    output = ["--output", str(store.folder / "files")] if "adjust" in asked else []
    for partner, is_in_doubt in (("world", True), ("us", False)):
        done = CliRunner().invoke(app, [*asked.split(), "--partner", partner, *output, "--store", str(store.store)])
        assert (done.exit_code, FEW in " ".join(done.stderr.split())) == (0, is_in_doubt), done.output
