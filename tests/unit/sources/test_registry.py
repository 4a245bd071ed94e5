"""What every adapter promises, and that none reads a file of another source."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.false_alarms import rows_of_table, unlisted
from schemas.names import KINDS
from schemas.reference.code_tables import partner_codes
from tasks.domain.nomenclature import FINEST
from tasks.pages.text.page_templates import LANGUAGES
from tasks.sources.adapter.protocol import Source
from tasks.sources.registry import ROOT, SOURCES


@pytest.mark.parametrize("name", SOURCES)
def test_an_adapter_names_a_kind_a_code_list_and_a_nomenclature_that_exist(name: str) -> None:
    source = SOURCES[name]
    assert isinstance(source, Source)
    assert source.name == name
    assert source.kind in KINDS
    assert source.nomenclature in FINEST
    assert partner_codes(source.code_list).height > 10
    assert source.row_cap is None or source.row_cap > 1000


@pytest.mark.parametrize("name", SOURCES)
def test_readers_know_a_source_by_a_name_in_each_language(name: str) -> None:
    titles = SOURCES[name].titles
    assert titles.keys() == {*LANGUAGES}
    assert name not in titles.values()
    assert titles["zh"] != titles["en"]


def test_an_adapter_is_imported_when_it_is_asked_for() -> None:
    """Sources are counted and named without it."""
    script = (
        "import sys; from tasks.sources.registry import SOURCES; count = len(SOURCES); names = [*SOURCES];"
        "assert names[0] in SOURCES and 'moon_rocks' not in SOURCES and SOURCES.get('moon_rocks') is None;"
        "known = lambda: {module.rpartition('.')[2] for module in sys.modules if module.startswith('tasks.sources.')};"
        "loaded = [*known() & {*names}]; SOURCES[names[0]]; print(count, loaded, names[0] in known())"
    )
    done = subprocess.run([sys.executable, "-c", script], check=True, stdout=subprocess.PIPE, text=True)
    assert done.stdout.split(maxsplit=1) == [f"{len(SOURCES)}", "[] True\n"]


def test_a_source_of_which_no_whole_file_was_read_is_experimental() -> None:
    """`published` is collected by hand. A whole file that can be published makes a source known."""
    whole = {row["source"] for row in rows_of_table() if row["given"] == "whole" and row["verdict"] == "publish"}
    assert len(whole) > 4
    experimental = {name for name, source in SOURCES.items() if source.experimental}
    assert experimental == {*SOURCES} - whole - {"published"}
    declared = {file.stem: file.parent.name for file in ROOT.glob("*/*.toml")}
    assert {name for name, room in declared.items() if room == "experimental"} == experimental & declared.keys()


def test_the_documentation_says_what_was_read_of_each_source_that_is_not_proven() -> None:
    page = (Path(__file__).parents[3] / "docs" / "sources.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]*(?:has|have) been read[^|]*) \|$", page, re.MULTILINE))
    assert rows == {name: source.experimental for name, source in SOURCES.items() if source.experimental}
    assert len(rows) >= 9


def test_every_source_states_what_proves_that_a_file_is_whole() -> None:
    page = (Path(__file__).parents[3] / "docs" / "sources.md").read_text(encoding="utf-8")
    page = page.partition("## A source of your own")[0]
    rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \| ([^|]*) \|$", page, re.MULTILINE)
    named = [(name, proof) for names, proof in rows for name in re.findall(r"\w+", names) if name in SOURCES]
    stated = {name: proof for name, proof in named if proof == SOURCES[name].proof}
    assert stated == {name: source.proof for name, source in SOURCES.items()}
    assert all(len(proof) > 30 for proof in stated.values())


@pytest.mark.shared
def test_every_real_file_at_hand_is_judged(shared_data: Path) -> None:
    rows = rows_of_table()
    assert len(rows) > 80
    assert unlisted(shared_data, rows) == []
    assert {row["source"] for row in rows} <= {*SOURCES, ""}
    assert {verdict for row in rows for verdict in row["verdict"].split(" or ")} == {"publish", "hold", "refuse", ""}
