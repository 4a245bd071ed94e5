"""The commands of a desk ask the stores of all reporters below one root, of which one has nothing published yet."""

import json
import re
import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from bad_inputs.download import csv_bytes
from typer.testing import CliRunner

from flows.cli.app import app
from flows.status import status
from tasks.api.mcp import Answers
from tasks.domain.errors import BrokenStore, Held
from tasks.pages.site import site
from tasks.sources.registry import SOURCES
from tasks.store.bucket import working_copy
from tests.copied_store import copied
from tests.unit.customs import DAY, LATER, RIGHT, USA, Store

pytestmark = pytest.mark.usefixtures("nothing_is_watched", "nothing_follows", "experimental_sources_are_trusted")


@pytest.fixture(scope="module")
def two_stores(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """China has a release, and one that is held; the United States have held one alone."""
    folder, names = tmp_path_factory.mktemp("desk"), []
    with pytest.MonkeyPatch.context() as patch:
        store = Store(folder / "root")
        store.ingest(RIGHT)
        patch.setitem(SOURCES, "gacc_query", replace(SOURCES["gacc_query"], row_cap=1))
        cut_off = csv_bytes([(*USA[:5], "900000", *USA[6:])])
        for one in (store, Store(folder / "other")):
            with pytest.raises(Held) as held:
                one.ingest(cut_off, LATER, name="cut.csv", months="2025-06")
            names.append(held.value.release_id)
    copied(folder / "other" / "reporter=CHN", folder / "root", "reporter=USA")
    return folder / "root", names[0]


@pytest.fixture
def root(two_stores: tuple[Path, str], tmp_path: Path) -> tuple[Path, str]:
    return copied(two_stores[0], tmp_path), two_stores[1]


def command(*words: str) -> tuple[int, str]:
    made = CliRunner().invoke(app, [*words])
    return made.exit_code, re.sub(r"\s+", " ", made.output)


def test_held_lists_the_releases_of_all_reporters(root: tuple[Path, str]) -> None:
    code, output = command("held", "--store", str(root[0]))
    assert code == 0
    assert re.search(r"CHN, .*cut.csv.*USA, .*cut.csv.*2 held", output)
    _, lines = command("held", "--format", "json", "--store", str(root[0]), "--reporter", "USA")
    found = json.loads(lines)
    assert (found["reporter"], found["findings"][0]["check"]) == ("USA", "row_cap")


def test_a_decision_finds_the_store_that_holds_the_release(root: tuple[Path, str]) -> None:
    folder, name = root
    shutil.rmtree(folder / "reporter=USA" / "held")
    decided = ("--by", "Li Wei", "--reason", "compared", "--store", str(folder))
    code, output = command("approve", "gacc_query-0", *decided, "--no-prefect")
    assert code == 2
    assert f"Those that wait: {name} of CHN" in output
    assert command("approve", name, *decided, "--no-prefect")[0] == 0
    assert command("held", "--store", str(folder)) == (0, "nothing is held ")


def test_what_is_in_the_stores_is_found_in_all_of_them(root: tuple[Path, str]) -> None:
    folder = root[0]
    code, output = command("list", "reporters", "--store", str(folder), "--format", "csv")
    assert code == 0
    assert "USA: nothing is published yet" in output
    assert re.search(r"CHN,HS8,2025-05-01,2025-06-01,1,1,", output)
    shutil.copytree(folder / "reporter=CHN", folder / "reporter=DEU", symlinks=True)
    _, output = command("search", "85051110", "--store", str(folder), "--format", "csv")
    assert re.findall(r"(CHN|DEU),85051110", output) == ["CHN", "DEU"]
    answer = Answers(folder).ask("search", text="85051110")
    assert [row["reporter"] for row in answer["rows"]] == ["CHN", "DEU"]


def test_an_audit_looks_at_every_store(root: tuple[Path, str]) -> None:
    folder = root[0]
    shutil.copytree(folder / "reporter=CHN", folder / "reporter=DEU", symlinks=True)
    code, output = command("audit", "--sample", "1", "--store", str(folder))
    assert code == 0
    assert output.count("every published and every raw file") == 2
    raw = next(file for file in (folder / "reporter=DEU" / "raw").rglob("*") if file.is_file())
    raw.chmod(0o600)
    raw.write_bytes(b"other")
    code, output = command("audit", "--sample", "1", "--store", str(folder))
    assert code == 1
    assert "DEU: " in output


def test_a_reporter_without_anything_stops_neither_the_site_nor_the_status(root: tuple[Path, str]) -> None:
    folder = root[0]
    pages = site.build(folder, site.SitePlan(folder.parent / "site", DAY))
    assert any("CHN" in str(page) for page in pages)
    made = CliRunner().invoke(
        app, ["status", "--format", "json", "--store", str(folder), "--inbox", str(folder.parent)]
    )
    rows, code = [json.loads(line) for line in made.stdout.splitlines()], made.exit_code
    assert [(row["reporter"], row["held"]) for row in rows] == [("CHN", 1), ("USA", 1)]
    assert code in (1, 3)
    file = folder.parent / "status.prom"
    status.fn(folder, (folder.parent,), file)
    assert 'tidewaiter_held_releases{reporter="USA",source="gacc_query"} 1' in file.read_text()


def test_a_damaged_store_stops_no_other(root: tuple[Path, str]) -> None:
    folder = root[0]
    shutil.copytree(folder / "reporter=CHN", folder / "reporter=IND", symlinks=True)
    for file in (folder / "reporter=IND" / ".snapshots").glob("*/manifest.json"):
        file.parent.chmod(0o755)
        file.unlink()
    for words in (("list", "reporters"), ("search", "85051110")):
        code, output = command(*words, "--store", str(folder), "--format", "csv")
        assert code == 0
        assert "IND: " in output
        assert "the manifest is missing" in output
        assert re.findall(r"(CHN|IND),", output) == ["CHN"] * output.count("CHN,")
    for form in ("table", "json"):
        code, output = command("held", "--store", str(folder), "--format", form)
        assert code == 1
        assert re.search("IND: .*the manifest is missing", output)
        assert root[1] in output
    decided = ("--by", "Li Wei", "--reason", "compared", "--store", str(folder), "--no-prefect")
    code, output = command("approve", "gacc_query-0", *decided)
    assert code == 2
    assert re.search(f"Those that wait: {root[1]} of CHN.* Not looked at: IND: .*the manifest is missing", output)
    code, output = command("held", "--store", str(folder), "--reporter", "IND")
    assert code != 0
    assert "the manifest is missing" in output
    made = CliRunner().invoke(
        app, ["status", "--format", "json", "--store", str(folder), "--inbox", str(folder.parent)]
    )
    rows = {row["reporter"]: row for row in map(json.loads, made.stdout.splitlines())}
    assert "the manifest is missing" in rows["IND"]["reason"]
    assert rows["CHN"]["source"] == "gacc_query"
    assert made.exit_code == 1


def test_only_what_is_held_ends_with_the_code_for_it(
    root: tuple[Path, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tasks.domain.clock.today", lambda: date(2025, 8, 1))
    assert command("status", "--store", str(root[0]), "--inbox", str(tmp_path))[0] == 3


def test_a_bucket_that_cannot_be_read_stops_no_decision_about_another(
    root: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its reporter comes first in the order of names."""
    folder, name = root
    shutil.rmtree(folder / "reporter=USA" / "held")
    shutil.copytree(folder / "reporter=CHN", folder / "reporter=AUS", symlinks=True)
    whole = working_copy.at_hand

    def broken(address: Path) -> Path:
        if address.name == "reporter=AUS":
            raise BrokenStore(f"{address}: the pointer names no snapshot. Run tidewaiter audit.")
        return whole(address)

    monkeypatch.setattr(working_copy, "at_hand", broken)
    code, output = command("held", "--store", str(folder))
    assert code == 1
    assert re.search(f"AUS: .*names no snapshot.*{name} CHN, .*1 held", output)
    decided = ("--by", "Li Wei", "--reason", "compared", "--store", str(folder), "--no-prefect")
    code, output = command("approve", "gacc_query-0", *decided)
    assert code == 2
    assert re.search(f"Those that wait: {name} of CHN.* Not looked at: AUS: .*names no snapshot", output)
    code, output = command("audit", "--sample", "1", "--store", str(folder))
    assert code == 1
    assert "AUS: " in output
    assert "every published and every raw file of" in output
    assert command("approve", name, *decided)[0] == 0
