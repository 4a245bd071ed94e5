"""The commands that hand figures to other programs write their files, and none into a store."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.cli.app import app
from flows.cli.questions.export import Folder
from tasks.answers.programs.sdmx_structure import DATA, STRUCTURE
from tests.unit.corrected_store import corrected_store
from tests.unit.customs import Store
from tests.unit.season_store import season_store

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows", "wide_terminal")


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


def test_a_tool_of_seasonal_adjustment_gets_its_files_and_its_result_is_printed(tmp_path: Path) -> None:
    season = season_store(tmp_path / "season")
    asked = ["adjust", "85051110", "--partner", "us", "--store", str(season.folder), "--for"]
    for tool, names in (
        ("x13", {"adjust.spc"}),
        ("jdemetra", {"series.csv", "regressors.csv", "interventions.csv", "doubts.csv", "adjust.R"}),
    ):
        folder = tmp_path / tool
        done = CliRunner().invoke(app, [*asked, tool, "--output", str(folder)])
        assert (done.exit_code, done.stdout.startswith("72 months and 4 level shifts in")) == (0, True)
        assert {file.name for file in folder.iterdir()} == names
    (tmp_path / "jdemetra" / "result.csv").write_text("date,sa\n2025-12-01,1.5\n")
    done = CliRunner().invoke(app, [*asked, "jdemetra", "--result", str(tmp_path / "jdemetra"), "--format", "csv"])
    last = done.stdout.splitlines()[-1].split(",")
    assert (last[0], last[2], last[5]) == ("2025-12-01", "1.5", '"JDemetra+')
    assert "did not have 71 months, the first 2020-01" in " ".join(done.stderr.split())
    for both in ([], ["--output", str(tmp_path), "--result", str(tmp_path)]):
        refused = CliRunner().invoke(app, [*asked, "x13", *both])
        assert (refused.exit_code, "name a folder" in " ".join(refused.output.split())) == (2, True)
