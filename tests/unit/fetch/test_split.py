"""A bulk file that a person downloaded is split into the inbox, as a fetched one is."""

import tomllib
from datetime import date
from pathlib import Path

import pytest
from comext_bulk import Row, archive, text
from typer.testing import CliRunner

from flows.cli.fetch import commands
from flows.cli.options import REFUSED
from tasks.domain.errors import Refused
from tasks.fetch.split import split_file
from tasks.sources.eurostat_archive import wanted

ROWS = (
    Row(), Row("US", "7", "1", flow="2"), Row(reporter="FR"), Row(value="500", mass="50", procedure="2"), Row(reporter="FR", product="28XXXXXX"),
    Row(reporter="GB"), Row("US", "8", "2", flow="2"),
)  # fmt: skip


@pytest.mark.parametrize("is_packed", [True, False])
def test_a_file_that_a_person_downloaded_is_split_alike(tmp_path: Path, is_packed: bool) -> None:
    file = tmp_path / ("full_v2_202506.7z" if is_packed else "full_202506.dat")
    file.write_bytes(archive(text(ROWS)) if is_packed else text(ROWS))
    made = [one.file for one in split_file(file, tmp_path / "inbox", wanted(["DEU"]), ("import",), date(2025, 8, 14))]
    assert [path.read_bytes() for path in made if path] == [text([ROWS[0], ROWS[3]])]
    paper = tomllib.loads(Path(f"{made[0]}.toml").read_text())
    assert (paper["reporter"], paper["months"], paper["released_on"], paper["products"]) == (
        "DEU",
        "2025-06..2025-06",
        date(2025, 8, 14),
        ["*"],
    )
    with pytest.raises(Refused, match="no row of the reporters"):
        list(split_file(file, tmp_path / "inbox", wanted(["ITA"]), ("import",), None))


def test_a_part_that_cannot_be_read_costs_no_other_and_says_what_is_there(tmp_path: Path) -> None:
    file = tmp_path / "full_v2_202506.dat"
    file.write_bytes(text([Row(), Row(reporter="FR", period="2025.6"), Row(reporter="IT")]))
    made = list(split_file(file, tmp_path / "inbox", wanted(["DEU", "FRA", "ITA"]), ("import",), None))
    assert [one.outcome for one in made] == ["new", "refused", "new"]
    assert "The parts named new are whole and lie in" in made[1].reason
    assert made[1].reason.endswith("download the archive again for this one, with --reporter FRA")
    assert len(list((tmp_path / "inbox").rglob("*.csv"))) == 2
    given = ["split", str(file), "--inbox", str(tmp_path / "other"), "--reporter", "FRA"]
    assert CliRunner().invoke(commands, given).exit_code == REFUSED
    future = CliRunner().invoke(commands, [*given, "--released-on", "2999-01-01"])
    assert (future.exit_code, "2999-01-01 has not come yet" in future.output) == (REFUSED, True)
