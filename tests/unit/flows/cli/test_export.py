"""The commands that hand figures to other programs write their files, and none into a store."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.cli.app import app
from flows.cli.export import Folder
from tasks.answers.sdmx_structure import DATA, STRUCTURE
from tests.unit.corrected_store import corrected_store
from tests.unit.customs import Store


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return corrected_store(tmp_path_factory.mktemp("corrected"))


def test_the_command_writes_both_files_and_nothing_into_a_store(store: Store, tmp_path: Path) -> None:
    asked = ["export", "sdmx", "85051110", "--partner", "USA", "--store", str(store.store), "--output"]
    done = CliRunner().invoke(app, [*asked, str(tmp_path / "new" / "folder")])
    assert (done.exit_code, "6 observations in" in " ".join(done.stdout.split())) == (0, True)
    assert {file.name for file in (tmp_path / "new" / "folder").iterdir()} == {DATA, STRUCTURE}
    refused = CliRunner().invoke(app, [*asked, str(store.store / "x")])
    assert (refused.exit_code, "inside the store" in " ".join(refused.output.split())) == (2, True)
    none = CliRunner().invoke(app, ["export", "sdmx", "--month", "2031-01", "--store", str(store.store)])
    assert (none.exit_code, "no month 2031-01" in " ".join(none.output.split())) == (2, True)
    assert Folder().output == Path("sdmx")
